"""The repository that ``honk demo`` breaks and heals: a shop's cart, with a bug that its tests notice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TIMEOUT_S = 120.0

PRICES = '''"""What a cart costs."""

FREE_SHIPPING_FROM = 5000  # cents
SHIPPING = 490


def subtotal(items):
    """Cents for ``(price, quantity)`` pairs."""
    return sum(price * quantity for price, quantity in items)


def shipping(items):
    """Cents; nothing from 50.00 on, and nothing for an empty cart."""
    if not items:
        return 0
    return 0 if subtotal(items) >= FREE_SHIPPING_FROM else SHIPPING


def total(items):
    """Cents with shipping."""
    return subtotal(items) + shipping(items)
'''

TESTS = """import pytest

from shop.prices import shipping, subtotal, total


def test_subtotal_counts_quantities():
    assert subtotal([(250, 2), (100, 3)]) == 800


@pytest.mark.parametrize(("cents", "expected"), [(4999, 490), (5000, 0), (5001, 0), (100, 490)])
def test_shipping_is_free_from_fifty(cents, expected):
    assert shipping([(cents, 1)]) == expected


def test_an_empty_cart_ships_for_nothing():
    assert shipping([]) == 0


def test_total_of_a_small_cart_includes_shipping():
    assert total([(1000, 1)]) == 1490


def test_total_at_the_limit_is_the_subtotal():
    assert total([(2500, 2)]) == 5000
"""

GREEN = {
    "shop/__init__.py": "",
    "shop/prices.py": PRICES,
    "tests/test_prices.py": TESTS,
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1.0"\n\n[tool.pytest.ini_options]\npythonpath = ["."]\n',
    ".gitignore": "__pycache__/\n.pytest_cache/\n/junit.xml\n",
}

BROKEN_LINE = (">= FREE_SHIPPING_FROM", "> FREE_SHIPPING_FROM")


def make(folder: Path, environ: Mapping[str, str]) -> tuple[Path, Path]:
    """A checkout whose last commit broke the build, and its remote; both below ``folder``."""
    checkout, remote = folder / "shop", folder / "shop.git"
    git = _Git(checkout, environ)
    checkout.mkdir()
    git.run("init", "--quiet", "--initial-branch=main")
    _write(checkout, GREEN)
    git.commit("A shop that ships for free from 50.00")
    _write(checkout, {"shop/prices.py": PRICES.replace(*BROKEN_LINE)})
    git.commit("Tidy up the shipping rule")
    git.run("init", "--quiet", "--bare", str(remote))
    git.run("remote", "add", "origin", str(remote))
    git.run("push", "--quiet", "origin", "main")
    return checkout, remote


def run_tests(checkout: Path, environ: Mapping[str, str]) -> str:
    """What CI would do: run the tests, leave ``junit.xml``; gives what they print."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "--tb=short",
        "--junitxml=junit.xml",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        command, cwd=checkout, env=dict(environ), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    return done.stdout + done.stderr


def _write(checkout: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = checkout / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class _Git:
    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = dict(environ)

    def run(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self._folder, env=self._environ, check=True, timeout=TIMEOUT_S)

    def commit(self, message: str) -> None:
        self.run("add", "--all")
        who = ("-c", "user.name=honk demo", "-c", "user.email=demo@example.invalid", "-c", "commit.gpgSign=false")
        self.run(*who, "commit", "--quiet", "--message", message)
