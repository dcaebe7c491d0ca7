"""The agent's tools on a real checkout: what they answer, and what they refuse."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from honk_ci.domain import Cause, Failure
from honk_ci.healers.agent.tools import TOOLS, definitions, offered, use
from honk_ci.healers.agent.tools.interface import Desk, ToolError
from honk_ci.healers.agent.trial import Trial
from tests.healers.agent.bench import CART, Bench, bench
from tests.repos import Repo

LONG = "\n".join(f"def function_{n}():\n    return {n}\n" for n in range(300))
FILES = {
    **CART,
    "long.py": LONG,
    "web/cart.js": "export function total(prices) {\n  return prices.reduce((a, b) => a + b, 0);\n}\n\nconst rate = 3;\n",
    ".gitignore": "secret.txt\n.env\nnode_modules/\n",
    "deep/README.md": "hello\n",
}


@pytest.fixture
def desk(repo: Repo) -> Iterator[Desk]:
    failure = Failure(fingerprint="0123456789ab", cause=Cause.CODE, summary="red")
    with bench(repo, files=FILES, failure=failure) as b:
        yield Desk(case=b.case, trial=Trial(b.case))


def ask(desk: Desk, tool: str, **arguments: Any) -> str:
    return use(offered(sandboxed=True), tool, arguments, desk).text


def refused(desk: Desk, tool: str, **arguments: Any) -> str:
    with pytest.raises(ToolError) as caught:
        ask(desk, tool, **arguments)
    return str(caught.value)


# --- read ---------------------------------------------------------------------------------------------


def test_reads_lines_with_their_numbers(desk: Desk) -> None:
    assert ask(desk, "read", path="shop/cart.py", start=6, end=6) == (
        "shop/cart.py, lines 6 to 6 of 10\n    6\t    return sum(prices) * (100 + discount) / 100"
    )
    assert ask(desk, "read", path="long.py", start=2).endswith("… 498 more lines; go on with start=402")


def test_reads_one_definition(desk: Desk) -> None:
    assert ask(desk, "read", path="shop/cart.py", symbol="count") == (
        "shop/cart.py, lines 9 to 10\n    9\tdef count(prices):\n   10\t    return len(prices)"
    )
    assert "lines 1 to 3" in ask(desk, "read", path="web/cart.js", symbol="total")


def test_a_definition_that_is_not_there_names_those_that_are(desk: Desk) -> None:
    assert "it defines total, count" in refused(desk, "read", path="shop/cart.py", symbol="sum_up")


def test_a_long_file_comes_as_outline_and_beginning(desk: Desk) -> None:
    answer = ask(desk, "read", path="long.py")
    assert "long.py has 899 lines" in answer
    assert "  598-599\tfunction_199" in answer
    assert "return 299" not in answer
    assert len(answer) < 24_100


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", ".git/config", "a/../../x", "~/x"])
def test_nothing_outside_the_repository_is_read(desk: Desk, path: str) -> None:
    refused(desk, "read", path=path)


def test_a_link_out_of_the_repository_is_not_followed(desk: Desk) -> None:
    (desk.case.workspace.root / "link").symlink_to("/etc/passwd")
    assert "root:" not in refused(desk, "read", path="link")


def test_untracked_secrets_are_not_read(desk: Desk) -> None:
    (desk.case.workspace.root / ".env").write_text("PASSWORD=x")
    assert "may hold secrets" in refused(desk, "read", path=".env")


def test_an_absolute_path_into_the_checkout_is_understood(desk: Desk) -> None:
    assert "def total" in ask(desk, "read", path=str(desk.case.workspace.root / "shop/cart.py"))


def test_installed_packages_and_the_standard_library_can_be_read(desk: Desk) -> None:
    import json as installed

    assert "def dumps" in ask(desk, "read", path=installed.__file__, symbol="dumps")
    assert "class MarkGenerator" in ask(
        desk, "read", path=f"{_site_packages()}/_pytest/mark/structures.py", symbol="MarkGenerator"
    )


def test_packages_of_node_are_read_through_their_links(desk: Desk, tmp_path: Path) -> None:
    store = tmp_path / "store/node_modules/left-pad"
    store.mkdir(parents=True)
    (store / "index.js").write_text("module.exports = leftPad\n")
    modules = desk.case.workspace.root / "node_modules"
    modules.mkdir()
    (modules / "left-pad").symlink_to(store)
    assert "leftPad" in ask(desk, "read", path="node_modules/left-pad/index.js")


def _site_packages() -> str:
    return next(path for path in sys.path if path.endswith("site-packages"))


def test_a_wrong_path_is_answered_with_the_nearest(desk: Desk) -> None:
    assert "is it shop/cart.py" in refused(desk, "read", path="cart.py")
    assert "is it shop/cart.py" in refused(desk, "read", path="shop/carts.py")
    assert "shop is a folder; it holds:\nshop/__init__.py\nshop/cart.py" in refused(desk, "read", path="shop")


def test_a_binary_file_is_named_as_such(desk: Desk) -> None:
    desk.case.workspace.write("blob.bin", b"\0\1\2")
    assert "binary" in refused(desk, "read", path="blob.bin")


def test_invisible_characters_are_written_out(desk: Desk) -> None:
    desk.case.workspace.write("trick.py", "a = 1  # \u202egnp\u200b\n".encode())
    assert "# \\u202egnp\\u200b" in ask(desk, "read", path="trick.py")


# --- search -------------------------------------------------------------------------------------------


def test_finds_text_by_regular_expression(desk: Desk) -> None:
    assert ask(desk, "search", pattern=r"def t\w+", path="shop") == "shop/cart.py:4:def total(prices, discount=0):"


def test_a_pattern_that_is_no_regular_expression_is_meant_literally(desk: Desk) -> None:
    assert "tests/test_cart.py:5" in ask(desk, "search", pattern="total([10, 20]")


def test_ignored_files_are_left_out_and_new_ones_are_not(desk: Desk) -> None:
    (desk.case.workspace.root / "secret.txt").write_text("needle")
    (desk.case.workspace.root / "new.txt").write_text("needle")
    assert ask(desk, "search", pattern="needle") == "new.txt:1:needle"
    assert ask(desk, "search", pattern="secret.txt", kind="name") == "nothing found"


def test_finds_names_by_part_and_by_glob(desk: Desk) -> None:
    assert ask(desk, "search", pattern="cart", kind="name").splitlines() == [
        "shop/cart.py",
        "tests/test_cart.py",
        "web/cart.js",
    ]
    assert ask(desk, "search", pattern="*.js", kind="name") == "web/cart.js"
    assert ask(desk, "search", pattern="Cart", kind="name", path="web") == "web/cart.js"


def test_many_matches_are_cut_with_a_hint(desk: Desk) -> None:
    answer = ask(desk, "search", pattern="return")
    assert "more lines; narrow it" in answer
    assert len(answer.splitlines()) == 81


def test_search_stays_inside(desk: Desk) -> None:
    assert "outside the repository" in refused(desk, "search", pattern="root", path="../..")
    assert "nothing found" in ask(desk, "search", pattern="zzz-not-there", path="shop/**/*.py")


def test_a_pattern_that_looks_like_an_option_is_a_pattern(desk: Desk) -> None:
    assert ask(desk, "search", pattern="--open-files-in-pager=touch x") == "nothing found"


# --- edit ---------------------------------------------------------------------------------------------


def edit(desk: Desk, *edits: dict[str, Any]) -> str:
    desk.edits_follow = True  # so that no tests run
    return ask(desk, "edit", why="because", edits=list(edits))


def edit_refused(desk: Desk, *edits: dict[str, Any]) -> str:
    return refused(desk, "edit", why="because", edits=list(edits))


def content(desk: Desk, path: str) -> bytes:
    found = desk.case.workspace.read(path)
    assert found is not None
    return found


def test_edits_of_several_files_are_made_together(desk: Desk) -> None:
    edit(
        desk,
        {"path": "shop/cart.py", "old": "len(prices)", "new": "len(list(prices))"},
        {"path": "shop/new.py", "content": "X = 1\n"},
        {"path": "deep/README.md", "delete": True},
        {"path": "shop/cart.py", "old": "len(list(prices))", "new": "sum(1 for _ in prices)"},
    )
    assert b"sum(1 for _ in prices)" in content(desk, "shop/cart.py")
    assert desk.case.workspace.changes().paths == ("deep/README.md", "shop/cart.py", "shop/new.py")


def test_one_edit_that_does_not_fit_undoes_all(desk: Desk) -> None:
    words = edit_refused(
        desk,
        {"path": "shop/cart.py", "old": "len(prices)", "new": "0"},
        {"path": "shop/cart.py", "old": "nowhere to be found", "new": "0"},
        {"path": "missing.py", "old": "a", "new": "b"},
    )
    assert words.startswith("nothing was changed.\nedit 2 (shop/cart.py): `old` was not found")
    assert "edit 3 (missing.py): there is no such file" in words
    assert not desk.case.workspace.changes()


def test_a_path_that_cannot_be_written_undoes_all(desk: Desk) -> None:
    (desk.case.workspace.root / "out").symlink_to("/tmp")
    edit_refused(desk, {"path": "shop/new.py", "content": "X"}, {"path": "out/x.py", "content": "X"})
    assert not desk.case.workspace.changes()
    assert not Path("/tmp/x.py").exists()


def test_text_that_occurs_more_than_once_is_not_guessed_at(desk: Desk) -> None:
    desk.case.workspace.write("twice.py", b"a = 1\nb = 2\na = 1\n")
    assert "occurs 2 times (lines 1, 3)" in edit_refused(desk, {"path": "twice.py", "old": "a = 1", "new": "a = 3"})
    edit(desk, {"path": "twice.py", "old": "a = 1", "new": "a = 3", "all": True})
    assert content(desk, "twice.py") == b"a = 3\nb = 2\na = 3\n"


def test_text_that_is_not_found_is_answered_with_the_nearest(desk: Desk) -> None:
    words = edit_refused(desk, {"path": "shop/cart.py", "old": "return sum(price) * (100 + discount)", "new": "x"})
    assert "the nearest text is, at line 6:\n    6\t    return sum(prices) * (100 + discount) / 100" in words
    wrong_indent = {"path": "shop/cart.py", "old": "def count(prices):\n  return len(prices)", "new": "x"}
    assert "differs in its indentation, at line 9" in edit_refused(desk, wrong_indent)
    numbered = {"path": "shop/cart.py", "old": "    9\tdef count(prices):", "new": "x"}
    assert "holds line numbers" in edit_refused(desk, numbered)


def test_blanks_at_line_ends_are_forgiven(desk: Desk) -> None:
    desk.case.workspace.write("blank.py", b"def f():   \n    return 1\t\n")
    edit(desk, {"path": "blank.py", "old": "def f():\n    return 1\n", "new": "def f():\n    return 2\n"})
    assert content(desk, "blank.py") == b"def f():\n    return 2\n"


def test_line_endings_of_the_file_are_kept(desk: Desk) -> None:
    desk.case.workspace.write("dos.py", b"a = 1\r\nb = 2\r\nc = 3\r\n")
    edit(desk, {"path": "dos.py", "old": "a = 1\nb = 2", "new": "a = 1\nx = 9\nb = 2"})
    assert content(desk, "dos.py") == b"a = 1\r\nx = 9\r\nb = 2\r\nc = 3\r\n"


def test_bytes_that_are_no_utf8_survive_an_edit(desk: Desk) -> None:
    desk.case.workspace.write("latin.py", b"# caf\xe9\nx = 1\n")
    edit(desk, {"path": "latin.py", "old": "x = 1", "new": "x = 2"})
    assert content(desk, "latin.py") == b"# caf\xe9\nx = 2\n"


def test_a_byte_order_mark_survives_an_edit(desk: Desk) -> None:
    desk.case.workspace.write("bom.py", b"\xef\xbb\xbfx = 1\n")
    edit(desk, {"path": "bom.py", "old": "x = 1", "new": "x = 2"})
    assert content(desk, "bom.py") == b"\xef\xbb\xbfx = 2\n"


def test_a_file_that_exists_is_not_overwritten_as_new(desk: Desk) -> None:
    assert "exists already" in edit_refused(desk, {"path": "shop/cart.py", "content": "X = 1\n"})


def test_edits_that_change_nothing_are_said_to(desk: Desk) -> None:
    assert "are the same" in edit_refused(desk, {"path": "shop/cart.py", "old": "def", "new": "def"})
    assert "`edits` is empty" in edit_refused(desk)


def test_a_list_that_came_as_text_is_understood(desk: Desk) -> None:
    desk.edits_follow = True
    edits = '[{"path": "shop/cart.py", "old": "len(prices)", "new": "0"}]'
    assert ask(desk, "edit", why="w", edits=edits).startswith("Edited")
    assert (
        ask(desk, "edit", why="w", edits={"path": "shop/cart.py", "restore": True})
        == "All files are as in the red build again."
    )


@pytest.mark.parametrize("path", ["../x.py", "/tmp/x.py", ".git/hooks/pre-commit", "a/../../x.py"])
def test_nothing_outside_the_repository_is_written(desk: Desk, path: str) -> None:
    assert "nothing was changed" in edit_refused(desk, {"path": path, "content": "x"})


# --- history and the rest -------------------------------------------------------------------------------


def test_history_shows_commits_blame_and_old_content(desk: Desk) -> None:
    assert "break it" in ask(desk, "history", action="log", path="shop/cart.py")
    assert "def total" in ask(desk, "history", action="blame", path="shop/cart.py", start=4, end=4)
    assert "    4\tdef total" in ask(
        desk, "history", action="show", path="shop/cart.py", revision="HEAD", start=4, end=5
    )
    assert "shop/cart.py" in ask(desk, "history", action="show", revision="HEAD")
    assert "no commit is known to be good" in refused(desk, "history", action="diff")
    assert "there is no commit 'nope'" in refused(desk, "history", action="log", revision="nope")
    assert "needs `path`" in refused(desk, "history", action="blame")


def test_history_of_a_revision_that_looks_like_an_option(desk: Desk) -> None:
    assert "there is no commit" in refused(desk, "history", action="show", revision="--output=/tmp/x")


def test_a_command_is_bounded(desk: Desk) -> None:
    assert ask(desk, "run", command="echo hi; exit 3") == "exit status 3\nhi\n"
    assert "(no output)" in ask(desk, "run", command="true")


def test_definitions_are_stable_and_complete() -> None:
    names = [tool["name"] for tool in definitions(offered(sandboxed=False))]
    assert names == ["read", "search", "edit", "verify", "history", "give_up"]
    assert definitions(offered(sandboxed=True)) == definitions(offered(sandboxed=True))
    assert set(TOOLS) == {*names, "run"}
    assert all(tool["input_schema"]["additionalProperties"] is False for tool in definitions(offered(sandboxed=True)))


def test_verify_tells_a_failure_that_comes_and_goes(repo: Repo) -> None:
    files = {
        "tests/test_flaky.py": "import pathlib\n\ndef test_flaky():\n    p = pathlib.Path('/tmp') / __file__.replace('/', '_')\n    p.touch() if not p.exists() else None\n    assert True\n"
    }
    with bench(repo, files={**CART, **files}) as b:
        _green(b)
        answer = use(offered(sandboxed=False), "verify", {}, Desk(case=b.case, trial=Trial(b.case)))
    assert "green without any change" in answer.text


def _green(b: Bench) -> None:
    """The failing test passes outside our edits, as a flaky one would."""
    (b.repo.path / "shop/cart.py").write_text((b.repo.path / "shop/cart.py").read_text().replace("100 + d", "100 - d"))
