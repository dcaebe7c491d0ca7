"""The environment that commands of the repository see: nothing in it is secret."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from honk_ci.redact import is_secret_name

# What CI systems hand to jobs for talking back to them, and honk's own wiring.
_CI_CHANNELS = ("ACTIONS_RUNTIME_", "ACTIONS_ID_TOKEN_", "ACTIONS_CACHE_", "ACTIONS_RESULTS_", "ANTHROPIC_", "HONK_")
_CI_FILES = frozenset({"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"})

# Git exports these to hooks and aliases; a test that calls git would act on the user's repository.
_GIT_POINTERS = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_ASKPASS"}
)

_URL_WITH_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@", re.IGNORECASE)

# Ours: no byte code beside the sources, since an edit within the same second and of the same size
# would be shadowed by the .pyc of the version before (CPython compares whole seconds and sizes).
_ADDED = {"PYTHONDONTWRITEBYTECODE": "1"}


def is_secret(name: str, value: str) -> bool:
    """Whether an environment variable looks like one that only its owner should read."""
    return is_secret_name(name) or bool(_URL_WITH_PASSWORD.match(value))


def child_environ(environ: Mapping[str, str], *, passed: Collection[str] = ()) -> dict[str, str]:
    """``environ`` as commands of the repository may see it; ``passed`` names what they may see all the same."""
    kept = {name: value for name, value in environ.items() if name in passed or not _is_withheld(name, value)}
    return {**kept, **_ADDED}


def _is_withheld(name: str, value: str) -> bool:
    return name in _CI_FILES or name in _GIT_POINTERS or name.startswith(_CI_CHANNELS) or is_secret(name, value)
