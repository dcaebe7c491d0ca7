"""Test scripts as projects write them, and the calls that come of them; nothing is run here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from honk_ci.runners import detect_runner
from honk_ci.runners.jest import REPORTER
from tests.repos import Repo
from tests.runners.runs import environ, failed_test

REPORT = Path("/R.xml")
JEST = f"--ci --bail=0 --reporters=default --reporters={REPORTER}"
JEST_PART = f"{JEST} --coverage=false --runTestsByPath a.test.js"
NODE = (
    "--test --test-reporter=spec --test-reporter-destination=stdout "
    "--test-reporter=junit --test-reporter-destination=/R.xml"
)
VITEST = "--run --bail=0 --outputFile=/R.xml --reporter=default --reporter=junit"
MOCHA = "--no-bail --reporter=xunit --reporter-option=output=/R.xml"

SCRIPTS = [
    (
        "cross-env NODE_ENV=test jest --runInBand src",
        f"HONK_JUNIT_FILE=/R.xml cross-env NODE_ENV=test jest --runInBand src {JEST}",
        f"env HONK_JUNIT_FILE=/R.xml cross-env NODE_ENV=test jest --runInBand {JEST_PART}",
    ),
    (
        "yarn build && yarn jest --watch",
        f"tsc -p . && HONK_JUNIT_FILE=/R.xml yarn jest {JEST}",
        f"tsc -p . && env HONK_JUNIT_FILE=/R.xml yarn jest {JEST_PART}",
    ),
    (
        "npm run lint; npm run test:u -- --verbose -u && echo done",
        f"HONK_JUNIT_FILE=/R.xml jest --verbose {JEST}",
        f"env HONK_JUNIT_FILE=/R.xml jest --verbose {JEST_PART}",
    ),
    (
        "jest --coverage --coverageReporters text lcov",
        f"HONK_JUNIT_FILE=/R.xml jest --coverage --coverageReporters text lcov {JEST}",
        f"env HONK_JUNIT_FILE=/R.xml jest {JEST_PART}",
    ),
    (
        "npm-run-all -s lint test:*",
        f"HONK_JUNIT_FILE=/R.xml jest {JEST}",
        f"env HONK_JUNIT_FILE=/R.xml jest {JEST_PART}",
    ),
    (
        "react-scripts test --watchAll=false",
        f"HONK_JUNIT_FILE=/R.xml react-scripts test {JEST}",
        f"env HONK_JUNIT_FILE=/R.xml react-scripts test {JEST_PART}",
    ),
    ("jest --selectProjects a b", f"HONK_JUNIT_FILE=/R.xml jest --selectProjects a b {JEST}", None),
    ("jest || exit 1", f"HONK_JUNIT_FILE=/R.xml jest {JEST}", f"env HONK_JUNIT_FILE=/R.xml jest {JEST_PART}"),
    (
        "TZ=UTC vitest run --coverage",
        f"TZ=UTC vitest --coverage {VITEST}",
        f"env TZ=UTC vitest {VITEST} --coverage.enabled=false a.test.js",
    ),
    (
        "npx c8 -r lcov vitest",
        f"npx c8 -r lcov vitest {VITEST}",
        f"vitest {VITEST} --coverage.enabled=false a.test.js",
    ),
    (
        "c8 --check-coverage --lines 100 node --test",
        f"c8 --check-coverage --lines 100 node {NODE}",
        f"node {NODE} a.test.js",
    ),
    (
        "tsx --test --experimental-test-coverage --test-coverage-lines=80 src/**/*.test.ts",
        f"tsx {NODE} --experimental-test-coverage --test-coverage-lines=80 src/**/*.test.ts",
        f"tsx {NODE} a.test.js",
    ),
    (
        "nyc mocha 'test/**/*.spec.ts' --require ts-node/register --exit -b",
        f"nyc mocha 'test/**/*.spec.ts' --require ts-node/register --exit {MOCHA}",
        f"mocha --require ts-node/register --exit {MOCHA} a.test.js",
    ),
    ("node --test && node --test other", "CI=true npm test", None),
    ("turbo run test", "CI=true npm test", None),
]


@pytest.mark.parametrize(("script", "whole", "part"), SCRIPTS, ids=[script for script, _, _ in SCRIPTS])
def test_scripts(repo: Repo, script: str, whole: str, part: str | None) -> None:
    scripts = {"test": script, "pretest": "npm run lint", "test:u": "jest", "build": "tsc -p .", "lint": "eslint ."}
    content = {"scripts": scripts, "devDependencies": {"jest": "30.0.0"}}
    repo.write({"package.json": json.dumps(content), "a.test.js": ""})
    runner = detect_runner(repo.path, command="", environ=environ())
    assert str(runner.suite(REPORT)) == whole
    some = runner.subset([failed_test("x", file="a.test.js")], REPORT)
    assert (None if some is None else str(some)) == part


def test_what_must_be_built_before_is_built(repo: Repo) -> None:
    scripts = {"pretest": "npm run build", "prebuild": "rimraf dist", "build": "tsc", "test": "node --test dist"}
    repo.write({"package.json": json.dumps({"scripts": scripts})})
    suite = detect_runner(repo.path, command="", environ=environ()).suite(REPORT)
    assert str(suite) == f"rimraf dist && tsc && node {NODE} dist"


def test_scripts_that_call_each_other_end(repo: Repo) -> None:
    scripts = {"test": "npm run unit && npm test", "unit": "npm run test"}
    repo.write({"package.json": json.dumps({"scripts": scripts})})
    assert str(detect_runner(repo.path, command="", environ=environ()).suite(REPORT)) == "CI=true npm test"


def test_programs_are_found_where_npm_finds_them(repo: Repo) -> None:
    repo.write({"app/package.json": '{"scripts": {"test": "jest"}}'})
    suite = detect_runner(repo.path, command="", environ={"PATH": "/bin"}).suite(REPORT)
    bins = [repo.path / "app" / "node_modules" / ".bin", repo.path / "node_modules" / ".bin"]
    assert suite.env == {"PATH": ":".join([*map(str, bins), "/bin"]), "CI": "true"}
    assert suite.cwd == "app"


def test_plug_and_play_finds_them_through_yarn(repo: Repo) -> None:
    repo.write({".pnp.cjs": "", "package.json": '{"scripts": {"test": "tsc && TZ=UTC node --test"}}'})
    suite = detect_runner(repo.path, command="", environ=environ()).suite(REPORT)
    assert str(suite) == f"yarn tsc && TZ=UTC yarn node {NODE}"
