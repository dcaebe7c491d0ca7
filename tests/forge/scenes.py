"""Scenes that tests of the forge begin with, and a client that owes nothing to honk's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import requests

from tests.forge.server import LoopbackForge
from tests.forge.state import Project, Token
from tests.repos import Repo

FILES = {"shop.py": "".join(f"line {number}\n" for number in range(1, 41))}


class Client:
    """``requests`` with a token, and nothing else."""

    def __init__(self, forge: LoopbackForge, token: Token | None) -> None:
        self._forge = forge
        self._session = requests.Session()
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token.value}"

    def __call__(self, method: str, path: str, **fields: object) -> requests.Response:
        """``path`` of GitHub's API, or a whole address."""
        address = path if path.startswith("http") else f"{self._forge.github_url}{path}"
        return self._session.request(method, address, json=fields or None, timeout=10)

    def close(self) -> None:
        self._session.close()


class Scene:
    """Project ``acme/shop`` with branch ``topic``, which changes line 20 of 40; an App's token, a checkout."""

    def __init__(self, forge: LoopbackForge, folder: Path) -> None:
        self.forge = forge
        self.project: Project = forge.add_project("acme/shop")
        self.token = forge.add_token("ghs_app", kind="app")
        self.repo = Repo.create(folder / "work", FILES)
        self.repo.git("remote", "add", "origin", forge.git_url("acme/shop", self.token))
        self.repo.git("checkout", "--quiet", "-b", "topic")
        self.head = self.repo.commit("a change", {"shop.py": FILES["shop.py"].replace("line 20\n", "line twenty\n")})
        self.repo.git("push", "--quiet", str(self.project.folder), "main", "topic")
        self.client = Client(forge, self.token)

    def open_pull(self, **more: object) -> requests.Response:
        fields: dict[str, object] = {"title": "A change", "head": "topic", "base": "main", **more}
        return self.client("POST", "/repos/acme/shop/pulls", **fields)

    def push(self, *refs: str, token: Token | None = None) -> subprocess.CompletedProcess[str]:
        """``git push`` with a token, the scene's own by default; may fail."""
        address = self.forge.git_url("acme/shop", token or self.token)
        return subprocess.run(
            ["git", "push", address, *refs],
            cwd=self.repo.path,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
