"""The files that ``honk init`` writes into a repository, each as it is and as it would be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from honk_ci.errors import ConfigError, HonkError
from honk_ci.git import Repository
from honk_ci.patch import FileChange, Patch
from honk_ci.setup_files import github, gitlab
from honk_ci.setup_files.github import Layout
from honk_ci.setup_files.project import Project, forge_of, look_at

CONFIG = ".honk.yml"
_LAYOUTS: Mapping[str, Layout] = {name: name for name in get_args(Layout)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be written, and what people must do besides."""

    root: Path  # of the repository
    patch: Patch
    by_hand: tuple[str, ...] = ()  # lines to add to a file that nobody but its owner should write to
    to_do: tuple[str, ...] = ()

    def shown(self) -> Iterator[str]:
        """What people read before they agree; the template that comes with honk-ci is named, where it is new."""
        for change in self.patch.changes:
            if change.path == gitlab.TEMPLATE and change.before is None:
                count = len((change.after or b"").splitlines())
                yield f"{change.path} is new: the template of honk-ci, {count} lines"
            else:
                yield Patch.of([change]).diff().rstrip("\n")
        yield from self.by_hand

    def write(self) -> None:
        """Write the files; raises HonkError where one cannot be, or is not as it was shown."""
        for change in self.patch.changes:
            file = self.root / change.path
            if _content(self.root, change.path) != change.before:
                raise HonkError(f"{change.path} was changed meanwhile", hint="run it again")
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(change.after or b"")
            except OSError as error:
                raise HonkError(f"{change.path} cannot be written: {error.strerror}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What the command line asks for; "" where it leaves it to what is found."""

    forge: str = ""
    layout: str = ""
    test_command: str = ""
    uses: str = ""  # GitHub: the action, pinned to a commit
    source: str = ""  # GitLab: what pip installs honk-ci from
    remote: str = ""


def make_plan(folder: Path, wishes: Wishes, environ: Mapping[str, str]) -> Plan:
    """What to write into the repository around ``folder``; files that hold it already are left out."""
    repository = Repository(folder, environ=environ)
    root, forge = repository.root, wishes.forge or forge_of(repository, wishes.remote or "origin")
    if not forge:
        raise ConfigError(
            "neither the remote's address nor a file here says which forge this is",
            hint="give --forge github or gitlab",
        )
    project = look_at(root, environ=environ, command=wishes.test_command)
    return (_for_gitlab if forge == "gitlab" else _for_github)(root, project, wishes)


def _for_github(root: Path, project: Project, wishes: Wishes) -> Plan:
    layout = _LAYOUTS[wishes.layout] if wishes.layout else github.best_layout(project)
    uses = wishes.uses or github.filled_in((_content(root, github.FILE) or b"").decode("utf-8", "replace"))
    return Plan(
        root=root,
        patch=_patch(root, project, wishes, {github.FILE: github.workflow(project, layout, uses=uses)}),
        to_do=(*_tests_to_do(root, project, wishes), *github.to_do(project, layout, uses=uses)),
    )


def _for_gitlab(root: Path, project: Project, wishes: Wishes) -> Plan:
    if wishes.layout == "workflow-run":
        raise ConfigError("the layout workflow-run is GitHub's", hint="take one-job or two-jobs on GitLab")
    ci, is_split = gitlab.read_ci(root), wishes.layout == "two-jobs"
    return Plan(
        root=root,
        patch=_patch(root, project, wishes, gitlab.files(project, ci, source=wishes.source, is_split=is_split)),
        by_hand=tuple(gitlab.by_hand(project, ci, source=wishes.source, is_split=is_split)),
        to_do=(
            *_tests_to_do(root, project, wishes),
            *gitlab.to_do(project, ci, source=wishes.source, is_split=is_split),
        ),
    )


def _patch(root: Path, project: Project, wishes: Wishes, files: Mapping[str, str]) -> Patch:
    if _content(root, CONFIG) is None:  # whoever has one knows better
        files = {**files, CONFIG: config(project, command=wishes.test_command)}
    return Patch.of(
        FileChange(path=path, before=_content(root, path), after=text.encode()) for path, text in files.items()
    )


def _tests_to_do(root: Path, project: Project, wishes: Wishes) -> Iterator[str]:
    """What the config must say of the tests, where it is not ours to write it, or nobody has told."""
    stored = _content(root, CONFIG)
    if wishes.test_command and stored is not None:
        yield f"see that {CONFIG} says {_test_command(wishes.test_command)} under test:"
    elif project.tests is None and b"command:" not in (stored or b""):
        yield f"say how the tests are run, in {CONFIG} under test: as command: no test runner was recognised here"


def _test_command(command: str) -> str:
    return f"command: {json.dumps(command, ensure_ascii=False)}"


def config(project: Project, *, command: str = "") -> str:
    """A config with the defaults that people change first, as comments; ``command`` runs the tests, if somebody says."""
    setup = " && ".join(project.packages.commands) or "make setup"
    lines = [
        "# Config of honk-ci. Every key is optional; docs/configuration.md of honk-ci has them all.",
        "deliver:",
        "  mode: pull-request # or branch, commit, suggest, comment, auto",
        *(("test:", f"  {_test_command(command)}") if command else ("# test:",)),
        f"#   setup: {setup} # with it a fix is also proven in a fresh checkout",
        "# limits:",
        "#   cost_usd: 2.0 # most that one run may spend on a model",
    ]
    return "\n".join(lines) + "\n"


def _content(repo: Path, path: str) -> bytes | None:
    try:
        return (repo / path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HonkError(f"{path} cannot be read: {error.strerror}") from error
