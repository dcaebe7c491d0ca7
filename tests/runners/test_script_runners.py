"""jest, vitest and mocha, installed and run."""

from __future__ import annotations

import json
import shutil

import pytest

from honk_ci.runners import detect_runner
from honk_ci.runners.interface import Runner
from tests.npm import Install
from tests.repos import Repo
from tests.runners.runs import Run, environ, failed_test, run_subset, run_suite

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here"),
]

JEST_29, JEST_30, JEST_JUNIT = "jest@29.7.0", "jest@30.2.0", "jest-junit@16.0.0"
VITEST_3, VITEST_4 = "vitest@3.2.4", "vitest@4.0.8"
MOCHA, MOCHA_JUNIT = "mocha@11.7.4", "mocha-junit-reporter@2.2.1"

JEST_FILES = {
    "src/cart.test.js": """
        describe('cart (x)', () => {
          describe('deep $1', () => {
            it('adds [1] + 2', () => { expect(1 + 1).toBe(3); });
            it('fine', () => {});
          });
        });
        test('top "quoted" <tag> & \\u001b[31m', () => { throw new Error('boom \\u0000 \\ud800'); });
        test.each([[1], [2]])('each %d', (x) => { expect(x).toBe(1); });
        test.skip('skipped', () => {});
        test.todo('later');
        """,
    "src/before.test.js": """
        describe('before', () => {
          beforeAll(() => { throw new Error('no'); });
          it('one', () => {});
          it('two', () => {});
        });
        """,
    "src/broken.test.js": "test('x', (\n",
    "src/lost.test.js": "require('./gone');\ntest('x', () => {});\n",
    "src/fine.test.js": "test('fine', () => {});\n",
}
JEST_FAILED = {
    "cart (x) deep $1 adds [1] + 2", ' top "quoted" <tag> & ', " each 2", "before one", "before two",
    "src/broken.test.js", "src/lost.test.js",
}  # fmt: skip


def project(repo: Repo, install: Install, *packages: str, script: str, files: dict[str, str], **more: object) -> Runner:
    (repo.path / "node_modules").symlink_to(install(*packages))
    needed = {package.rpartition("@")[0]: package.rpartition("@")[2] for package in packages}
    content = {"name": "x", "scripts": {"test": script}, "devDependencies": needed, **more}
    repo.write({"package.json": json.dumps(content), **files})
    return detect_runner(repo.path, command="", environ=environ())


def names(run: Run) -> set[str]:
    return {test.case.name for test in run.report.failed}


@pytest.mark.parametrize("packages", [(JEST_29,), (JEST_30,), (JEST_29, JEST_JUNIT)])
def test_jest(repo: Repo, node_modules: Install, packages: tuple[str, ...]) -> None:
    runner = project(repo, node_modules, *packages, script="jest --watchAll --bail -u", files=JEST_FILES)
    assert runner.name == "jest"
    whole = run_suite(runner, repo.path)
    assert {name.removesuffix("[31m") for name in names(whole)} == JEST_FAILED
    assert " fine:: fine" in whole.passed
    sources = {runner.test_source(test) for test in whole.report.failed}
    assert sources == {f"src/{name}.test.js" for name in ("cart", "before", "broken", "lost")}

    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.failed == whole.failed
    assert " fine:: fine" not in part.passed
    one = next(test for test in whole.report.failed if test.case.name == "before one")
    assert names(run_subset(runner, repo.path, [one])) == {"before one", "before two"}


def test_names_are_the_same_with_and_without_jest_junit(repo: Repo, node_modules: Install) -> None:
    files = {key: text for key, text in JEST_FILES.items() if key in {"src/before.test.js", "src/fine.test.js"}}
    with_it = project(repo, node_modules, JEST_29, JEST_JUNIT, script="jest", files=files)
    other = Repo.create(repo.path.parent / "other")
    without = project(other, node_modules, JEST_29, script="jest", files=files)
    assert run_suite(with_it, repo.path).ran == run_suite(without, other.path).ran


def test_jest_keeps_the_names_that_its_settings_ask_for(repo: Repo, node_modules: Install) -> None:
    reporters = ["default", ["jest-junit", {"classNameTemplate": "{filepath}", "titleTemplate": "{title}"}]]
    runner = project(
        repo, node_modules, JEST_29, JEST_JUNIT,
        script="jest --coverage --coverageReporters=text",
        files={"src/a.test.js": "describe('d', () => { test('a', () => { expect(1).toBe(2); }); });\n"},
        jest={"reporters": reporters, "coverageThreshold": {"global": {"lines": 100}}},
    )  # fmt: skip
    whole = run_suite(runner, repo.path)
    assert whole.failed == {"src/a.test.js::a"}
    repo.write({"src/a.test.js": "describe('d', () => { test('a', () => { expect(1).toBe(1); }); });\n"})
    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.passed == {"src/a.test.js::a"}
    assert part.finished.ok


