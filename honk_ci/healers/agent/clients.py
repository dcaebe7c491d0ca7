"""The Anthropic clients: imported late and cheaply, made for the provider that the config names."""

from __future__ import annotations

import gc
import importlib
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from honk_ci.config import AgentConfig
from honk_ci.errors import ModelError
from honk_ci.healers.agent.faults import CLOUD_HINT, UNREACHABLE_HINT

PUBLIC_URL = "https://api.anthropic.com"
KEY_NAMES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_LOADING = threading.Lock()


def prefetch() -> None:
    """Import the client in a thread, beside whatever runs now; it costs about a second of CPU."""

    def load() -> None:
        with suppress(ImportError):
            load_client()

    threading.Thread(target=load, name="import anthropic", daemon=True).start()


def load_client() -> None:
    """Import the client with the garbage collector at rest.

    The import makes objects by the hundred thousand, none of them garbage, and the collector walks
    through all of them again and again, and once more at exit: 0.25 of 1.1 s CPU. Frozen objects
    are out of its sight for good.
    """
    with _LOADING:
        if "anthropic" in sys.modules:
            return
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            importlib.import_module("anthropic")
        finally:
            gc.freeze()
            if was_enabled:
                gc.enable()


def make_client(config: AgentConfig, environ: Mapping[str, str]) -> Any:
    """The client of the configured provider; ModelError when its extra or its settings are missing."""
    try:
        return _make(config, environ)
    except ImportError as error:
        raise ModelError(
            f"the model provider {config.provider} needs the package {error.name}",
            hint=f"pip install 'honk-ci[{config.provider}]'",
        ) from error
    except ValueError as error:
        hint = UNREACHABLE_HINT if config.provider == "anthropic" else CLOUD_HINT
        raise ModelError(f"the model client cannot be made: {error}", hint=hint) from error


def _make(config: AgentConfig, environ: Mapping[str, str]) -> Any:
    load_client()
    import anthropic

    url = config.base_url or None
    if config.provider == "bedrock":
        importlib.import_module("botocore")  # the client itself fails at its first request only
        region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        return anthropic.AnthropicBedrock(aws_region=region, base_url=url, max_retries=0)
    if config.provider == "vertex":
        importlib.import_module("google.auth")
        region = environ.get("CLOUD_ML_REGION", "global")
        return anthropic.AnthropicVertex(region=region, base_url=url, max_retries=0)
    key, token = (environ.get(name) or None for name in KEY_NAMES)
    return anthropic.Anthropic(
        api_key=key,
        auth_token=None if key else token,
        base_url=url or environ.get("ANTHROPIC_BASE_URL") or PUBLIC_URL,
        max_retries=0,  # waiting is bounded by this run's own time and money
        open_telemetry=False,
    )


def foreign_errors(config: AgentConfig) -> tuple[type[Exception], ...]:
    """What the cloud's own library raises where its credentials are missing or have expired."""
    found: tuple[type[Exception], ...] = ()
    if config.provider == "bedrock":
        found = (importlib.import_module("botocore.exceptions").BotoCoreError,)
    if config.provider == "vertex":
        found = (importlib.import_module("google.auth.exceptions").GoogleAuthError,)
    return found
