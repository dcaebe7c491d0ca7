"""Which of honk's own secrets an environment holds."""

from __future__ import annotations

from collections.abc import Mapping

from honk_ci.redact import is_secret_name

# What opens a model at its services; honk's own names come with what `is_secret_name` says of them.
_KEYS = ("AWS_SECRET_ACCESS_KEY", "AWS_BEARER_TOKEN_BEDROCK", "GOOGLE_APPLICATION_CREDENTIALS")
_STARTS = ("ANTHROPIC_", "HONK_")
_TOKENS = ("HONK_TOKEN", "HONK_JOB_TOKEN")  # judged by what they are (``forges.credentials``)


def model_keys(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the variables with keys of the model and of bundles, which strangers must not get near."""
    return tuple(
        name
        for name, value in environ.items()
        if value.strip()
        and name not in _TOKENS
        and (name in _KEYS or (name.startswith(_STARTS) and is_secret_name(name)))
    )


def bundle_key(environ: Mapping[str, str]) -> str:
    """What bundles are signed with, "" for nothing; it never leaves this process."""
    return environ.get("HONK_BUNDLE_KEY", "").strip()
