"""Cutting source by function, and following a test's imports to what it calls."""

from __future__ import annotations

import textwrap

import pytest

from honk_ci.healers.agent.imports import callees, fixtures
from honk_ci.healers.agent.source import Excerpt, around, globals_of, symbol

PYTHON = textwrap.dedent(
    '''
    import os

    LIMIT = {
        "a": 1,
    }


    class Cart:
        """A cart."""

        def __init__(self):
            self.items = []

        @property
        def total(self):
            def price(item):
                return item.price
            return sum(map(price, self.items))


    async def load(path):
        return path
    '''
).lstrip()


def _cut(excerpt: Excerpt | None) -> tuple[str, int, int]:
    assert excerpt is not None
    return excerpt.lines[0].strip(), excerpt.first, excerpt.last


@pytest.mark.parametrize(
    ("line", "first", "last"), [(11, 11, 12), (12, 11, 12), (14, 14, 18), (17, 16, 17), (9, 8, 18), (22, 21, 22)]
)
def test_python_is_cut_at_the_innermost_definition(line: int, first: int, last: int) -> None:
    excerpt = around("cart.py", PYTHON, line)
    assert (excerpt.first, excerpt.last) == (first, last)


@pytest.mark.parametrize(
    ("name", "start"),
    [("Cart", "class Cart"), ("Cart.total", "@property"), ("total", "@property"), ("Cart::total", "@property"),
     ("load", "async def load"), ("LIMIT", "LIMIT = {")],
)  # fmt: skip
def test_python_symbols_are_found(name: str, start: str) -> None:
    assert _cut(symbol("cart.py", PYTHON, name))[0].startswith(start)


def test_a_symbol_that_is_not_there_is_none() -> None:
    assert symbol("cart.py", PYTHON, "nothing") is None
    assert symbol("cart.py", "def broken(:", "broken") is None
    assert symbol("cart.js", "let x = 1;", "nothing") is None


def test_source_that_does_not_parse_is_cut_by_lines() -> None:
    source = "\n".join(["def broken(:"] + ["x = 1"] * 200)
    excerpt = around("a.py", source, 100)
    assert (excerpt.first, excerpt.last) == (75, 125)


def test_a_long_function_is_shown_around_the_line() -> None:
    source = "def f():\n" + "".join(f"    x = {n}\n" for n in range(1000))
    excerpt = around("a.py", source, 500)
    assert len(excerpt.lines) == 120
    assert excerpt.first <= 500 <= excerpt.last


def test_a_line_beyond_the_end_is_no_fault() -> None:
    assert around("a.py", "x = 1\n", 99).lines == ("x = 1",)
    assert around("a.js", "", 3).lines == ()
    assert around("a.py", "", 3).lines == ()


JAVASCRIPT = textwrap.dedent(
    """
    import { rate } from './rate.js';

    export function total(prices, discount = 0) {
      const sum = prices.reduce((a, b) => {
        return a + b;
      }, 0);
      return sum * (100 + discount) / 100; // "}" in a comment
    }

    export const count = (prices) => prices.length;

    class Cart {
      add(item) {
        this.items.push(item);
      }
    }

    test('adds "up" {', () => {
      expect(total([1])).toBe(1);
    });
    """
).lstrip()


@pytest.mark.parametrize(
    ("name", "start", "last"),
    [
        ("total", "export function total", 8),
        ("count", "export const count", 10),
        ("Cart", "class Cart", 16),
        ("add", "add(item)", 15),
    ],
)
def test_javascript_symbols_are_found(name: str, start: str, last: int) -> None:
    first_line, _, end = _cut(symbol("cart.js", JAVASCRIPT, name))
    assert first_line.startswith(start)
    assert end == last


def test_javascript_is_cut_at_the_enclosing_function() -> None:
    assert _cut(around("cart.js", JAVASCRIPT, 7)) == ("export function total(prices, discount = 0) {", 3, 8)
    assert _cut(around("cart.js", JAVASCRIPT, 19))[0].startswith("test('adds")


GO = "package shop\n\nfunc Total(prices []int) int {\n\tsum := 0\n\tfor _, p := range prices {\n\t\tsum += p\n\t}\n\treturn sum\n}\n"
RUBY = "class Cart\n  def total\n    items.sum\n  end\n\n  def count\n    1\n  end\nend\n"
JAVA = "public class Cart {\n    public static int total(List<Integer> p) {\n        return 1;\n    }\n}\n"
RUST = "impl Cart {\n    pub fn total(&self) -> u32 {\n        1\n    }\n}\n"


@pytest.mark.parametrize(
    ("path", "source", "name", "first", "last"),
    [
        ("cart.go", GO, "Total", 3, 9),
        ("cart.rb", RUBY, "total", 2, 4),
        ("Cart.java", JAVA, "total", 2, 4),
        ("cart.rs", RUST, "total", 2, 4),
    ],
)
def test_other_languages_are_cut_by_their_usual_shapes(
    path: str, source: str, name: str, first: int, last: int
) -> None:
    assert _cut(symbol(path, source, name))[1:] == (first, last)


