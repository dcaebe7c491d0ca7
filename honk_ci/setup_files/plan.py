"""The files that ``honk init`` writes into a repository, each as it is and as it would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from honk_ci.errors import ConfigError, HonkError
from honk_ci.git import Repository
from honk_ci.patch import FileChange, Patch
from honk_ci.setup_files import github
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


def make_plan(
    folder: Path,
    *,
    environ: Mapping[str, str],
    forge: str | None,
    layout: str | None,
    test_command: str | None,
    uses: str,
    remote: str | None,
) -> Plan:
    """What to write into the repository around ``folder``; files that hold it already are left out."""
    repository = Repository(folder, environ=environ)
    root, found = repository.root, forge or forge_of(repository, remote or "origin")
    project = look_at(root, environ=environ, command=test_command or "")
    if found == "github":
        chosen = _LAYOUTS[layout] if layout else github.best_layout(project)
        files = {github.FILE: github.workflow(project, chosen, uses=uses)}
        to_do = tuple(github.to_do(project, chosen, uses=uses))
    else:
        raise ConfigError(
            "neither the remote's address nor a file here says which forge this is",
            hint="give --forge github or gitlab",
        )
    if _content(root, CONFIG) is None:  # whoever has one knows better
        files[CONFIG] = config(project)
    changes = [FileChange(path=path, before=_content(root, path), after=text.encode()) for path, text in files.items()]
    return Plan(root=root, patch=Patch.of(changes), to_do=to_do)


def config(project: Project) -> str:
    """A config with the defaults that people change first, as comments."""
    setup = " && ".join(project.packages.commands) or "make setup"
    lines = [
        "# Config of honk-ci. Every key is optional; docs/configuration.md of honk-ci has them all.",
        "deliver:",
        "  mode: pull-request # or branch, commit, suggest, comment, auto",
        "# test:",
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
