"""A fingerprint does not move when nothing that matters did, and moves when something did."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from honk_ci.domain import FailedTest, FindingKind, LogFinding
from honk_ci.stages.triage.shapes import shape
from tests.repos import Repo
from tests.stages.triage_kit import failed, triaged

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart:\n    def total(self):\n        return 1\n\n    def count(self):\n        return 1\n",
    "shop/store.py": "def load(path):\n    pass\n\n\ndef save(path):\n    pass\n",
    "tests/test_cart.py": "def test_load():\n    pass\n\n\ndef test_a():\n    assert 3 == 4\n\n\ndef test_b():\n    assert 3 == 4\n",
    "tests/conftest.py": "def db():\n    pass\n",
    "src/cart.js": "export function total() {}\n",
    "src/cart.test.js": "it('a', () => {});\n",
    "src/main/java/com/acme/Cart.java": "class Cart {}\n",
    "src/test/java/com/acme/CartTest.java": "class CartTest {}\n",
}

LONG = """\
tmp_path = PosixPath('/tmp/pytest-of-runner/pytest-0/test_load0')

    def test_load(tmp_path):
>       load(tmp_path / "orders.db")

tests/test_cart.py:12: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 

path = PosixPath('/tmp/pytest-of-runner/pytest-0/test_load0/orders.db')

    def load(path):
>       raise StoreError(path, {"b", "a"}, id(path))
E       shop.store.StoreError: 2026-11-20T17:04:55.123Z pid 4242: <Store at 0x7f23bb2dfdd0> took 1.53s on port 43121 for 3f2a9b7c-1d2e-4f5a-8b9c-0d1e2f3a4b5c, keys {'b', 'a'} in /tmp/pytest-of-runner/pytest-0/test_load0/orders.db

