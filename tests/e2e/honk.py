"""The ``honk`` command as users call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended; ``record`` is the run record, empty where none was written."""

    status: int
    out: str
    err: str
    record: dict[str, Any]

    @property
    def outcome(self) -> str:
        return str(self.record.get("outcome", ""))


def honk(*arguments: str, repo: Path, env: Mapping[str, str] | None = None, timeout_s: float = 110) -> Ended:
    """Run ``honk`` in a process of its own; the record comes through standard output."""
    command = [sys.executable, "-m", "honk_ci", *arguments]
    wants_record = arguments[0] in {"heal", "diagnose"} and "--json" not in arguments
    if wants_record:
        command += ["--json", "-"]
    environ = {**os.environ, **(env or {}), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        command, cwd=repo, env=environ, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    record = json.loads(done.stdout) if wants_record and done.stdout.strip() else {}
    return Ended(status=done.returncode, out=done.stdout, err=done.stderr, record=record)


def model(url: str) -> dict[str, str]:
    """The environment of a run whose model is served at ``url``."""
    return {"ANTHROPIC_API_KEY": "a-key-for-tests", "ANTHROPIC_BASE_URL": url}
