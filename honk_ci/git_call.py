"""One call of the git program: with a time-out, without prompts, and without what a checkout's config could start."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from honk_ci.errors import GitError

LOCAL_TIMEOUT_S = 120.0

# Options on every call: the checkout's own config must not be able to start programs (hooks, the
# file system monitor, what reads signatures), nor may git ask anybody anything or repack behind our back.
_SAFE = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "core.quotePath=false",
    "-c", "commit.gpgSign=false",
    "-c", "log.showSignature=false",
    "-c", "format.useAutoBase=false",
)  # fmt: skip


def run_git(
    folder: Path,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    stdin: bytes | None = None,
    timeout_s: float = LOCAL_TIMEOUT_S,
    *,
    program: str = "git",
) -> subprocess.CompletedProcess[bytes]:
    """One call, whatever its exit status; GitError where git is not there or gives no answer."""
    try:
        return subprocess.run(
            [program, *_SAFE, *arguments],
            cwd=folder,
            env=environ,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("git is not installed", hint="install git 2.25 or newer") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git {arguments[0]} gave no answer for {timeout_s:.0f} s") from error


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would point git elsewhere.

    A git hook or alias that starts honk exports GIT_DIR, GIT_INDEX_FILE and the like, and every
    command here would then act on that index (pre-commit met the same: its issue 300).
    """
    kept_git = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_", "GIT_ASKPASS", "GIT_CONFIG", "GIT_EXEC_PATH", "GIT_TRACE",
                "GIT_ALLOW_PROTOCOL", "GIT_HTTP", "GIT_PROXY", "GIT_TERMINAL_PROMPT")  # fmt: skip
    kept = {
        name: value
        for name, value in environ.items()
        # git starts other programs (credential helpers, ssh): none of them needs honk's own keys
        if not name.startswith(("GIT_", "ANTHROPIC_", "HONK_BUNDLE_KEY")) or name.startswith(kept_git)
    }
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}


def words_of_failure(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git says of its failure; ``push --porcelain`` has the reason in a line of its output."""
    refusals = [line.split(b"\t")[-1] for line in done.stdout.splitlines() if line.startswith(b"!\t")]
    words = b"\n".join([done.stderr.strip(), *refusals]).decode("utf-8", "replace").strip()
    return words or f"exit status {done.returncode}"
