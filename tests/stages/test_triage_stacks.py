"""Stack traces of many languages, and the repository's files that their paths mean."""

from __future__ import annotations

import os
import time

import pytest

from honk_ci.git import Repository
from honk_ci.stages.triage.stacks import places
from honk_ci.stages.triage.tree import Tree
from tests.repos import Repo

TRACES = {
    "python": (
        'Traceback (most recent call last):\n  File "/w/shop/cart.py", line 3, in total\n    return parse(x)\n'
        '  File "/w/shop/money.py", line 9, in parse\n    raise\nValueError: bad\n',
        [("/w/shop/money.py", 9, "parse"), ("/w/shop/cart.py", 3, "total")],
    ),
    "python, chained": (
        'Traceback (most recent call last):\n  File "a.py", line 1, in first\nKeyError: 1\n\n'
        "During handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "b.py", line 2, in second\nValueError: bad\n',
        [("b.py", 2, "second"), ("a.py", 1, "first")],
    ),
    "python, group": (
        "  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 3, in run\n  | ExceptionGroup: x (1 sub-exception)\n"
        "  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"b.py\", line 4, in task\n    | ValueError: bad\n",
        [("b.py", 4, "task"), ("a.py", 3, "run")],
    ),
    "pytest, short": (
        "tests/test_a.py:12: in test_a\n    total()\nshop/cart.py:3: in total\n    parse()\nE   ValueError: bad\n",
        [("shop/cart.py", 3, "total"), ("tests/test_a.py", 12, "test_a")],
    ),
    "pytest, windows": (
        "tests\\test_a.py:12: in test_a\nC:\\w\\shop\\cart.py:3: ValueError\n",
        [("C:\\w\\shop\\cart.py", 3, ""), ("tests\\test_a.py", 12, "test_a")],
    ),
    "node": (
        "TypeError: x\n    at total (file:///w/src/cart.js:3:5)\n    at new Cart (/w/src/cart.js:9:1)\n"
        "    at Object.<anonymous> (src/cart.test.js:7:20)\n    at async Promise.all (index 0)\n    at /w/src/plain.mjs:4:4\n",
        [("file:///w/src/cart.js", 3, "total"), ("/w/src/cart.js", 9, "Cart"), ("src/cart.test.js", 7, ""), ("/w/src/plain.mjs", 4, "")],
    ),
    "node, TAP": (
        "  stack: |-\n    total (file:///w/src/cart.js:3:5)\n    TestContext.<anonymous> (file:///w/src/cart.test.js:7:20)\n",
        [("file:///w/src/cart.js", 3, "total"), ("file:///w/src/cart.test.js", 7, "")],
    ),
    "vitest": (
        "AssertionError: expected 4 to be 3\n \u276f total src/cart.ts:3:5\n \u276f src/cart.test.ts:7:20\n",
        [("src/cart.ts", 3, "total"), ("src/cart.test.ts", 7, "")],
    ),
    "java": (
        "java.lang.RuntimeException: outer\n\tat com.acme.Shop.open(Shop.java:5)\n\tat java.base/java.lang.Thread.run(Thread.java:833)\n"
        "Caused by: java.lang.IllegalStateException: inner\n\tat com.acme.Cart$Item.total(Cart.java:31)\n\t... 2 more\n",
        [("com/acme/Cart.java", 31, "total"), ("com/acme/Shop.java", 5, "open"), ("java/lang/Thread.java", 833, "run")],
    ),
    "c#": (
        "   at Acme.Shop.Cart.Total(Int32 n) in /w/Shop/Cart.cs:line 12\n   at Acme.Tests.CartTests.Sums() in D:\\a\\Shop.Tests\\CartTests.cs:line 8\n",
        [("/w/Shop/Cart.cs", 12, "Total"), ("D:\\a\\Shop.Tests\\CartTests.cs", 8, "Sums")],
    ),
    "go, panic": (
        "panic: runtime error: index out of range\n\ngoroutine 7 [running]:\nexample.com/shop.(*Cart).Total(0xc000)\n\t/w/shop/cart.go:31 +0x1d\n"
        "example.com/shop.TestTotal(0xc0001)\n\t/w/shop/cart_test.go:12 +0x25\n",
        [("/w/shop/cart.go", 31, "Total"), ("/w/shop/cart_test.go", 12, "TestTotal")],
    ),
    "go, test": ("    cart_test.go:12: got 4, want 3\n", [("cart_test.go", 12, "")]),
    "rust": (
        "thread 'tests::sums' panicked at src/lib.rs:14:9:\nassertion `left == right` failed\n  left: 4\n right: 3\n"
        "stack backtrace:\n   2: shop::total\n             at ./src/cart.rs:3:5\n",
        [("src/lib.rs", 14, ""), ("./src/cart.rs", 3, "total")],
    ),
    "rust, old": ("thread 'main' panicked at 'no', src/main.rs:2:5\n", [("src/main.rs", 2, "")]),
    "ruby": (
        "NoMethodError: undefined method\n  ./lib/cart.rb:3:in `block in total'\n  # ./spec/cart_spec.rb:8:in 'Cart#sums'\n",
        [("./lib/cart.rb", 3, "total"), ("./spec/cart_spec.rb", 8, "sums")],
    ),
    "php": (
        "Failed asserting that 4 is 3.\n\n/w/src/Cart.php:12\n#1 /w/tests/CartTest.php(8): Acme\\Cart->total()\n",
        [("/w/src/Cart.php", 12, ""), ("/w/tests/CartTest.php", 8, "total")],
    ),
    "c++": ("/w/tests/cart_test.cc:12: Failure\nExpected equality\n", [("/w/tests/cart_test.cc", 12, "")]),
    "elixir": ("     test/cart_test.exs:5\n     lib/cart.ex:3: Cart.total/1\n", [("test/cart_test.exs", 5, ""), ("lib/cart.ex", 3, "")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TRACES.values(), ids=TRACES.keys())
def test_places_come_innermost_first(text: str, expected: list[tuple[str, int, str]]) -> None:
    found = places(text, lambda path: True)
    assert [(place.path, place.line, place.function) for place in found] == expected


@pytest.mark.parametrize(
    "text", ["", "12:30:00 started", "nothing here (really: 1)", "at last, a story", "\0" * 100, "at " * 5000]
)
def test_other_text_has_no_places(text: str) -> None:
    assert places(text, lambda path: True) == ()


@pytest.fixture
def tree(repo: Repo) -> Tree:
    files = ("shop/cart.py", "utils.py", "src/acme/money.py", "packages/web/src/index.ts", "src/main/java/com/acme/Cart.java", "go/shop/cart.go",
             "a/same.rb", "b/same.rb", "tests/conftest.py", "web/src/App.tsx")  # fmt: skip
    commit = repo.commit("files", dict.fromkeys(files, "x = 1\n"))
    return Tree(Repository(repo.path, environ=os.environ), commit)


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("shop/cart.py", "shop/cart.py"),
        ("./shop/cart.py", "shop/cart.py"),
        ("../shop/cart.py", "shop/cart.py"),
        ("shop\\cart.py", "shop/cart.py"),
        ("/home/runner/work/shop/shop/shop/cart.py", "shop/cart.py"),
        ("C:\\a\\b\\shop\\cart.py", "shop/cart.py"),
        ("/app/utils.py", "utils.py"),
        ("/venv/lib/python3.12/site-packages/shop/cart.py", "shop/cart.py"),
        ("/venv/lib/python3.12/site-packages/acme/money.py", "src/acme/money.py"),
        ("/venv/lib/python3.12/site-packages/yaml/utils.py", None),
        ("/usr/lib/python3.12/utils.py", None),
        ("/w/node_modules/web/src/index.ts", None),
        ("file:///w/packages/web/src/index.ts", "packages/web/src/index.ts"),
        ("webpack:///./packages/web/src/index.ts?v=12", "packages/web/src/index.ts"),
        ("webpack:///./src/App.tsx", "web/src/App.tsx"),
        ("com/acme/Cart.java", "src/main/java/com/acme/Cart.java"),
        ("cart.go", "go/shop/cart.go"),
        ("same.rb", None),
        ("b/same.rb", "b/same.rb"),
        ("/tmp/pytest-of-bob/pytest-1/test_x0/utils.py", None),
        ("node:internal/utils.py", None),
        ("<frozen importlib._bootstrap>", None),
        ("<string>", None),
        ("", None),
        ("/", None),
        ("nothing.py", None),
    ],
)
def test_a_path_of_any_machine_means_one_of_ours(tree: Tree, path: str, ours: str | None) -> None:
    assert tree.locate(path) == ours


