"""``python -m honk_ci``."""

from honk_ci.cli.entry import entry

entry()
