"""Each operator makes the edit that its docstring promises, and only valid Python."""

from __future__ import annotations

import ast
import sysconfig
import textwrap
from pathlib import Path

import pytest

from honk_ci.healers.search.candidates import CandidateEdit, candidates
from honk_ci.healers.search.coverage import TracedTest
from honk_ci.healers.search.source import Source

PROMISED = [
    ("if a < b: return a", "if a <= b: return a"),
    ("if a not in b: return a", "if a in b: return a"),
    ("if (a) == (b): return a", "if (a) != (b): return a"),
    ("return a and b", "return a or b"),
    ("if not a: return b", "if a: return b"),
    ("return a + b", "return a - b"),
    ("return a + b * 2", "return (a + b) * 2"),
    ("return a - b", "return b - a"),
    ("a += b", "a -= b"),
    ("a = b", "a += b"),
    ("return a[1]", "return a[0]"),
    ("return a[b]", "return a[b - 1]"),
    ("return range(a, b)", "return range(a, b + 1)"),
    ("return True", "return False"),
    ("return max(a, b)", "return min(a, b)"),
    ("return f(a)", "return f(b)"),
    ("return a.lower()", "return a.upper()"),
    ("return f(a, b)", "return f(b, a)"),
    ("return f(a, b)", "return f(a)"),
    ("return a, b", "return b, a"),
    ("return a[b][c]", "return a[c][b]"),
    ("return a if c else b", "return b if c else a"),
    ("return sorted(a)", "return sorted(a, reverse=True)"),
    ("return a", "return a.copy()"),
    ("return f(a)", "return a"),
    ("f(a)", "return f(a)"),
    ("yield a", "yield from a"),
    ("while a: b()", "while a and b: b()"),
    ("return [a for a in b]", "return [a for a in b if a]"),
    ("return a[1:]", "return a[:1]"),
    ("return range(a)", "return range(1, a + 1)"),
    ("return a['k']", "return a.get('k')"),
    ("for a in b:\n        break", "for a in b:\n        continue"),
    ("for a in b:\n        c = a\n        return c", "for a in b:\n        c = a\n    return c"),
    ("for a in b:\n        c = a\n    f(c)", "for a in b:\n        c = a\n        f(c)"),
    ("raise TypeError(a)", "raise ValueError(a)"),
    ("return 'x' + 'y '", "return 'x' + 'y'"),
    ("return a", "return max(0, a)"),
    ("return k(a)", "return k(a - b)"),
    ("return (  # why\n        a < b\n    )", "return (  # why\n        a <= b\n    )"),
]


def test_edits_keep_to_their_place() -> None:
    text = "def f(a, b):\n    # keep   this\n    if (a) <  b :  # and this\n        return 'ü'\n    return a  \n"
    assert text.replace("(a) <  b", "(a) <=  b") in edits_of(text)


def test_line_endings_of_windows_stay() -> None:
    found = edits_of("def f(a, b):\r\n    c = a\r\n    return c\r\n")
    assert "def f(a, b):\r\n    if not a:\r\n        return a\r\n    c = a\r\n    return c\r\n" in found
    assert not [new for new in found if "\n" in new.replace("\r\n", "")]


@pytest.mark.parametrize(("before", "after"), PROMISED)
def test_promised_edit(before: str, after: str) -> None:
    head = "def f(a, b, c):\n    "
    assert f"{head}{after}\n" in edits_of(f"{head}{before}\n")


def test_missing_await() -> None:
    assert "async def f(a):\n    return await g(a)\n" in edits_of("async def f(a):\n    return g(a)\n")


@pytest.mark.parametrize(
    ("error", "text", "before", "after"),
    [
        ("NameError", "name 'lenght' is not defined", "length = 1; return lenght", "length = 1; return length"),
        ("NameError", "name 'size' is not defined", "return size", "return self.size"),
        ("AttributeError", "'list' object has no attribute 'apend'", "return [].apend", "return [].append"),
        (
            "KeyError",
            "'a'",
            "try:\n            return a['a']\n        except ValueError:\n            return 1",
            "try:\n            return a['a']\n        except (ValueError, KeyError):\n            return 1",
        ),
    ],
)
def test_errors_lead_to_the_edit_that_they_name(error: str, text: str, before: str, after: str) -> None:
    head = "class A:\n    def f(self, a):\n        "
    failing = TracedTest(
        test="t",
        path="t.py",
        is_target=True,
        state="failed",
        error=error,
        error_text=text,
        frames=(("a.py", 3), ("a.py", 4)),
    )
    found = made(f"{head}{before}\n", failing)
    texts = [candidate.source.spliced(candidate.edit.splices).decode() for candidate in found]
    assert f"{head}{after}\n" in texts[:5]


def test_a_check_that_should_have_raised() -> None:
    failing = TracedTest(
        test="t",
        path="t.py",
        is_target=True,
        state="failed",
        error="Failed",
        error_text="DID NOT RAISE <class 'ValueError'>",
    )
    texts = [c.source.spliced(c.edit.splices).decode() for c in made("def f(age):\n    return age\n", failing)]
    assert 'def f(age):\n    if age < 0:\n        raise ValueError(f"invalid age: {age!r}")\n    return age\n' in texts


def test_default_values_are_known_as_such() -> None:
    found = made("def f(a, b=1):\n    return a\n")
    assert any(c.touches_defaults and c.edit.splices[0].text == "2" for c in found)
    assert not any(c.touches_defaults for c in found if c.line == 2)


def test_a_name_left_unused_is_noticed() -> None:
    found = made("def f(a, b):\n    return a + b\n")
    [dropped] = [c for c in found if c.source.spliced(c.edit.splices) == b"def f(a, b):\n    return a\n"]
    assert dropped.name_left_unused == "b"
    assert not any(c.name_left_unused for c in found if c.edit.rule == "arithmetic")


def test_files_that_honk_cannot_read_are_left_out() -> None:
    assert Source.parse("a.py", b"def f(:\n") is None
    assert Source.parse("a.py", "# coding: latin-1\nx = 'ä'\n".encode("latin-1")) is None
    assert Source.parse("a.py", b"x = 1\ry = 2\n") is None


@pytest.mark.parametrize("name", ["textwrap.py", "fnmatch.py", "graphlib.py", "heapq.py"])
@pytest.mark.slow
def test_all_edits_of_real_code_are_valid(name: str) -> None:
    content = (Path(sysconfig.get_path("stdlib")) / name).read_bytes()
    source = Source.parse(name, content)
    assert source is not None
    for unit in source.units[:4]:
        lines = range(unit.first_line, unit.last_line + 1)
        found = candidates([source], {(name, line): 1.0 for line in lines}, [])
        for candidate in found[:: max(1, len(found) // 150)]:
            ast.parse(source.spliced(candidate.edit.splices))


def edits_of(text: str) -> set[str]:
    return {candidate.source.spliced(candidate.edit.splices).decode() for candidate in made(text)}


def made(text: str, *failing: TracedTest) -> list[CandidateEdit]:
    source = Source.parse("a.py", textwrap.dedent(text).encode())
    assert source is not None
    return candidates([source], {("a.py", line): 1.0 for line in range(1, text.count("\n") + 1)}, failing)
