"""What the documentation says is what the code does: links, command lines, exit codes, configuration."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

import honk_ci
from honk_ci import errors
from honk_ci.cli import main
from honk_ci.config_file import load_config
from honk_ci.domain import (
    Attempt,
    Build,
    Candidate,
    Cause,
    CheckResult,
    Delivery,
    Evidence,
    FailedTest,
    Failure,
    FindingKind,
    Frame,
    Healing,
    IntegrityFinding,
    LogFinding,
    Outcome,
    Proof,
    ProvenFix,
    Report,
    Reproduction,
    ReproductionState,
    RunRecord,
    Severity,
    SideOfProof,
    TestCase,
    TestCounts,
    Verdict,
)
from honk_ci.flakes import DETECTABLE_RATE, passes_needed, passes_to_rule_out
from honk_ci.patch import FileChange, Patch

TOP = Path(honk_ci.__file__).parent.parent
PAGES = sorted(
    [*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("benchmarks/*.md")], key=lambda page: page.as_posix()
)

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^()\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_HONK = re.compile(r"(?:^|[\s/\"])honk\"? (?P<rest>\S.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    text: str


def page_id(page: Path) -> str:
    return str(page.relative_to(TOP))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_relative_links_lead_somewhere(page: Path) -> None:
    dead = [target for target in _links(page) if not _leads_somewhere(page, target)]

    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_command_lines_use_commands_and_options_that_exist(page: Path) -> None:
    wrong = [problem for line in _command_lines(page) for problem in _problems(line)]

    assert wrong == []


def test_the_pages_hold_command_lines() -> None:
    """Else the test above would be content with anything."""
    assert sum(1 for page in PAGES for _ in _command_lines(page)) > 12


@pytest.mark.parametrize("name", ["README.md", "docs/how-it-works.md"])
def test_exit_codes_are_those_of_the_code(name: str) -> None:
    told = {int(row[0]) for row in _table(TOP / name, "## Exit codes") if row[0].isdigit()}

    assert told | {1} == {0, 1, 2, 3, 130} | {kind.exit_code for kind in _kinds_of_fault()}


def test_exit_codes_stand_beside_the_fault_they_belong_to() -> None:
    rows = _table(TOP / "docs/how-it-works.md", "## Exit codes")

    named = {row[1].strip("`"): int(row[0]) for row in rows if row[1].strip("`").isidentifier()}

    assert named == {kind.__name__: kind.exit_code for kind in _kinds_of_fault()}


def test_every_outcome_is_explained() -> None:
    rows = _table(TOP / "docs/how-it-works.md", "## Outcomes, and what to do next")

    assert {row[0].strip("`") for row in rows} == {outcome.value for outcome in Outcome}


def test_every_cause_that_triage_names_is_explained() -> None:
    rows = _table(TOP / "docs/how-it-works.md", "### 2. Triage")

    found_later = {Cause.FLAKY.value, Cause.ALREADY_RED.value}  # by running, not by rules
    assert {row[0].strip("`") for row in rows} == {cause.value for cause in Cause} - found_later


def test_every_check_of_the_gate_is_explained_in_its_order() -> None:
    from honk_ci.checks import checks

    rows = _table(TOP / "docs/how-it-works.md", "## The gate")

    assert [row[0].strip("`") for row in rows] == [check.name for check in checks()]


def test_every_field_of_the_run_record_is_explained() -> None:
    from honk_ci.stages.record_json import to_json

    told = " ".join(cell for row in _table(TOP / "docs/how-it-works.md", "## The run record") for cell in row)

    fields = set(_fields(to_json(_full_record(), redact=str)))
    assert len(fields) > 70
    assert sorted(fields - set(re.findall(r"\w+", told))) == []


def test_numbers_of_runs_are_those_of_the_arithmetic() -> None:
    rows = _table(TOP / "docs/how-it-works.md", "## How often a test is run")
    text = (TOP / "docs/how-it-works.md").read_text(encoding="utf-8")

    assert rows == [
        [str(failures), *(str(passes_needed(failures, risk)) for risk in (0.05, 0.01, 0.001))]
        for failures in range(1, 6)
    ]
    five, one, tenth = (passes_to_rule_out(DETECTABLE_RATE, risk) for risk in (0.05, 0.01, 0.001))
    assert f"{one} passes ({five} at a risk of 5 %, {tenth} at 0.1 %)" in text


def test_every_tool_of_the_agent_is_explained() -> None:
    from honk_ci.healers.agent.tools import offered

    rows = _table(TOP / "docs/agent.md", "## Tools")

    assert {row[0].strip("`") for row in rows} == {tool.name for tool in offered(sandboxed=False)}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:honk_ci|tests|docs|benchmarks)/[\w/.-]+)`", _FENCE.sub("", _text(page)))

    assert [name for name in named if "NAME" not in name and not (TOP / name).exists()] == []


def test_registries_are_where_contributing_says() -> None:
    entries = re.findall(
        r"`(honk_ci/[\w/]+\.py)`: (?:a line in|in|its place in|the name in) `(\w+)", _text(TOP / "CONTRIBUTING.md")
    )

    assert len(entries) >= 7
    assert [(file, name) for file, name in entries if name not in (TOP / file).read_text(encoding="utf-8")] == []


def test_protocols_are_shown_as_they_are() -> None:
    interfaces = "\n".join(file.read_text(encoding="utf-8") for file in TOP.glob("honk_ci/*/interface.py"))
    plain = " ".join(interfaces.split())

    for block in _blocks(TOP / "CONTRIBUTING.md", "python"):
        for line in block.text.strip().splitlines():
            assert line.strip().removesuffix(" ...") in plain, line


def test_shown_configurations_are_valid() -> None:
    shown = [block for page in PAGES for block in _blocks(page, "yaml") if _is_our_config(block)]

    for block in shown:
        load_config(block.text, source=page_id(block.page))
    assert len(shown) >= 4


def test_shown_pipelines_are_yaml_whose_scripts_the_shell_can_read() -> None:
    import yaml

    shown = [block for page in PAGES for block in _blocks(page, "yaml") if not _is_our_config(block)]
    scripts = [script for block in shown for script in _scripts(yaml.safe_load(block.text))]

    for script in scripts:
        done = subprocess.run(["sh", "-n", "-c", script], capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, f"{script}\n{done.stderr}"
    assert len(scripts) >= 4


def test_the_pipelines_pass_untrusted_text_through_the_environment() -> None:
    """An expression inside a script becomes part of the script, whatever a branch is called."""
    import yaml

    shown = [block for page in PAGES for block in _blocks(page, "yaml") if not _is_our_config(block)]

    assert [script for block in shown for script in _scripts(yaml.safe_load(block.text)) if "${{" in script] == []


# --- a record with every part ---------------------------------------------------------------------


def _full_record() -> RunRecord:
    test = FailedTest(case=TestCase(name="test_total", classname="tests.test_cart"))
    failure = Failure(
        fingerprint="0" * 12,
        cause=Cause.CODE,
        summary="total is wrong",
        tests=(test,),
        findings=(LogFinding(kind=FindingKind.TEST, tool="pytest", message="assert 3 == 4"),),
        frames=(Frame(path="cart.py", line=3),),
        evidence=(Evidence(kind="exception", text="AssertionError"),),
    )
    patch = Patch.of([FileChange(path="cart.py", before=b"3", after=b"4")])
    candidate = Candidate(healer="search", patch=patch, rationale="")
    loss = IntegrityFinding(rule="skip-added", path="a.py", line=1, before="", after="", why="", severity=Severity.NOTE)
    verdict = Verdict(results=(CheckResult(check="integrity", passed=True, summary="", findings=(loss,)),))
    side = SideOfProof(name="fixed", commit="", targets={}, counts=TestCounts(passed=1))
    return RunRecord(
        outcome=Outcome.HEALED,
        summary="",
        build=Build(commit="0" * 40, report=Report(counts=TestCounts(failed=1))),
        healings=(
            Healing(
                reproduction=Reproduction(failure=failure, state=ReproductionState.REPRODUCED),
                candidate=candidate,
                verdict=verdict,
                attempts=(Attempt(healer="search", fingerprint="0" * 12, candidates=1, verdict="healed", why=""),),
            ),
        ),
        proof=Proof(
            fixes=(ProvenFix(failure=failure, candidate=candidate, verdict=verdict),),
            patch=patch,
            base=side,
            broken=side,
            fixed=side,
            repeats=5,
            slip_chance=0.01,
            clean="",
        ),
        delivery=Delivery(mode="branch", done=True),
    )


def _fields(value: Any) -> Iterator[str]:
    """Every key of the record; those of its parts too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _fields(item)
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item)


