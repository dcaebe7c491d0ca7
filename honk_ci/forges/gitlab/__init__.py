"""GitLab, on its own address or self-managed."""
