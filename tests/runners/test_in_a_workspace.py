"""Runners as the stages use them: through the test bed, in the checkout itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from honk_ci.git import Repository
from honk_ci.meter import Meter
from honk_ci.runners import detect_runner
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.testbed import Testbed, still_failing
from tests.repos import Repo
from tests.runners.runs import environ


@contextmanager
def bed_in(repo: Repo, scratch: Path, *, command: str = "", timeout_s: float = 60) -> Iterator[Testbed]:
    with in_place(Repository(repo.path, environ=environ()), environ=environ()) as workspace:
        runner = detect_runner(repo.path, command=command, environ=environ())
        yield Testbed(
            workspace=workspace,
            runner=runner,
            meter=Meter(time_limit_s=600, cost_cap_usd=0),
            scratch=scratch,
            timeout_s=timeout_s,
            report_globs=runner.report_globs,
        )


CART = {
    "pyproject.toml": "[tool.pytest.ini_options]\n",
    "cart.py": "def total(prices):\n    return sum(prices) + 1\n",
    "tests/test_cart.py": "import cart\n\ndef test_total(): assert cart.total([1]) == 1\n\ndef test_fine(): pass\n",
}


@pytest.mark.parametrize(
    "command", ["", "python3 -m pytest -q --junitxml={report}", "python3 -m pytest --junitxml=junit.xml"]
)
@pytest.mark.slow
def test_pytest(repo: Repo, tmp_path: Path, command: str) -> None:
    repo.commit("red", CART)
    with bed_in(repo, tmp_path / "scratch", command=command) as bed:
        whole = bed.run_suite()
        assert [test.key for test in whole.report.failed] == ["tests.test_cart::test_total"]
        assert bed.run_tests(whole.report.failed).report.counts.total == 1

        bed.workspace.write("cart.py", b"def total(prices):\n    return sum(prices) + 0\n")
        fixed = bed.run_tests(whole.report.failed)
        assert fixed.is_green
        assert still_failing(whole.report.failed, fixed) == frozenset()
    assert repo.git("status", "--porcelain", "--untracked-files=no") == ""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_node(repo: Repo, tmp_path: Path) -> None:
    repo.commit(
        "red",
        {
            "package.json": '{"scripts": {"test": "node --test"}}',
            "cart.js": "exports.total = (prices) => prices.length;\n",
            "test/cart.test.js": "const test = require('node:test');\nconst assert = require('node:assert');\n"
            "const { total } = require('../cart.js');\n\ntest('total', () => { assert.strictEqual(total([2]), 2); });\n",
            "test/other.test.js": "require('node:test')('other', () => {});\n",
        },
    )
    with bed_in(repo, tmp_path / "scratch") as bed:
        whole = bed.run_suite()
        assert len(whole.report.failed) == 1
        bed.workspace.write("cart.js", b"exports.total = (prices) => prices.reduce((a, b) => a + b, 0);\n")
        fixed = bed.run_tests(whole.report.failed)
        assert fixed.is_green
        assert fixed.report.counts.total == 1
        assert still_failing(whole.report.failed, fixed) == frozenset()


@pytest.mark.slow
def test_a_hanging_test_ends_in_a_red_run_with_its_output(repo: Repo, tmp_path: Path) -> None:
    repo.commit(
        "red",
        {
            "pytest.ini": "[pytest]\naddopts = -s\n",
            "test_a.py": "import time\n\ndef test_a():\n    print('hi there', flush=True)\n    time.sleep(1000)\n",
        },
    )
    with bed_in(repo, tmp_path / "scratch", timeout_s=4) as bed:
        run = bed.run_suite()
    assert run.timed_out
    assert not run.is_green
    assert "hi there" in run.output
