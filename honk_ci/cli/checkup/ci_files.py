"""The CI files of the repository: whether a job runs honk, and is wired so that its fix can land.

Sources: docs.github.com, "Workflow syntax"; docs.gitlab.com, "CI/CD YAML syntax reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from honk_ci.cli.checkup.finding import Finding, Wiring, missing, note, ok
from honk_ci.cli.checkup.yaml_files import Unreadable, read_yaml
from honk_ci.forges.reading import Json, objects, part, text
from honk_ci.setup_files.gitlab import SOURCE

WORKFLOWS = ".github/workflows"
PIPELINE = ".gitlab-ci.yml"
_ACTION = re.compile(r"(?:^|/)honk[\w-]*(?:/[\w.-]+)*$")  # of a copy by any such name
_COMMAND = re.compile(r"\bhonk\s+(heal|deliver)\b")
_RANK = {"none": 0, "read": 1, "write": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class HonkStep:
    """A step of a GitHub workflow that runs honk."""

    file: str
    job: str
    command: str  # heal, deliver
    uses: str  # the action; "" where a script calls the command
    inputs: Json  # of the action
    workflow: Json
    job_text: Json

    @property
    def place(self) -> str:
        return f"{self.file}, job {self.job}"


def look_at_ci_files(wiring: Wiring) -> Iterator[Finding]:
    root = wiring.repository.root
    files = sorted(file for file in (root / WORKFLOWS).glob("*") if file.suffix in {".yml", ".yaml"})
    if wiring.context.name == "gitlab" or (not files and (root / PIPELINE).is_file()):
        yield from _look_at_pipeline(root / PIPELINE)
    elif files:
        yield from _look_at_workflows(files, wiring)
    else:
        yield note("workflow", "no CI file is here yet", "honk init writes one")


def _look_at_pipeline(file: Path) -> Iterator[Finding]:
    try:
        pipeline = read_yaml(file)
    except Unreadable as problem:
        yield note("workflow", f"{file.name} cannot be read: {problem}")
        return
    if any(SOURCE in item for item in _sources(pipeline)):
        said = f"{file.name}: {SOURCE} stands for your copy of honk-ci, and is none"
        yield missing("workflow", said, "put there what pip installs honk-ci from, as input source of the include")
    elif any("honk" in item.lower() for item in _included(pipeline)):
        yield ok("workflow", f"{file.name} includes honk's template")
    elif _COMMAND.search(file.read_text("utf-8", "replace")):
        yield ok("workflow", f"{file.name} runs honk")
    else:
        yield note("workflow", f"no job of {file.name} runs honk", "honk init shows what to add")


def _sources(pipeline: Json) -> Iterator[str]:
    """What the includes of a pipeline install honk from."""
    yield from (text(item, "inputs", "source") for item in _includes(pipeline) if isinstance(item, dict))


def _includes(pipeline: Json) -> Sequence[Any]:
    included = pipeline.get("include")
    return included if isinstance(included, list) else [included]


def _included(pipeline: Json) -> Iterator[str]:
    """What a pipeline includes: addresses, paths, projects and components."""
    for item in _includes(pipeline):
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from (value for value in item.values() if isinstance(value, str))


# --- GitHub ----------------------------------------------------------------------------------------


def _look_at_workflows(files: Sequence[Path], wiring: Wiring) -> Iterator[Finding]:
    steps: list[HonkStep] = []
    for file in files:
        try:
            steps += _honk_steps(file.name, read_yaml(file))
        except Unreadable as problem:
            yield note("workflow", f"{file.name} cannot be read: {problem}")
    if not steps:
        yield note("workflow", f"no job in {WORKFLOWS} runs honk", "honk init writes a workflow that does")
    for step in steps:
        problems = [
            *_nobodys(step),
            *_wrong_events(step),
            *_loop(step, wiring),
            *_rights(step, wiring),
            *_checkout(step),
        ]
        yield from problems or [ok("workflow", f"{step.place}: {step.command}")]


def _honk_steps(file: str, workflow: Json) -> Iterator[HonkStep]:
    for name, job in part(workflow, "jobs").items():
        for step in objects(job.get("steps")) if isinstance(job, dict) else []:
            if command := _command_of(step):
                yield HonkStep(
                    file=file,
                    job=str(name),
                    command=command,
                    uses=text(step, "uses"),
                    inputs=part(step, "with"),
                    workflow=workflow,
                    job_text=job,
                )


def _command_of(step: Json) -> str:
    """What a step lets honk do; "" for others."""
    if _ACTION.search(text(step, "uses").partition("@")[0]):
        command = text(step, "with", "command") or "heal"
        return command if command in {"heal", "deliver"} else ""
    found = _COMMAND.search(text(step, "run"))
    return found[1] if found else ""


def _nobodys(step: HonkStep) -> Iterator[Finding]:
    """Whether the action is still the one that ``honk init`` and the examples leave to be filled in."""
    name, _, commit = step.uses.partition("@")
    if name.startswith("OWNER/") or commit == "0" * 40:
        said = f"{step.place}: {name}@{commit[:9]} stands for your copy of honk-ci, and is none"
        yield missing("workflow", said, "push a copy of honk-ci, and put OWNER/NAME@COMMIT of it there")


def _wrong_events(step: HonkStep) -> Iterator[Finding]:
    if "pull_request_target" in _events(step.workflow):
        yield missing(
            "workflow",
            f"{step.place}: pull_request_target runs what strangers wrote beside secrets, so honk refuses it",
            "use pull_request; what needs secrets goes into a workflow_run of its own",
        )


def _loop(step: HonkStep, wiring: Wiring) -> Iterator[Finding]:
    """Whether the push of a fix branch starts the job that made it; honk counts and stops, but later."""
    events, prefix = _events(step.workflow), wiring.config.deliver.branch_prefix
    if step.command != "heal" or "push" not in events:
        return
    push = events["push"]
    if _takes_branch(push if isinstance(push, dict) else {}, f"{prefix}0123456789ab"):
        folder = f"{prefix.partition('/')[0]}/**" if "/" in prefix else f"{prefix}*"
        hint = f'branches-ignore: ["{folder}"] under push; the fix is tested in its pull request'
        yield note("workflow", f"{step.place}: the push of a fix starts it again", hint)


def _takes_branch(push: Json, branch: str) -> bool:
    """Whether a push filter lets a branch through; the last pattern that fits decides."""
    branches, ignored = push.get("branches"), push.get("branches-ignore")
    if isinstance(ignored, list):
        return not any(_fits(str(pattern), branch) for pattern in ignored)
    if isinstance(branches, list):
        fitting = [str(pattern) for pattern in branches if _fits(str(pattern).removeprefix("!"), branch)]
        return bool(fitting) and not fitting[-1].startswith("!")
    return "tags" not in push and "tags-ignore" not in push  # with a filter for tags alone, no branch gets through


def _fits(pattern: str, branch: str) -> bool:
    """docs.github.com, "Filter pattern cheat sheet"; its ``?`` and ``+`` are a regular expression's own."""
    parts = re.split(r"(\*\*|\*|\?|\+|\[[^\]]*\])", pattern)
    known = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    expression = "".join(
        known.get(piece, piece if number % 2 else re.escape(piece)) for number, piece in enumerate(parts)
    )
    try:
        return re.fullmatch(expression, branch) is not None
    except re.error:
        return False