/home/runner/work/shop/shop/shop/store.py:2: StoreError
"""  # noqa: W291 (pytest writes that blank)

SCRIPT = """\
TypeError: Cannot read properties of undefined (reading 'price')
    at total (file:///home/runner/work/shop/shop/src/cart.js:3:15)
    at Object.<anonymous> (/home/runner/work/shop/shop/src/cart.test.js:7:20)
    at Promise.then.completed (/home/runner/work/shop/shop/node_modules/jest-circus/build/utils.js:298:28)
"""

JAVA = """\
java.lang.IllegalStateException: cart 17 is closed since 12:01:44
\tat com.acme.Cart.total(Cart.java:31)
\tat com.acme.CartTest.totals(CartTest.java:12)
\tat java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)
"""

Mutation = Callable[[str], str]


def _numbers_after(pattern: str) -> Mutation:
    return lambda text: re.sub(rf"({pattern})\d+", lambda m: f"{m[1]}{random.Random(m[0]).randint(1, 9999)}", text)


HARMLESS: dict[str, Mutation] = {
    "lines": lambda text: re.sub(r"(\.(?:py|js|java)):(\d+)", lambda m: f"{m[1]}:{int(m[2]) + 300}", text),
    "checkout": lambda text: text.replace("/home/runner/work/shop/shop/", "/builds/acme/group/shop/"),
    "windows": lambda text: text.replace("/home/runner/work/shop/shop/", "D:\\a\\shop\\shop\\"),
    "relative": lambda text: text.replace("/home/runner/work/shop/shop/", ""),
    "temporary folder": lambda text: text.replace("/tmp/pytest-of-runner/pytest-0/", "/private/var/folders/x1/T/pytest-of-bob/pytest-87/"),
    "address": lambda text: text.replace("0x7f23bb2dfdd0", "0xffff9c1de050"),
    "uuid": lambda text: text.replace("3f2a9b7c-1d2e-4f5a-8b9c-0d1e2f3a4b5c", "00000000-1111-4222-8333-abcdefabcdef"),
    "time": lambda text: text.replace("2026-11-20T17:04:55.123Z", "2031-01-02T03:04:05+02:00").replace("12:01:44", "09:59:00"),
    "duration": lambda text: text.replace("1.53s", "17s"),
    "port": _numbers_after("port "),
    "process": _numbers_after("pid "),
    "number": _numbers_after("cart "),
    "order": lambda text: text.replace("{'b', 'a'}", "{'a', 'b'}").replace('{"b", "a"}', '{"a", "b"}'),
    "size": lambda text: text.replace("{'b', 'a'}", "{'c', 'b', 'a', 'z'}"),
    "colour": lambda text: re.sub(r"^E  ", "\x1b[1m\x1b[31mE  \x1b[0m", text.replace("TypeError", "\x1b[31mTypeError\x1b[39m"), flags=re.MULTILINE),
    "output": lambda text: text + "\n--- output ---\nTraceback (most recent call last):\n  File \"shop/cart.py\", line 3, in total\nKeyError: 'x'\n",
}  # fmt: skip


@pytest.fixture
def shop(repo: Repo) -> Repo:
    repo.commit("files", FILES)
    return repo


def _print(repo: Repo, test: FailedTest) -> str:
    (failure,) = triaged(repo, [test])
    return failure.fingerprint


@pytest.mark.parametrize("text", [LONG, SCRIPT, JAVA], ids=["python", "javascript", "java"])
def test_harmless_differences_do_not_move_the_fingerprint(shop: Repo, text: str) -> None:
    original = _print(shop, failed("test_load", text, exception=_exception(text)))
    assert re.fullmatch(r"[0-9a-f]{12}", original)
    for name, mutate in HARMLESS.items():
        changed = mutate(text)
        assert _print(shop, failed("test_load", changed, exception=_exception(text))) == original, name
    everything = text
    for mutate in HARMLESS.values():
        everything = mutate(everything)
    assert _print(shop, failed("test_load", everything, exception=_exception(text))) == original


def _exception(text: str) -> str:
    return (
        "TypeError"
        if text is SCRIPT
        else "java.lang.IllegalStateException"
        if text is JAVA
        else "shop.store.StoreError"
    )


def _raised(exception: str, message: str, *, file: str = "shop/store.py", line: int = 2, function: str = "load") -> str:
    return (
        f"Traceback (most recent call last):\n"
        f'  File "/ci/tests/test_cart.py", line 2, in test_load\n    load()\n'
        f'  File "/ci/{file}", line {line}, in {function}\n    raise\n{exception}: {message}\n'
    )


DIFFERENT: dict[str, FailedTest] = {
    "key error": failed("test_load", _raised("KeyError", "'a'")),
    "another exception": failed("test_load", _raised("IndexError", "list index out of range")),
    "another function": failed("test_load", _raised("KeyError", "'a'", line=6, function="save")),
    "another file": failed("test_load", _raised("KeyError", "'a'", file="shop/cart.py", line=3, function="total")),
    "another method": failed("test_load", _raised("KeyError", "'a'", file="shop/cart.py", line=6, function="count")),
    "value error": failed("test_load", _raised("ValueError", "the path is empty")),
    "another message": failed("test_load", _raised("ValueError", "the file is too big")),
    "missing attribute": failed("test_load", _raised("AttributeError", "'Cart' object has no attribute 'total'")),
    "another attribute": failed("test_load", _raised("AttributeError", "'Cart' object has no attribute 'count'")),
    "assertion of a": failed("test_a", "E   assert 3 == 4\n\ntests/test_cart.py:6: AssertionError"),
    "assertion of b": failed("test_b", "E   assert 3 == 4\n\ntests/test_cart.py:10: AssertionError"),
    "exception in a test": failed("test_a", "E   ValueError: no\n\ntests/test_cart.py:6: ValueError"),
    "missing module": failed("tests.test_cart", "E   ModuleNotFoundError: No module named 'yaml'", classname=""),
    "another module": failed("tests.test_cart", "E   ModuleNotFoundError: No module named 'toml'", classname=""),
    "missing name": failed("tests.test_cart", "E   ImportError: cannot import name 'x' from 'shop.cart' (/ci/shop/cart.py)", classname=""),
    "another name": failed("tests.test_cart", "E   ImportError: cannot import name 'y' from 'shop.cart' (/ci/shop/cart.py)", classname=""),
    "syntax": failed("tests.test_cart", 'E     File "/ci/shop/cart.py", line 1\nE   SyntaxError: invalid syntax', classname=""),
    "syntax elsewhere": failed("tests.test_cart", 'E     File "/ci/shop/store.py", line 1\nE   SyntaxError: invalid syntax', classname=""),
    "fixture": failed("test_a", "E       fixture 'db' not found"),
    "another fixture": failed("test_a", "E       fixture 'api' not found"),
    "host": failed("test_a", "E   socket.gaierror: [Errno -2] Failed to resolve 'db.acme.example' (Name or service not known)"),
    "another host": failed("test_a", "E   socket.gaierror: [Errno -2] Failed to resolve 'mq.acme.example' (Name or service not known)"),
    "disk": failed("test_a", "E   OSError: [Errno 28] No space left on device"),
    "javascript": failed("totals", SCRIPT, classname=""),
    "java": failed("totals", JAVA, classname="com.acme.CartTest"),
}  # fmt: skip


def test_different_causes_have_different_fingerprints(shop: Repo) -> None:
    prints = {name: _print(shop, test) for name, test in DIFFERENT.items()}
    for (one, first), (other, second) in itertools.combinations(prints.items(), 2):
        assert first != second, (one, other)
    named = [test for test in DIFFERENT.values() if test.case.classname]
    apart = [replace(t, case=replace(t.case, classname=f"{t.case.classname}.Class{n}")) for n, t in enumerate(named)]
    assert len(triaged(shop, apart)) == len(named)


def test_cases_of_one_parametrised_test_that_raise_alike_have_one_cause(shop: Repo) -> None:
    tests = [failed(f"test_load[{n}]", _raised("ValueError", f"unknown word {word}")) for n, word in enumerate("abc")]
    (failure,) = triaged(shop, tests)
    assert len(failure.tests) == 3


def test_an_assertion_fails_alike_whatever_its_values(shop: Repo) -> None:
    one = failed("test_a", "E   assert 3 == 4\n\ntests/test_cart.py:6: AssertionError")
    other = failed("test_a", "E   assert 17 == 4.5\n\ntests/test_cart.py:6: AssertionError")
    assert _print(shop, one) == _print(shop, other)


def test_the_order_of_the_tests_changes_nothing(shop: Repo) -> None:
    tests = [replace(t, case=replace(t.case, name=f"{t.case.name}[{n}]")) for n, t in enumerate(DIFFERENT.values())]
    first = triaged(shop, tests)
    for seed in range(3):
        shuffled = random.Random(seed).sample(tests, len(tests))
        assert [f.fingerprint for f in triaged(shop, shuffled)] == [f.fingerprint for f in first]


def test_those_with_most_tests_come_first(shop: Repo) -> None:
    few = failed("test_load", _raised("KeyError", "'a'"))
    many = [failed(f"test_{n}", _raised("IndexError", "list index out of range")) for n in range(3)]
    failures = triaged(shop, [few, *many])
    assert [len(failure.tests) for failure in failures] == [3, 1]


def test_a_case_reported_by_every_job_of_a_matrix_counts_once(shop: Repo) -> None:
    one = failed("test_load", _raised("KeyError", "'a'"))
    (failure,) = triaged(
        shop, [one, replace(one, duration_s=3.0), replace(one, text=one.text.replace("/ci/", "C:\\ci\\"))]
    )
    assert failure.tests == (one,)


def test_a_linter_is_known_by_all_that_it_complains_of(shop: Repo) -> None:
    def complaint(code: str, line: int, file: str = "shop/cart.py") -> LogFinding:
        return LogFinding(
            kind=FindingKind.LINT, tool="ruff", message=f"`os` imported at line {line}", file=file, line=line, code=code
        )

    def prints(*findings: LogFinding) -> str:
        (failure,) = triaged(shop, findings=findings, verifiers=["ruff"])
        return failure.fingerprint

    original = prints(complaint("F401", 1), complaint("E711", 5))
    assert prints(complaint("E711", 50), complaint("F401", 11)) == original
    assert prints(complaint("F401", 1)) != original
    assert prints(complaint("F401", 1), complaint("E711", 5, "shop/store.py")) != original


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took 1.5s", "took 20s"),
        ("at 0x7f1b2c", "at 0x55aa"),
        ("no file /tmp/abc/x.txt", "no file C:\\Users\\me\\x.txt"),
        ("cannot open ~/a/b", "cannot open /home/me/c"),
        ("expected {'a': 1, 'b': [1, 2]}", "expected {'b': [3], 'a': 2, 'c': {}}"),
        ("unknown id 9f86d081884c", "unknown id 60303ae22b99"),
        ("bad value 'a' and \"b\"", "bad value 'it is' and \"c d\""),
        ("at 2026-11-20 10:00:00 UTC", "at 2025-01-01 11:11:11 UTC"),
        ("localhost:4312 refused", "localhost:80 refused"),
        ("GET http://a.example/x?y=1 failed", "GET https://b.example/z failed"),
        ("index -1 out of 1,024", "index 7 out of 3"),
        ("\x1b[31mred\x1b[0m 1", "red 2"),
        ("first line\nsecond 1", "first line\nthird"),
        ("value 1e-07 too small", "value 0.5 too small"),
    ],
)
def test_shapes_hold_what_stays(one: str, other: str) -> None:
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("too small", "too big"),
        ("f() missing 1 required positional argument", "g() missing 1 required positional argument"),
        ("can't compare offset-naive and offset-aware", "can't compare naive and aware"),
        ("list index out of range", "string index out of range"),
        ("unsupported operand type(s) for +", "unsupported operand type(s) for -"),
        ("must be str, not int", "must be str, not bytes"),
    ],
)
def test_shapes_keep_what_differs(one: str, other: str) -> None:
    assert shape(one) != shape(other)


def test_names_are_no_values_where_a_name_is_missing() -> None:
    assert shape("name 'a' is not defined", "NameError") != shape("name 'b' is not defined", "NameError")
    assert shape("'a'", "KeyError") == shape("'b'", "KeyError")
