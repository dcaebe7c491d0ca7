"""The outbox: what a checkout's config plants never runs beside a push, and the token goes nowhere else."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from honk_ci.errors import GitError
from honk_ci.forges.credentials import Token
from honk_ci.git import Repository
from honk_ci.outbox import Access, Outbox
from honk_ci.patch import FileChange, Patch
from honk_ci.remote import Remote
from tests.forge import LoopbackForge, Project
from tests.repos import Repo
from tests.traps import plant

VALUE = f"ghs_{secrets.token_hex(16)}"  # another run of these tests beside this one has another
TOKEN = Token(value=VALUE, source="HONK_TOKEN", user="x-access-token", is_job_token=False)


@pytest.fixture
def project(forge: LoopbackForge, tmp_path: Path) -> Project:
    """A project with some history; its token may push."""
    made = forge.add_project("acme/shop")
    token = forge.add_token(VALUE, kind="app")
    work = Repo.create(tmp_path / "work", {"a.txt": "1\n"})
    for number in range(5):
        work.commit(f"change {number}", {"a.txt": f"{number}\n", f"b{number}.txt": "b\n"})
    work.git("push", "--quiet", forge.git_url("acme/shop", token), "HEAD:main")
    return made


def access(forge: LoopbackForge, *, header: str = TOKEN.git_header) -> Access:
    return Access(address=forge.git_url("acme/shop"), header=header)


def clone(forge: LoopbackForge, folder: Path, *options: str) -> Repo:
    token = forge.state.tokens[VALUE]
    Repo(forge.state.folder).git("clone", "--quiet", *options, forge.git_url("acme/shop", token), str(folder))
    repo = Repo(folder)
    repo.git("remote", "set-url", "origin", forge.git_url("acme/shop"))
    return repo


def beside(repo: Repo, folder: Path, way: Access, *, home: Path | None = None) -> tuple[Repository, Remote]:
    own = {"HOME": str(home), "GIT_CONFIG_GLOBAL": str(home / ".gitconfig")} if home else {}
    checkout = Repository(repo.path, environ={**os.environ, **own})
    outbox = Outbox.beside(checkout, folder, way, environ={**os.environ, **own})
    return checkout, Remote(repository=outbox, name=way.address)


def new_commit(checkout: Repository, text: str = "new\n") -> str:
    patch = Patch.of([FileChange(path="new.txt", before=None, after=text.encode())])
    return checkout.commit_patch("HEAD", patch, "a fix", author="honk <honk@example.invalid>")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--depth=1", "--no-local"),
        pytest.param(("--filter=blob:none",), marks=pytest.mark.slow),
        pytest.param(("--filter=tree:0", "--depth=1"), marks=pytest.mark.slow),
        pytest.param(("--depth=1", "--no-single-branch"), marks=pytest.mark.slow),
    ],
    ids=str,
)
@pytest.mark.slow
def test_pushes_from_and_fetches_into_any_kind_of_clone(
    forge: LoopbackForge, project: Project, tmp_path: Path, options: tuple[str, ...]
) -> None:
    checkout, remote = beside(clone(forge, tmp_path / "clone", *options), tmp_path / "outbox", access(forge))
    red = checkout.resolve("HEAD")
    commit = new_commit(checkout)
    remote.push(commit, "refs/heads/honk/fix-1", expected=None)
    assert project.branches()["honk/fix-1"] == commit

    other = clone(forge, tmp_path / "other")
    moved = other.commit("somebody else's", {"c.txt": "c\n"})
    other.git("push", "--quiet", forge.git_url("acme/shop", forge.state.tokens[VALUE]), "HEAD:main")
    remote.fetch("refs/heads/main")
    assert checkout.resolve(moved) == moved
    assert red is not None
    assert checkout.is_ancestor(red, moved)
    assert checkout.diff(red, moved).count("+c") == 1
    checkout.git("fsck", "--connectivity-only", moved)


def test_works_in_a_linked_work_tree_and_beside_a_reference_clone(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    origin = clone(forge, tmp_path / "clone", "--reference", str(tmp_path / "work"))
    origin.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    for number, repo in enumerate((origin, Repo(tmp_path / "linked"))):
        checkout, remote = beside(repo, tmp_path / f"outbox-{number}", access(forge))
        commit = new_commit(checkout, f"{number}\n")
        remote.push(commit, f"refs/heads/fix-{number}", expected=None)
        assert project.branches()[f"fix-{number}"] == commit


def test_a_fetch_does_not_bring_again_what_the_checkout_has(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    _, remote = beside(clone(forge, tmp_path / "clone"), tmp_path / "outbox", access(forge))
    other = clone(forge, tmp_path / "other")
    other.commit("somebody else's", {"c.txt": "c\n"})
    other.git("push", "--quiet", forge.git_url("acme/shop", forge.state.tokens[VALUE]), "HEAD:main")
    forge.calls.clear()
    remote.fetch("refs/heads/main")
    asked = [call.body for call in forge.calls_to("POST", "git-upload-pack")]
    assert any(b"have " in body for body in asked)


# --- what a test may plant ---------------------------------------------------------------------------


def test_nothing_that_a_test_plants_runs_or_sees_the_token(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    home, traps = tmp_path / "evil-home", tmp_path / "traps"
    home.mkdir()
    repo = clone(forge, tmp_path / "clone", "--depth=1")
    checkout, remote = beside(repo, tmp_path / "outbox", access(forge), home=home)
    commit = new_commit(checkout)
    # from here on it is as if the tests of the repository had run
    plant(repo, traps, forge.url)
    (home / ".gitconfig").write_text((repo.path / ".git" / "config").read_text())
    (home / ".netrc").write_text("machine 127.0.0.1 login thief password thief\n")
    for planted in (tmp_path / "outbox").iterdir():
        if planted.is_file():
            planted.write_text("[core]\n\tsshCommand = false\n")
    forge.calls.clear()

    remote.push(commit, "refs/heads/honk/fix-1", expected=None)
    remote.fetch("refs/heads/main")
    assert remote.tips("refs/heads/*") == {f"refs/heads/{name}": tip for name, tip in project.branches().items()}

    assert project.branches()["honk/fix-1"] == commit
    assert [path.name for path in traps.iterdir()] == []
    assert all("x-stolen" not in call.headers for call in forge.calls)


def test_the_token_stands_in_no_file_and_in_no_command_line(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    seen: list[bytes] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(process.read_bytes())
                except OSError:
                    continue

    checkout, remote = beside(clone(forge, tmp_path / "clone"), tmp_path / "outbox", access(forge))
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        remote.push(new_commit(checkout), "refs/heads/honk/fix-1", expected=None)
    finally:
        stop.set()
        watcher.join()
    secret = TOKEN.git_header.split()[-1].encode()
    assert any(b"git" in line for line in seen)
    assert [line for line in seen if secret in line or VALUE.encode() in line] == []
    kept = [path for root in ("outbox", "clone/.git") for path in (tmp_path / root).rglob("*") if path.is_file()]
    assert not any(secret in path.read_bytes() for path in kept)


def test_a_header_that_the_checkout_keeps_is_not_sent_beside_ours(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    repo = clone(forge, tmp_path / "clone")
    repo.git("config", f"http.{forge.url}/.extraheader", "AUTHORIZATION: basic eDp5")
    checkout, remote = beside(repo, tmp_path / "outbox", access(forge))
    remote.push(new_commit(checkout), "refs/heads/honk/fix-1", expected=None)
    assert "honk/fix-1" in project.branches()


@contextmanager
def redirecting(to: str) -> Iterator[tuple[str, list[str]]]:
    """A server that sends everybody elsewhere; its address, and the headers that it was sent."""
    headers: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the test's output to the test."""

        def do_GET(self) -> None:
            headers.append(self.headers.get("Authorization", ""))
            self.send_response(302)
            self.send_header("Location", f"{to}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", headers
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def test_the_token_does_not_follow_to_another_address(forge: LoopbackForge, project: Project, tmp_path: Path) -> None:
    repo = clone(forge, tmp_path / "clone")
    forge.calls.clear()
    with redirecting(forge.url) as (address, headers):
        way = Access(address=f"{address}/acme/shop.git", header=TOKEN.git_header)
        _, remote = beside(repo, tmp_path / "outbox", way)
        with pytest.raises(GitError, match="sent to no other address"):
            remote.tip("refs/heads/main")
    assert headers == [TOKEN.git_header.removeprefix("Authorization: ")]
    assert forge.calls == []


def test_a_refused_token_is_told_as_such(forge: LoopbackForge, project: Project, tmp_path: Path) -> None:
    wrong = Token(value="wrong-token-1234", source="HONK_TOKEN", user="x-access-token", is_job_token=False)
    _, remote = beside(clone(forge, tmp_path / "clone"), tmp_path / "outbox", access(forge, header=wrong.git_header))
    with pytest.raises(GitError, match="the remote refused the token") as refusal:
        remote.tip("refs/heads/main")
    assert "wrong-token-1234" not in str(refusal.value)


@pytest.mark.parametrize(
    "address", ["ext::sh -c 'touch /tmp/x'", "fd::17", "git://127.0.0.1/x", "http::http://127.0.0.1/x"]
)
def test_no_transport_that_starts_programs_or_tells_nobody_who_it_is(address: str, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not an address"):
        Outbox(tmp_path / "outbox", Access(address=address), environ=os.environ)


@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        ("https://github.com/acme/shop.git", "https"),
        ("git@github.com:acme/shop.git", "ssh"),
        ("ssh://git@github.com/acme/shop", "ssh"),
        ("/srv/shop.git", "file"),
        ("../shop.git", "file"),
    ],
)
def test_the_transport_of_an_address(address: str, scheme: str) -> None:
    assert Access(address=address).scheme == scheme


def test_the_network_s_settings_are_taken_down_and_nothing_else(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    settings = Path(os.environ["GIT_CONFIG_GLOBAL"])
    repo = Repo.create(tmp_path / "repo", {"a": "a\n"})
    settings.write_text(
        '[http]\n\tproxy = http://127.0.0.1:9\n\textraHeader = X-Mine: 1\n[http "https://ca.example"]\n'
        '\tsslCAInfo = "/etc/ca \\"quoted\\".pem"\n[credential]\n\thelper = store\n'
    )
    _, remote = beside(repo, tmp_path / "outbox", access(forge))
    listed = remote.repository.text("config", "--list")
    assert "http.proxy=http://127.0.0.1:9" in listed
    assert 'http.https://ca.example.sslcainfo=/etc/ca "quoted".pem' in listed
    assert "X-Mine" not in listed
    assert "store" not in listed


def test_too_old_a_git_is_told(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho git version 2.25.1\n")
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    with pytest.raises(GitError, match=r"2\.25\.1 is too old"):
        Outbox(tmp_path / "outbox", Access(address="https://forge.example/x", header="A: b"), environ=environ)