def _rights(step: HonkStep, wiring: Wiring) -> Iterator[Finding]:
    """Whether the job's own token may do what is to be delivered; one of the user's own is asked itself."""
    mode = text(step.inputs, "deliver") or wiring.config.deliver.mode
    if mode == "none" or "secrets." in text(step.inputs, "token"):
        return
    given = step.job_text.get("permissions", step.workflow.get("permissions"))
    if given is None or given == "write-all":
        return
    needed = {"contents": "write"} | ({} if mode == "branch" else {"pull-requests": "write"})
    hint = f"permissions: {{{', '.join(f'{name}: {level}' for name, level in needed.items())}}}"
    for name, level in needed.items():
        if not _gives(given, name, level):
            yield missing("workflow", f"{step.place}: its token lacks {name}: {level}", hint)
    if wiring.config.deliver.status and not (_gives(given, "checks", "write") or _gives(given, "statuses", "write")):
        said = f"{step.place}: its token can set no check beside the red commit"
        yield note("workflow", said, "permissions: {checks: write}, or deliver.status: false")


def _gives(permissions: Any, name: str, level: str) -> bool:
    """Whether ``permissions`` of a workflow give a token so much; what they do not name is none."""
    have = text(permissions, name) if isinstance(permissions, dict) else "read" if permissions == "read-all" else "none"
    return _RANK.get(have, 0) >= _RANK[level]


def _checkout(step: HonkStep) -> Iterator[Finding]:
    if step.command != "heal":
        return
    for other in objects(step.job_text.get("steps")):
        if not text(other, "uses").startswith("actions/checkout@"):
            continue
        inputs = part(other, "with")
        if str(inputs.get("fetch-depth")) != "0":
            yield note("workflow", f"{step.place}: the checkout has no history", "fetch-depth: 0")
        if str(inputs.get("persist-credentials")).lower() != "false":
            hint = "persist-credentials: false"
            yield note("workflow", f"{step.place}: the checkout leaves a token where the tests can read it", hint)


def _events(workflow: Json) -> Json:
    """What starts a workflow, each with its filters."""
    events = workflow.get("on")
    if isinstance(events, str):
        return {events: None}
    if isinstance(events, list):
        return {str(event): None for event in events}
    return events if isinstance(events, dict) else {}
