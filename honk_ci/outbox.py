"""The outbox: a bare git directory of honk's own, from which git speaks to the forge.

What runs in a checkout can write its config: an ssh command, a credential helper, another address,
hooks. And the user's config lies in a home folder that tests can write, too. A push that carries a
token therefore starts from a directory that has neither: its address, its token and the few
settings that a network needs are taken down before anything of the repository runs, and reach git
through the environment of each call alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from honk_ci.errors import GitError
from honk_ci.git import Repository
from honk_ci.git_call import LOCAL_TIMEOUT_S, run_git

# What git's and curl's way to the network depends on, in both spellings; nothing that starts a program.
_NETWORK = re.compile(r"(?:(?:https?|all|no)_proxy|ssl_cert_(?:file|dir)|git_ssl_.*|git_proxy_ssl_.*)", re.IGNORECASE)
_PLAIN = frozenset({"PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "GIT_EXEC_PATH", "TZ"})

# Of the machine's and the user's config, what a network needs: proxies and certificates.
_NETWORK_SETTINGS = re.compile(
    r"http\.(?:.*\.)?(?:proxy|noproxy|proxyauthmethod|proxysslcainfo|sslcainfo|sslcapath|sslbackend|sslverify"
    r"|sslcert|sslkey|schannelusesslcainfo|schannelcheckrevoke|version|postbuffer)"
)
_SCHEMES = ("https", "http", "ssh", "file")
_FIRST_GIT_WITH_CONFIG_ENVIRONMENT = (2, 31)
_BORROWED_TIPS = 100  # refs of the checkout that a fetch need not bring again


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """How a remote is reached."""

    address: str  # without a password
    header: str = ""  # "Authorization: …", sent to this address alone; "" where none is needed

    @property
    def scheme(self) -> str:
        """The transport as git names it in ``GIT_ALLOW_PROTOCOL``; "" for one that no outbox uses."""
        if "://" in self.address:
            found = urlsplit(self.address).scheme
        elif re.match(r"[\w.@-]+:(?!:)", self.address):  # user@host:path; not "ext::…", which starts a program
            found = "ssh"
        else:
            found = "file"
        return found if found in _SCHEMES and "::" not in self.address.split("/")[0] else ""


class Outbox(Repository):
    """A bare repository whose config nobody else can write."""

    def __init__(self, folder: Path, access: Access, *, environ: Mapping[str, str]) -> None:
        """A new one in ``folder`` with objects of its own; nothing of any checkout is looked at.

        With a token it knows nothing but that and the network; without, the user's own config and
        environment say how the remote is reached. GitError where git is missing or too old.
        """
        if not access.scheme:
            raise GitError(f"{access.address} is not an address that honk pushes to", hint="use https, ssh or a folder")
        self._access = access
        self._program = shutil.which("git", path=environ.get("PATH")) or "git"  # the one that is there now
        self.root = self.git_dir = self.common_dir = folder.absolute()
        self._settings = _network_settings(self._program, environ) if access.header else ()
        self._environ = _own_environ(environ, access) if access.header else _users_environ(environ, access)
        self._objects = self.git_dir / "objects"
        self._borrowed: _Borrowed | None = None
        if access.header:
            _check_version(self._program, self._environ)
        _make(self.git_dir, self._config(), None)

    @classmethod
    def beside(cls, checkout: Repository, folder: Path, access: Access, *, environ: Mapping[str, str]) -> Outbox:
        """One that shares the objects of a checkout: what it fetches, the checkout has, and the other way round."""
        outbox = cls(folder, access, environ=environ)
        outbox._objects = checkout.common_dir / "objects"
        outbox._borrowed = _borrow(checkout)
        return outbox

    def try_git(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = LOCAL_TIMEOUT_S,
    ) -> subprocess.CompletedProcess[bytes]:
        with self._open() as git_dir:
            place = {"GIT_DIR": str(git_dir), "GIT_OBJECT_DIRECTORY": str(self._objects), "HOME": self._home(git_dir)}
            done = super().try_git(*arguments, stdin=stdin, env={**place, **(env or {})}, timeout_s=timeout_s)
        return _with_cause(done) if self._access.header else done

    @contextmanager
    def _open(self) -> Iterator[Path]:
        """The git directory of one call.

        Beside a checkout it is made anew for each: what a test wrote into the last one is gone.
        """
        if self._borrowed is None:
            yield self.git_dir
            return
        with tempfile.TemporaryDirectory(prefix="git-", dir=self.git_dir) as folder:
            git_dir = Path(folder)
            known = _read(self._borrowed.shallow)
            _make(git_dir, self._config(), self._borrowed, shallow=known)
            try:
                yield git_dir
            finally:
                # a fetch with a depth moves the ends of the history, which are the checkout's too
                _keep(self._borrowed.shallow, known, _read(git_dir / "shallow"))

    def _home(self, git_dir: Path) -> str:
        return str(git_dir) if self._access.header else self._environ.get("HOME", str(git_dir))

    def _config(self) -> str:
        borrowed = self._borrowed
        # the caches of a checkout's history may be anybody's work
        lines = ["[core]", "\tbare = true", "\trepositoryformatversion = 1", "\tcommitGraph = false"]
        lines += ["\tmultiPackIndex = false"]
        if borrowed and (borrowed.sha256 or borrowed.is_partial):
            lines += ["[extensions]"]
            lines += ["\tobjectFormat = sha256"] if borrowed.sha256 else []
            lines += ["\tpartialClone = origin"] if borrowed.is_partial else []
        if borrowed and borrowed.is_partial:  # objects that are missing come from the forge, not from where config says
            lines += ['[remote "origin"]', f"\turl = {_quoted(self._access.address)}", "\tpromisor = true"]
            lines += ["\tpartialCloneFilter = blob:none"]
        for key, value in self._settings:
            section, _, name = key.rpartition(".")
            kind, _, subsection = section.partition(".")
            lines += [f"[{kind} {_quoted(subsection)}]" if subsection else f"[{kind}]", f"\t{name} = {_quoted(value)}"]
        return "\n".join(lines) + "\n"


# --- what is taken from a checkout -----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Borrowed:
    """What an outbox takes over from its checkout, found out once, before anything of it runs."""

    head: str
    tips: tuple[str, ...]
    shallow: Path
    is_partial: bool
    sha256: bool


def _borrow(checkout: Repository) -> _Borrowed:
    head = checkout.resolve("HEAD") or ""
    listed = checkout.text("for-each-ref", f"--count={_BORROWED_TIPS}", "--format=%(objectname)", "refs/remotes")
    partial = checkout.try_git("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$")
    return _Borrowed(
        head=head,
        tips=tuple(dict.fromkeys([*([head] if head else []), *listed.splitlines()])),
        shallow=checkout.common_dir / "shallow",
        is_partial=partial.returncode == 0,
        sha256=len(head) == 64,
    )


def _make(git_dir: Path, config: str, borrowed: _Borrowed | None, *, shallow: bytes | None = None) -> None:
    for folder in ("refs",) if borrowed else ("objects/info", "objects/pack", "refs"):
        (git_dir / folder).mkdir(parents=True, exist_ok=True)
    head = borrowed.head if borrowed and borrowed.head else "ref: refs/heads/none"
    (git_dir / "HEAD").write_text(f"{head}\n")
    (git_dir / "config").write_text(config)
    if borrowed is not None:
        refs = sorted(f"{commit} refs/borrowed/{commit}\n" for commit in borrowed.tips)
        (git_dir / "packed-refs").write_text("".join(["# pack-refs with: sorted\n", *refs]))
    if shallow is not None:
        (git_dir / "shallow").write_bytes(shallow)


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _keep(file: Path, before: bytes | None, after: bytes | None) -> None:
    if after == before:
        return
    if after is None:
        file.unlink(missing_ok=True)
        return
    fresh = file.with_name("shallow.honk")
    fresh.write_bytes(after)
    fresh.replace(file)


# --- the environment --------------------------------------------------------------------------------


def _own_environ(environ: Mapping[str, str], access: Access) -> dict[str, str]:
    """Everything that git sees where a token is at stake: no config but the outbox's own."""
    kept = {name: value for name, value in environ.items() if name in _PLAIN or _NETWORK.fullmatch(name)}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": access.scheme,
        "GIT_NO_REPLACE_OBJECTS": "1",
        **_config_environ(
            {
                f"http.{access.address}.extraHeader": access.header,
                # git would send the header along to wherever it is sent
                "http.followRedirects": "false",
                "credential.helper": "",
            }
        ),
    }


