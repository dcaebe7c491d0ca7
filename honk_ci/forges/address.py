"""Which forge and project the address of a git remote leads to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from honk_ci.forges.environment import CiContext

_SHORT = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>(?!//)[^\s:]+)")  # git@host:owner/name.git
_GITHUB = "https://api.github.com"


def context_of(address: str) -> CiContext:
    """The forge as its host's name tells; an empty context where that says nothing.

    Self-managed forges are known by a name such as ``gitlab.example.com``; what is asked is asked over HTTPS.
    """
    host, path = _taken_apart(address)
    path = path.strip("/").removesuffix(".git")
    server = f"https://{host}"
    if "/" not in path or {"", ".", ".."} & {*path.split("/")}:
        return CiContext()
    if _is_named(host, "github") and path.count("/") == 1:
        api = _GITHUB if host == "github.com" else f"{server}/api/v3"
        return CiContext(name="github", server_url=server, api_url=api, project=path)
    if _is_named(host, "gitlab"):
        return CiContext(name="gitlab", server_url=server, api_url=f"{server}/api/v4", project=path)
    return CiContext()


def _taken_apart(address: str) -> tuple[str, str]:
    if "://" not in address:
        short = _SHORT.fullmatch(address)
        return (short["host"].lower(), short["path"]) if short else ("", "")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "", ""
    if parts.scheme not in {"https", "http", "ssh", "git"} or not parts.hostname:
        return "", ""
    is_web_port = parts.scheme == "https" and port not in {None, 443}
    return (f"{parts.hostname}:{port}" if is_web_port else parts.hostname), parts.path


def _is_named(host: str, forge: str) -> bool:
    """Whether a host is called like the forge: ``github.example.com``; ``github.com.example`` only pretends to be."""
    return host.startswith(f"{forge}.") and not host.startswith(f"{forge}.com.")
