from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from honk_ci.runners import detect_runner
from honk_ci.runners.interface import Runner
from tests.repos import Repo
from tests.runners.runs import environ, failed_test, run_subset, run_suite

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")


def runner_in(repo: Repo, name: str = "node") -> Runner:
    runner = detect_runner(repo.path, command="", environ=environ())
    assert runner.name == name
    return runner


CART_TEST = """
    const { describe, it, test, before } = require('node:test');
    const assert = require('node:assert');

    describe('cart (x)', () => {
      describe('deep', () => {
        it('adds [1] + 2', () => { assert.strictEqual(1 + 1, 3); });
        it('fine', () => {});
      });
    });
    test('parent', async (t) => { await t.test('sub', () => { assert.ok(false); }); });
    describe('broken before', () => {
      before(() => { throw new Error('no'); });
      it('never runs', () => {});
    });
    """
OTHER_TEST = "const test = require('node:test');\ntest('other', () => {});\n"


@pytest.mark.parametrize(
    "script",
    [
        "node --test",
        "NODE_ENV=test node --no-warnings --test --test-reporter=spec test/*.test.js",
        "node --test --test-reporter=dot --test-reporter-destination=stdout --test-concurrency 1",
        "npm run lint && npm run test:unit -- --test-timeout=5000",
        "node build.js && node --test",
    ],
)
@pytest.mark.slow
def test_runs_the_suite_and_then_the_files_that_failed(repo: Repo, script: str) -> None:
    lint = '"lint": "eslint .", "test:unit": "node --test"'
    repo.write(
        {
            "package.json": f'{{"name": "x", "scripts": {{"test": "{script}", {lint}}}}}',
            "build.js": "require('fs').writeFileSync('built.txt', 'x')\n",
            "test/cart.test.js": CART_TEST,
            "test/other.test.js": OTHER_TEST,
        }
    )
    runner = runner_in(repo)
    whole = run_suite(runner, repo.path)
    titles = {test.case.name for test in whole.report.failed}
    assert titles >= {"adds [1] + 2", "sub", "never runs"}
    assert "test::other" in whole.passed
    assert runner.test_source(next(t for t in whole.report.failed if t.case.name == "sub")) == "test/cart.test.js"

    part = run_subset(runner, repo.path, whole.report.failed)
    assert {test.case.name for test in part.report.failed} == titles
    assert "test::other" not in part.passed


def test_a_file_that_cannot_be_parsed_is_run_again(repo: Repo) -> None:
    repo.write(
        {
            "package.json": '{"scripts": {"test": "node --test"}}',
            "test/a.test.js": "const test = require('node:test');\ntest('a', (\n",
            "test/b.test.js": OTHER_TEST,
        }
    )
    runner = runner_in(repo)
    whole = run_suite(runner, repo.path)
    (failed,) = whole.report.failed
    assert runner.test_source(failed) == "test/a.test.js"
    repo.write({"test/a.test.js": "const test = require('node:test');\ntest('a', () => {});\n"})
    assert run_subset(runner, repo.path, [failed]).passed == {"test::a"}


def test_a_path_of_another_machine_is_found(repo: Repo) -> None:
    repo.write(
        {
            "package.json": '{"scripts": {"test": "node --test"}}',
            "packages/a/test/cart.test.js": CART_TEST,
        }
    )
    stack = (
        "Error: x\n    at TestContext.<anonymous> (file:///home/runner/work/shop/shop/packages/a/test/cart.test.js:7:3)"
    )
    test = failed_test("adds [1] + 2", "test", text=stack)
    assert runner_in(repo).test_source(test) == "packages/a/test/cart.test.js"


def test_without_a_script_the_files_decide(repo: Repo) -> None:
    repo.write({"package.json": "{}", "test/a.test.js": OTHER_TEST})
    assert run_suite(runner_in(repo), repo.path).passed == {"test::other"}


def test_a_title_that_no_file_has_means_the_whole_suite(repo: Repo) -> None:
    repo.write({"package.json": '{"scripts": {"test": "node --test"}}', "test/a.test.js": OTHER_TEST})
    runner = runner_in(repo)
    assert runner.subset([failed_test("gone", "test")], repo.path / "r.xml") is None


def test_typescript_files_need_a_loader_in_the_script(repo: Repo) -> None:
    files = {"src/a.test.ts": "import test from 'node:test';\ntest('a', () => {});\n"}
    built = '{"scripts": {"test": "tsc && node --test dist/"}}'
    loaded = '{"scripts": {"test": "node --import tsx --test src/*.test.ts"}}'
    test = failed_test("a", "test", file="src/a.test.ts")

    repo.write({**files, "package.json": built})
    assert runner_in(repo).subset([test], repo.path / "r.xml") is None

    repo.write({"package.json": loaded})
    command = runner_in(repo).subset([test], repo.path / "r.xml")
    assert command is not None
    assert command.shell.startswith("node --import tsx --test --test-reporter=spec")
    assert command.shell.endswith(" src/a.test.ts")


def test_several_test_steps_are_no_single_run(repo: Repo) -> None:
    repo.write({"package.json": '{"scripts": {"test": "node --test a && node --test b"}}', "a/x.test.js": OTHER_TEST})
    names = [runner.name for runner in _detected(repo)]
    assert "node" not in names


def _detected(repo: Repo) -> list[Runner]:
    from honk_ci.runners import detect_all

    return detect_all(repo.path, environ=environ())


@pytest.mark.slow
def test_a_hanging_test_is_killed_and_its_output_kept(repo: Repo, tmp_path: Path) -> None:
    from honk_ci.process import run

    repo.write(
        {
            "package.json": '{"scripts": {"test": "node --test"}}',
            "test/a.test.js": "const test = require('node:test');\nconsole.log('started');\n"
            "test('hangs', () => new Promise(() => { setInterval(() => {}, 1000); }));\n",
        }
    )
    command = runner_in(repo).suite(tmp_path / "r.xml")
    done = run(command, cwd=repo.path, env=environ(), timeout_s=3)
    assert done.timed_out
    assert done.duration_s < 10