def _users_environ(environ: Mapping[str, str], access: Access) -> dict[str, str]:
    """The user's own way to the remote, but for what points git at another repository."""
    pointers = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE", "GIT_NAMESPACE",
                "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_SHALLOW_FILE", "ANTHROPIC_", "HONK_BUNDLE_KEY")  # fmt: skip
    kept = {name: value for name, value in environ.items() if not name.startswith(pointers)}
    allowed = {"GIT_ALLOW_PROTOCOL": access.scheme, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0"}
    return {**kept, **allowed, "LC_ALL": "C.UTF-8"}


def _config_environ(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings in git's environment (git-config(1), GIT_CONFIG_COUNT): neither on disk nor in a command line."""
    pairs = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        pairs |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return pairs


def _network_settings(program: str, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Proxies and certificates that the machine's and the user's git config name, as they are now."""
    found: list[tuple[str, str]] = []
    for scope in ("--system", "--global"):
        output = _ask(program, ("config", scope, "--includes", "--null", "--get-regexp", r"^http\."), environ)
        for item in output.split("\0"):
            key, _, value = item.partition("\n")
            if _NETWORK_SETTINGS.fullmatch(key):
                found.append((key, value))
    return tuple(found)


def _check_version(program: str, environ: Mapping[str, str]) -> None:
    words = _ask(program, ("version",), environ)
    numbers = tuple(map(int, re.findall(r"\d+", words)[:2]))
    if numbers < _FIRST_GIT_WITH_CONFIG_ENVIRONMENT:
        wanted = ".".join(map(str, _FIRST_GIT_WITH_CONFIG_ENVIRONMENT))
        raise GitError(
            f"{words.strip() or 'this git'} is too old to push with a token", hint=f"install git {wanted} or newer"
        )


def _ask(program: str, arguments: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """What git says of itself and its user, asked where no repository is."""
    done = run_git(Path(tempfile.gettempdir()), arguments, environ, program=program)
    return done.stdout.decode("utf-8", "replace")


def _with_cause(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[bytes]:
    """Git asks for a name where the token is refused, and that is all that it says."""
    if done.returncode and b"could not read Username" in done.stderr:
        done.stderr = b"the remote refused the token: it is wrong, has expired, or may not do this here"
    elif done.returncode and re.search(rb"returned error: 30\d", done.stderr):
        done.stderr += b"\nthe token is sent to no other address; has the project been renamed?"
    return done


def _quoted(value: str) -> str:
    """A value, or the name of a subsection, in git's config syntax."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
