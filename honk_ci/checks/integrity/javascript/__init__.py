"""JavaScript and TypeScript, compared by tokens."""
