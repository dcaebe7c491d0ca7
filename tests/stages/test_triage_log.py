"""What logs add to reports, and what they tell where there is no report."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from honk_ci.domain import Cause, FindingKind, LogFinding
from honk_ci.reports import findings_in
from tests.repos import Repo
from tests.stages.triage_kit import evidence, failed, run_pytest, triaged

SHOP = {
    "shop/__init__.py": "",
    "shop/cart.py": """
        def total(items):
            return sum(items) + 1

        def parse(text):
            return int(text)
        """,
    "tests/conftest.py": "import pytest\n\n@pytest.fixture\ndef db():\n    raise OSError('no database here')\n",
    "tests/test_cart.py": """
        import pytest
        from shop.cart import parse, total

        def test_total():
            assert total([1]) == 1

        def test_total_of_none():
            assert total([]) == 0

        @pytest.mark.parametrize("text", ["a", "b"])
        def test_parse(text):
            parse(text)

        def test_db(db): ...

        def test_good():
            print("Traceback (most recent call last):\\n  File 'x.py', line 3, in f\\nKeyError: 'harmless'")
        """,
    "tests/test_missing.py": "import nosuchmodule\n",
}


def _log(repo: Repo, *arguments: str) -> Sequence[LogFinding]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--continue-on-collection-errors",
               f"--rootdir={repo.path}", "-c", "/dev/null", *arguments]  # fmt: skip
    env = {"PYTHONPATH": str(repo.path), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=repo.path, env=env, capture_output=True, text=True, timeout=60, check=False)
    return findings_in(done.stdout + done.stderr)


@pytest.mark.parametrize("style", ["auto", "native", "short"])
@pytest.mark.slow
def test_a_log_that_repeats_the_report_adds_no_cause(repo: Repo, style: str) -> None:
    repo.commit("red", SHOP)
    tests = run_pytest(repo, f"--tb={style}").failed
    findings = _log(repo, f"--tb={style}")
    without = triaged(repo, tests)
    both = triaged(repo, tests, findings)
    assert [f.fingerprint for f in both] == [f.fingerprint for f in without]
    assert [f.tests for f in both] == [f.tests for f in without]
    assert all(failure.findings for failure in both)
    assert all(evidence(failure, "log") for failure in both)


@pytest.mark.parametrize("style", ["auto", "native"])
@pytest.mark.slow
def test_a_log_alone_tells_the_same_causes(repo: Repo, style: str) -> None:
    repo.commit("red", SHOP)
    failures = triaged(repo, findings=_log(repo, f"--tb={style}"))
    assert len(failures) == 4
    whole = {failure.fingerprint: failure for failure in triaged(repo, run_pytest(repo).failed)}
    shared = [failure for failure in failures if failure.fingerprint in whole]
    assert len(shared) >= (3 if style == "native" else 2)
    assert {failure.cause for failure in failures} == {Cause.CODE, Cause.DEPENDENCY}


def test_linters_are_one_failure_a_tool_that_names_its_verifier(repo: Repo) -> None:
    repo.commit("red", SHOP)
    log = (
        "shop/cart.py:1:8: F401 [*] `os` imported but unused\nshop/cart.py:9:5: E711 Comparison to `None`\nFound 2 errors.\n"
        "would reformat shop/cart.py\n1 file would be reformatted\n"
        "shop/cart.py:3: error: Incompatible return value type (got \"int\", expected \"str\")  [return-value]\nFound 1 error in 1 file (checked 2 source files)\n"
    )  # fmt: skip
    failures = triaged(repo, findings=findings_in(log), verifiers=["ruff", "ruff-format", "mypy"])
    assert {failure.cause for failure in failures} == {Cause.LINT}
    by_verifier = {failure.verifier: failure for failure in failures}
    assert {"ruff", "mypy"} <= set(by_verifier)
    assert by_verifier["ruff"].summary == "ruff: 2 complaints in 1 file, F401, E711"
    assert by_verifier["mypy"].summary.startswith("mypy in shop/cart.py: ")


def test_a_formatter_is_a_verifier_of_its_own(repo: Repo) -> None:
    repo.commit("red", SHOP)
    finding = LogFinding(kind=FindingKind.FORMAT, tool="ruff", message="would reformat", file="shop/cart.py")
    assert [f.verifier for f in triaged(repo, findings=[finding], verifiers=["ruff", "ruff-format"])] == ["ruff-format"]
    assert [f.verifier for f in triaged(repo, findings=[finding], verifiers=["ruff"])] == ["ruff"]
    assert [f.verifier for f in triaged(repo, findings=[finding])] == [""]


def test_one_mistake_that_a_compiler_reports_in_many_places_is_one_cause(repo: Repo) -> None:
    repo.commit("red", SHOP)

    def error(file: str, line: int, message: str) -> LogFinding:
        return LogFinding(kind=FindingKind.COMPILE, tool="go", message=message, file=file, line=line)

    findings = [
        error("cart.go", 3, "undefined: Total"),
        error("shop.go", 9, "undefined: Total"),
        error("shop.go", 12, "declared and not used: x"),
        error("other.go", 1, "expected ';', found 'EOF'"),
    ]
    failures = triaged(repo, findings=findings)
    assert sorted(len(failure.findings) for failure in failures) == [1, 3]
    assert {failure.cause for failure in failures} == {Cause.BUILD}


def test_a_resolver_that_gave_up_is_a_dependency(repo: Repo) -> None:
    repo.commit("red", SHOP)
    log = (
        "ERROR: Could not find a version that satisfies the requirement nosuch==9 (from versions: none)\n"
        "ERROR: No matching distribution found for nosuch==9\n"
    )
    (failure,) = triaged(repo, findings=findings_in(log))
    assert failure.cause is Cause.DEPENDENCY
    assert "nosuch" in failure.summary


def test_types_checked_by_a_build_are_the_build_s(repo: Repo) -> None:
    repo.commit("red", SHOP)
    finding = LogFinding(kind=FindingKind.TYPES, tool="tsc", message="Type 'a' is not 'b'", file="a.ts", code="TS2322")
    assert [f.cause for f in triaged(repo, findings=[finding], verifiers=["tsc"])] == [Cause.LINT]
    assert [f.cause for f in triaged(repo, findings=[finding])] == [Cause.BUILD]


def test_a_finding_of_no_known_kind_counts_only_alone(repo: Repo) -> None:
    repo.commit("red", SHOP)
    odd = LogFinding(kind=FindingKind.OTHER, tool="npm", message="missing script: test")
    lint = LogFinding(kind=FindingKind.LINT, tool="ruff", message="unused", file="shop/cart.py", code="F401")
    (alone,) = triaged(repo, findings=[odd])
    assert "missing script" in alone.summary
    assert [f.cause for f in triaged(repo, findings=[odd, lint])] == [Cause.LINT]
    test = failed("test_total", "E   assert 2 == 1\n\ntests/test_cart.py:5: AssertionError")
    assert len(triaged(repo, [test], [odd])) == 1


def test_a_trace_that_no_failed_test_explains_is_not_believed_beside_a_report(repo: Repo) -> None:
    repo.commit("red", SHOP)
    noise = LogFinding(
        kind=FindingKind.TEST, tool="python", message="KeyError: 'harmless'", file="shop/cart.py", line=2, exception="KeyError",
        excerpt='Traceback (most recent call last):\n  File "shop/cart.py", line 2, in total\nKeyError: \'harmless\'',
    )  # fmt: skip
    test = failed("test_total", "E   assert 2 == 1\n\ntests/test_cart.py:5: AssertionError")
    (failure,) = triaged(repo, [test], [noise])
    assert failure.findings == ()
    (failure,) = triaged(repo, findings=[noise])
    assert failure.summary == "KeyError in shop/cart.py total(): 'harmless'"


def test_lint_beside_a_failed_test_is_a_cause_of_its_own(repo: Repo) -> None:
    repo.commit("red", SHOP)
    test = failed("test_total", "E   assert 2 == 1\n\ntests/test_cart.py:5: AssertionError")
    lint = LogFinding(kind=FindingKind.LINT, tool="ruff", message="unused", file="tests/test_cart.py", code="F401")
    assert {f.cause for f in triaged(repo, [test], [lint], verifiers=["ruff"])} == {Cause.CODE, Cause.LINT}
