from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from honk_ci.config import Config, PolicyConfig
from honk_ci.domain import Candidate
from honk_ci.patch import FileChange, Patch
from tests.repos import Repo
from tests.verifiers.bench import bench, lint_failure, logged

RUFF = '[tool.ruff.lint]\nselect = ["F", "E9"]\n'
FORMAT = RUFF + "[tool.ruff.format]\n"
MYPY = "[tool.mypy]\n"
ALL = FORMAT + MYPY


# --- new complaints --------------------------------------------------------------------------------


def test_passes_in_one_line_when_all_are_green(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": ALL, "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"a.py": "x = 2\n"})
    assert (result.passed, result.summary) == (True, "ruff, ruff-format, mypy: green")


def test_passes_when_old_complaints_stay(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\nx = 1\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"a.py": "import os\n\n\nx = 2\n"})
    assert (result.passed, result.summary) == (True, "ruff: as green as before")


def test_refuses_a_new_lint_and_names_file_and_line(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"a.py": "x = 1\ny = z\n"})
    assert not result.passed
    assert result.summary == "ruff: a.py:2: F821 Undefined name `z`"


def test_refuses_a_type_error_in_a_file_that_the_patch_does_not_touch(repo: Repo, tmp_path: Path) -> None:
    repo.commit(
        "red", {"pyproject.toml": MYPY, "a.py": "def f() -> int:\n    return 1\n", "b.py": "import a\nx: int = a.f()\n"}
    )
    with bench(repo, tmp_path) as at:
        result = at.judge({"a.py": 'def f() -> str:\n    return "1"\n'})
    assert not result.passed
    assert result.summary.startswith("mypy: b.py:2: assignment Incompatible types")


def test_refuses_bad_layout_and_tells_the_command_that_mends_it(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": FORMAT, "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"a.py": "x  =  2\n"})
    assert not result.passed
    assert "Fixed by: ruff format" in result.detail
    assert result.detail.endswith("a.py")


def test_tells_of_every_tool_that_is_red(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": ALL, "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"a.py": "x: int  = ''\ny = z\n"})
    assert [part.split(":")[0] for part in result.summary.split("; ")] == ["ruff", "ruff-format", "mypy"]


def test_runs_nothing_for_files_that_no_tool_reads(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": ALL, "notes.txt": "one\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"notes.txt": "two\n"})
    assert (result.passed, result.summary) == (True, "none reads the changed files")


def test_a_change_of_the_configuration_counts_for_its_tool(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\nimport re\n\nprint(re)\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"pyproject.toml": '[tool.ruff.lint]\nselect = ["F", "E4", "UP", "I", "D1"]\n'})
    assert not result.passed


