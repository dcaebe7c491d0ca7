"""One healer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from honk_ci.config import Config
from honk_ci.domain import Build, Candidate, Failure, Reproduction, Verdict
from honk_ci.git import Repository
from honk_ci.meter import Meter
from honk_ci.progress import Progress
from honk_ci.workspaces.interface import Workspace
from honk_ci.workspaces.testbed import Testbed

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.verifiers.interface import Verifier


@dataclass(kw_only=True, slots=True)
class HealCase:
    """One reproduced failure, and everything a healer may use to mend it.

    The workspace stands at the red commit when ``heal`` is entered and may be left in any state.
    """

    build: Build
    reproduction: Reproduction
    workspace: Workspace
    testbed: Testbed
    repository: Repository
    verifiers: Sequence[Verifier]
    gate: Callable[[Candidate], Verdict]  # the whole gate; a patch judged before is answered from memory
    config: Config
    meter: Meter
    progress: Progress
    environ: Mapping[str, str]  # of honk itself: holds keys, never given to commands of the repository
    scratch: Path  # a folder of this run's own, gone afterwards
    learned: list[str] = field(default_factory=list)  # one line a lesson, for the healers that follow

    @property
    def failure(self) -> Failure:
        return self.reproduction.failure


class Healer(Protocol):
    """Proposes patches for one failure."""

    name: str

    def skip_reason(self, case: HealCase) -> str:
        """Why this healer cannot help here, one line; "" when it can. Costs next to nothing."""

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        """Patches worth the gate, best first; the caller stops asking at the first that passes.

        Keeps ``case.meter.left_s`` and its own limits; ends without a candidate when it has none.
        """
