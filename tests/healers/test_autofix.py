from __future__ import annotations

from pathlib import Path

from honk_ci.domain import Candidate, Cause, Failure, FindingKind, LogFinding
from honk_ci.healers.autofix import Autofix
from tests.repos import Repo
from tests.verifiers.bench import Bench, bench, lint_failure, logged

RUFF = '[tool.ruff.lint]\nselect = ["F", "I", "E9"]\n'
BOTH = RUFF + "[tool.ruff.format]\n"
UNTIDY = 'x = {  "a":1 }\n\n\ndef f( ):\n    """ Text """\n    return x\n'


def heal(at: Bench) -> tuple[list[Candidate], list[str]]:
    """The candidates, and what the healer learned for the next."""
    case = at.heal_case()
    assert Autofix().skip_reason(case) == ""
    return list(Autofix().heal(case)), case.learned


def content(candidate: Candidate, path: str) -> str:
    change = candidate.patch.change(path)
    assert change is not None
    assert change.after is not None
    return change.after.decode()


def test_removes_the_import_that_the_log_complains_of(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n\nx = 1\n"})
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", "F401"))) as at:
        [candidate], learned = heal(at)
        assert content(candidate, "a.py") == "\nx = 1\n"
        assert candidate.kind == "codemod"
        assert candidate.rationale.startswith("Fix 1 ruff complaint: F401. The change is ruff 0.")
        assert learned == []
        assert at.judge_patch(candidate.patch).passed


def test_mends_the_files_that_the_log_names_first_and_then_all(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n", "b.py": "import os\n"})
    with bench(repo, tmp_path, failure=lint_failure(logged("/builds/x/a.py", "F401"))) as at:
        candidates, _ = heal(at)
    assert [candidate.patch.paths for candidate in candidates] == [("a.py",), ("a.py", "b.py")]


def test_mends_all_where_the_log_names_no_file(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n", "b.py": "import os\n"})
    with bench(repo, tmp_path, failure=lint_failure()) as at:
        [candidate], _ = heal(at)
        assert candidate.patch.paths == ("a.py", "b.py")
        assert at.judge_patch(candidate.patch).passed


def test_a_formatter_is_shown_to_keep_the_syntax_tree(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": BOTH, "a.py": UNTIDY, "b.py": "y = 1\n"})
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", ""), verifier="ruff-format")) as at:
        [candidate], _ = heal(at)
        assert candidate.patch.paths == ("a.py",)
        assert candidate.rationale.startswith("Format a.py with ruff-format. The layout is what ruff-format 0.")
        assert (candidate.kind, candidate.notes) == ("format", ("same syntax tree before and after: a.py",))
        assert at.judge_patch(candidate.patch).passed


def test_the_formatter_follows_up_on_what_the_linter_left(repo: Repo, tmp_path: Path) -> None:
    start = "from os import path, sep, linesep\n\nx = [path, sep]\n"
    tight = RUFF + "[tool.ruff]\nline-length = 20\n[tool.ruff.format]\n"
    source = "from os import (\n    abc,\n    path,\n)\n\nx = path\n"
    repo.commit("red", {"pyproject.toml": tight, "a.py": source, "b.py": start})
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", "F401"))) as at:
        candidates, _ = heal(at)
        assert content(candidates[0], "a.py") == "from os import (\n    path,\n)\n\nx = path\n"
        assert at.judge_patch(candidates[0].patch).passed


def test_what_was_tidy_at_the_base_is_tidied_with_the_lint(repo: Repo, tmp_path: Path) -> None:
    base = repo.commit("base", {"pyproject.toml": BOTH, "a.py": "x = 1\n", "b.py": "y  = 1\n"})
    repo.commit("red", {"a.py": "import os\n\nx  = 1\n", "b.py": "import os\n\ny  = 1\n"})
    with bench(repo, tmp_path, failure=lint_failure(), base=base) as at:
        [candidate], _ = heal(at)
    assert content(candidate, "a.py") == "x = 1\n"
    assert content(candidate, "b.py") == "\ny  = 1\n"


def test_no_candidate_and_a_lesson_when_complaints_stay(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n\nx = y\n"})
    findings = (logged("a.py", "F401"), logged("a.py", "F821"))
    with bench(repo, tmp_path, failure=lint_failure(*findings)) as at:
        candidates, learned = heal(at)
    assert candidates == []
    assert learned == ["autofix: the fix of ruff ends 1 of 2 complaints (a.py); left: a.py:2: F821 Undefined name `y`"]


def test_no_candidate_and_a_lesson_when_the_fix_changes_nothing(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "x = y\n"})
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", "F821"))) as at:
        candidates, learned = heal(at)
    assert candidates == []
    assert "changes nothing: a.py:1: F821" in learned[0]


def test_unsafe_fixes_are_not_made_though_the_configuration_allows_them(repo: Repo, tmp_path: Path) -> None:
    config = '[tool.ruff]\nunsafe-fixes = true\n[tool.ruff.lint]\nselect = ["F"]\n'
    source = "def f():\n    x = g()\n\n\ndef g(): ...\n"
    repo.commit("red", {"pyproject.toml": config, "a.py": source})
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", "F841"))) as at:
        candidates, _ = heal(at)
    assert candidates == []


def test_leaves_the_work_of_the_user_as_it_was(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n"})
    (repo.path / "a.py").write_text("import os  # mine\n")
    (repo.path / "new.py").write_text("import os\n")
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", "F401"))) as at:
        [candidate, *_], _ = heal(at)
        assert candidate.patch.paths == ("a.py",)
    assert (repo.path / "a.py").read_text() == "import os  # mine\n"
    assert (repo.path / "new.py").read_text() == "import os\n"


def test_a_lint_failure_is_known_by_the_tool_that_its_findings_name(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": BOTH, "a.py": UNTIDY})
    finding = LogFinding(kind=FindingKind.FORMAT, tool="ruff format", message="Would reformat: a.py", file="a.py")
    failure = Failure(fingerprint="2" * 12, cause=Cause.LINT, summary="layout", findings=(finding,))
    with bench(repo, tmp_path, failure=failure) as at:
        [candidate], _ = heal(at)
    assert candidate.kind == "format"


def test_skips_what_is_no_linters_failure(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n"})
    with bench(repo, tmp_path) as at:
        assert Autofix().skip_reason(at.heal_case()) == "no linter or formatter of the repository is what is red"


def test_skips_a_tool_without_fixes(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": "[tool.mypy]\n", "a.py": "x: int = ''\n"})
    with bench(repo, tmp_path, failure=lint_failure(verifier="mypy")) as at:
        assert Autofix().skip_reason(at.heal_case()) == "mypy has no fixes of its own"
