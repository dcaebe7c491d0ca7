"""Seeded bugs that must be healed, and without a person."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from honk_ci.domain import FailedTest, TestCase
from honk_ci.runners import detect_runner
from tests.healers.search.cases import Files, fixed, is_healed, search
from tests.repos import Repo

CART = {
    "conftest.py": "",
    "shop/__init__.py": "",
    "shop/cart.py": """
        def total(prices, discount):
            amount = 0
            for price in prices:
                amount += price
            if amount > 100:  # from 100 on
                amount -= discount
            return amount
        """,
    "tests/test_cart.py": """
        import pytest
        from shop.cart import total

        @pytest.mark.parametrize(
            "prices, discount, expected",
            [([50, 50], 10, 90), ([99], 10, 99), ([200], 20, 180), ([], 5, 0)],
        )
        def test_total(prices, discount, expected):
            assert total(prices, discount) == expected
        """,
}

SRC_LAYOUT_OFF_BY_ONE = {
    "pyproject.toml": """
        [tool.pytest.ini_options]
        pythonpath = ["src"]
        filterwarnings = ["error"]
        addopts = ["--strict-config", "--strict-markers"]
        """,
    "src/pages/__init__.py": """
        def page_count(items, size):
            return items // size + 1


        def window(values, size):
            found = []
            for start in range(len(values) - size):
                found.append(values[start:start + size])
            return found
        """,
    "tests/unit/test_pages.py": """
        from pages import page_count, window

        def test_window_of_two():
            assert window([1, 2, 3], 2) == [[1, 2], [2, 3]]

        def test_window_of_all():
            assert window([1, 2], 2) == [[1, 2]]

        def test_window_longer_than_values():
            assert window([1], 2) == []

        def test_windows_of_one():
            assert window("abc", 1) == ["a", "b", "c"]

        def test_pages():
            assert page_count(5, 2) == 3
        """,
}

UNITTEST_WRONG_OPERATOR = {
    "bank.py": '''
        class Account:
            """Money, never below its limit."""

            fee = 1

            def __init__(self, balance, limit=0):
                self.balance = balance
                self.limit = limit

            def deposit(self, amount):
                self.balance -= amount
                return self.balance

            def withdraw(self, amount):
                if self.balance - amount < self.limit:
                    raise ValueError("limit reached")
                self.balance -= amount
                return self.balance
        ''',
    "test_bank.py": """
        import unittest
        from bank import Account

        class AccountTest(unittest.TestCase):
            def setUp(self):
                self.account = Account(100)

            def test_deposit(self):
                self.assertEqual(self.account.deposit(20), 120)

            def test_two_deposits(self):
                self.account.deposit(1)
                self.account.deposit(2)
                self.assertEqual(self.account.balance, 103)

            def test_withdraw(self):
                self.assertEqual(self.account.withdraw(100), 0)

            def test_limit(self):
                with self.assertRaises(ValueError):
                    self.account.withdraw(101)

            def test_sub_tests(self):
                for amount in (1, 5, 7):
                    with self.subTest(amount=amount):
                        self.assertEqual(Account(10).deposit(amount), 10 + amount)
        """,
}

WRONG_VARIABLE = {
    "geometry.py": """
        def overlap(first, second):
            start = max(first[0], second[0])
            end = min(first[1], second[1])
            if end < start:
                return 0
            return end - first[0]
        """,
    "test_geometry.py": """
        import pytest
        from geometry import overlap

        @pytest.mark.parametrize(
            "first, second, expected",
            [
                ((0, 10), (5, 15), 5),
                ((5, 15), (0, 10), 5),
                ((0, 3), (4, 9), 0),
                ((0, 10), (2, 4), 2),
                ((2, 4), (0, 10), 2),
                ((1, 4), (3, 9), 1),
            ],
        )
        def test_overlap(first, second, expected):
            assert overlap(first, second) == expected
        """,
}

MISSPELT_NAME = {
    "report.py": """
        def lines(rows):
            longest = max(len(name) for name, _ in rows)
            return [f"{name:<{longest}} {value}" for name, value in rows]


        def mean(values):
            total = 0
            for value in values:
                total += value
            return totl / len(values)
        """,
    "test_report.py": """
        from report import lines, mean

        def test_mean():
            assert mean([1, 2, 3]) == 2

        def test_mean_of_one():
            assert mean([4]) == 4

        def test_lines():
            assert lines([("a", 1), ("bbb", 2)]) == ["a   1", "bbb 2"]
        """,
}

MISSPELT_METHOD = {
    "stack.py": """
        class Stack:
            def __init__(self):
                self._items = []

            def push(self, item):
                self._items.apend(item)

            def pop(self):
                return self._items.pop()

            def __len__(self):
                return len(self._items)
        """,
    "test_stack.py": """
        import pytest
        from stack import Stack

        @pytest.fixture
        def stack():
            made = Stack()
            made.push(1)
            made.push(2)
            return made

        def test_pop(stack):
            assert stack.pop() == 2

        def test_length(stack):
            assert len(stack) == 2

        def test_empty():
            assert len(Stack()) == 0
        """,
}

CLASS_METHOD = {
    "colours.py": """
        class Colour:
            def __init__(self, red, green, blue):
                self.channels = (red, green, blue)

            @classmethod
            def from_hex(cls, text):
                text = text.lstrip("#")
                red, green, blue = (int(text[i:i + 2], 16) for i in range(0, 6, 2))
                return cls(red, blue, green)

            @property
            def grey(self):
                return sum(self.channels) // 3
        """,
    "test_colours.py": """
        from colours import Colour

        def test_red():
            assert Colour.from_hex("#ff0000").channels == (255, 0, 0)

        def test_green():
            assert Colour.from_hex("#00ff00").channels == (0, 255, 0)

        def test_mixed():
            assert Colour.from_hex("102030").channels == (16, 32, 48)

        def test_grey():
            assert Colour(3, 6, 9).grey == 6

        def test_channels():
            assert Colour(3, 6, 9).channels == (3, 6, 9)
        """,
}

COROUTINE = {
    "fetch.py": """
        import asyncio

        async def load(name):
            await asyncio.sleep(0)
            return {"name": name, "size": len(name)}

        async def sizes(names):
            found = []
            for name in names:
                entry = load(name)
                found.append(entry["size"])
            return found
        """,
    "test_fetch.py": """
        import asyncio
        from fetch import load, sizes

        def test_sizes():
            assert asyncio.run(sizes(["a", "bcd"])) == [1, 3]

        def test_no_names():
            assert asyncio.run(sizes([])) == []

        def test_one_name():
            assert asyncio.run(sizes(["ab"])) == [2]

        def test_load():
            assert asyncio.run(load("x")) == {"name": "x", "size": 1}
        """,
}

GENERATOR = {
    "walk.py": """
        def leaves(tree):
            for branch in tree:
                if isinstance(branch, list):
                    yield leaves(branch)
                else:
                    yield branch
        """,
    "test_walk.py": """
        from walk import leaves

        def test_flat():
            assert list(leaves([1, 2])) == [1, 2]

        def test_nested():
            assert list(leaves([1, [2, [3]], 4])) == [1, 2, 3, 4]

        def test_empty_branches():
            assert list(leaves([[], [[]]])) == []

        def test_deep():
            assert list(leaves([[[["a"]]]])) == ["a"]
        """,
}

MODULE_WITH_STATE = {
    "registry.py": """
        _handlers = {}
        calls = []


        def register(name, handler, *, replace=False):
            if name in _handlers or not replace:
                raise KeyError(name)
            _handlers[name] = handler


        def call(name, *arguments):
            calls.append(name)
            return _handlers[name](*arguments)
        """,
    "test_registry.py": """
        import pytest
        import registry

        @pytest.fixture(autouse=True)
        def clean():
            registry._handlers.clear()
            registry.calls.clear()

        def test_register_and_call():
            registry.register("double", lambda n: 2 * n)
            assert registry.call("double", 4) == 8
            assert registry.calls == ["double"]

        def test_twice_is_refused():
            registry.register("a", abs)
            with pytest.raises(KeyError):
                registry.register("a", abs)

        def test_replace():
            registry.register("a", abs)
            registry.register("a", len, replace=True)
            assert registry.call("a", [1]) == 1

        def test_new_with_replace():
            registry.register("a", len, replace=True)
            assert registry.call("a", [1, 2]) == 2

        def test_unknown():
            with pytest.raises(KeyError):
                registry.call("unknown")
        """,
}

DECORATED_AND_NESTED = {
    "retry.py": """
        import functools

        def retry(times):
            def decorate(function):
                @functools.wraps(function)
                def wrapper(*arguments):
                    for attempt in range(times):
                        try:
                            return function(*arguments)
                        except ValueError:
                            if attempt == times:
                                raise
                return wrapper
            return decorate

        @retry(3)
        def pick(values):
            value = values.pop(0)
            if value < 0:
                raise ValueError(value)
            return value
        """,
    "test_retry.py": """
        import pytest
        from retry import pick

        def test_first():
            assert pick([1]) == 1

        def test_third():
            assert pick([-1, -2, 3]) == 3

        def test_gives_up():
            with pytest.raises(ValueError, match="-3"):
                pick([-1, -2, -3, 4])

        def test_gives_up_on_the_last():
            values = [-1, -1, -5, -7]
            with pytest.raises(ValueError, match="-5"):
                pick(values)
            assert values == [-7]
        """,
}

MISSING_SELF = {
    "counter.py": """
        class Counter:
            def __init__(self):
                self.seen = {}
                self.total = 0

            def add(self, word):
                self.seen[word] = self.seen.get(word, 0) + 1
                total += 1

            def share(self, word):
                return self.seen.get(word, 0) / self.total
        """,
    "tests/__init__.py": "",
    "tests/test_counter.py": """
        from counter import Counter

        class TestCounter:
            def setup_method(self):
                self.counter = Counter()

            def test_share(self):
                for word in ("a", "b", "a", "a"):
                    self.counter.add(word)
                assert self.counter.share("a") == 0.75

            def test_total(self):
                self.counter.add("x")
                assert self.counter.total == 1

            def test_new(self):
                assert self.counter.total == 0
        """,
}

EXCEPTION_CLASS = {
    "conf/__init__.py": "",
    "conf/ports.py": """
        def port(settings, name, default=8080):
            try:
                value = int(settings[name])
            except ValueError:
                return default
            return value
        """,
    "tests/test_ports.py": """
        import pytest
        from conf.ports import port

        def test_given():
            assert port({"web": "80"}, "web") == 80

        def test_missing():
            assert port({}, "web") == 8080

        def test_missing_with_default():
            assert port({"db": "1"}, "web", 9) == 9

        def test_no_number():
            assert port({"web": "x"}, "web") == 8080
        """,
    "conftest.py": "",
}

HANGS = {
    "search.py": """
        def position(values, wanted):
            low, high = 0, len(values) - 1
            while low <= high:
                middle = (low + high) // 2
                if values[middle] == wanted:
                    return middle
                if values[middle] < wanted:
                    low = middle
                else:
                    high = middle - 1
            return -1
        """,
    "test_search.py": """
        import pytest
        from search import position

        @pytest.mark.parametrize("place", range(7))
        def test_found(place):
            values = [2, 3, 5, 7, 11, 13, 17]
            assert position(values, values[place]) == place

        @pytest.mark.parametrize("wanted", [1, 4, 20])
        def test_not_found(wanted):
            assert position([2, 3, 5, 7, 11, 13, 17], wanted) == -1
        """,
}

SEEDED: dict[str, tuple[Files, str, str]] = {  # project, file, text that the fix has
    "comparison": (CART, "shop/cart.py", "if amount >= 100:  # from 100 on"),
    "off by one": (SRC_LAYOUT_OFF_BY_ONE, "src/pages/__init__.py", "range(len(values) - size + 1)"),
    "unittest": (UNITTEST_WRONG_OPERATOR, "bank.py", "self.balance += amount"),
    "wrong variable": (WRONG_VARIABLE, "geometry.py", "return end - start"),
    "misspelt name": (MISSPELT_NAME, "report.py", "return total / len(values)"),
    "misspelt method": (MISSPELT_METHOD, "stack.py", "self._items.append(item)"),
    "class method": (CLASS_METHOD, "colours.py", "return cls(red, green, blue)"),
    "coroutine": (COROUTINE, "fetch.py", "entry = await load(name)"),
    "generator": (GENERATOR, "walk.py", "yield from leaves(branch)"),
    "module with state": (MODULE_WITH_STATE, "registry.py", "if name in _handlers and not replace:"),
    "decorated": (DECORATED_AND_NESTED, "retry.py", "attempt == times - 1"),
    "missing self": (MISSING_SELF, "counter.py", "self.total += 1"),
    "exception class": (EXCEPTION_CLASS, "conf/ports.py", "except (ValueError, KeyError):"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDED)
def test_heals_alone(name: str, tmp_path: Path) -> None:
    files, path, expected = SEEDED[name]
    repo = Repo.create(tmp_path / "repo", files)
    first, *_ = search(repo, tmp_path / "scratch")
    assert expected in fixed(first, path)
    assert is_healed(repo, first)
    assert first.needs_person == ""
    assert repo.git("status", "--short", "--ignored") == ""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_heals_an_endless_loop(tmp_path: Path) -> None:
    repo = Repo.create(tmp_path / "repo", HANGS)
    failed = tuple(
        FailedTest(case=TestCase(classname="test_search", name=f"test_found[{place}]")) for place in range(7)
    )
    # every wrong edit may hang for its time limit: on a busy machine that takes minutes
    first, *_ = search(repo, tmp_path / "scratch", failed=failed, search_time_s=240.0)
    assert "low = middle + 1" in fixed(first, "search.py")
    assert is_healed(repo, first)


def test_heals_a_wrong_comparison(tmp_path: Path) -> None:
    """The quick one of the set, for every run of the tests."""
    repo = Repo.create(tmp_path / "repo", CART)
    first, *_ = search(repo, tmp_path / "scratch", search_time_s=10.0)
    assert "if amount >= 100:  # from 100 on" in fixed(first, "shop/cart.py")
    assert first.needs_person == ""
    assert "turns 1 failing test green and keeps 3 passing tests" in first.rationale


@pytest.mark.slow
def test_line_endings_that_only_the_checkout_has_are_not_proposed(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {**CART, ".gitattributes": "*.py text eol=crlf\n"})
    (repo.path / "shop/cart.py").unlink()
    repo.git("checkout", "--quiet", "--", "shop/cart.py")
    assert b"\r\n" in (repo.path / "shop/cart.py").read_bytes()
    best = search(repo, tmp_path / "scratch")[0]
    assert best.patch.lines_added == best.patch.lines_removed == 1
    assert best.patch.changes[0].before == (repo.git("show", "HEAD:shop/cart.py") + "\n").encode()
    assert "\r" not in fixed(best, "shop/cart.py")


@pytest.mark.slow
def test_heals_under_a_command_that_sets_the_path_itself(tmp_path: Path) -> None:
    """The search gets into pytest by the same variables, and must leave the command's own values to the tests."""
    files = {
        "library/cart.py": "def total(prices):\n    return sum(prices[1:])\n",
        "tests/test_cart.py": """
            import os

            from cart import total

            def test_total():
                assert total([1, 2]) == 3

            def test_many():
                assert total([4, 2, 6]) == 12

            def test_sees_what_the_command_set():
                assert os.environ["PYTHONPATH"] == "library"
                assert os.environ["PYTEST_ADDOPTS"] == "-p no:cacheprovider"
            """,
    }
    repo = Repo.create(tmp_path / "repo", files)
    command = (
        f"PYTHONPATH=library PYTEST_ADDOPTS='-p no:cacheprovider' {sys.executable} -m pytest --junitxml={{report}}"
    )
    runner = detect_runner(repo.path, command=command, environ=os.environ)
    failed = tuple(
        FailedTest(case=TestCase(classname="tests.test_cart", name=name)) for name in ("test_total", "test_many")
    )
    first, *_ = search(repo, tmp_path / "scratch", failed=failed, runner=runner)
    assert "prices[0:]" in fixed(first, "library/cart.py") or "sum(prices)" in fixed(first, "library/cart.py")
