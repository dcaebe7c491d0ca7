from __future__ import annotations

import pytest

from honk_ci.patch import FileChange
from honk_ci.verifiers.harmless import same_meaning
from honk_ci.verifiers.tidy import tidy
from tests.repos import Repo
from tests.verifiers.tools import detected, workspace_of

FORMAT = "[tool.ruff.format]\n"
CLEAN = "x = 1\n"
UNTIDY = "x  = 1\n"


def tidied(repo: Repo, files: dict[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The paths that were tidied, and what the files then held."""
    with workspace_of(repo) as workspace:
        for path, text in files.items():
            workspace.write(path, text.encode())
        paths = tidy(workspace, list(detected(repo).values()), workspace.changes().paths)
        return paths, {path: (workspace.read(path) or b"").decode() for path in files}


def test_lays_out_a_file_that_was_clean_before(repo: Repo) -> None:
    repo.commit("red", {"pyproject.toml": FORMAT, "a.py": CLEAN})
    assert tidied(repo, {"a.py": "x  = 2\n"}) == (("a.py",), {"a.py": "x = 2\n"})


def test_lays_out_a_new_file(repo: Repo) -> None:
    repo.commit("red", {"pyproject.toml": FORMAT, "a.py": CLEAN})
    assert tidied(repo, {"b.py": UNTIDY}) == (("b.py",), {"b.py": CLEAN})


def test_leaves_a_file_that_was_untidy_before(repo: Repo) -> None:
    repo.commit("red", {"pyproject.toml": FORMAT, "a.py": "y  = 1\n"})
    assert tidied(repo, {"a.py": "y  = 2\n"}) == ((), {"a.py": "y  = 2\n"})


def test_leaves_a_file_that_could_not_be_parsed_before(repo: Repo) -> None:
    repo.commit("red", {"pyproject.toml": FORMAT, "a.py": "y  = (1\n"})
    assert tidied(repo, {"a.py": "y  = (1)\n"}) == ((), {"a.py": "y  = (1)\n"})


def test_touches_no_file_besides(repo: Repo) -> None:
    repo.commit("red", {"pyproject.toml": FORMAT, "a.py": CLEAN, "old.py": UNTIDY})
    with workspace_of(repo) as workspace:
        workspace.write("a.py", b"x  = 2\n")
        tidy(workspace, list(detected(repo).values()), ["a.py"])
        assert workspace.changes().paths == ("a.py",)


def test_does_nothing_where_no_formatter_is_configured(repo: Repo) -> None:
    repo.commit("red", {"pyproject.toml": "[tool.ruff.lint]\n", "a.py": CLEAN})
    assert tidied(repo, {"a.py": "x  = 2\n"}) == ((), {"a.py": "x  = 2\n"})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("x=1", "x = 1\n", True),
        ("x = (1)", "x = 1", True),
        ("def f():\n    ''' a\n       b '''", 'def f():\n    """a\n    b"""\n', True),
        ("x = 'a' 'b'", "x = 'ab'", True),
        ("x = 1", "x = 2", False),
        ("x = ' a'", "x = 'a'", False),
        ("import b\nimport a", "import a\nimport b", False),
        ("x = 1", "x = (1", False),
        ("x = (1", "x = 1", None),
        ("x = '\\d'", "x = '\\\\d'", True),
    ],
)
def test_layout_is_told_from_meaning(before: str, after: str, expected: bool | None) -> None:
    change = FileChange(path="a.py", before=before.encode(), after=after.encode())
    assert same_meaning(change) is expected


def test_of_other_languages_nothing_is_said() -> None:
    assert same_meaning(FileChange(path="a.js", before=b"x=1", after=b"x = 1")) is None