# --- the snippets of the README; whole workflows are run in tests/ci --------------------------------


def test_the_steps_and_includes_that_pages_show_use_inputs_that_exist() -> None:
    import yaml

    action = yaml.safe_load(_text(TOP / "action.yml"))["inputs"]
    template = next(yaml.safe_load_all(_text(TOP / ".gitlab-ci-template.yml")))["spec"]["inputs"]
    shown = [yaml.safe_load(block.text) for page in PAGES for block in _blocks(page, "yaml")]
    steps = [step["with"] for block in shown for step in _dicts(block) if "/honk-ci@" in str(step.get("uses"))]
    includes = [part["inputs"] for block in shown for part in _dicts(block) if "local" in part and "inputs" in part]

    assert [name for given in steps for name in given if name not in action] == []
    assert [name for given in includes for name in given if name not in template] == []
    assert len(steps) >= 2
    assert len(includes) >= 2


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a value, itself included."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dicts(part)


# --- reading pages --------------------------------------------------------------------------------


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _blocks(page: Path, *languages: str) -> Iterator[Block]:
    for match in _FENCE.finditer(_text(page)):
        if match["language"] in languages:
            text = textwrap.dedent(match["text"])
            yield Block(page, match["language"], text)


def _links(page: Path) -> Iterator[str]:
    prose = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", _text(page)))
    yield from (match["target"] for match in _LINK.finditer(prose) if "://" not in match["target"])


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    if not file.exists():
        return False
    return not anchor or anchor in {_anchor(match["title"]) for match in _HEADING.finditer(_text(file))}


