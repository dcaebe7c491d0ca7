"""Honest patches; none may be vetoed or be left to a person."""

from __future__ import annotations

from honk_ci.checks.integrity.trace import Scope
from tests.checks.corpus.cases import Case, edit, text
from tests.checks.corpus.javascript_tampering import NODE_PATH, NODE_TESTS
from tests.checks.corpus.javascript_tampering import PATH as JS_TEST_PATH
from tests.checks.corpus.javascript_tampering import TESTS as JS_TESTS
from tests.checks.corpus.other_tampering import GO, JAVA, MAKEFILE, PACKAGE, PYPROJECT, RUST
from tests.checks.corpus.python_tampering import PATH as TEST_PATH
from tests.checks.corpus.python_tampering import TESTS

PY = text('''
    """Carts and what is in them."""

    from __future__ import annotations

    import json
    import logging
    import os
    import sys
    from pathlib import Path

    log = logging.getLogger(__name__)

    STATUS = {200: "ok", 301: "moved"}


    def total(items: list[int]) -> int:
        result = 0
        for index in range(len(items) - 1):
            result += items[index]
        return result


    def load(path: Path) -> dict:
        try:
            return json.loads(path.read_text())
        except OSError as error:
            raise RuntimeError(f"cannot read {path}") from error


    def reason(code: int) -> str:
        if code == 200:
            return "ok"
        if code == 301:
            return "moved"
        if code == 302:
            return "found"
        return "unknown"


    def home() -> str:
        return os.environ["HOME"]


    class Price:
        def __init__(self, value: float) -> None:
            self.value = value

        def __eq__(self, other: object) -> bool:
            return self.value == other.value


    def best_effort(action) -> None:
        try:
            action()
        except Exception:
            pass


    def main() -> int:
        print(total([1, 2]))
        return 0


    if __name__ == "__main__":
        sys.exit(main())
''')

JS = text("""
    import fs from "node:fs";

    // it's a cart
    export function total(items) {
      let sum = 0;
      for (let i = 0; i < items.length - 1; i++) sum += items[i];
      return sum;
    }

    export async function load(path) {
      try {
        return JSON.parse(await fs.promises.readFile(path, "utf8"));
      } catch (error) {
        throw new Error(`cannot read ${path}: ${error.message}`);
      }
    }

    export const isProduction = () => process.env.NODE_ENV === "production";
""")

TSX = text("""
    export function Greeting({ name }: { name: string }) {
      return <p title="it's you">Don't panic, {name}</p>;
    }
""")

# What the failing tests name, so that fixes are judged as they are in a run.
SCOPE = Scope(
    test_files=frozenset({TEST_PATH}),
    expected=frozenset({"6", "404", "'not found'", "'moved'", "[1, 2, 3]", "42", "17", "'cart.json'"}),
)


def fix(name: str, old: str, new: str) -> Case:
    return _scoped(edit("shop/cart.py", PY, old, new, name=name))


def script(name: str, old: str, new: str) -> Case:
    return _scoped(edit("src/cart.js", JS, old, new, name=name))


def other(name: str, path: str, base: str, old: str, new: str) -> Case:
    return _scoped(edit(path, base, old, new, name=name))


def _scoped(case: Case) -> Case:
    return Case(name=case.name, files=case.files, scope=SCOPE)


def _files(name: str, **files: tuple[str | None, str | None]) -> Case:
    return Case(
        name=name,
        files={path.replace("__", "/").replace("_py", ".py"): two for path, two in files.items()},
        scope=SCOPE,
    )


