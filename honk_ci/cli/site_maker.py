"""The place where a build is reproduced, healed and proven, put together when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from honk_ci import reports
from honk_ci.checks import checks
from honk_ci.checks.gate import Gate, RedState
from honk_ci.config import Config
from honk_ci.domain import Build, Candidate, Proof, Reproduction, Verdict
from honk_ci.errors import RunnerError
from honk_ci.git import Repository
from honk_ci.healers.interface import HealCase
from honk_ci.meter import Meter
from honk_ci.patch import Patch
from honk_ci.process import Command
from honk_ci.progress import Progress
from honk_ci.stages.deliver.dispatch import IsMended, ProveAgain
from honk_ci.stages.heal import NewCase
from honk_ci.stages.site import Site
from honk_ci.text import clip
from honk_ci.workspaces.in_place import InPlaceWorkspace, in_place
from honk_ci.workspaces.testbed import Testbed

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.runners.interface import Runner
    from honk_ci.verifiers.interface import Verifier


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteMaker:
    """Opens the site of a build, and gives healers what they work with there."""

    repository: Repository
    config: Config
    environ: Mapping[str, str]
    children: Mapping[str, str]  # what commands of the repository see of it
    meter: Meter
    progress: Progress
    scratch: Path
    report_globs: tuple[str, ...]

    @contextmanager
    def open_site(self, build: Build) -> Iterator[Site]:
        root = self.repository.root
        kept = [path for glob in self.report_globs for path in reports.expand(root, glob)]
        with in_place(
            self.repository, environ=self.environ, pass_env=self.config.test.pass_env, kept=kept
        ) as workspace:
            self._set_up(workspace)
            yield self._site(build, workspace)
        for line in workspace.notes:
            self.progress.note(line)

    def _set_up(self, workspace: InPlaceWorkspace) -> None:
        if not self.config.test.setup:
            return
        self.progress.doing(f"set-up: {self.config.test.setup}")
        with self.meter.timed("tests"):
            limit = self.meter.within(self.config.test.timeout_s)
            done = workspace.run(Command(shell=self.config.test.setup), timeout_s=limit, purpose="setup")
        if not done.ok:
            raise RunnerError(
                f"the set-up command failed (exit status {done.exit_code}): {clip(done.output.strip(), 800)}",
                hint="it must prepare a fresh checkout by itself; try it by hand",
            )

    def _site(self, build: Build, workspace: InPlaceWorkspace) -> Site:
        from honk_ci.runners.none import NoTests
        from honk_ci.verifiers import detect_verifiers

        named = {finding.tool for finding in build.findings}
        verifiers = detect_verifiers(self.repository.root, self.children, named=named)
        runner = self._runner(verifiers)
        testbed = Testbed(
            workspace=workspace,
            runner=runner,
            has_tests=not isinstance(runner, NoTests),
            meter=self.meter,
            scratch=self.scratch / "runs",
            timeout_s=self.config.test.timeout_s,
            report_globs=self.report_globs or tuple(runner.report_globs),
        )
        gate = Gate(
            build=build,
            workspace=workspace,
            testbed=testbed,
            repository=self.repository,
            config=self.config,
            verifiers=verifiers,
            checks=checks,
            progress=self.progress,
            red=RedState(workspace, testbed, self.progress),
        )
        return Site(
            build=build,
            repository=self.repository,
            workspace=workspace,
            testbed=testbed,
            verifiers=verifiers,
            gate=gate,
            config=self.config,
            meter=self.meter,
            progress=self.progress,
        )

    def _runner(self, verifiers: Sequence[Verifier]) -> Runner:
        """The test runner; where there is none, linters and type checkers can still be healed."""
        from honk_ci.runners import detect_runner
        from honk_ci.runners.none import NoTests

        try:
            return detect_runner(self.repository.root, command=self.config.test.command, environ=self.children)
        except RunnerError:
            if not verifiers:
                raise
            return NoTests()

    def new_case(self, site: Site) -> NewCase:
        def case(reproduction: Reproduction, gate: Callable[[Candidate], Verdict]) -> HealCase:
            return HealCase(
                build=site.build,
                reproduction=reproduction,
                workspace=site.workspace,
                testbed=site.testbed,
                repository=site.repository,
                verifiers=site.verifiers,
                gate=gate,
                config=site.config,
                meter=site.meter,
                progress=site.progress,
                environ=self.environ,
                scratch=self.scratch,
            )

        return case


def prove_again(site: Site) -> ProveAgain:
    """How a fix is proven once more where its branch has moved on."""
    from honk_ci.stages.moved import holds_on

    def holds(proof: Proof, moved: Patch, fixed: Patch) -> str:
        return holds_on(proof, moved, fixed, site)

    return holds


def is_mended_at(site: Site) -> IsMended:
    """How it is seen whether a branch that has moved on is green by now."""
    from honk_ci.stages.moved import is_mended

    return lambda proof, moved: is_mended(proof, moved, site)
