from __future__ import annotations

import shutil

import pytest

from honk_ci.domain import FailedTest
from honk_ci.runners import detect_runner
from honk_ci.runners.interface import Runner
from tests.repos import Repo
from tests.runners.runs import environ, failed_test, run_subset

ROOT = '{"private": true, "workspaces": ["packages/*"], "scripts": {"test": "npm test --workspaces"}}'
PACKAGE = '{"name": "%s", "version": "1.0.0", "scripts": {"test": "node --test"}}'
RED = "const test = require('node:test');\ntest('red one', () => { throw new Error('no'); });\n"
GREEN = "require('node:test')('green', () => {});\n"


def workspaces(repo: Repo) -> Runner:
    repo.write(
        {
            "package.json": ROOT,
            "packages/a/package.json": PACKAGE % "a",
            "packages/a/test/index.test.js": RED,
            "packages/a/test/more.test.js": GREEN,
            "packages/b/package.json": PACKAGE % "b",
            "packages/b/test/index.test.js": GREEN,
            "packages/b/deep/c/package.json": PACKAGE % "c",
            "packages/b/deep/c/test/index.test.js": GREEN,
            "packages/a/node_modules/x/package.json": PACKAGE % "x",
        }
    )
    runner = detect_runner(repo.path, command="", environ=environ())
    assert runner.name == "workspaces"
    return runner


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
@pytest.mark.parametrize(
    "test",
    [
        failed_test("red one", "test", text="at TestContext.<anonymous> (/ci/repo/packages/a/test/index.test.js:2:31)"),
        failed_test("red one", "test", file="packages/a/test/index.test.js"),
        failed_test("red one", "test"),
        failed_test("red one", "test", file="test/index.test.js"),  # as the package's own runner names it
    ],
)
def test_a_test_is_run_in_its_own_package(repo: Repo, test: FailedTest) -> None:
    runner = workspaces(repo)
    part = run_subset(runner, repo.path, [test])
    assert part.command.cwd == "packages/a"
    assert part.failed == {"test::red one"}
    assert part.passed == set()


def test_the_suite_is_the_roots_script(repo: Repo) -> None:
    assert str(workspaces(repo).suite(repo.path / "r.xml")) == "CI=true npm test"


def test_tests_of_several_packages_or_of_none_mean_the_whole_suite(repo: Repo) -> None:
    runner = workspaces(repo)
    in_a, in_b = (failed_test("x", file=f"packages/{name}/test/index.test.js") for name in "ab")
    report = repo.path / "r.xml"
    assert runner.subset([in_a, in_b], report) is None
    assert runner.subset([failed_test("gone")], report) is None
    assert runner.subset([failed_test("green")], report) is None  # in three packages
    assert runner.test_source(in_b) == "packages/b/test/index.test.js"
    assert runner.test_source(failed_test("red one", file="test/more.test.js")) == "packages/a/test/more.test.js"


def test_the_deepest_package_holds_the_test(repo: Repo) -> None:
    runner = workspaces(repo)
    command = runner.subset([failed_test("x", file="packages/b/deep/c/test/index.test.js")], repo.path / "r.xml")
    assert command is not None
    assert command.cwd == "packages/b/deep/c"


def test_a_root_script_goes_before_the_one_package_below(repo: Repo) -> None:
    files = {"client/package.json": PACKAGE % "client", "client/test/a.test.js": GREEN}
    repo.write({**files, "package.json": '{"scripts": {"test": "./all-tests.sh"}}'})
    assert detect_runner(repo.path, command="", environ=environ()).name == "command"
    (repo.path / "package.json").unlink()
    below = detect_runner(repo.path, command="", environ=environ())
    assert (below.name, below.suite(repo.path / "r.xml").cwd) == ("node", "client")