PYTHON = (
    fix("off by one", "range(len(items) - 1)", "range(len(items))"),
    fix("a loop as a sum", "    result = 0\n    for index in range(len(items) - 1):\n        result += items[index]\n    return result\n",
        "    return sum(items)\n"),
    fix("a guard for nothing", "    result = 0\n", "    if not items:\n        return 0\n    result = 0\n"),
    fix("a base case", "    result = 0\n", "    if len(items) == 1:\n        return items[0]\n    result = 0\n"),
    fix("a new error", "    result = 0\n", '    if not items:\n        raise ValueError("no items")\n    result = 0\n'),
    fix("another message", 'f"cannot read {path}"', 'f"cannot load the cart from {path}"'),
    fix("a narrow except", "except OSError as error:", "except (OSError, json.JSONDecodeError) as error:"),
    fix("a narrow except that goes on", "    result = 0\n",
        '    result = 0\n    try:\n        items = list(items)\n    except TypeError:\n        pass\n'),
    fix("a broad except that tells", "        action()\n    except Exception:\n        pass\n",
        '        action()\n    except Exception:\n        log.exception("no effect")\n'),
    fix("a broad except that raises", "            return json.loads(path.read_text())\n        except OSError as error:\n"
        .replace("            ", "        ").replace("        except", "    except"),
        "        return json.loads(path.read_text())\n    except Exception as error:\n"),
    fix("an entry of a table", '301: "moved"}', '301: "moved", 404: "not found"}'),
    fix("a case of a row of cases", '    return "unknown"\n', '    if code == 404:\n        return "not found"\n    return "unknown"\n'),
    fix("an equality that compares types", "        return self.value == other.value\n",
        "        if not isinstance(other, Price):\n            return NotImplemented\n        return self.value == other.value\n"),
    fix("another variable of the environment", 'os.environ["HOME"]', 'os.environ.get("SHOP_HOME", os.environ["HOME"])'),
    fix("a type", "def load(path: Path) -> dict:", "def load(path: Path | str) -> dict[str, int]:"),
    fix("a docstring that speaks of tests", "    result = 0\n", '    """The test of the sum."""\n    result = 0\n'),
    fix("an import", "import sys\n", "import sys\nfrom collections.abc import Iterable\n"),
    fix("an exit status", "    sys.exit(main())", "    raise SystemExit(main())"),
    fix("an exit status of a command", "    print(total([1, 2]))\n    return 0", "    print(total([1, 2]))\n    sys.exit(0)"),
    fix("a failure said by exit status", "    print(total([1, 2]))\n", "    if not sys.argv[1:]:\n        sys.exit(2)\n    print(total([1, 2]))\n"),
    fix("a rename", "def best_effort(action)", "def attempt(action)"),
    fix("a comment that speaks of noqa", "    result = 0\n", '    # the string "# noqa" is data here\n    result = 0\n'.replace("# the string", "# the string:")
        .replace('"# noqa"', '"no-qa"')),
    fix("a string that looks like a directive", 'return os.environ["HOME"]', 'return os.environ["HOME"] or "# type: ignore"'),
    fix("a docstring", '"""Carts and what is in them."""', '"""Carts, and the things in them."""'),
    _files("a function that moves with its broad except",
           shop__cart_py=("import os\n\n\ndef f():\n    try:\n        os.sync()\n    except Exception:\n        pass\n", "import os\n"),
           shop__effort_py=(None, "import os\n\n\ndef f():\n    try:\n        os.sync()\n    except Exception:\n        pass\n")),
    _files("a directive that moves",
           shop__a_py=("import os  # noqa: F401\n", ""),
           shop__b_py=("x = 1\n", "import os  # noqa: F401\n\nx = 1\n")),
    other("a directive made narrower", "shop/a.py", "x = f()  # type: ignore\n", "# type: ignore", "# type: ignore[arg-type]"),
    other("a directive removed", "shop/a.py", "x = f()  # type: ignore\n", "  # type: ignore", ""),
    other("dead code removed", "shop/a.py", "def f():\n    return 1\n    try:\n        g()\n    except:\n        pass\n",
          "    try:\n        g()\n    except:\n        pass\n", ""),
    other("a syntax error", "shop/a.py", "def f(:\n    return 1\n", "f(:", "f():"),
    other("Python 2 code that stays so", "legacy/a.py", "print 'a'\nx = 1\n", "x = 1", "x = 2"),
    other("a doctest beside its code", "shop/b.py", 'def f(x):\n    """Twice.\n\n    >>> f(2)\n    4\n    """\n    return x\n',
          "return x", "return 2 * x"),
    other("a new example in a docstring", "shop/b.py", 'def f(x):\n    """Twice.\n\n    >>> f(2)\n    4\n    """\n    return x\n',
          "    4\n", "    4\n    >>> f(3)\n    6\n"),
    other("stub file", "shop/a.pyi", "def f(x: int) -> int: ...\n", "int) ->", "float) ->"),
)  # fmt: skip

