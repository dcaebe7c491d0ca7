from __future__ import annotations

import pytest

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.verifiers.complaints import complaints, examine, is_blind, keyed, unread_files
from tests.repos import Repo
from tests.verifiers.tools import TIMEOUT_S, detected, workspace_of

RUFF = '[tool.ruff.lint]\nselect = ["F"]\n'
MYPY = "[tool.mypy]\nstrict = true\n"


def finding(message: str, *, line: int = 1, file: str = "a.py", kind: FindingKind = FindingKind.LINT) -> LogFinding:
    return LogFinding(kind=kind, tool="ruff", message=message, file=file, line=line, code="X1")


def test_no_complaint_when_the_tool_is_green(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": RUFF, "a.py": "x = 1\n"})
    with workspace_of(repo) as workspace:
        assert complaints(detected(repo)["ruff"], workspace, TIMEOUT_S) == frozenset()


def test_a_line_shift_is_no_new_complaint(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": RUFF, "a.py": "import os\n"})
    ruff = detected(repo)["ruff"]
    with workspace_of(repo) as workspace:
        before = complaints(ruff, workspace, TIMEOUT_S)
        workspace.write("a.py", b'"""Text."""\n\nimport os\n')
        assert before
        assert complaints(ruff, workspace, TIMEOUT_S) == before


def test_one_more_of_the_same_kind_is_a_new_complaint(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": RUFF, "a.py": "print(x)\n"})
    ruff = detected(repo)["ruff"]
    with workspace_of(repo) as workspace:
        before = complaints(ruff, workspace, TIMEOUT_S)
        workspace.write("a.py", b"print(x)\nprint(x)\n")
        assert complaints(ruff, workspace, TIMEOUT_S) - before == {"a.py: F821 Undefined name `x` #2"}


def test_mypy_complaints_are_relative_and_without_lines(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": MYPY, "pkg/a.py": 'def f() -> int:\n    return ""\n'})
    with workspace_of(repo) as workspace:
        found = examine(detected(repo)["mypy"], workspace, TIMEOUT_S)
    key = 'pkg/a.py: return-value Incompatible return value type (got "str", expected "int")'
    assert list(found) == [key]
    assert found[key].line == 2


@pytest.mark.slow
def test_mypy_sees_a_change_of_equal_size_within_the_same_second(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": MYPY, "a.py": "x: int = 1\n"})
    mypy = detected(repo)["mypy"]
    with workspace_of(repo) as workspace:
        for _ in range(2):
            workspace.write("a.py", b"x: int = 1\n")
            assert complaints(mypy, workspace, TIMEOUT_S) == frozenset()
            workspace.write("a.py", b"x: str = 1\n")
            assert len(complaints(mypy, workspace, TIMEOUT_S)) == 1


def test_the_check_leaves_nothing_in_the_tree(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": RUFF + MYPY, "a.py": "import os\n"})
    with workspace_of(repo) as workspace:
        for verifier in detected(repo).values():
            complaints(verifier, workspace, TIMEOUT_S)
        assert repo.git("status", "--porcelain", "--ignored") == ""
        assert not workspace.changes()


def test_a_syntax_error_hides_only_its_file_from_ruff(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": RUFF, "a.py": "def f(:\n", "b.py": "import os\n"})
    with workspace_of(repo) as workspace:
        found = complaints(detected(repo)["ruff"], workspace, TIMEOUT_S)
    assert unread_files(found) == {"a.py"}
    assert not is_blind(found)


def test_a_syntax_error_hides_everything_from_mypy(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": MYPY, "a.py": "def f(:\n", "b.py": "x: int = ''\n"})
    with workspace_of(repo) as workspace:
        assert is_blind(complaints(detected(repo)["mypy"], workspace, TIMEOUT_S))


def test_a_tool_that_cannot_run_is_one_complaint_that_stays_the_same(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": '[tool.ruff]\nrequired-version = "==0.0.1"\n', "a.py": "import os\n"})
    with workspace_of(repo) as workspace:
        before = complaints(detected(repo)["ruff"], workspace, TIMEOUT_S)
        assert len(before) == 1
        assert is_blind(before)
        workspace.write("a.py", b"import os\nimport sys\n")
        assert complaints(detected(repo)["ruff"], workspace, TIMEOUT_S) == before


def test_a_tool_that_runs_out_of_time_is_blind(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": MYPY, "a.py": "x = 1\n"})
    with workspace_of(repo) as workspace:
        assert complaints(detected(repo)["mypy"], workspace, 0.01) == {"blind: mypy: ran out of time"}


def test_output_too_long_to_keep_is_blind(repo: Repo) -> None:
    lines = "".join(f"print(some_rather_long_name_that_is_not_defined_{n})\n" for n in range(5000))
    repo.commit("start", {"pyproject.toml": RUFF, "a.py": lines})
    with workspace_of(repo) as workspace:
        found = complaints(detected(repo)["ruff"], workspace, TIMEOUT_S)
    assert is_blind(found)
    assert len(found) > 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Redefinition of `x` from line 3", "Redefinition of `x` from line 14"),
        ("`f` is too complex (12 > 10)", "`f` is too complex (13 > 10)"),
        ("Line too long (125 > 120)", "Line too long (131 > 120)"),
        ("line too long (88 > 79 characters)", "line too long (90 > 79 characters)"),
        ("see src/a.py:3:1", "see src/a.py:9:12"),
    ],
)
def test_numbers_that_shift_do_not_tell_complaints_apart(one: str, other: str) -> None:
    assert list(keyed([finding(one)])) == list(keyed([finding(other)]))


@pytest.mark.parametrize(
    ("one", "other"),
    [('Argument 1 to "f"', 'Argument 2 to "f"'), ("Name `x1`", "Name `x2`"), ("line-too-long", "line-break")],
)
def test_numbers_that_mean_something_tell_complaints_apart(one: str, other: str) -> None:
    assert list(keyed([finding(one)])) != list(keyed([finding(other)]))


def test_what_lies_about_and_is_not_in_the_commit_does_not_count(repo: Repo) -> None:
    repo.commit("start", {"pyproject.toml": RUFF, "a.py": "x = 1\n"})
    repo.write({"scratch.py": "import os\n"})
    ruff = detected(repo)["ruff"]
    with workspace_of(repo) as workspace:
        assert complaints(ruff, workspace, TIMEOUT_S) == frozenset()
        workspace.write("new.py", b"import os\n")
        assert complaints(ruff, workspace, TIMEOUT_S) == {"new.py: F401 `os` imported but unused"}
