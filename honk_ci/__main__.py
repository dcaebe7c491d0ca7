"""``python -m honk_ci``."""

from honk_ci.cli import main

main(prog_name="honk")