JAVASCRIPT = (
    script("off by one", "items.length - 1", "items.length"),
    script("a loop as a reduction", "  let sum = 0;\n  for (let i = 0; i < items.length - 1; i++) sum += items[i];\n  return sum;\n",
           "  return items.reduce((sum, item) => sum + item, 0);\n"),
    script("a guard", "  let sum = 0;\n", "  if (!Array.isArray(items)) throw new TypeError('no items');\n  let sum = 0;\n"),
    script("optional chaining", "items.length - 1", "(items?.length ?? 0)"),
    script("another message", "cannot read ${path}", "cannot load the cart from ${path}"),
    script("a mode that is not test", '=== "production"', '!== "development"'),
    script("a regular expression", "  let sum = 0;\n", "  let sum = 0;\n  items = items.filter((x) => !/['\"`]\\/\\//.test(x));\n"),
    script("a method called test", "  let sum = 0;\n", "  let sum = 0;\n  if (/x/.test(items)) return sum;\n"),
    script("a catch that answers", "    throw new Error(`cannot read ${path}: ${error.message}`);", "    return null;"),
    other("JSX text with an apostrophe", "src/Greeting.tsx", TSX, "Don't panic, {name}", "Don't worry, {name ?? 'you'}"),
    other("a type", "src/cart.ts", "export function total(items: number[]): string {\n  return 1;\n}\n", "): string", "): number"),
)  # fmt: skip

