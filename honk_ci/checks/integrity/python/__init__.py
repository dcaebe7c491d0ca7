"""Python, compared by syntax tree."""
