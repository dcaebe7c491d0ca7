"""Small projects whose last commit broke the build, written by code and run for real."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.repos import Repo

PYTEST_CONFIG = '[tool.pytest.ini_options]\npythonpath = ["."]\n'

CART = '''
"""What a cart costs."""


def total(prices, discount=0):
    """Sum of the prices, less a discount in percent."""
    return sum(prices) * (100 - discount) / 100


def count(prices, minimum):
    """How many prices are at least the minimum."""
    return len([price for price in prices if price >= minimum])
'''

CART_TESTS = """
import pytest

from shop.cart import count, total


@pytest.mark.parametrize(("discount", "expected"), [(0, 30), (10, 27), (50, 15), (100, 0)])
def test_total_takes_the_discount_off(discount, expected):
    assert total([10, 20], discount) == expected


def test_an_empty_cart_costs_nothing():
    assert total([]) == 0


@pytest.mark.parametrize(("minimum", "expected"), [(0, 3), (2, 2), (3, 1), (4, 0)])
def test_count_includes_the_minimum(minimum, expected):
    assert count([1, 2, 3], minimum) == expected
"""

PYTHON = {
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "tests/test_cart.py": CART_TESTS,
    "pyproject.toml": PYTEST_CONFIG,
    ".gitignore": "__pycache__/\n.pytest_cache/\njunit.xml\n",
}

NODE = {
    "package.json": '{"name": "shop", "version": "1.0.0", "type": "module", "scripts": {"test": "node --test"}}\n',
    "src/cart.js": """
        export function total(prices, discount = 0) {
          return prices.reduce((sum, price) => sum + price, 0) * (100 - discount) / 100;
        }

        export function count(prices, minimum) {
          return prices.filter((price) => price >= minimum).length;
        }
        """,
    "test/cart.test.js": """
        import assert from 'node:assert/strict';
        import { describe, it } from 'node:test';

        import { count, total } from '../src/cart.js';

        describe('cart', () => {
          it('takes the discount off', () => {
            assert.equal(total([10, 20], 10), 27);
          });
          it('counts what is at least the minimum', () => {
            assert.equal(count([1, 2, 3], 2), 2);
          });
        });
        """,
    ".gitignore": "node_modules/\njunit.xml\n",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RedBuild:
    """A checkout of a red commit with its remote and the report of its build."""

    repo: Repo
    remote: Repo
    base: str
    commit: str

    @property
    def path(self) -> Path:
        return self.repo.path

    def fix_branches(self) -> list[str]:
        return self.remote.git("for-each-ref", "--format=%(refname:short)", "refs/heads/honk").split()


def break_build(folder: Path, green: Mapping[str, str], red: Mapping[str, str], *, remote: str = "") -> RedBuild:
    """A repository whose first commit is ``green`` and whose second adds ``red``; the remote is a bare folder."""
    repo = Repo.create(folder / "checkout", green)
    base = repo.git("rev-parse", "HEAD")
    commit = repo.commit("a change", red)
    return RedBuild(repo=repo, remote=repo.add_bare_remote(folder / "remote.git"), base=base, commit=commit)


def edited(files: Mapping[str, str], path: str, old: str, new: str) -> dict[str, str]:
    """One file of a project with one place changed."""
    assert files[path].count(old) == 1, f"{old!r} is {files[path].count(old)} times in {path}"
    return {path: files[path].replace(old, new)}


def run_pytest(folder: Path) -> Path:
    """What CI does: run the tests and leave a report."""
    return _run(folder, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=junit.xml"])


def run_node(folder: Path) -> Path:
    """The same for node."""
    return _run(folder, ["node", "--test", "--test-reporter=junit", "--test-reporter-destination=junit.xml"])


def _run(folder: Path, command: list[str]) -> Path:
    subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    return folder / "junit.xml"
