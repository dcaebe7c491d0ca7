"""What must not be healed silently, what must not be harmed, and what must not be left behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from honk_ci.domain import Cause, FailedTest, TestCase
from honk_ci.healers.search import Search
from tests.healers.search.cases import fixed, heal_case, is_healed, search
from tests.repos import Repo


@pytest.mark.slow
def test_weak_tests_need_a_person(tmp_path: Path) -> None:
    repo = Repo.create(
        tmp_path / "repo",
        {
            "prices.py": """
                def price(net, rate, discount, express):
                    gross = net + net * rate
                    if express:
                        gross = gross + 5
                    return gross + discount
                """,
            "test_prices.py": """
                from prices import price

                def test_price():
                    assert price(100, 0, 10, False) == 90
                """,
        },
    )
    candidates = search(repo, tmp_path / "scratch", search_time_s=15.0)
    assert candidates
    assert all(candidate.needs_person for candidate in candidates)
    assert "gross - discount" in fixed(candidates[0], "prices.py")


@pytest.mark.slow
def test_contradicting_tests_get_nothing(tmp_path: Path) -> None:
    repo = Repo.create(
        tmp_path / "repo",
        {
            "double.py": "def double(n):\n    return n * 2\n",
            "test_double.py": """
                from double import double

                def test_four():
                    assert double(2) == 4

                def test_five():
                    assert double(2) == 5
                """,
        },
    )
    assert search(repo, tmp_path / "scratch", search_time_s=10.0) == []


@pytest.mark.slow
def test_a_text_that_only_the_test_holds_is_never_used(tmp_path: Path) -> None:
    repo = Repo.create(
        tmp_path / "repo",
        {
            "greet.py": 'def greet(name):\n    return "Hello " + name\n',
            "test_greet.py": """
                from greet import greet

                def test_greet():
                    assert greet("Ada") == "Good morning Ada"
                """,
        },
    )
    assert search(repo, tmp_path / "scratch", search_time_s=10.0) == []


@pytest.mark.slow
def test_edits_that_never_end_are_killed_in_time(tmp_path: Path) -> None:
    repo = Repo.create(
        tmp_path / "repo",
        {
            "steps.py": """
                import time

                def steps(n):
                    count = 0
                    while n != 1:
                        try:
                            n = n // 2 if n % 2 == 0 else 3 * n + 1
                            count += 1
                        except BaseException:
                            time.sleep(0)
                    return count + 100
                """,
            "test_steps.py": """
                from steps import steps

                def test_six():
                    assert steps(6) == -3.5

                def test_one():
                    assert steps(1) == 100
                """,
        },
    )
    started = time.monotonic()
    search(repo, tmp_path / "scratch", search_time_s=8.0)
    assert time.monotonic() - started < 40
    assert _processes_in(repo.path) == []


@pytest.mark.slow
def test_an_edit_cannot_remove_what_the_tests_leave_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among the edits are ``rmtree(root)`` and ``rmtree(keep)``, for the wrong variable."""
    monkeypatch.delenv("PYTEST_DEBUG_TEMPROOT")  # what is removed here lies where pytest puts it by itself
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file.txt").write_text("keep me")
    repo = Repo.create(
        tmp_path / "repo",
        {
            "cleaning.py": """
                import shutil
                from pathlib import Path

                def clean(root, keep, target):
                    removed = []
                    for path in sorted(Path(target).iterdir()):
                        removed.append(path.name)
                        shutil.rmtree(path)
                    return removed[1:]
                """,
            "test_cleaning.py": f"""
                from pathlib import Path
                from cleaning import clean

                ROOT = {str(precious)!r}

                def test_clean(tmp_path):
                    for name in ("a", "b"):
                        (tmp_path / name).mkdir()
                    assert clean(ROOT, Path(ROOT), tmp_path) == ["a", "b"]
                    assert list(tmp_path.iterdir()) == []

                def test_nothing(tmp_path):
                    assert clean(ROOT, ROOT, tmp_path) == []
                """,
        },
    )
    first, *_ = search(repo, tmp_path / "scratch", search_time_s=20.0)
    assert "return removed[0:]" in fixed(first, "cleaning.py")
    assert (precious / "file.txt").read_text() == "keep me"