def test_a_new_file_with_a_complaint_is_refused(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        assert not at.judge({"b.py": "import os\n"}).passed


def test_a_deleted_file_takes_its_complaints_along(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n", "b.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        assert at.judge({"a.py": None}).summary == "ruff: green"


def test_off_when_the_policy_says_so(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "x = 1\n"})
    with bench(repo, tmp_path, config=Config(policy=PolicyConfig(verifiers=False))) as at:
        result = at.judge({"a.py": "x = y\n"})
    assert (result.passed, result.summary) == (True, "off")


# --- a red commit that hides what the tools would say ----------------------------------------------


def test_old_complaints_that_a_syntax_error_hid_are_not_the_patchs(repo: Repo, tmp_path: Path) -> None:
    base = repo.commit("base", {"pyproject.toml": MYPY, "a.py": "x: int = ''\ny = 1\n", "b.py": "z: int = ''\n"})
    repo.commit("red", {"a.py": "x: int = ''\ny = (1\n"})
    with bench(repo, tmp_path, base=base) as at:
        result = at.judge({"a.py": "x: int = ''\ny = 1\n"})
    assert (result.passed, result.summary) == (True, "mypy: as green as before")


def test_without_a_base_only_the_patchs_own_lines_count_behind_a_syntax_error(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": MYPY, "a.py": "x: int = ''\ny: int = (1\n"})
    with bench(repo, tmp_path) as at:
        assert at.judge({"a.py": "x: int = ''\ny: int = 1\n"}).passed
        refused = at.judge({"a.py": "x: int = ''\ny: int = '1'\n"})
    assert refused.summary.startswith("mypy: a.py:2:")


def test_a_new_complaint_behind_a_syntax_error_is_told_from_the_bases(repo: Repo, tmp_path: Path) -> None:
    base = repo.commit(
        "base",
        {"pyproject.toml": MYPY, "a.py": "def f() -> int:\n    return 1\n", "b.py": "import a\nx: int = a.f()\n"},
    )
    repo.commit("red", {"a.py": "def f() -> int:\n    return (1\n"})
    with bench(repo, tmp_path, base=base) as at:
        result = at.judge({"a.py": "def f() -> str:\n    return ''\n"})
    assert result.summary.startswith("mypy: b.py:2:")


def test_a_syntax_error_that_the_patch_brings_is_refused(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": ALL, "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        assert not at.judge({"a.py": "x = (1\n"}).passed


def test_a_tool_that_cannot_run_does_not_stand_in_the_way(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": '[tool.ruff]\nrequired-version = "==0.0.1"\n', "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        result = at.judge({"a.py": "x = 2\n"})
    assert (result.passed, result.summary) == (True, "ruff could not judge the red commit either")


def test_a_base_that_a_shallow_clone_lacks_is_done_without(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": MYPY, "a.py": "y: int = (1\n"})
    with bench(repo, tmp_path, base="1" * 40) as at:
        assert at.judge({"a.py": "y: int = 1\n"}).passed


# --- when the tool itself is what is red -----------------------------------------------------------


def test_what_the_log_complained_of_must_be_gone(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\nimport re\n", "old.py": "import os\n"})
    failure = lint_failure(logged("/home/runner/work/x/x/a.py", "F401"))
    with bench(repo, tmp_path, failure=failure) as at:
        assert not at.judge({"a.py": "import os\n"}).passed
        assert at.judge({"a.py": "x = 1\n"}).passed


def test_what_is_red_since_the_base_must_be_gone_though_the_log_does_not_name_it(repo: Repo, tmp_path: Path) -> None:
    base = repo.commit("base", {"pyproject.toml": RUFF, "a.py": "x = 1\n", "old.py": "import os\n"})
    repo.commit("red", {"a.py": "import os\n", "b.py": "import re\n"})
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", "F401")), base=base) as at:
        refused = at.judge({"a.py": "x = 1\n"})
        assert refused.summary.startswith("ruff: b.py:1: F401")
        assert at.judge({"a.py": "x = 1\n", "b.py": "x = 1\n"}).passed


def test_all_must_be_green_when_neither_log_nor_base_say_more(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n", "b.py": "import os\n"})
    with bench(repo, tmp_path, failure=lint_failure()) as at:
        assert not at.judge({"a.py": "x = 1\n"}).passed
        assert at.judge({"a.py": "x = 1\n", "b.py": "x = 1\n"}).passed


def test_what_the_log_tells_of_besides_is_another_failures(repo: Repo, tmp_path: Path) -> None:
    base = repo.commit("base", {"pyproject.toml": RUFF, "a.py": "x = 1\n", "b.py": "x = 1\n"})
    repo.commit("red", {"a.py": "import os\nimport re\n", "b.py": "import os\n"})
    own = logged("a.py", "F401", message="`os` imported but unused")
    log = (own, logged("a.py", "F401", message="`re` imported but unused"), logged("b.py", "F401"))
    with bench(repo, tmp_path, failure=lint_failure(own), base=base, log=log) as at:
        assert not at.judge({"a.py": "import os\n"}).passed
        assert at.judge({"a.py": "import re\n"}).passed


def test_the_red_tool_is_run_even_where_the_policy_is_off(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "import os\n"})
    config = Config(policy=PolicyConfig(verifiers=False))
    with bench(repo, tmp_path, failure=lint_failure(), config=config) as at:
        assert not at.judge({"a.py": "import os\nimport re\n"}).passed


def test_another_tool_that_got_red_too_is_noted(repo: Repo, tmp_path: Path) -> None:
    base = repo.commit("base", {"pyproject.toml": RUFF + MYPY, "a.py": "x = 1\n", "old.py": "z: int = ''\n"})
    repo.commit("red", {"a.py": "import os\nx: int = ''\n"})
    with bench(repo, tmp_path, failure=lint_failure(logged("a.py", "F401")), base=base) as at:
        result = at.judge({"a.py": "x: int = ''\n"})
        assert result.passed
        [note] = at.case.notes
    assert note.startswith("mypy is red as well since the last good commit: a.py:1: assignment")


def test_a_red_tool_that_is_not_here_cannot_be_shown_green(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "x = 1\n"})
    with bench(repo, tmp_path, failure=lint_failure(verifier="eslint")) as at:
        assert "eslint is red, and it is not installed here" in at.judge({"a.py": "x = 2\n"}).summary


def test_a_change_of_mode_alone_is_as_green_as_before(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"pyproject.toml": RUFF, "a.py": "x = 1\n"})
    with bench(repo, tmp_path) as at:
        change = FileChange(path="a.py", before=b"x = 1\n", after=b"x = 1\n", mode_after=0o100755)
        patch = Patch.of([change])
        at.case.workspace.apply(patch)
        case = replace(at.case, candidate=Candidate(healer="agent", patch=patch, rationale=""))
        assert at.verifiers.check(case).passed
