"""Red builds of many shapes, healed by the real command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Reply, call
from tests.e2e.honk import honk, model
from tests.e2e.projects import CART, CART_TESTS, NODE, PYTHON, RedBuild, break_build, edited, run_pytest
from tests.npm import Install

pytestmark = pytest.mark.slow

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
WHY = "The discount was added instead of taken off."
WRONG = ("(100 - discount)", "(100 + discount)")


def mend(path: str) -> Reply:
    return call("edit", why=WHY, edits=[{"path": path, "old": WRONG[1], "new": WRONG[0]}])


def assert_healed(red: RedBuild, path: str, *arguments: str) -> None:
    """Heal through the agent, and find the right code on the remote's fix branch."""
    with MessagesAPI([mend(path)]) as api:
        ended = honk("heal", "--healers", "agent", *arguments, repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    (branch,) = red.fix_branches()
    assert WRONG[0] in red.remote.git("show", f"{branch}:{path}")


def test_a_command_that_writes_a_report_where_report_says(tmp_path: Path) -> None:
    script = f"#!/bin/sh\nmkdir -p out\nexec {sys.executable} -m pytest -q -p no:cacheprovider --junitxml=out/r.xml\n"
    files = {**PYTHON, "run-tests.sh": script, ".gitignore": "__pycache__/\nout/\n"}
    red = break_build(tmp_path, files, edited(PYTHON, "shop/cart.py", *WRONG))
    subprocess.run(["sh", "run-tests.sh"], cwd=red.path, capture_output=True, timeout=60, check=False)
    report = (red.path / "out/r.xml").read_bytes()
    assert_healed(red, "shop/cart.py", "--report", "out/*.xml", "--test-command", "sh run-tests.sh")
    assert (red.path / "out/r.xml").read_bytes() == report


def test_a_command_that_has_nothing_but_its_exit_status(tmp_path: Path) -> None:
    check = "from shop.cart import total\nassert total([10, 20], 10) == 27, 'ten percent'\nprint('all good')\n"
    files = {"shop/__init__.py": "", "shop/cart.py": CART, "check.py": check, ".gitignore": "__pycache__/\n"}
    red = break_build(tmp_path, files, {"shop/cart.py": CART.replace(*WRONG)})
    log = subprocess.run(
        [sys.executable, "check.py"], cwd=red.path, capture_output=True, text=True, timeout=60, check=False
    )
    (red.path / "job.log").write_text(log.stdout + log.stderr)
    command = f"{sys.executable} check.py"
    assert_healed(red, "shop/cart.py", "--log", "job.log", "--test-command", command)


def test_a_project_in_a_subfolder(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in PYTHON.items()} | {"README.md": "A monorepo.\n"}
    red = break_build(tmp_path, files, {"backend/shop/cart.py": CART.replace(*WRONG)})
    run_pytest(red.path / "backend")
    assert_healed(red, "backend/shop/cart.py", "--report", "backend/junit.xml")


def test_a_collection_error_known_from_the_report(tmp_path: Path) -> None:
    red = break_build(tmp_path, PYTHON, edited(PYTHON, "shop/cart.py", "def count(", "def counted("))
    run_pytest(red.path)
    fix = call(
        "edit",
        why="count() was renamed by mistake.",
        edits=[{"path": "shop/cart.py", "old": "def counted(", "new": "def count("}],
    )
    with MessagesAPI([fix]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    assert ended.record["proof"]["fixed"]["counts"]["passed"] == 9


def test_a_syntax_error_known_only_from_the_log(tmp_path: Path) -> None:
    red = break_build(
        tmp_path, PYTHON, edited(PYTHON, "shop/cart.py", "def count(prices, minimum):", "def count(prices, minimum:")
    )
    log = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=red.path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (red.path / "job.log").write_text(log.stdout + log.stderr)
    fix = call(
        "edit",
        why="A bracket was missing.",
        edits=[{"path": "shop/cart.py", "old": "minimum:\n", "new": "minimum):\n"}],
    )
    with MessagesAPI([fix]) as api:
        ended = honk("heal", "--log", "job.log", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err


UNITTEST = """
    import unittest

    from shop.cart import count, total


    class TotalTest(unittest.TestCase):
        def test_discount(self):
            self.assertEqual(total([10, 20], 10), 27)

        def test_none(self):
            self.assertEqual(total([10, 20]), 30)

        def test_all(self):
            self.assertEqual(total([10, 20], 100), 0)


    class CountTest(unittest.TestCase):
        def test_minimum(self):
            self.assertEqual(count([1, 2, 3], 2), 2)
    """


def test_unittest_in_a_src_layout_without_a_model(tmp_path: Path) -> None:
    files = {
        "src/shop/__init__.py": "",
        "src/shop/cart.py": CART,
        "tests/test_cart.py": UNITTEST,
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
        ".gitignore": "__pycache__/\njunit.xml\n",
    }
    red = break_build(tmp_path, files, {"src/shop/cart.py": CART.replace(*WRONG)})
    run_pytest(red.path)
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    (branch,) = red.fix_branches()
    assert red.remote.git("show", f"{branch}:src/shop/cart.py") == CART.strip()


RUFF = {
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "pyproject.toml": "[tool.ruff]\nline-length = 100\n\n[tool.ruff.lint]\nselect = ['E', 'F', 'I']\n",
    ".gitignore": "__pycache__/\n.ruff_cache/\n*.log\n",
}


def test_a_red_linter_in_a_repository_without_tests(tmp_path: Path) -> None:
    red = break_build(tmp_path, RUFF, {"shop/cart.py": "import sys\nimport os\n" + CART})
    log = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "."],
        cwd=red.path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (red.path / "job.log").write_text(log.stdout + log.stderr)
    ended = honk("heal", "--log", "job.log", "--healers", "autofix", repo=red.path, env=ruff_on_path())
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    (branch,) = red.fix_branches()
    assert "import" not in red.remote.git("show", f"{branch}:shop/cart.py")


def ruff_on_path() -> dict[str, str]:
    import os

    return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_a_setup_command_prepares_the_checkout_and_the_clean_one(tmp_path: Path) -> None:
    tests = "from generated import RATE\nfrom shop.cart import total\n\n\ndef test_rate():\n    assert total([100], RATE) == 90\n"
    files = {**PYTHON, "tests/test_rate.py": tests, ".gitignore": PYTHON[".gitignore"] + "generated.py\n"}
    red = break_build(tmp_path, files, edited(PYTHON, "shop/cart.py", *WRONG))
    setup = "echo RATE = 10 > generated.py && echo set up in $PWD >> ../setups"
    subprocess.run(["sh", "-c", setup], cwd=red.path, timeout=30, check=True)
    run_pytest(red.path)
    (tmp_path / "setups").unlink()
    assert_healed(red, "shop/cart.py", "--report", "junit.xml", "--setup-command", setup)
    assert (tmp_path / "setups").read_text().splitlines() == [f"set up in {red.path}"] * 2


def test_a_fix_that_needs_an_untracked_file_is_not_called_clean(tmp_path: Path) -> None:
    tests = (
        CART_TESTS + "\n\ndef test_needs_data():\n    import pathlib\n    assert pathlib.Path('data.txt').exists()\n"
    )
    red = break_build(tmp_path, {**PYTHON, "tests/test_cart.py": tests}, edited(PYTHON, "shop/cart.py", *WRONG))
    (red.path / "data.txt").write_text("not in git\n")
    run_pytest(red.path)
    with MessagesAPI([mend("shop/cart.py")]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    assert ended.record["proof"]["clean"].startswith("not clean: 1 test")
    assert (red.path / "data.txt").exists()


def test_a_broken_baseline_does_not_blame_the_patch(tmp_path: Path) -> None:
    """A test that is red here and was green in CI is part of the baseline."""
    tests = CART_TESTS + "\n\ndef test_only_in_ci():\n    import os\n    assert os.environ.get('ONLY_IN_CI')\n"
    red = break_build(tmp_path, {**PYTHON, "tests/test_cart.py": tests}, edited(PYTHON, "shop/cart.py", *WRONG))
    run_pytest(red.path)
    text = (red.path / "junit.xml").read_text()
    start = text.index('<testcase classname="tests.test_cart" name="test_only_in_ci"')
    end = text.index("</testcase>", start) + len("</testcase>")
    (red.path / "junit.xml").write_text(text[:start] + text[end:])
    assert_healed(red, "shop/cart.py", "--report", "junit.xml")


JS_CART = NODE["src/cart.js"]
JEST = {
    "src/cart.js": JS_CART.replace("export function", "function") + "module.exports = { count, total };\n",
    "src/cart.test.js": """
        const { count, total } = require('./cart');

        describe('cart', () => {
          it.each([[10, 27], [50, 15]])('takes %d percent off', (discount, expected) => {
            expect(total([10, 20], discount)).toBe(expected);
          });
          it('counts what is at least the minimum', () => {
            expect(count([1, 2, 3], 2)).toBe(2);
          });
        });
        """,
}
VITEST = {
    "src/cart.ts": JS_CART.replace("prices,", "prices: number[],"),
    "src/cart.test.ts": """
        import { describe, expect, it } from 'vitest';
        import { count, total } from './cart';

        describe('cart', () => {
          it('takes the discount off', () => {
            expect(total([10, 20], 10)).toBe(27);
          });
          it('counts what is at least the minimum', () => {
            expect(count([1, 2, 3], 2)).toBe(2);
          });
        });
        """,
}


@needs_node
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("packages", "script", "files", "path", "report"),
    [
        (["jest@29.7.0", "jest-junit@16.0.0"], "jest", JEST, "src/cart.js", "npx jest --ci --reporters=jest-junit"),
        (["jest@30.2.0"], "jest", JEST, "src/cart.js", ""),
        (
            ["vitest@3.2.4"],
            "vitest run",
            VITEST,
            "src/cart.ts",
            "npx vitest run --reporter=junit --outputFile=junit.xml",
        ),
    ],
)
def test_javascript_and_typescript_by_their_usual_runners(
    tmp_path: Path,
    node_modules: Install,
    packages: list[str],
    script: str,
    files: dict[str, str],
    path: str,
    report: str,
) -> None:
    needed = {package.rpartition("@")[0]: package.rpartition("@")[2] for package in packages}
    manifest = json.dumps({"name": "shop", "version": "1.0.0", "scripts": {"test": script}, "devDependencies": needed})
    green = {**files, "package.json": manifest, ".gitignore": "node_modules\njunit.xml\n"}
    red = break_build(tmp_path, green, edited(green, path, *WRONG))
    (red.path / "node_modules").symlink_to(node_modules(*packages))
    log = subprocess.run(
        report or "npm test", shell=True, cwd=red.path, capture_output=True, text=True, timeout=120, check=False
    )
    (tmp_path / "job.log").write_text(log.stdout + log.stderr)
    assert_healed(red, path, *(["--report", "junit.xml"] if report else ["--log", str(tmp_path / "job.log")]))
