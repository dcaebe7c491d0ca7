"""Real counterparts for tests: servers on loopback that behave as the outside world does."""
