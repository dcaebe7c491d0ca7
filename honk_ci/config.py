"""The configuration as values; ``config_file`` reads them from ``.honk.yml``.

Each field's comment is its line in the reference in ``docs/``; defaults are chosen so that a
repository without a config file is served well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

DeliverMode = Literal["none", "branch", "pull-request", "commit", "suggest", "comment", "auto"]
ReviewerSource = Literal["author", "codeowners"]
Kind = Literal["format", "name", "pin", "codemod", "edit", "revert"]
Provider = Literal["anthropic", "bedrock", "vertex"]


@dataclass(frozen=True, slots=True)
class Doc:
    """The reference text of a config key."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TestConfig:
    """How the tests are run and where their reports are."""

    __test__ = False

    command: Annotated[
        str, Doc("Runs the whole suite; `{report}` in it stands for the JUnit file to write. Default: detected.")
    ] = ""
    setup: Annotated[str, Doc("Prepares a fresh checkout, such as `npm ci`.")] = ""
    reports: Annotated[
        tuple[str, ...], Doc("Globs of JUnit XML reports. Default: the usual places of the runner detected.")
    ] = ()
    logs: Annotated[tuple[str, ...], Doc("Console logs of the failed job.")] = ()
    timeout_s: Annotated[float, Doc("Longest time for one run of the tests, in seconds.")] = 1800.0
    pass_env: Annotated[
        tuple[str, ...], Doc("Names of environment variables that the tests may see although they look secret.")
    ] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class HealersConfig:
    """Which healers run, in which order."""

    order: Annotated[tuple[str, ...], Doc("Healers, the first that succeeds wins.")] = ("autofix", "search", "agent")
    search_time_s: Annotated[float, Doc("Longest time for the search healer per failure, in seconds.")] = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """Dollars per million tokens."""

    input: Annotated[float, Doc("Tokens sent that no cache holds.")]
    output: Annotated[float, Doc("Tokens answered.")]
    cache_write: Annotated[float | None, Doc("Tokens put into the cache. Default: 1.25 times `input`.")] = None
    cache_read: Annotated[float | None, Doc("Tokens read from the cache. Default: 0.1 times `input`.")] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentConfig:
    """The model and what it may use."""

    model: Annotated[str, Doc("Model name, or `replay:FILE` to run a recorded transcript again.")] = "claude-sonnet-5-5"
    provider: Annotated[Provider, Doc("Where the model is served; `bedrock` and `vertex` need that extra.")] = (
        "anthropic"
    )
    base_url: Annotated[
        str, Doc("Address of the Messages API. Default: `ANTHROPIC_BASE_URL`, else the public one.")
    ] = ""
    max_requests: Annotated[int, Doc("Most requests to the model per failure.")] = 40
    max_output_tokens: Annotated[int, Doc("Most tokens of one answer.")] = 16_000
    attempts: Annotated[int, Doc("Fresh conversations per failure, each told what the last one learned.")] = 2
    prices: Annotated[
        Mapping[str, Price], Doc("Dollars per million tokens by model; goes before the built-in table.")
    ] = field(default_factory=dict)
    allow_unknown_price: Annotated[
        bool, Doc("Use a model whose price is not known; the cost cap cannot hold then.")
    ] = False
    notes: Annotated[str, Doc("What the agent should know of this repository.")] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitsConfig:
    """What a run may cost."""

    cost_usd: Annotated[float, Doc("Most dollars one run may spend on the model.")] = 2.0
    time_s: Annotated[float, Doc("Longest time for a whole run, in seconds.")] = 3600.0
    flake_risk: Annotated[
        float, Doc("Accepted risk of calling a flaky test steady, from which the number of reruns follows.")
    ] = 0.01
    patch_files: Annotated[int, Doc("Most files a patch may touch.")] = 20
    patch_lines: Annotated[int, Doc("Most lines a patch may add and remove.")] = 600
    attempts: Annotated[
        int, Doc("Most runs that try the same failure, across builds; then it is handed over to people.")
    ] = 3
    own_fixes: Annotated[int, Doc("Most fixes of honk's own in a row that it tries to heal again.")] = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyConfig:
    """What a patch may touch."""

    protected: Annotated[
        tuple[str, ...], Doc("Globs of files that no patch may touch, besides the built-in ones.")
    ] = ()
    allowed: Annotated[tuple[str, ...], Doc("Globs taken out of the protected ones.")] = ()
    tests: Annotated[
        Literal["read-only", "propose"],
        Doc("Whether a patch may touch tests: never, or only as a proposal that a person decides on."),
    ] = "read-only"
    bots: Annotated[
        tuple[str, ...], Doc("Bots whose builds are healed, by their exact login; other bots start nothing.")
    ] = ("dependabot[bot]", "renovate[bot]")
    verifiers: Annotated[
        bool, Doc("Whether the repository's linters and type checkers must stay as green as they were.")
    ] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverConfig:
    """Where a fix goes."""

    mode: Annotated[DeliverMode, Doc("What is made of a proven fix.")] = "branch"
    remote: Annotated[str, Doc("Git remote that fix branches are pushed to.")] = "origin"
    branch_prefix: Annotated[str, Doc("Start of the names of fix branches.")] = "honk/fix-"
    auto_commit: Annotated[
        tuple[Kind, ...],
        Doc("Kinds of fixes that mode `auto` commits straight onto the red branch of a request, when fully proven."),
    ] = ("format",)
    comment: Annotated[bool, Doc("Whether the request, or the commit, gets one comment per failure.")] = True
    status: Annotated[bool, Doc("Whether the red commit gets a check run or a commit status.")] = True
    labels: Annotated[tuple[str, ...], Doc("Labels of the requests that are opened.")] = ("honk",)
    reviewers: Annotated[
        tuple[ReviewerSource, ...],
        Doc("Who is asked to review: the `author` of the commit that broke the lines, the `codeowners` of the files."),
    ] = ("author", "codeowners")
    opt_out_label: Annotated[str, Doc("A request with this label is left alone.")] = "honk:off"
    author: Annotated[str, Doc("Author of fix commits, as `Name <address>`.")] = (
        "honk-ci <honk-ci@users.noreply.github.com>"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class NotifyConfig:
    """Who is told; no key yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveConfig:
    """Where runs are kept."""

    transcripts: Annotated[
        str, Doc("Folder for the transcripts of the agent. Default: `honk/transcripts` in the git directory.")
    ] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All settings of a run."""

    test: TestConfig = field(default_factory=TestConfig)
    healers: HealersConfig = field(default_factory=HealersConfig)
    agent: AgentConfig = field(default_factory=AgentConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    deliver: DeliverConfig = field(default_factory=DeliverConfig)
    notify: NotifyConfig = field(default_factory=NotifyConfig)
    archive: ArchiveConfig = field(default_factory=ArchiveConfig)