def test_jest_finds_the_file_of_a_report_that_names_none(repo: Repo, node_modules: Install) -> None:
    runner = project(repo, node_modules, JEST_29, script="jest", files=JEST_FILES)
    by_title = failed_test("cart (x) deep $1 adds [1] + 2", "cart (x) deep $1 adds [1] + 2")
    assert names(run_subset(runner, repo.path, [by_title])) >= {by_title.case.name, " each 2"}
    stack = "Error\n    at Object.<anonymous> (/builds/acme/shop/src/before.test.js:2:47)\n    at node_modules/x.test.js:1:1"
    by_stack = failed_test("gone", "gone", text=stack)
    assert names(run_subset(runner, repo.path, [by_stack])) == {"before one", "before two"}


VITEST_FILES = {
    "src/cart.test.ts": """
        import { describe, it, expect, test, beforeAll } from 'vitest'
        describe('cart (x)', () => {
          describe('deep $1', () => {
            it('adds [1] > 2', () => { expect(1 + 1 as number).toBe(3) })
            it('fine', () => {})
          })
        })
        test('top', () => { throw new Error('boom') })
        describe('before', () => {
          beforeAll(() => { throw new Error('no') })
          it('one', () => {})
        })
        """,
    "src/broken.test.ts": "test('x', (\n",
    "src/fine.test.ts": "import { test } from 'vitest'\ntest('fine', () => {})\n",
}
OWN_OUTPUT = "export default { test: { reporters: ['default', ['junit', { classnameTemplate: 'X {filename}' }]] } }\n"


@pytest.mark.parametrize("version", [VITEST_3, VITEST_4])
@pytest.mark.parametrize(
    "script",
    [
        "vitest",
        "vitest run --bail=1 --coverage.enabled=false",
        "vitest --run",
        "vitest watch --config vitest.config.mjs -u",
    ],
)
def test_vitest(repo: Repo, node_modules: Install, version: str, script: str) -> None:
    config = {"vitest.config.mjs": "export default { test: { bail: 1, outputFile: 'own.xml' } }\n"}
    runner = project(repo, node_modules, version, script=script, files={**VITEST_FILES, **config})
    assert runner.name == "vitest"
    whole = run_suite(runner, repo.path)
    assert names(whole) >= {"cart (x) > deep $1 > adds [1] > 2", "top", "src/broken.test.ts"}
    assert {runner.test_source(test) for test in whole.report.failed} == {"src/cart.test.ts", "src/broken.test.ts"}

    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.failed == whole.failed
    assert "src/fine.test.ts::fine" in whole.passed - part.passed


@pytest.mark.parametrize("version", [VITEST_3, VITEST_4])
def test_vitest_keeps_the_names_that_its_settings_ask_for(repo: Repo, node_modules: Install, version: str) -> None:
    files = {**VITEST_FILES, "vitest.config.mjs": OWN_OUTPUT}
    runner = project(repo, node_modules, version, script="vitest --coverage.enabled=false", files=files)
    whole = run_suite(runner, repo.path)
    assert {key.partition("::")[0] for key in whole.failed} == {"X src/cart.test.ts", "X src/broken.test.ts"}
    assert run_subset(runner, repo.path, whole.report.failed).failed == whole.failed


def test_vitest_names_the_report_that_its_settings_write_elsewhere(repo: Repo) -> None:
    config = "export default { test: { reporters: [['junit', { outputFile: './out/own.xml' }]] } }\n"
    content = json.dumps({"scripts": {"test": "vitest"}, "devDependencies": {"vitest": "4"}})
    repo.write({"package.json": content, "vitest.config.ts": config})
    assert detect_runner(repo.path, command="", environ=environ()).report_globs[0] == "out/own.xml"


MOCHA_FILES = {
    "test/cart.js": """
        const assert = require('assert');
        describe('cart (x)', () => {
          it('adds [1] + 2', () => { assert.strictEqual(1 + 1, 3); });
          it('fine', () => {});
        });
        describe('before', () => {
          before(() => { throw new Error('no'); });
          it('one', () => {});
        });
        """,
    "test/fine.js": "it('fine', () => {});\n",
}


@pytest.mark.parametrize("packages", [(MOCHA,), (MOCHA, MOCHA_JUNIT)])
def test_mocha(repo: Repo, node_modules: Install, packages: tuple[str, ...]) -> None:
    script = "NODE_ENV=test mocha --bail -R dot 'test/**/*.js'"
    runner = project(repo, node_modules, *packages, script=script, files=MOCHA_FILES)
    assert runner.name == "mocha"
    whole = run_suite(runner, repo.path)
    assert len(whole.failed) == 2
    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.failed == whole.failed
    assert len(part.passed) == len(whole.passed) - 1
    assert {runner.test_source(test) for test in whole.report.failed} == {"test/cart.js"}
