"""Patches with what the integrity check must say of them."""
