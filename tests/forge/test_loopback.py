"""The loopback forge does what GitHub does, as far as honk and its tests rely on it."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.forge import LoopbackForge, Project, Token
from tests.repos import Repo

FILES = {"shop.py": "".join(f"line {number}\n" for number in range(1, 41))}


class Client:
    """A person's own client: ``requests`` and nothing else."""

    def __init__(self, forge: LoopbackForge, token: Token | None) -> None:
        self.forge = forge
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"Bearer {token.value}"

    def __call__(self, method: str, path: str, **json: object) -> requests.Response:
        address = path if path.startswith("http") else f"{self.forge.github_url}{path}"
        body = {"json": json} if json else {}
        return self.session.request(method, address, timeout=10, **body)  # type: ignore[arg-type]  # one shape of call


class Scene:
    """A project with a branch that a request can be opened for."""

    def __init__(self, forge: LoopbackForge, folder: Path) -> None:
        self.forge = forge
        self.project: Project = forge.add_project("acme/shop")
        self.token = forge.add_token("ghs_app", kind="app")
        self.repo = Repo.create(folder / "work", FILES)
        self.repo.git("remote", "add", "origin", forge.git_url("acme/shop", self.token))
        self.repo.git("push", "--quiet", "origin", "main")
        self.repo.git("checkout", "--quiet", "-b", "topic")
        self.head = self.repo.commit("a change", {"shop.py": FILES["shop.py"].replace("line 20\n", "line twenty\n")})
        self.repo.git("push", "--quiet", "origin", "topic")
        self.client = Client(forge, self.token)

    def open_pull(self, **more: object) -> requests.Response:
        fields = {"title": "A change", "head": "topic", "base": "main", **more}
        return self.client("POST", "/repos/acme/shop/pulls", **fields)


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> Scene:
    return Scene(forge, tmp_path)


def test_a_pull_request_shows_what_git_says(scene: Scene) -> None:
    opened = scene.open_pull()
    assert opened.status_code == 201, opened.text
    shown = scene.client("GET", "/repos/acme/shop/pulls/1").json()
    assert (shown["head"]["sha"], shown["mergeable"], shown["changed_files"]) == (scene.head, True, 1)
    files = scene.client("GET", "/repos/acme/shop/pulls/1/files").json()
    assert files[0]["patch"].startswith("@@ -17,7 +17,7 @@")
    listed = scene.client("GET", "/repos/acme/shop/pulls?head=acme:topic&state=all").json()
    assert [entry["number"] for entry in listed] == [1]