# --- imports ------------------------------------------------------------------------------------------

FILES = {
    "src/shop/__init__.py": "from shop.cart import total\n",
    "src/shop/cart.py": "def total(prices):\n    return sum(prices)\n\n\ndef count(prices):\n    return len(prices)\n",
    "src/shop/tax.py": "RATE = 3\n\n\ndef tax(x):\n    return x * RATE\n",
    "web/cart.js": "export function total(prices) {\n  return 1;\n}\n",
    "web/util/index.ts": "export const round = (x: number) => {\n  return x;\n};\n",
}


def _called(path: str, test: str, source: str) -> list[tuple[str, str]]:
    excerpt = Excerpt(path=path, first=1, lines=tuple(test.splitlines()))
    return [(e.path, e.lines[0]) for e in callees(excerpt, source, FILES, FILES.get)]


@pytest.mark.parametrize(
    ("imports", "body", "found"),
    [
        ("from shop.cart import total, count", "total([1])", [("src/shop/cart.py", "def total(prices):")]),
        ("from shop.cart import total as t", "t([1])", [("src/shop/cart.py", "def total(prices):")]),
        ("from shop import cart", "cart.count([1])", [("src/shop/cart.py", "def count(prices):")]),
        ("import shop.tax", "shop.tax.tax(1)", [("src/shop/tax.py", "def tax(x):")]),
        ("from shop import total", "total([1])", [("src/shop/cart.py", "def total(prices):")]),
        ("import json", "json.dumps(1)", []),
        ("from shop.cart import total", "other()", []),
    ],
)
def test_python_imports_are_followed(imports: str, body: str, found: list[tuple[str, str]]) -> None:
    test = f"def test_it():\n    assert {body}"
    assert _called("tests/test_it.py", test, f"{imports}\n\n{test}\n") == found


def test_relative_imports_are_followed() -> None:
    test = "def test_it():\n    total([1])"
    assert _called("src/shop/tests/test_it.py", test, f"from ..cart import total\n{test}") == [
        ("src/shop/cart.py", "def total(prices):")
    ]


@pytest.mark.parametrize(
    "imports",
    ["import { total } from './cart.js';", "import { total } from './cart';", "const { total } = require('./cart');",
     "import {\n  total,\n  other as o,\n} from './cart.js'"],
)  # fmt: skip
def test_javascript_imports_are_followed(imports: str) -> None:
    test = "test('x', () => { total([1]) })"
    assert _called("web/cart.test.js", test, f"{imports}\n{test}") == [
        ("web/cart.js", "export function total(prices) {")
    ]


def test_typescript_folders_are_followed() -> None:
    test = "round(1)"
    assert _called("web/a.test.ts", test, f"import {{ round }} from './util'\n{test}") == [
        ("web/util/index.ts", "export const round = (x: number) => {")
    ]


def test_a_test_that_does_not_parse_calls_nothing() -> None:
    assert _called("tests/test_it.py", "total()", "from shop.cart import total\ndef broken(:") == []


def test_imports_and_constants_that_an_excerpt_uses_are_found() -> None:
    source = 'import os\nimport re\nfrom typing import (\n    Any,\n    Final,\n)\n\nRATE: Final = 3\nOTHER = 4\nA = B = 5\n\n\ndef f(x: Any):\n    return re.sub("a", RATE, x) + A\n'
    found = globals_of(around("a.py", source, 14), source)
    assert found is not None
    assert found.lines == (
        "import re",
        "from typing import (",
        "    Any,",
        "    Final,",
        ")",
        "RATE: Final = 3",
        "A = B = 5",
    )
    assert globals_of(Excerpt(path="a.js", first=1, lines=("x",)), "const x = 1") is None
    assert globals_of(Excerpt(path="a.py", first=1, lines=("x",)), "def broken(:") is None


def test_fixtures_of_a_test_are_found_in_its_file_and_in_conftest() -> None:
    files = {
        "tests/test_a.py": "import pytest\n\n@pytest.fixture\ndef cart():\n    return []\n\ndef test_it(cart, user, tmp_path):\n    pass\n",
        "tests/conftest.py": "import pytest\n\n@pytest.fixture(\n    scope='session',\n)\ndef user():\n    return 1\n",
        "conftest.py": "import pytest\n\n@pytest.fixture\ndef user():\n    return 2\n",
    }
    test = Excerpt(path="tests/test_a.py", first=7, lines=("def test_it(cart, user, tmp_path):", "    pass"))
    assert [(e.path, e.last) for e in fixtures(test, files, files.get)] == [
        ("tests/test_a.py", 5),
        ("tests/conftest.py", 7),
    ]
