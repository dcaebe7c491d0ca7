"""How a run ended: the proof, what was delivered, and the record of it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from honk_ci.domain.builds import Build, TestCounts
from honk_ci.domain.failures import Failure, Reproduction
from honk_ci.domain.healing import Candidate, Healing, IntegrityFinding, Usage, Verdict
from honk_ci.patch import Patch


class Outcome(StrEnum):
    """How a run ended; the words of the run record."""

    HEALED = "healed"
    PROPOSED = "proposed"  # a patch that a person must decide on
    FLAKY = "flaky"
    INFRASTRUCTURE = "infrastructure"
    ALREADY_RED = "already_red"
    NOT_REPRODUCED = "not_reproduced"
    GAVE_UP = "gave_up"
    REFUSED = "refused"
    NOTHING_TO_HEAL = "nothing_to_heal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """Seconds of wall clock; ``own_s`` is what was neither tests nor model."""

    total_s: float
    tests_s: float
    model_s: float
    own_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SideOfProof:
    """The same tests at one of the three points: base, broken, fixed."""

    name: str
    commit: str  # "" where the tree is not a commit yet
    targets: Mapping[str, str]  # test key -> "passed", "failed", "skipped", "absent"
    counts: TestCounts | None = None  # of the whole suite, where it was run
    command: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvenFix:
    """One failure's patch, shrunk and proven on its own."""

    failure: Failure
    candidate: Candidate
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """Everything that shows that the fixes hold, each alone and all together."""

    fixes: tuple[ProvenFix, ...]
    patch: Patch  # all fixes together, against the red commit
    base: SideOfProof | None
    broken: SideOfProof
    fixed: SideOfProof
    repeats: int  # times that the target tests passed with the patch
    slip_chance: float  # worst-case chance that an unhealed flake looks like this
    clean: str  # how the clean checkout was proven, or why it could not be
    is_clean: bool = False  # whether it was proven there
    needs_person: str = ""  # why a person must decide; "" when none need
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[IntegrityFinding, ...]:
        return tuple(finding for fix in self.fixes for finding in fix.verdict.findings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What was made of a proof."""

    mode: str
    done: bool  # as asked; also true when it was there already
    branch: str = ""
    commit: str = ""
    remote: str = ""
    url: str = ""  # of the pull or merge request
    request: int | None = None  # its number
    is_draft: bool = False
    target: str = ""  # the branch that the request asks to be merged into
    comment_url: str = ""
    starts_ci: bool | None = None  # whether the push starts CI; None where that is not known
    note: str = ""  # what a person should know; why it was not done
    notes: tuple[str, ...] = ()  # what could not be done besides: a label, a comment, a reviewer
    kept: tuple[str, ...] = ()  # where the fix is kept: local branch, patch file, bundle
    rejected: bool = False  # the remote refused or could not be reached
    is_capped: bool = False  # less than was asked for, since this run may not do more
    forge_refused: bool = False  # the forge did, so that what was asked for is not done


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """Everything one run did; ``honk_ci.stages.record`` gives its JSON and Markdown forms."""

    outcome: Outcome
    summary: str  # one line
    build: Build
    reproductions: tuple[Reproduction, ...] = ()
    healings: tuple[Healing, ...] = ()
    proof: Proof | None = None
    delivery: Delivery | None = None
    usage: Usage = field(default_factory=Usage)
    timing: Timing = field(default_factory=lambda: Timing(total_s=0, tests_s=0, model_s=0, own_s=0))
    remaining: tuple[str, ...] = ()  # what is still red, one line each
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
