"""Installs honk into an environment of its own, for ``action.yml``.

``install.py place`` names the folder of the environment and the key it is cached by; ``install.py
install`` makes it, unless a cache has brought it. Runs before honk is there, so it needs the
standard library alone. Nothing of the job's own Python is used or changed: pip sees only what it
needs to reach a package index.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
VENV_TIMEOUT_S = 180
PIP_TIMEOUT_S = 900
PROBE_TIMEOUT_S = 60

# What pip may see of the job: how to reach an index. Not PIP_TARGET, PIP_USER, PIP_CONSTRAINT and their like.
_KEPT = frozenset(
    f"""
    PATH HOME USER TMPDIR TEMP TMP LANG LC_ALL LC_CTYPE SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
    NETRC XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_CACHE_HOME
    {" ".join(variant for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy") for variant in (name, name.upper()))}
    PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_CERT PIP_CLIENT_CERT PIP_PROXY PIP_FIND_LINKS PIP_NO_INDEX
    PIP_CONFIG_FILE PIP_CACHE_DIR PIP_NO_CACHE_DIR PIP_RETRIES PIP_TIMEOUT PIP_DEFAULT_TIMEOUT PIP_KEYRING_PROVIDER
    """.split()
)


class InstallError(Exception):
    """Honk could not be installed."""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    extras = environ.get("HONK_EXTRAS", "").replace(" ", "")
    try:
        key = environment_key(SOURCE, extras)
        folder = Path(environ.get("RUNNER_TEMP") or "/tmp") / key  # noqa: S108 (RUNNER_TEMP is set on every runner)
        if list(arguments) == ["place"]:
            _output(environ, folder=str(folder), key=key)
        elif list(arguments) == ["install"]:
            _output(environ, python=str(install(folder, extras, environ)))
        else:
            return 2
    except (InstallError, OSError) as error:
        print(f"::error::honk-ci cannot be installed: {_escaped(str(error))}", flush=True)
        return 10
    return 0


def environment_key(source: Path, extras: str) -> str:
    """Changes with whatever the environment is made of: honk, what it needs, the Python and the machine."""
    digest = hashlib.sha256()
    for part in (extras, sys.version, os.path.realpath(sys.executable), *platform.libc_ver()):
        digest.update(part.encode() + b"\0")
    files = [source / "pyproject.toml", source / "constraints.txt", *_package_files(source)]
    for file in files:
        digest.update(str(file.relative_to(source)).encode() + b"\0" + file.read_bytes() + b"\0")
    version = ".".join(map(str, sys.version_info[:2]))
    return f"honk-ci-{platform.system()}-{platform.machine()}-py{version}-{digest.hexdigest()[:20]}".lower()


def _package_files(source: Path) -> list[Path]:
    found = (source / "honk_ci").rglob("*")
    return sorted(file for file in found if file.is_file() and "__pycache__" not in file.parts)


def install(folder: Path, extras: str, environ: Mapping[str, str]) -> Path:
    """The Python of an environment that has honk; one that is there already is tried before it is trusted."""
    python = folder / "bin" / "python"
    if _works(python, environ):
        print(f"honk is there already: {folder}")
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-I", "-m", "venv", str(folder)], reduced(environ), timeout_s=VENV_TIMEOUT_S)
    constraints = SOURCE / "constraints.txt"
    pip = [str(python), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    target = f"{SOURCE}[{extras}]" if extras else str(SOURCE)
    # what builds honk is held to the same versions: pip up to 25.2 reads the one variable for that, later ones the other
    held = {"PIP_CONSTRAINT": str(constraints), "PIP_BUILD_CONSTRAINT": str(constraints)}
    _run([*pip, "--constraint", str(constraints), target], {**reduced(environ), **held}, timeout_s=PIP_TIMEOUT_S)
    if not _works(python, environ):
        raise InstallError(f"pip has installed it into {folder}, and it does not start")
    return python


def _works(python: Path, environ: Mapping[str, str]) -> bool:
    if not python.exists():
        return False
    command = [str(python), "-I", "-m", "honk_ci", "--version"]
    try:
        done = subprocess.run(command, env=reduced(environ), capture_output=True, timeout=PROBE_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _run(command: Sequence[str], environ: Mapping[str, str], *, timeout_s: float) -> None:
    try:
        done = subprocess.run(command, env=environ, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise InstallError(f"{' '.join(command)}: not done after {timeout_s:.0f} s") from error
    if done.returncode:
        raise InstallError(f"{' '.join(command)}: exit status {done.returncode}")


def reduced(environ: Mapping[str, str]) -> dict[str, str]:
    """What of the job's environment the installation may see: nothing secret, nothing of the project's Python."""
    return {name: value for name, value in environ.items() if name in _KEPT}


def _output(environ: Mapping[str, str], **values: str) -> None:
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in values.items())


def _escaped(text: str) -> str:
    """As workflow commands want it (docs.github.com, "Workflow commands for GitHub Actions")."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