@pytest.mark.slow
def test_works_under_other_plugins_and_leaves_nothing(tmp_path: Path) -> None:
    """Parallel workers, repeats and a coverage switch of the project must not get in the way."""
    repo = Repo.create(
        tmp_path / "repo",
        {
            "setup.cfg": "[tool:pytest]\naddopts = -n 2 --timeout 60 -x --strict-markers\n",
            "library/text.py": "def initials(name):\n"
            "\t# a file with tabs, and comments to keep\n"
            "\tletters = [part[0] for part in name.split()]\n"
            "\treturn ''.join(letters[1:])  # all of them\n",
            "tests/helpers.py": "NAMES = ['Ada Lovelace', 'Alan Mathison Turing']\n",
            "tests/test_text.py": """
                import os, sys
                import pytest
                from helpers import NAMES
                sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "library"))
                from text import initials

                @pytest.mark.parametrize("name, wanted", [(NAMES[0], "AL"), (NAMES[1], "AMT"), ("x [y]", "x[")])
                def test_initials(name, wanted):
                    assert initials(name) == wanted

                def test_nobody():
                    assert initials("") == ""

                def test_sees_its_own_environment():
                    assert "HONK_SEARCH_JOB" not in os.environ
                    assert "honk_search" not in os.environ.get("PYTEST_ADDOPTS", "")
                    assert "inproject" not in os.environ.get("PYTHONPATH", "")
                """,
        },
    )
    before = sorted(str(path) for path in repo.path.rglob("*") if ".git" not in path.parts)
    failed = tuple(
        FailedTest(case=TestCase(classname="tests.test_text", name=f"test_initials[{name}]"))
        for name in ("Ada Lovelace-AL", "Alan Mathison Turing-AMT", "x [y]-x[")
    )
    first, *_ = search(repo, tmp_path / "scratch", failed=failed)
    assert "\treturn ''.join(letters[0:])  # all of them" in fixed(first, "library/text.py")
    assert sorted(str(path) for path in repo.path.rglob("*") if ".git" not in path.parts) == before


@pytest.mark.slow
def test_default_value(tmp_path: Path) -> None:
    repo = Repo.create(
        tmp_path / "repo",
        {
            "pad.py": """
                class Padder:
                    def pad(self, text, width=10, fill="*"):
                        return text + fill * (width - len(text))
                """,
            "test_pad.py": """
                from pad import Padder

                def test_default():
                    assert Padder().pad("abc") == "abc********"

                def test_width():
                    assert Padder().pad("abc", 5) == "abc**"

                def test_fill():
                    assert Padder().pad("a", 3, "-") == "a--"

                def test_empty():
                    assert Padder().pad("") == "*" * 11
                """,
        },
    )
    first, *_ = search(repo, tmp_path / "scratch", search_time_s=20.0)
    assert "width=11" in fixed(first, "pad.py")
    assert is_healed(repo, first)


@pytest.mark.slow
def test_lessons_for_the_next_healer(tmp_path: Path) -> None:
    repo = Repo.create(
        tmp_path / "repo",
        {
            "half.py": "def half(n):\n    return n // 3\n",
            "test_half.py": "from half import half\n\ndef test_half():\n    assert half(8) == 4\n",
        },
    )
    with heal_case(repo, tmp_path / "scratch", search_time_s=8.0) as case:
        refused = list(Search().heal(case))
        assert refused
        assert any(line.startswith("search: suspicious half.py:2") for line in case.learned)
        assert sum("passed its tests but was not accepted" in line for line in case.learned) == len(refused)
        assert case.meter.timing().tests_s > 0


@pytest.mark.parametrize("cause", [Cause.LINT, Cause.DEPENDENCY, Cause.BUILD, Cause.INFRASTRUCTURE])
def test_skips_what_is_no_logic_error(cause: Cause, tmp_path: Path) -> None:
    failed = (FailedTest(case=TestCase(name="test_a")),)
    repo = Repo.create(tmp_path / "repo", {"a.py": "A = 1\n"})
    with heal_case(repo, tmp_path / "scratch", cause=cause, failed=failed) as case:
        assert Search().skip_reason(case) == f"the cause is {cause}, not code"


def test_skips_a_repository_without_python_code(tmp_path: Path) -> None:
    failed = (FailedTest(case=TestCase(name="test_a")),)
    repo = Repo.create(tmp_path / "repo", {"tests/test_a.py": "def test_a(): assert 0\n", "setup.py": ""})
    with heal_case(repo, tmp_path / "scratch", failed=failed) as case:
        assert Search().skip_reason(case) == "no Python code outside the tests"


def _processes_in(folder: Path) -> list[str]:
    """Processes that work in ``folder``, by Linux's own table; empty where there is none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if os.path.realpath(entry).startswith(str(folder)):
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_boundary_that_no_test_looks_at_needs_a_person(tmp_path: Path) -> None:
    """``>`` and ``>=`` both pass: which one was meant, no run can tell."""
    repo = Repo.create(
        tmp_path / "repo",
        {
            "conftest.py": "",
            "ages.py": "def check(age, limit):\n"
            "    if age <= limit:\n"
            "        raise ValueError(f'{age} is over {limit}')\n"
            "    return limit - age\n",
            "test_ages.py": """
                import pytest
                from ages import check

                @pytest.mark.parametrize("age, limit", [(1, 10), (2, 20), (15, 70), (3, 50)])
                def test_young(age, limit):
                    assert check(age, limit) == limit - age

                @pytest.mark.parametrize("age, limit", [(30, 10), (100, 20)])
                def test_old(age, limit):
                    with pytest.raises(ValueError):
                        check(age, limit)
                """,
        },
    )
    first, *_ = search(repo, tmp_path / "scratch")
    assert "age >= limit" in fixed(first, "ages.py") or "age > limit" in fixed(first, "ages.py")
    assert first.needs_person