def _anchor(title: str) -> str:
    """As GitHub and GitLab make it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    below = _text(page).split(f"\n{heading}\n", 1)[1]
    lines = itertools.takewhile(
        lambda line: line.startswith("|"), itertools.dropwhile(lambda line: not line.startswith("|"), below.split("\n"))
    )
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in list(lines)[2:]]


def _command_lines(page: Path) -> Iterator[str]:
    """What is typed after ``honk``, in blocks that show a terminal, a script or a pipeline."""
    for block in _blocks(page, "console", "bash", "sh", "yaml"):
        for line in block.text.splitlines():
            match = _HONK.search(re.sub(r"(?:^|\s)#.*", "", line))
            if match and not line.lstrip().startswith(("git ", "python")):
                yield re.split(r" \|\| | > | \| ", match["rest"])[0]


def _problems(line: str) -> Iterator[str]:
    name, *words = shlex.split(line, comments=True)
    if name.startswith("-"):
        command: click.Command | None = main
        words = [name, *words]
    else:
        command = main.get_command(click.Context(main), name)
    if command is None:
        yield f"there is no command {name}: {line}"
        return
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    yield from (
        f"honk {command.name} has no {word}" for word in words if re.match(r"--?[a-z]", word) and word not in known
    )


def _is_our_config(block: Block) -> bool:
    """Pages say so in the first line of the block, or are about nothing else."""
    first = block.text.split("\n", 1)[0]
    return ".honk.yml" in first or "honk.schema.json" in first or block.page.name == "configuration.md"


def _scripts(value: Any) -> Iterator[str]:
    """The shell scripts of a GitHub workflow or a GitLab pipeline."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "run":
                yield item
            elif key == "script":
                yield from item
            else:
                yield from _scripts(item)
    elif isinstance(value, list):
        yield from (script for item in value for script in _scripts(item))


def _kinds_of_fault() -> list[type[errors.HonkError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HonkError)]
