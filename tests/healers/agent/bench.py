"""A bench for the agent: a broken project, a real workspace and runner, and a scripted service."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from honk_ci.config import AgentConfig, ArchiveConfig, Config, LimitsConfig
from honk_ci.domain import (
    Build,
    Candidate,
    Cause,
    CheckResult,
    FailedTest,
    Failure,
    Frame,
    Reproduction,
    ReproductionState,
    Usage,
    Verdict,
)
from honk_ci.git import Repository
from honk_ci.healers.agent import Agent
from honk_ci.healers.interface import HealCase
from honk_ci.meter import Meter
from honk_ci.progress import Silent
from honk_ci.runners import detect_runner
from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.verifiers.interface import Verifier
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.testbed import Testbed
from tests.repos import Repo

PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider --junitxml={{report}}"

CART = {
    "shop/__init__.py": "",
    "shop/cart.py": '''
        """The shopping cart."""


        def total(prices, discount=0):
            """Sum of the prices less the discount in percent."""
            return sum(prices) * (100 + discount) / 100


        def count(prices):
            return len(prices)
    ''',
    "tests/__init__.py": "",
    "tests/test_cart.py": """
        from shop.cart import count, total


        def test_total():
            assert total([10, 20]) == 30


        def test_total_with_discount():
            assert total([10, 20], discount=10) == 27


        def test_count():
            assert count([1]) == 1
    """,
}
WRONG = "(100 + discount)"
RIGHT = "(100 - discount)"


def edit_call(old: str = WRONG, new: str = RIGHT, path: str = "shop/cart.py", why: str = "") -> dict[str, Any]:
    """Arguments of an edit; without arguments the right one for ``CART``."""
    return {"why": why or "The discount was added.", "edits": [{"path": path, "old": old, "new": new}]}


@dataclass
class Watcher(Silent):
    """Progress that a test can read."""

    notes: list[str] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.notes.append(line)

    def spent(self, usage: Usage) -> None:
        self.usages.append(usage)


@dataclass
class Gate:
    """A gate of the test's own: the suite must be green, and no test file may change."""

    case: HealCase | None = None
    asked: list[Candidate] = field(default_factory=list)

    def __call__(self, candidate: Candidate) -> Verdict:
        assert self.case is not None
        self.asked.append(candidate)
        touched = [path for path in candidate.patch.paths if path.startswith("tests/")]
        if touched:
            return _verdict("integrity", passed=False, summary=f"{touched[0]} is a test and read-only")
        self.case.workspace.apply(candidate.patch)
        run = self.case.testbed.run_suite()
        self.case.workspace.reset()
        words = f"{run.report.counts.passed} tests passed" if run.is_green else f"{run.report.counts.failed} tests fail"
        return _verdict("suite", passed=run.is_green, summary=words)


def _verdict(check: str, *, passed: bool, summary: str) -> Verdict:
    return Verdict(results=(CheckResult(check=check, passed=passed, summary=summary),))


@dataclass
class Bench:
    """One open workspace with what a healer gets."""

    repo: Repo
    case: HealCase
    gate: Gate
    watcher: Watcher
    agent: Agent

    def heal(self) -> Candidate | None:
        return next(iter(self.agent.heal(self.case)), None)

    @property
    def transcript(self) -> Path:
        (path,) = sorted((self.repo.path / ".git/honk/transcripts").glob("*.jsonl"))
        return path


@contextmanager
def bench(
    repo: Repo,
    api: MessagesAPI | None = None,
    *,
    files: Mapping[str, str] = CART,
    command: str = PYTEST,
    agent: AgentConfig | None = None,
    limits: LimitsConfig | None = None,
    environ: Mapping[str, str] | None = None,
    failure: Failure | None = None,
    frames: Sequence[Frame] = (),
    verifiers: Sequence[Verifier] = (),
    base: str | None = None,
    sandboxed: bool = False,
    cause: Cause = Cause.CODE,
) -> Iterator[Bench]:
    """``repo`` with ``files`` committed, its failing tests found by running them, and a case for the agent."""
    commit = repo.commit("break it", files) if files else repo.git("rev-parse", "HEAD")
    config = Config(agent=agent or AgentConfig(), limits=limits or LimitsConfig(), archive=ArchiveConfig())
    meter = Meter(time_limit_s=config.limits.time_s, cost_cap_usd=config.limits.cost_usd)
    own = {**os.environ, "ANTHROPIC_API_KEY": "sk-test-0123456789abcdef"}
    if api is not None:
        own["ANTHROPIC_BASE_URL"] = api.url
    repository = Repository(repo.path, environ=os.environ)
    scratch = repo.path.parent / "scratch"
    runner = detect_runner(repo.path, command=command, environ=os.environ)
    with in_place(repository, environ=os.environ) as workspace:
        testbed = Testbed(workspace=workspace, runner=runner, meter=meter, scratch=scratch, timeout_s=60)
        if failure is None:
            failure = _failure(_failed(testbed, files, command), frames, cause)
        gate, watcher = Gate(), Watcher()
        case = HealCase(
            build=Build(commit=commit, base=base),
            reproduction=Reproduction(
                failure=failure,
                state=ReproductionState.REPRODUCED,
                runs=2,
                failed_runs=2,
                base_state="passed" if base else "",
            ),
            workspace=workspace,
            testbed=testbed,
            repository=repository,
            verifiers=verifiers,
            gate=gate,
            config=config,
            meter=meter,
            progress=watcher,
            environ={**own, **(environ or {})},
            scratch=scratch,
        )
        gate.case = case
        yield Bench(repo=repo, case=case, gate=gate, watcher=watcher, agent=Agent(sandboxed=sandboxed))


_KNOWN: dict[str, tuple[FailedTest, ...]] = {}  # what fails in a project does not change from test to test


def _failed(testbed: Testbed, files: Mapping[str, str], command: str) -> tuple[FailedTest, ...]:
    key = f"{command} {sorted(files.items())}"
    if key not in _KNOWN or not files:
        _KNOWN[key] = testbed.run_suite().report.failed
    return _KNOWN[key]


def _failure(failed: Sequence[FailedTest], frames: Sequence[Frame], cause: Cause) -> Failure:
    return Failure(
        fingerprint="0123456789ab",
        cause=cause,
        summary=failed[0].message.splitlines()[0] if failed and failed[0].message else "the tests fail",
        tests=tuple(failed),
        frames=tuple(frames),
    )


def last_user_text(request: Mapping[str, Any]) -> str:
    """What the last user message of a request says, tool results included."""
    blocks = request["messages"][-1]["content"]
    return "\n".join(str(block.get("text") or block.get("content")) for block in blocks)


def with_agent(**changes: Any) -> AgentConfig:
    return replace(AgentConfig(), **changes)
