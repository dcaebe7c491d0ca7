"""The checkout: its history, its tests, their reports, and what lies in it that tests could read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from honk_ci import reports as report_files
from honk_ci.cli.checkup.finding import Finding, Wiring, note, ok
from honk_ci.runners import detect_all, detect_runner
from honk_ci.text import one_line, plural
from honk_ci.verifiers import detect_verifiers
from honk_ci.workspaces.environment import child_environ

_WITH_HISTORY = "check out with history: actions/checkout with fetch-depth: 0, GitLab with GIT_DEPTH: 0"


def look_at_base(wiring: Wiring) -> Iterator[Finding]:
    repository = wiring.repository
    is_shallow = repository.text("rev-parse", "--is-shallow-repository") == "true"
    if repository.resolve("HEAD~1") is None:
        text = "no commit before this one is here, so nothing can be called already red"
        yield note("base", text, _WITH_HISTORY if is_shallow else "")
    elif is_shallow:
        text = "the parent commit is here, and little more: where a branch began may not be"
        yield note("base", text, _WITH_HISTORY)
    else:
        yield ok("base", "the parent commit is here")


def look_at_runner(wiring: Wiring) -> Iterator[Finding]:
    test = wiring.config.test
    children = child_environ(wiring.environ, passed=test.pass_env)
    runner = detect_runner(wiring.repository.root, command=test.command, environ=children)
    yield ok("runner", f"{runner.name}: {one_line(str(runner.suite(Path('{report}'))), 120)}")


def look_at_reports(wiring: Wiring) -> Iterator[Finding]:
    root = wiring.repository.root
    named = wiring.reports or wiring.config.test.reports
    usual = [g for r in detect_all(root, environ=wiring.environ) for g in r.report_globs]
    found = [path for glob in (named or usual) for path in report_files.expand(root, glob)]
    if not found:
        text = f"no report is here now ({', '.join(named) if named else 'usual places'})"
        hint = "let the test job write JUnit XML and give it with --report, or its console log with --log"
        yield note("reports", text, hint)
        return
    read = report_files.read_all(found)
    counts = f"{plural(len(found), 'file')}, {plural(read.counts.total, 'test')}, {read.counts.failed} failed"
    yield ok("reports", counts)


def look_at_verifiers(wiring: Wiring) -> Iterator[Finding]:
    names = [verifier.name for verifier in detect_verifiers(wiring.repository.root, child_environ(wiring.environ))]
    yield ok("checks", ", ".join(names) or "no linter or type checker is configured here")


def look_at_credentials(wiring: Wiring) -> Iterator[Finding]:
    """Tokens in the checkout's own git config: the tests can read them, whatever their environment holds.

    actions/checkout leaves one there unless it is told not to; honk's own pushes need none.
    """
    done = wiring.repository.try_git("config", "--local", "--includes", "--name-only", "--get-regexp", _HEADERS)
    if done.returncode == 0 and done.stdout.strip():
        text = "git's config in the checkout holds a token that the tests can read"
        yield note("secrets", text, "actions/checkout with persist-credentials: false; honk brings its own token")
    urls = wiring.repository.try_git("config", "--local", "--get-regexp", r"^remote\..*\.(push)?url$")
    for line in urls.stdout.decode("utf-8", "replace").splitlines():
        key, _, address = line.partition(" ")
        if _password(address) not in {"", wiring.environ.get("CI_JOB_TOKEN", "")}:  # GitLab puts that one there itself
            name = key.removeprefix("remote.").rpartition(".")[0]
            text = f"the address of {name} holds a password that the tests can read"
            yield note("secrets", text, f"git remote set-url {name} ADDRESS, and give the token in HONK_TOKEN")


_HEADERS = r"^http\..*extraheader$"


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""
