"""docs/github.md says what the action and the workflows do."""

from __future__ import annotations

import re

import yaml

from tests.ci.stand_ins import TOP

PAGE = (TOP / "docs" / "github.md").read_text(encoding="utf-8")
FOLDER = TOP / "honk_ci" / "setup_files" / "github"


def test_every_input_and_output_has_its_row() -> None:
    action = yaml.safe_load((TOP / "action.yml").read_text())
    inputs, outputs = PAGE.split("| input |")[1].split("| output |")
    rows = [set(re.findall(r"^\| (`[^|]*`) \|", part, re.MULTILINE)) for part in (inputs, outputs.split("\n\n")[0])]
    named = [{name for row in part for name in re.findall(r"`([^`]+)`", row)} for part in rows]

    assert named == [set(action["inputs"]), set(action["outputs"])]


def test_every_layout_has_its_link() -> None:
    linked = set(re.findall(r"\(\.\./honk_ci/setup_files/github/([\w-]+\.yml)\)", PAGE))

    assert linked == {file.name for file in FOLDER.glob("*.yml")}


def test_what_it_shows_to_copy_is_pinned_as_the_workflows_are() -> None:
    pinned = {
        line.strip() for file in FOLDER.glob("*.yml") for line in file.read_text().splitlines() if "uses: " in line
    }
    shown = {line.strip() for line in PAGE.splitlines() if re.search(r"uses: \S+@", line)}
    ours = {line.removeprefix("- ") for line in pinned}

    assert {
        line for line in shown if line.removeprefix("- ") not in ours and "create-github-app-token" not in line
    } == set()


def test_the_first_workflow_is_the_one_job_of_the_files_with_less() -> None:
    first = yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0])
    whole = yaml.safe_load((FOLDER / "one-job.yml").read_text())
    step, given = first["jobs"]["test"]["steps"][-1], whole["jobs"]["test"]["steps"][-1]

    assert first[True] == whole[True]  # YAML 1.1 reads `on` so
    assert first["jobs"]["test"]["permissions"] == whole["jobs"]["test"]["permissions"]
    assert (step["uses"], step["if"]) == (given["uses"], given["if"])
    assert step["with"].items() <= given["with"].items()


def test_the_messages_that_it_explains_are_those_that_honk_says() -> None:
    table = PAGE.split("## When something is amiss")[1]
    told = [
        message
        for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
        for message in re.findall(r"\*([^*]{12,})\*", row)
    ]
    sources = [*(TOP / "honk_ci").rglob("*.py"), *(TOP / "action").iterdir()]
    said = " ".join(_words(file.read_text(encoding="utf-8")) for file in sources if file.is_file())
    parts = [_words(part) for message in told for part in message.split("GH006")[0].split("…")]

    assert len(told) > 10
    assert [part for part in parts if part not in said] == []


def _words(text: str) -> str:
    """As it reads whatever is put in and wherever the line breaks."""
    text = re.sub(r'"\s*\n\s*f?"', "", text)  # texts that go on in the next line
    return " ".join(re.findall(r"[a-z]+", re.sub(r"\{[^{}]*\}", " ", text).lower()))