TEST_ADDITIONS = (
    other("a new test at the end", TEST_PATH, TESTS, "def test_matrix():", "def test_two_carts():\n    assert total(Cart(items=[1, 2])) == 3\n\n\ndef test_matrix():"),
    other("a new method of a class of tests", TEST_PATH, TESTS, "    def test_refuses_text(self):",
          "    def test_zero(self):\n        self.assertEqual(total(Cart(items=[])), 0)\n\n    def test_refuses_text(self):"),
    other("a new import and a new helper", TEST_PATH, TESTS, "LIMIT = 3\n", "from shop.tax import tax\n\nLIMIT = 3\nRATE = 0.2\n\n\ndef taxed(cart):\n    return tax(cart, RATE)\n"),
    other("a name added to an import", TEST_PATH, TESTS, "Cart, discount, load, total", "Cart, discount, load, tax, total"),
    other("comments and blank lines", TEST_PATH, TESTS, "def test_total(cart):", "# what a cart is for\n\ndef test_total(cart):  # sums\n"),
    other("notation only", TEST_PATH, TESTS, "assert result == [1, 2, 3]", "assert result == [\n        1,\n        2,\n        3,\n    ]"),
    other("an unused import removed", TEST_PATH, TESTS, "import math\n", ""),
    other("imports sorted", TEST_PATH, TESTS, "import math\nimport time\n", "import time\nimport math\n"),
    _files("a fix with a new test file",
           shop__cart_py=("def total(x):\n    return 0\n", "def total(x):\n    return sum(x)\n"),
           tests__test_new_py=(None, "import pytest\n\nfrom shop.cart import total\n\n\n@pytest.fixture\ndef cart():\n    return [1]\n\n\ndef test_total(cart):\n    assert total(cart) == 1\n")),
    other("a new test of JavaScript", JS_TEST_PATH, JS_TESTS, '  it("is close"',
          '  it("adds nothing", () => {\n    expect(total(new Cart())).toBe(0);\n  });\n\n  it("is close"'),
    other("a new suite of JavaScript", NODE_PATH, NODE_TESTS, 'test("refuses text"',
          'test("more", async (t) => {\n  await t.test("inner", () => assert.ok(1 > 0));\n});\n\ntest("refuses text"'),
    other("a formatter of JavaScript", NODE_PATH, NODE_TESTS, 'test("adds up", () => {\n  assert.equal(total([1, 2]), 3);',
          "test(\n  'adds up',\n  () => {\n  assert.equal(total([1, 2,]), 3)"),
    other("parentheses of arrow functions", JS_TEST_PATH, JS_TESTS.replace("(price, expected) =>", "price =>"),
          "price =>", "(price) =>"),
    other("JavaScript quotes and commas", NODE_PATH, NODE_TESTS, 'test("adds up", () => {', "test('adds up', () => {"),
    other("a new test of Go", "cart_test.go", GO, "func TestEmpty(", "func TestOne(t *testing.T) {\n    if Total([]int{1}) != 1 {\n        t.Fatal()\n    }\n}\n\nfunc TestEmpty("),
    other("a new test of Java", "src/test/java/CartTest.java", JAVA, "    @Test\n    void refusesText",
          "    @Test\n    void isEmpty() {\n        assertEquals(0, new Cart().total());\n    }\n\n    @Test\n    void refusesText"),
    other("product code of Rust beside its tests", "src/lib.rs", RUST, "items.iter().sum()", "items.iter().copied().sum()"),
)  # fmt: skip

CONFIGURATION = (
    other("a version", "pyproject.toml", PYPROJECT, 'name = "shop"', 'name = "shop"\nversion = "1.2"'),
    other("a marker registered", "pyproject.toml", PYPROJECT, "timeout = 30", 'timeout = 30\nmarkers = ["db: needs a database"]'),
    other("coverage raised", "pyproject.toml", PYPROJECT, "fail_under = 90", "fail_under = 95"),
    other("a rule of the linter added", "pyproject.toml", PYPROJECT, '["E", "F", "S"]', '["E", "F", "S", "B"]'),
    other("an exception of the linter removed", "pyproject.toml", PYPROJECT, 'ignore = ["E501"]', "ignore = []"),
    other("another Python in tox", "tox.ini", "[tox]\nenvlist = py{311,312}-{a,b}\n", "py{311,312}", "py{311,312,313}"),
    other("a command that goes on", "package.json", PACKAGE, "jest --ci", "jest --ci && npm run types"),
    other("a new script", "package.json", PACKAGE, '"build": "tsc"', '"lint:fix": "eslint . --fix",\n    "build": "tsc"'),
    other("a build script", "package.json", PACKAGE, '"build": "tsc"', '"build": "tsc --pretty"'),
    other("a target of a Makefile", "Makefile", MAKEFILE, "python -m build", "python -m build --wheel"),
    other("the module format", "tsconfig.json", '{"compilerOptions": {"strict": true, "module": "commonjs"}}\n', "commonjs", "esnext"),
    other("a document that speaks of noqa", "docs/style.md", "# Style\n", "# Style\n", "# Style\n\nNever write `# noqa`, `eslint-disable` or `@ts-ignore`.\n"),
    other("product data", "shop/data/rates.json", '{"de": 0.19}\n', "0.19", "0.2"),
    other("a plugin of vite", "vite.config.ts", "export default { plugins: [], build: { target: 'es2019' } };\n", "es2019", "es2022"),
)  # fmt: skip

CASES = (*PYTHON, *JAVASCRIPT, *TEST_ADDITIONS, *CONFIGURATION)
