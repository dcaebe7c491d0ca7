"""What a hostile checkout plants: programs that git starts when its config, attributes or hooks say so."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.repos import Repo


def plant(repo: Repo, traps: Path, url: str, *, works_on: bool = False) -> None:
    """Set up all that a checkout can start; each would leave a file in folder ``traps``.

    ``url`` is the server whose addresses are to be led astray. With ``works_on`` git still works in
    the checkout afterwards.
    """
    traps.mkdir()

    def trap(name: str) -> str:
        program = traps.parent / f"{name}.sh"
        passes_on = "cat" if name in {"clean", "smudge"} else "exit 0"  # a filter that ate files would be noticed
        program.write_text(f"#!/bin/sh\nenv > {traps / name}\n{passes_on}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return str(program)

    hooks = repo.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("pre-push", "reference-transaction", "post-checkout", "post-index-change", "pre-auto-gc"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {traps / hook}\n")
        (hooks / hook).chmod(0o755)
    (repo.path / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    (repo.path / ".git" / "info").mkdir(exist_ok=True)
    (repo.path / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    included = traps.parent / "included"
    included.write_text(f"[core]\n\tsshCommand = {trap('included-ssh')}\n\thooksPath = {hooks}\n")
    planted = {
        "core.sshCommand": trap("ssh"),
        "core.gitProxy": trap("git-proxy"),
        "core.askPass": trap("askpass"),
        "core.fsmonitor": trap("fsmonitor"),
        "core.hooksPath": str(hooks),
        "core.pager": trap("pager"),
        "core.alternateRefsCommand": trap("alternate-refs"),
        "credential.helper": f"!{trap('credential')}",
        f"credential.{url}.helper": f"!{trap('credential-of-host')}",
        "diff.external": trap("diff"),
        "diff.evil.textconv": trap("textconv"),
        "filter.evil.clean": trap("clean"),
        "filter.evil.smudge": trap("smudge"),
        "filter.evil.process": trap("process"),
        "merge.evil.driver": trap("merge"),
        "gpg.program": trap("gpg"),
        "commit.gpgSign": "true",
        "push.gpgSign": "true",
        "remote.origin.uploadpack": trap("uploadpack"),
        "remote.origin.receivepack": trap("receivepack"),
        "remote.origin.vcs": "evil",
        "remote.origin.proxy": "http://127.0.0.1:9",
        "http.proxy": "http://127.0.0.1:9",
        f"http.{url}/.extraheader": "X-Stolen: yes",
        "uploadpack.packObjectsHook": trap("pack-objects"),
        "include.path": str(included),
        "protocol.ext.allow": "always",
        "push.followTags": "true",
    }
    if works_on:
        del planted["filter.evil.process"]
    for key, value in planted.items():
        repo.git("config", key, value)
    repo.git("config", f"url.ext::{trap('ext')} .insteadOf", f"{url}/")
    repo.git("config", f"url.ext::{trap('ext-push')} .pushInsteadOf", f"{url}/")