def test_a_path_below_the_checkout_means_just_that(tree: Tree, repo: Repo) -> None:
    assert tree.locate(f"{repo.path}/shop/cart.py") == "shop/cart.py"
    assert tree.locate(f"{repo.path}/build/utils.py") is None
    assert tree.locate(f"{repo.path}/.venv/lib/python3.11/site-packages/requests/utils.py") is None


@pytest.mark.slow
def test_a_text_of_blanks_holds_nobody_up() -> None:
    began = time.monotonic()

    assert list(places(f"{' ' * 4000}x\n{chr(10) * 4000}x", lambda _: True)) == []

    assert time.monotonic() - began < 5


def test_functions_are_found_around_a_line(repo: Repo) -> None:
    commit = repo.commit(
        "file",
        {
            "a.py": "class A:\n    @staticmethod\n    def b():\n        def c():\n            return 1\n        return c\n\nif 1:\n    def d(): ...\n"
        },
    )
    tree = Tree(Repository(repo.path, environ=os.environ), commit)
    found = {line: around[0] for line in range(1, 12) if (around := tree.function_at("a.py", line))}
    assert found == {2: "A.b", 3: "A.b", 4: "A.b.c", 5: "A.b.c", 6: "A.b", 9: "d"}


@pytest.mark.parametrize("text", ["def f(:\n", "\0", "x = " + "(" * 5000, "f'\\d'\n" * 3 + "'\\d'"])
def test_source_that_is_none_breaks_nothing(repo: Repo, text: str) -> None:
    commit = repo.commit("file", {"a.py": text})
    assert Tree(Repository(repo.path, environ=os.environ), commit).function_at("a.py", 1) is None
