"""The integrity review on broken, deep and large files: an answer always, and in time."""

from __future__ import annotations

import random

import pytest

from honk_ci.checks.integrity.configuration.settings import settings
from honk_ci.checks.integrity.javascript.tokens import code, joined, tokens
from honk_ci.checks.integrity.review import review
from honk_ci.checks.integrity.trace import Scope
from honk_ci.checks.manifests import dependency_change, lifecycle_change
from honk_ci.domain import Severity
from honk_ci.patch import FileChange, Patch
from tests.checks.corpus import honest, javascript_tampering, other_tampering, python_tampering

CORPUS = (*python_tampering.CASES, *javascript_tampering.CASES, *other_tampering.CASES, *honest.CASES)
SHARDS = (
    b"`${", b"}", b"{", b"'", b'"', b"(", b")", b"[", b"/*", b"//", b"#", b"\0", b"\xff", b"\n", b"it(", b"expect(",
    b"describe(", b"test.each`", b"each(", b"assert ", b".", b"/", b"\\", b"import ", b"typeof", b"catch", b"if (", b"@",
)  # fmt: skip


def broken(content: bytes | None, chance: random.Random) -> bytes | None:
    if content is None:
        return None
    text = bytearray(content)
    for _ in range(chance.randint(0, 6)):
        place = chance.randrange(len(text) + 1)
        if chance.random() < 0.5:
            text[place:place] = chance.choice(SHARDS)
        else:
            del text[place : place + chance.randint(1, 30)]
    return bytes(text)


@pytest.mark.parametrize("seed", range(8))
def test_broken_files_are_judged_and_break_nothing(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        change = chance.choice(chance.choice(CORPUS).patch.changes)
        hurt = FileChange(path=change.path, before=broken(change.before, chance), after=broken(change.after, chance))
        scope = Scope(test_files=frozenset({change.path}), expected=frozenset({"42", "17"}))
        review(Patch.of([hurt]), scope)
        dependency_change(hurt)
        lifecycle_change(hurt)


def judged(path: str, before: str, after: str) -> set[tuple[str, Severity]]:
    patch = Patch.of([FileChange(path=path, before=before.encode(), after=after.encode())])
    return {(found.rule, found.severity) for found in review(patch, Scope())}


DEEP_PYTHON = "x = " + " + ".join(["'a'"] * 3000) + "\n"
DEEP_TEMPLATE = "const x = " + "`${" * 3000 + "1" + "}`" * 3000 + ";\n"


def test_a_sum_of_thousands_is_product_code_like_any_other() -> None:
    assert judged("shop/table.py", DEEP_PYTHON, f"{DEEP_PYTHON}y = 1\n") == set()
    assert judged("src/table.js", DEEP_TEMPLATE, f"{DEEP_TEMPLATE}y();\n") == set()


def test_a_test_too_deep_to_be_compared_is_refused() -> None:
    def test(terms: int) -> str:
        return f"def test_a():\n    assert x == {'+'.join(['1'] * terms)}\n"

    found = judged("tests/test_a.py", test(900), test(901))
    assert {severity for _, severity in found} == {Severity.VETO}


def test_a_binary_test_file_is_not_read_as_text() -> None:
    patch = Patch.of([FileChange(path="tests/data/a.bin", before=b"\0a", after=b"\0b")])
    assert [found.rule for found in review(patch, Scope())] == ["golden-changed"]


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("a / b / c", ["name", "punctuation", "name", "punctuation", "name"]),
        ("x = /['\"`]\\/[/]/g;", ["name", "punctuation", "regex", "punctuation"]),
        ("return /a/", ["name", "regex"]),
        ("`a ${`b ${'}'} c`} d` + 1", ["template", "punctuation", "number"]),
        ("<p>don't</p>", ["punctuation", "name", "punctuation", "name", "punctuation", "name", "punctuation"]),
        ("/* it('x') */ a // b", ["comment", "name", "comment"]),
        ("'unended\nb", ["punctuation", "name", "name"]),
        ("1_000n .5 0xff 1e-3", ["number", "number", "number", "number"]),
        ("a?.b ?? c => d", ["name", "punctuation", "name", "punctuation", "name", "punctuation", "name"]),
    ],
)
def test_code_strings_and_comments_of_javascript_are_told_apart(source: str, kinds: list[str]) -> None:
    found = [token.kind for token in tokens(source)]
    assert found[: len(kinds)] == kinds


def test_notation_does_not_matter() -> None:
    assert joined(code("f( 'a' ,1 ) // x")) == joined(code('f("a", 1)'))
    assert joined(code("typeof  x")) == "typeof x"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("tsconfig.json", '{\n  // c\n  "a": {"b": [1, 2,],},\n}', {"a.b": [1, 2]}),
        (".coveragerc", "[run]\nomit =\n    a\n    b\n", {"run.omit": "\na\nb"}),
        ("vitest.config.ts", "export default f({ test: { a: 1_000, 'b': ['x'] }, c: g(1) })",
         {"test.a": 1000, "test.b": ["x"], "c": "g(1)"}),
        (".mocharc.yml", "timeout: 5\nspec: [a]\n", {"timeout": 5, "spec": ["a"]}),
        ("pyproject.toml", '[[tool.mypy.overrides]]\nmodule = "m"\nstrict = true\n',
         {"tool.mypy.overrides[m].module": "m", "tool.mypy.overrides[m].strict": True}),
        ("pyproject.toml", "[a\n", None),
        ("a.yml", "a: [", None),
        ("Makefile", "a:\n", None),
    ],
)  # fmt: skip
def test_settings_of_every_notation_become_one_table(path: str, text: str, expected: dict[str, object] | None) -> None:
    assert settings(path, text.encode()) == expected
