"""Honk heals failing builds and proves the fix."""

__version__ = "0.1.0"
