"""What steers test runners, coverage, linters and type checkers, compared setting by setting."""
