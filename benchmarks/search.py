"""The search healer on the Python half of QuixBugs.

    python benchmarks/search.py CHECKOUT [PROGRAM ...] [--time SECONDS] [--diffs]

CHECKOUT is a clone of the QuixBugs repository, which is not ours to ship. Each of its buggy
programs becomes a project of its own, with the tests that the set gives and no others, and goes
through the whole healer. Printed a program: whether a patch passes all given tests, whether the
first such patch has the syntax tree of the reference, whether it would go without a person, and
the seconds of the search. All given tests are visible to the search, and the operators were
developed with the set in view: this guards against getting worse, and proves little else.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from honk_ci.config import Config, HealersConfig
from honk_ci.domain import (
    Build,
    Candidate,
    Cause,
    FailedTest,
    Failure,
    Reproduction,
    ReproductionState,
    TestCase,
    Verdict,
)
from honk_ci.git import Repository
from honk_ci.healers.interface import HealCase
from honk_ci.healers.search import Search
from honk_ci.meter import Meter
from honk_ci.process import Command
from honk_ci.progress import Silent
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.testbed import Testbed

TEST_TIMEOUT_S = 20.0  # some of the bugs are endless loops


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of one program."""

    program: str
    first: Candidate | None
    proposals: int
    is_reference: bool
    seconds: float

    def row(self) -> str:
        found = "-" if self.first is None else "reference" if self.is_reference else "plausible"
        lane = "" if self.first is None else self.first.needs_person or "automatic"
        return f"{self.program:30} {found:10} {self.seconds:6.1f} s  {lane}"


class Pytest:
    """pytest of this interpreter on the one test file of the project."""

    name = "pytest"
    report_globs: Sequence[str] = ()

    def suite(self, report: Path) -> Command:
        return Command(argv=(sys.executable, "-m", "pytest", "-q", "-p", "no:timeout", f"--junitxml={report}"))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:  # noqa: ARG002 (the interface's names)
        return None

    def test_source(self, test: FailedTest) -> str | None:  # noqa: ARG002
        return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout", type=Path)
    parser.add_argument("programs", nargs="*")
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--diffs", action="store_true")
    options = parser.parse_args()
    os.environ |= {
        "GIT_AUTHOR_NAME": "b",
        "GIT_AUTHOR_EMAIL": "b@b",
        "GIT_COMMITTER_NAME": "b",
        "GIT_COMMITTER_EMAIL": "b@b",
    }
    results = []
    for program in options.programs or sorted(programs(options.checkout)):
        result = measure(options.checkout, program, options.time)
        results.append(result)
        print(result.row(), flush=True)
        if options.diffs and result.first is not None:
            print(result.first.patch.diff(), result.first.rationale, sep="\n", flush=True)
    print(summary(results))


def programs(checkout: Path) -> Iterator[str]:
    for test in (checkout / "python_testcases").glob("test_*.py"):
        yield test.stem.removeprefix("test_")


def measure(checkout: Path, program: str, time_s: float) -> Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(checkout, program, folder / "project")
        started = time.monotonic()
        candidates = heal(folder / "project", folder / "scratch", time_s)
        seconds = time.monotonic() - started
    first = candidates[0] if candidates else None
    is_reference = first is not None and is_like_reference(checkout, program, first)
    return Result(program=program, first=first, proposals=len(candidates), is_reference=is_reference, seconds=seconds)


def project(checkout: Path, program: str, target: Path) -> None:
    """The buggy program with its helpers, its tests, and nothing of the correct version."""
    for folder, names in {
        "python_programs": (f"{program}.py", "node.py"),
        "python_testcases": (f"test_{program}.py", "load_testdata.py", "node.py"),
        "json_testcases": (f"{program}.json",),
    }.items():
        (target / folder).mkdir(parents=True)
        for file in names:
            if (checkout / folder / file).exists():
                shutil.copy(checkout / folder / file, target / folder / file)
    shutil.copy(checkout / "conftest.py", target / "conftest.py")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "red"]):
        subprocess.run(["git", *command], cwd=target, check=True, timeout=60)


def heal(path: Path, scratch: Path, time_s: float) -> list[Candidate]:
    repository = Repository(path, environ=os.environ)
    meter = Meter(time_limit_s=3600.0, cost_cap_usd=0.0)
    with in_place(repository, environ=os.environ) as workspace:
        testbed = Testbed(workspace=workspace, runner=Pytest(), meter=meter, scratch=scratch, timeout_s=TEST_TIMEOUT_S)
        failing = failing_tests(path)
        failure = Failure(fingerprint="0" * 12, cause=Cause.CODE, summary="red", tests=failing)
        case = HealCase(
            build=Build(commit=workspace.commit),
            reproduction=Reproduction(failure=failure, state=ReproductionState.REPRODUCED),
            workspace=workspace,
            testbed=testbed,
            repository=repository,
            verifiers=(),
            gate=lambda _: Verdict(results=()),
            config=Config(healers=HealersConfig(search_time_s=time_s)),
            meter=meter,
            progress=Silent(),
            environ=os.environ,
            scratch=scratch,
        )
        return list(Search().heal(case))


def failing_tests(path: Path) -> tuple[FailedTest, ...]:
    """All tests: some of the bugs never end, and the healer sees by itself which ones fail."""
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(collect, cwd=path, check=False, timeout=60, capture_output=True, text=True)
    ids = [line for line in done.stdout.splitlines() if "::" in line]
    return tuple(
        FailedTest(
            case=TestCase(classname=name.partition(".py::")[0].replace("/", "."), name=name.partition(".py::")[2])
        )
        for name in ids
    )


def is_like_reference(checkout: Path, program: str, candidate: Candidate) -> bool:
    change = candidate.patch.changes[0]
    assert change.after is not None
    reference = (checkout / "correct_python_programs" / f"{program}.py").read_text(encoding="utf-8")
    return code_of(change.after.decode()) == code_of(reference)


def code_of(text: str) -> str:
    """The functions of a module without the docstrings and comments around them."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return "\n".join(ast.unparse(node) for node in functions)


def summary(results: Sequence[Result]) -> str:
    plausible = [result for result in results if result.first is not None]
    automatic = [result for result in plausible if result.first is not None and not result.first.needs_person]
    return (
        f"{len(plausible)}/{len(results)} plausible, {sum(r.is_reference for r in plausible)} first patch is the reference; "
        f"automatic {len(automatic)}, of them {sum(r.is_reference for r in automatic)} the reference; "
        f"{sum(r.seconds for r in results):.0f} s in all, slowest {max(r.seconds for r in results):.1f} s"
    )


if __name__ == "__main__":
    main()
