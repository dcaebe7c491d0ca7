"""Git over HTTP: the real ``git http-backend``, and hooks that refuse what a forge refuses.

Each push that got in is a line of a file in the bare repository, written by a hook; what the
pusher's token may do travels to the hooks in the environment.
"""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.repos import Repo

BACKEND_TIMEOUT_S = 60

_PUSHES = "forge-pushes"
_PROTECTED = "forge-protected"
_REFUSED = "forge-refused"

# The words are GitHub's (docs.github.com, "Troubleshooting protected branches").
_UPDATE_HOOK = f"""#!/bin/sh
case "$1" in refs/pull/*)
  echo "deny updating a hidden ref" >&2; exit 1;;
esac
while read -r pattern; do
  case "$1" in $pattern)
    echo "error: GH006: Protected branch update failed for $1." >&2
    echo "error: Changes must be made through a pull request." >&2
    exit 1;;
  esac
done < {_PROTECTED}
while read -r pattern words; do
  case "$1" in $pattern) echo "$words" >&2; exit 1;; esac
done < {_REFUSED}
if [ -n "$FORGE_NO_WORKFLOWS" ] && [ "$3" != 0000000000000000000000000000000000000000 ]; then
  if [ -n "$(git rev-list -n 1 "$3" --not --all -- .github/workflows)" ]; then
    echo "refusing to allow $FORGE_NO_WORKFLOWS" >&2; exit 1
  fi
fi
exit 0
"""
_POST_RECEIVE_HOOK = f"""#!/bin/sh
[ -n "$REMOTE_USER" ] || exit 0
while read -r old new ref; do
  echo "$REMOTE_USER $FORGE_STARTS_CI $old $new $ref" >> {_PUSHES}
done
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One ref that a push over HTTP changed; ``new`` is all zeros where it was deleted."""

    login: str
    starts_ci: bool
    old: str
    new: str
    ref: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GitCall:
    """One request of git's."""

    method: str
    path: str  # "/owner/name.git/info/refs"
    query: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def is_push(self) -> bool:
        return "service=git-receive-pack" in self.query or self.path.endswith("/git-receive-pack")


def create_bare(path: Path) -> Repo:
    """A bare repository with branch ``main`` that takes pushes over HTTP."""
    command = ["git", "init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(path)]
    subprocess.run(command, check=True, timeout=30)
    config = path / "config"
    config.write_text(config.read_text() + "[http]\n\treceivepack = true\n[gc]\n\tauto = 0\n[uploadpack]\n")
    with config.open("a") as file:  # as GitHub and GitLab do: commits by id, partial clones
        file.write("\tallowAnySHA1InWant = true\n\tallowFilter = true\n[receive]\n\tautogc = false\n")
    for name in (_PUSHES, _PROTECTED, _REFUSED):
        (path / name).write_text("")
    (path / "hooks").mkdir(exist_ok=True)
    for name, text in {"update": _UPDATE_HOOK, "post-receive": _POST_RECEIVE_HOOK}.items():
        hook = path / "hooks" / name
        hook.write_text(text)
        hook.chmod(0o755)
    return Repo(path)


def protect(bare: Path, pattern: str) -> None:
    """Refuse pushes to refs that match a shell pattern, with GitHub's words for a protected branch."""
    with (bare / _PROTECTED).open("a") as file:
        file.write(f"{pattern}\n")


def refuse(bare: Path, pattern: str, words: str) -> None:
    """Refuse pushes to refs that match a shell pattern, as a hook of the owner's would."""
    with (bare / _REFUSED).open("a") as file:
        file.write(f"{pattern} {words}\n")


def allow_all(bare: Path) -> None:
    """Take back every ``protect`` and ``refuse``."""
    (bare / _PROTECTED).write_text("")
    (bare / _REFUSED).write_text("")


def pushes(bare: Path) -> list[Push]:
    """What was pushed over HTTP, in order."""
    lines = (line.split(" ", 4) for line in (bare / _PUSHES).read_text().splitlines())
    return [Push(login=a, starts_ci=b == "yes", old=c, new=d, ref=e) for a, b, c, d, e in lines]


def run_backend(folder: Path, call: GitCall, environ: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of git's own answer; ``environ`` is for the hooks."""
    done = subprocess.run(
        ["git", "http-backend"],
        env=_environ(folder, call, environ),
        input=_plain(call),
        capture_output=True,
        timeout=BACKEND_TIMEOUT_S,
        check=False,  # what upload-pack refuses ("not our ref") ends it with 1, and is an answer all the same
    )
    assert done.stdout, done.stderr.decode(errors="replace")
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
    return int(headers.pop("Status", "200 OK").split()[0]), headers, body


def _plain(call: GitCall) -> bytes:
    return gzip.decompress(call.body) if call.headers.get("content-encoding") == "gzip" else call.body


def _environ(folder: Path, call: GitCall, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": call.headers.get("git-protocol", ""),
        "PATH_INFO": call.path,
        "QUERY_STRING": call.query,
        "REQUEST_METHOD": call.method,
        "CONTENT_TYPE": call.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(_plain(call))),
        "REMOTE_ADDR": "127.0.0.1",
        **environ,
    }
