"""GitHub, on its own address or as GitHub Enterprise."""
