from __future__ import annotations

import pytest

from honk_ci.runners.places import USUAL_REPORTS, report_globs
from tests.repos import Repo


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (".github/workflows/ci.yml", "run: pytest --junitxml=out/unit.xml -q\n", ["out/unit.xml"]),
        (".github/workflows/ci.yml", "run: pytest --junit-xml 'out/py-${{ matrix.py }}.xml'\n", ["out/py-*.xml"]),
        (".github/workflows/ci.yml", "env:\n  JEST_JUNIT_OUTPUT_FILE: ./build/jest.xml\n", ["build/jest.xml"]),
        (".github/workflows/ci.yml", "run: pytest --junitxml=$GITHUB_WORKSPACE/r.xml\n", ["r.xml"]),
        (".gitlab-ci.yml", "artifacts:\n  reports:\n    junit: rspec/*.xml\n", ["rspec/*.xml"]),
        ("tox.ini", "commands = pytest --junitxml={envlogdir}/t.xml\n", ["t.xml"]),
        ("package.json", '{"scripts": {"test": "vitest --outputFile.junit=v.xml"}}', ["v.xml"]),
        ("pyproject.toml", 'addopts = "--junitxml=p/q.xml"\n', ["p/q.xml"]),
        (".gitlab-ci.yml", "junit: '**/target/x.xml'\ncobertura: coverage.xml\n", []),  # would search everything
        (".gitlab-ci.yml", "run: pytest --junitxml=/tmp/r.xml --junitxml=../r.xml\n", []),
    ],
)
def test_reports_are_looked_for_where_ci_says(repo: Repo, name: str, text: str, expected: list[str]) -> None:
    repo.write({name: text})
    assert report_globs(repo.path) == (*expected, *USUAL_REPORTS)


def test_no_glob_searches_installed_packages() -> None:
    assert not [glob for glob in USUAL_REPORTS if glob.startswith("**") or "node_modules" in glob]
