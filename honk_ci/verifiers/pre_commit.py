"""pre-commit, where all that its hooks need is installed already."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import VENV_FOLDERS, Project, read_text
from honk_ci.verifiers.tool import PYTHON_ENV, Tool

CONFIG_FILE = ".pre-commit-config.yaml"

_REPO = re.compile(r"^\s*-?\s*repo:\s*[\"']?([^\s\"']+)", re.MULTILINE)
_REV = re.compile(r"^\s*-?\s*rev:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_LANGUAGE = re.compile(r"^\s*-?\s*language:\s*[\"']?(\w+)", re.MULTILINE)
_WITHOUT_ENVIRONMENT = frozenset({"system", "script", "fail", "pygrep", "unsupported", "unsupported_script"})

_FAILED = re.compile(r"(?P<hook>\S.*?)(?<!\.)\.{3,}+(?:\(.*\))?Failed$")
_MODIFIED = re.compile(r"modified by a hook: (?P<file>.+)")
_PLACE = re.compile(r"(?:\./)?(?P<file>[^\s:][^:]*\.\w+):(?P<line>\d+)(?::\d+)?:?\s*(?P<message>.*)")

# Hooks may rewrite files, so they are run on a copy. The copy is a repository of its own, because
# pre-commit asks git for the files; hard links would let a hook write through to the tree. Hooks that
# are the project's own look for its environments beside the files.
_ON_A_COPY = """
top=$(pwd)
copy=$(mktemp -d) || exit 3
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard |
  tar --null --no-recursion -cf - -T - 2>/dev/null | tar -xmf - -C "$copy" || exit 3
cd "$copy" || exit 3
git init -q . && git add -A && git -c user.name=honk -c user.email=honk -c commit.gpgSign=false \\
  commit -q --no-verify -m copy || exit 3
(cd "$top" && ls -d {environments} 2>/dev/null) | while IFS= read -r folder; do
  if [ ! -e "$folder" ]; then ln -s "$top/$folder" "$folder"; echo "/$folder" >> .git/info/exclude; fi
done
{pre_commit} run --all-files --color=never
status=$?
git diff --name-only | sed 's/^/modified by a hook: /'
exit $status
"""
_ENVIRONMENTS = " ".join(f"{place}{name}" for name in (*VENV_FOLDERS, "node_modules") for place in ("", "*/"))
# Nothing is fetched, whatever a hook says that it needs.
_OFFLINE = {"GIT_ALLOW_PROTOCOL": "file", "PIP_NO_INDEX": "1", "npm_config_offline": "true", "GOPROXY": "off"}


class PreCommit:
    """``pre-commit run --all-files``."""

    name = "pre-commit"

    def configured(self, project: Project) -> bool:
        return project.has(CONFIG_FILE)

    def bind(self, project: Project) -> Tool | None:
        pre_commit = project.python_tool("pre-commit")
        if pre_commit is None or project.home or not _is_ready(project):
            return None
        path = f"{Path(pre_commit).parent}:{project.environ.get('PATH', os.defpath)}"  # as if activated
        env = {**PYTHON_ENV, **_OFFLINE, "PATH": path}
        script = _ON_A_COPY.format(pre_commit=shlex.quote(pre_commit), environments=_ENVIRONMENTS)
        return Tool(
            name=self.name,
            root=project.root,
            check=Command(argv=("sh", "-c", script), env=env),
            fix=Command(argv=(pre_commit, "run", "--all-files", "--color=never"), env=env),
            fix_argv=(pre_commit, "run", "--color=never", "--files"),
            config_files=(CONFIG_FILE,),
            read=_read,
        )


def _is_ready(project: Project) -> bool:
    """Whether every repository of hooks has been cloned and its environments built."""
    import sqlite3

    wanted = _wanted(read_text(project.folder / CONFIG_FILE))
    if not wanted:
        return True
    store = _store(project)
    database = store / "db.db"
    if not database.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
            rows = connection.execute("SELECT repo, ref, path FROM repos").fetchall()
    except sqlite3.Error:
        return False
    built = [(str(repo), str(ref)) for repo, ref, path in rows if _is_built(Path(path))]
    return all(any(_is_row_of(row, pair) for row in built) for pair in wanted)


def _wanted(config: str) -> list[tuple[str, str]]:
    """Repository and revision of every hook that is not the project's own."""
    wanted = []
    for block in re.split(r"(?m)^(?=\s*-\s+(?:repo:|.*\n\s+repo:))", config):
        repo, rev = _REPO.search(block), _REV.search(block)
        if repo is not None and rev is not None and repo[1] not in {"local", "meta"}:
            wanted.append((repo[1], rev[1]))
    return wanted


def _is_row_of(row: tuple[str, str], wanted: tuple[str, str]) -> bool:
    """The address in a row of the store may carry ``:dependency,dependency``."""
    (repo, ref), (address, rev) = row, wanted
    return ref == rev and (repo == address or repo.startswith(f"{address}:"))


def _is_built(clone: Path) -> bool:
    """Whether an environment lies in the clone; hooks that need none have none."""
    manifest = read_text(clone / ".pre-commit-hooks.yaml")
    languages = _LANGUAGE.findall(manifest)
    if languages and _WITHOUT_ENVIRONMENT.issuperset(languages):
        return True
    return any(path.is_dir() for path in clone.glob("*env-*"))


def _store(project: Project) -> Path:
    environ = project.environ
    if environ.get("PRE_COMMIT_HOME"):
        return Path(environ["PRE_COMMIT_HOME"])
    cache = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME", "/")) / ".cache")
    return Path(cache) / "pre-commit"


def _read(output: str) -> Iterator[LogFinding]:
    """One finding a hook that failed, one a file that hooks changed, and one a place that a hook names."""
    hook = ""
    for line in output.splitlines():
        if (failed := _FAILED.match(line)) is not None:
            hook = failed["hook"]
            yield _finding(hook, "", None, "failed")
        elif (modified := _MODIFIED.match(line)) is not None:
            yield _finding("", modified["file"], None, "changed by a hook")
        elif hook and (place := _PLACE.match(line.strip())) is not None:
            yield _finding(hook, place["file"], int(place["line"]), place["message"])


def _finding(hook: str, file: str, line: int | None, message: str) -> LogFinding:
    return LogFinding(
        kind=FindingKind.LINT,
        tool="pre-commit",
        message=f"{hook}: {message}" if hook else message,
        file=file,
        line=line,
    )
