"""What the command line asks for, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Which option overrides which key of the config.
_OVERRIDES = {
    "test_command": "test.command",
    "setup_command": "test.setup",
    "model": "agent.model",
    "mode": "deliver.mode",
    "remote": "deliver.remote",
    "max_cost_usd": "limits.cost_usd",
    "time_limit": "limits.time_s",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the command line asks for."""

    repo: Path
    reports: tuple[str, ...]
    logs: tuple[str, ...]
    base: str
    overrides: Mapping[str, Any]  # config key -> value
    json: str = ""
    summary: str = ""
    bundle: Path | None = None
    from_run: str = ""  # the CI run whose artifacts and logs are read

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Request:
        return cls(
            repo=options["repo"],
            reports=options["reports"],
            logs=options["logs"],
            base=options.get("base") or "",
            overrides=overrides(options),
            json=options.get("json") or "",
            summary=options.get("summary") or "",
            bundle=Path(options["bundle"]) if options.get("bundle") else None,
            from_run=(options.get("from_run") or "").strip(),
        )


def overrides(options: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the config that options override, of those that a command has."""
    given = {key: options[name] for name, key in _OVERRIDES.items() if options.get(name) is not None}
    if options.get("healers"):
        given["healers.order"] = [name.strip() for name in options["healers"].split(",") if name.strip()]
    return given
