"""The include for a repository on GitLab, and a copy of the template for it to include."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from honk_ci.errors import ConfigError
from honk_ci.runners.places import report_globs
from honk_ci.setup_files import example
from honk_ci.setup_files.project import Project, has_test_words, known_tests
from honk_ci.text import one_line

FILE = ".gitlab-ci.yml"
TEMPLATE = ".gitlab/honk-ci.yml"
SOURCE = "git+https://HOST/OWNER/honk-ci.git@COMMIT"

_IMAGES = {"python": "python:3.12", "node": "node:22"}
_INCLUDES = re.compile(r"^include\s*:", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ci:
    """What the ``.gitlab-ci.yml`` of a repository says of its tests."""

    text: str = ""  # "" where there is none
    image: str = ""
    reports: tuple[str, ...] = ()  # that its jobs give to GitLab
    kept: tuple[str, ...] = ()  # that they hand to later jobs
    has_hidden_reports: bool = False  # whether one of them is nowhere that honk looks by itself

    @property
    def includes(self) -> bool:
        return bool(_INCLUDES.search(self.text))

    @property
    def has_honk(self) -> bool:
        return "honk-ci" in self.text


def read_ci(repo: Path) -> Ci:
    """Raises ConfigError where the file is there and is no YAML."""
    import yaml

    try:
        text = _whole(repo / FILE)
        documents = list(yaml.load_all(text, Loader=_loader()))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{FILE} cannot be read: {one_line(str(error))}", hint="mend it first") from error
    last = documents[-1] if documents else None  # a header with its inputs may stand before it
    whole = last if isinstance(last, dict) else {}
    jobs = [job for job in whole.values() if isinstance(job, dict) and has_test_words(json.dumps(job, default=str))]
    images = [job.get("image") for job in (*jobs, whole.get("default"), whole) if isinstance(job, dict)]
    artifacts = [job["artifacts"] for job in jobs if isinstance(job.get("artifacts"), dict)]
    reports = tuple(name for one in artifacts for name in _texts(one.get("reports"), "junit"))
    return Ci(
        text=text,
        image=next((name for image in images if (name := _image(image))), ""),
        reports=reports,
        kept=tuple(name for one in artifacts for name in _texts(one, "paths")),
        has_hidden_reports=any(not _is_found(name, repo) for name in reports),
    )


def _is_found(report: str, repo: Path) -> bool:
    return any(fnmatchcase(report, glob) for glob in report_globs(repo))


def _whole(file: Path) -> str:
    """Every byte of it, since it is written back with more at its end; "" where there is none."""
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(f"{FILE} cannot be read: {error.strerror}") from error


def _loader() -> Any:
    """Reads GitLab's own tags, such as ``!reference``, as nothing."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    return Loader


def _image(value: object) -> str:
    name = value.get("name") if isinstance(value, dict) else value
    return name if isinstance(name, str) else ""


def _texts(value: object, key: str) -> list[str]:
    found = value.get(key) if isinstance(value, dict) else None
    return [item for item in ([found] if isinstance(found, str) else found or []) if isinstance(item, str)]


# --- what is written ---------------------------------------------------------------------------------


def files(project: Project, ci: Ci, *, source: str, is_split: bool) -> Mapping[str, str]:
    """The copy of the template and, unless there is one, or one with includes, the ``.gitlab-ci.yml``."""
    include = "\n".join(_include(project, ci, source=source, is_split=is_split)) + "\n"
    template = {TEMPLATE: example("gitlab/template.yml")}
    if not ci.text:
        return {**template, FILE: f"{_test_job(project)}\n{include}"}
    if ci.has_honk or ci.includes:
        return template
    gap = "\n" if ci.text.endswith("\n") else "\n\n"
    return {**template, FILE: f"{ci.text}{gap}{include}"}


def by_hand(project: Project, ci: Ci, *, source: str, is_split: bool) -> Iterator[str]:
    """What to add to an ``include`` that is there: a file that people have laid out is theirs to change."""
    if ci.includes and not ci.has_honk:
        yield f"{FILE} has includes of its own; add this to them:"
        yield from _include(project, ci, source=source, is_split=is_split)[1:]


def to_do(project: Project, ci: Ci, *, source: str, is_split: bool) -> Iterator[str]:
    """What remains for people to do, one line each."""
    if not source:
        yield f"put the address that pip installs honk-ci from where {FILE} says {SOURCE}"
    scopes = ("honk/think", "honk/deliver") if is_split else ("honk/heal", "honk/heal")
    yield f"a project access token (scope api, role Developer) as variable HONK_TOKEN for environment {scopes[1]}"
    yield f"for healing with a model: its key as variable ANTHROPIC_API_KEY for environment {scopes[0]}"
    if is_split:
        yield "any long random text as variable HONK_BUNDLE_KEY for environment honk/*"
    if lost := [name for name in ci.reports if not any(_holds(kept, name) for kept in ci.kept)]:
        yield f"let the test jobs keep {', '.join(lost)} under artifacts: {{when: always, paths: [...]}} as well"
    if ci.text and not ci.reports:
        yield "let the test job write JUnit XML and keep it under artifacts: {when: always, paths: [...]}: it tells more than the log"
    if not ci.image and project.packages.language == "node":
        yield "an image that has git, node and a Python of 3.11 or newer with venv as input image"


def _holds(kept: str, name: str) -> bool:
    return fnmatchcase(name, kept) or fnmatchcase(name, f"{kept.rstrip('/')}/*")


def _include(project: Project, ci: Ci, *, source: str, is_split: bool) -> list[str]:
    tests, folder = project.tests, f"{project.folder}/" if project.folder else ""
    inputs = {
        "source": source or SOURCE,
        "image": ci.image or _IMAGES.get(project.packages.language, ""),
        "split": is_split,
        "setup-command": " && ".join(project.packages.commands),
        # reports that are named and not there are an error; without a name, the red jobs' logs are read then
        "reports": ",".join(ci.reports) if ci.has_hidden_reports else "",
        "logs": f"{folder}{tests.log}" if tests and tests.log and not ci.text else "",
    }
    lines = [f"      {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in inputs.items() if value]
    return ["include:", f"  - local: /{TEMPLATE}", "    inputs:", *lines]


def _test_job(project: Project) -> str:
    """A job that runs the tests and keeps what they leave."""
    tests = known_tests(project)
    image = _IMAGES.get(project.packages.language, "")
    there = f"{project.folder}/" if project.folder else ""
    left = f"{there}{tests.report or tests.log}"
    test = f"cd {project.folder} && {tests.line}" if project.folder else tests.line
    return "\n".join(
        [
            "test:",
            *([f"  image: {image}"] if image else []),
            "  script:",
            *(f"    - {json.dumps(line, ensure_ascii=False)}" for line in (*project.packages.commands, test)),
            "  artifacts:",
            "    when: always",
            f"    paths: [{json.dumps(left)}]",
            *(["    reports:", f"      junit: {json.dumps(left)}"] if tests.report else []),
            "",
        ]
    )
