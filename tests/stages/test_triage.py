"""Failures of real pytest runs, grouped by cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci.domain import Cause
from tests.repos import Repo
from tests.stages.triage_kit import by_test, evidence, names, triage_run

SHOP = {
    "shop/__init__.py": "from shop.cart import Cart\n",
    "shop/cart.py": """
        from shop.money import parse

        class Base:
            def count(self):
                return len(self.items) + 1

        class Cart(Base):
            def __init__(self):
                self.items = []

            def add(self, price, number=1):
                if number < 0:
                    raise ValueError(f"negative number {number}")
                self.items.append((parse(price), number))

            def total(self):
                return sum(price * number for price, number in self.items) + 1

            @property
            def is_empty(self):
                return True

        def discount(total, percent):
            return total
        """,
    "shop/money.py": """
        def parse(text):
            if text == "broken":
                raise RuntimeError(f"cannot read {text} at all")
            if text == "worse":
                raise RuntimeError("no price")
            return int(text)
        """,
}


def _red(repo: Repo, files: dict[str, str]) -> str:
    """SHOP as the good commit, then ``files`` as the red one; the good one's id."""
    base = repo.commit("good", SHOP)
    repo.commit("red", files)
    return base


@pytest.mark.slow
def test_tests_that_break_in_one_function_have_one_cause(repo: Repo) -> None:
    _red(repo, {
        "tests/test_one.py": """
            import pytest
            from shop import Cart
            from shop.money import parse

            def test_direct():
                parse("a")

            def test_through_the_cart():
                Cart().add("b")

            @pytest.mark.parametrize("text", ["c", "d e", ""])
            def test_each(text):
                parse(text)
            """,
        "tests/test_two.py": "from shop.money import parse\n\ndef test_other_file():\n    parse('zz')\n",
    })  # fmt: skip
    (failure,) = triage_run(repo)
    assert len(failure.tests) == 6
    assert failure.cause is Cause.CODE
    assert failure.summary == (
        "ValueError in shop/money.py parse(): invalid literal for int() with base 10: 'a' (6 tests)"
    )
    assert failure.frames[0].path == "shop/money.py"
    assert not failure.frames[0].is_test
    assert evidence(failure, "exception") == ["ValueError"]


@pytest.mark.slow
def test_one_exception_at_two_places_has_two_causes(repo: Repo) -> None:
    _red(repo, {
        "tests/test_all.py": """
            import pytest
            from shop.cart import Cart
            from shop.money import parse

            def test_broken():
                parse("broken")

            def test_worse():
                parse("worse")

            def test_literal():
                parse("x")

            def test_negative():
                Cart().add("1", -1)
            """,
    })  # fmt: skip
    failures = triage_run(repo)
    assert len(failures) == 4
    assert len({failure.fingerprint for failure in failures}) == 4


@pytest.mark.slow
def test_assertions_are_grouped_by_the_function_they_judge(repo: Repo) -> None:
    _red(repo, {
        "tests/conftest.py": """
            import pytest
            from shop import Cart

            @pytest.fixture
            def filled():
                cart = Cart()
                cart.add("2")
                return cart
            """,
        "tests/test_total.py": """
            import unittest
            import shop.cart
            from shop import Cart
            from shop.cart import discount as reduced

            def test_total():
                cart = Cart()
                cart.add("2")
                assert cart.total() == 2

            def test_by_module():
                cart = shop.cart.Cart()
                result = cart.total()
                assert result == 0, "must be nothing"

            def test_by_fixture(filled):
                assert filled.total() == 2

            def test_direct():
                assert Cart().total() == 0

            def make():
                return Cart()

            def test_by_helper():
                assert make().total() == 0

            def test_inherited():
                assert Cart().count() == 0

            def test_property(filled):
                assert not filled.is_empty

            def test_discount():
                assert reduced(100, 10) == 90

            def test_discount_by_module():
                value = shop.cart.discount(50, 10)
                assert value == 45

            class TestCart(unittest.TestCase):
                def setUp(self):
                    self.cart = Cart()

                def test_total_of_none(self):
                    self.assertEqual(self.cart.total(), 0)
            """,
    })  # fmt: skip
    groups = by_test(triage_run(repo))
    total = groups["test_total"]
    assert sorted(names(total)) == [
        "test_by_fixture", "test_by_helper", "test_by_module", "test_direct", "test_total", "test_total_of_none",
    ]  # fmt: skip
    assert evidence(total, "subject") == ["shop/cart.py:16 Cart.total"]
    assert total.summary == "AssertionError about shop/cart.py Cart.total(): assert 3 == 2 (6 tests)"
    assert evidence(groups["test_inherited"], "subject") == ["shop/cart.py:4 Base.count"]
    assert evidence(groups["test_property"], "subject") == ["shop/cart.py:20 Cart.is_empty"]
    assert groups["test_discount"] is groups["test_discount_by_module"]
    assert len(set(map(id, groups.values()))) == 4


@pytest.mark.slow
def test_operators_are_judged_as_the_methods_they_call(repo: Repo) -> None:
    repo.commit("red", {
        "money.py": """
            RATE = 2

            class Money:
                def __init__(self, n):
                    self.n = n

                def __add__(self, other):
                    return Money(self.n + other.n + 1)

                def __len__(self):
                    return 4
            """,
        "test_money.py": """
            from money import RATE, Money

            def test_add():
                assert (Money(1) + Money(2)).n == 3

            def test_add_twice():
                one = Money(1)
                assert (one + one).n == 2

            def test_len():
                assert len(Money(3)) == 3

            def test_rate():
                assert RATE == 3
            """,
    })  # fmt: skip
    groups = by_test(triage_run(repo))
    assert groups["test_add"] is groups["test_add_twice"]
    assert evidence(groups["test_add"], "subject") == ["money.py:7 Money.__add__"]
    assert evidence(groups["test_len"], "subject") == ["money.py:10 Money.__len__"]
    assert groups["test_rate"].summary == "AssertionError about money.py RATE: assert 2 == 3 (1 test)"


@pytest.mark.slow
def test_a_set_up_that_breaks_is_one_cause(repo: Repo) -> None:
    _red(repo, {
        "tests/test_a.py": """
            import unittest

            def helper():
                raise OSError("no data")

            class Broken(unittest.TestCase):
                def setUp(self):
                    raise RuntimeError("no set-up")

                def test_a(self): ...
                def test_b(self): ...

            def test_c():
                helper()

            def test_d():
                helper()
            """,
    })  # fmt: skip
    assert sorted(map(names, triage_run(repo))) == [["test_a", "test_b"], ["test_c", "test_d"]]


@pytest.mark.slow
def test_an_exception_not_raised_is_about_what_should_raise_it(repo: Repo) -> None:
    _red(repo, {
        "tests/test_all.py": """
            import pytest
            from shop import Cart
            from shop.cart import discount

            def test_raises():
                with pytest.raises(ValueError):
                    discount(1, 101)

            def test_raises_again():
                cart = Cart()
                with pytest.raises(TypeError):
                    discount(1, None)
            """,
    })  # fmt: skip
    failures = triage_run(repo)
    assert {tuple(evidence(failure, "subject")) for failure in failures} == {("shop/cart.py:23 discount",)}


def test_tests_without_a_subject_stand_for_themselves(repo: Repo) -> None:
    _red(repo, {
        "tests/test_all.py": """
            import pytest

            def test_a():
                assert 3 == 4

            def test_b():
                assert 3 == 4

            @pytest.mark.parametrize("n", [1, 2])
            def test_c(n):
                assert n == 0
            """,
    })  # fmt: skip
    failures = triage_run(repo)
    assert sorted(map(names, failures)) == [["test_a"], ["test_b"], ["test_c[1]", "test_c[2]"]]
    assert failures[0].summary == "AssertionError in tests/test_all.py test_c(): assert 1 == 0 (2 tests)"


@pytest.mark.slow
def test_what_keeps_tests_from_loading_is_one_cause_each(repo: Repo) -> None:
    base = _red(repo, {
        "shop/cart.py": "def broken(:\n",
        "shop/money.py": "import nosuchpackage.deep\n",
        "tests/test_a.py": "from shop.cart import Cart\n",
        "tests/test_b.py": "from shop.cart import Cart\n",
        "tests/test_c.py": "import nosuchpackage\n",
        "tests/test_d.py": "import shop.money\n",
        "tests/test_e.py": "def test(:\n",
        "tests/test_f.py": "from shop.other import thing\n",
        "tests/test_g.py": "import yaml_not_there.loader\n",
        "shop/__init__.py": "",
    })  # fmt: skip
    groups = by_test(triage_run(repo, base=base))
    assert groups["tests.test_a"] is groups["tests.test_b"]
    assert groups["tests.test_a"].cause is Cause.CODE
    assert groups["tests.test_a"].summary == "SyntaxError in shop/cart.py: invalid syntax (2 tests)"
    assert groups["tests.test_c"] is groups["tests.test_d"]
    assert groups["tests.test_c"].cause is Cause.DEPENDENCY
    assert groups["tests.test_e"].cause is Cause.TEST
    assert groups["tests.test_f"].cause is Cause.CODE
    assert groups["tests.test_g"].cause is Cause.DEPENDENCY
    assert len(set(map(id, groups.values()))) == 5


def test_a_name_that_is_gone_is_a_fault_of_the_code(repo: Repo) -> None:
    tests = {
        "tests/test_a.py": "from shop.money import parse\n\ndef test_a():\n    parse('1')\n",
        "tests/test_b.py": "from shop import money\n\ndef test_b():\n    money.parse('1')\n",
    }
    base = repo.commit("good", {**SHOP, **tests})
    repo.commit(
        "red", {"shop/money.py": "def read(text):\n    return int(text)\n", "shop/__init__.py": "", "shop/cart.py": ""}
    )
    failures = triage_run(repo, base=base)
    assert {failure.cause for failure in failures} == {Cause.CODE}
    assert [failure.summary for failure in failures] == [
        "shop.money has no parse, asked for by tests/test_a.py (2 tests)"
    ]  # fmt: skip
    assert evidence(failures[0], "changed_file") == []


def test_a_module_that_was_deleted_is_a_fault_of_the_code(repo: Repo) -> None:
    base = repo.commit("good", {**SHOP, "tests/test_a.py": "import shop.money\n\ndef test_a():\n    pass\n"})
    repo.git("rm", "-q", "shop/money.py")
    repo.commit("red", {"shop/__init__.py": "", "shop/cart.py": ""})
    (failure,) = triage_run(repo, base=base)
    assert failure.cause is Cause.CODE
    assert evidence(failure, "rule") == ["shop/money.py was deleted since the last good commit"]


@pytest.mark.slow
def test_a_misspelt_import_is_a_fault_of_the_code(repo: Repo) -> None:
    base = _red(repo, {
        "shop/money.py": "import jsn\n", "shop/__init__.py": "", "tests/test_a.py": "import shop.money\n",
    })  # fmt: skip
    (failure,) = triage_run(repo, base=base)
    assert failure.cause is Cause.CODE
    assert "“json” is near it" in evidence(failure, "rule")[0]


def test_a_fixture_that_breaks_is_one_cause_for_all_who_ask_for_it(repo: Repo) -> None:
    _red(repo, {
        "tests/conftest.py": """
            import pytest

            @pytest.fixture
            def db(tmp_path):
                raise OSError(f"no database at {tmp_path}")
            """,
        "tests/test_a.py": "def test_a(db): ...\ndef test_b(db): ...\n",
        "tests/test_b.py": "def test_c(db): ...\ndef test_d(nothing): ...\ndef test_e(mocker_of_none, nothing): ...\n",
    })  # fmt: skip
    groups = by_test(triage_run(repo))
    assert sorted(names(groups["test_a"])) == ["test_a", "test_b", "test_c"]
    assert groups["test_a"].frames[0].function == "db"
    assert groups["test_d"].cause is Cause.TEST
    assert groups["test_d"].summary == "fixture nothing not found, asked for by tests/test_b.py (1 test)"


def test_the_test_is_at_fault_when_only_it_changed(repo: Repo) -> None:
    good = {
        **SHOP,
        "tests/test_a.py": "from shop.cart import discount\n\ndef test_a():\n    assert discount(1, 2) == 1\n",
    }
    base = repo.commit("good", {**good, "shop/unrelated.py": "x = 1\n"})
    changed = {"tests/test_a.py": "from shop.cart import discount\n\ndef test_a():\n    assert discount(1, 2) == 2\n"}
    repo.commit("red", {**changed, "README.md": "hello\n", "shop/unrelated.py": "x = 2\n"})
    (failure,) = triage_run(repo, base=base)
    assert failure.cause is Cause.TEST
    assert evidence(failure, "changed_file") == ["tests/test_a.py"]


@pytest.mark.parametrize("also", ["shop/cart.py", "shop/money.py", "shop/rates.json", "pyproject.toml"])
@pytest.mark.slow
def test_the_code_is_suspected_when_anything_that_the_test_runs_changed(repo: Repo, also: str) -> None:
    good = {
        **SHOP,
        "tests/test_a.py": "from shop.cart import discount\n\ndef test_a():\n    assert discount(1, 2) == 1\n",
    }
    base = repo.commit("good", {**good, "shop/rates.json": "{}\n", "pyproject.toml": "[project]\ndependencies = []\n"})
    more = {
        "shop/cart.py": "def discount(total, percent):\n    return total + 0\n",
        "shop/money.py": "def parse(text):\n    return 1\n",
        "shop/rates.json": '{"a": 1}\n',
        "pyproject.toml": '[project]\ndependencies = [\n  "requests>=2",\n]\n',
    }
    changed = {"tests/test_a.py": "from shop.cart import discount\n\ndef test_a():\n    assert discount(1, 2) == 2\n"}
    keep = {"shop/__init__.py": ""}
    repo.commit("red", {**changed, also: more[also], **keep})
    (failure,) = triage_run(repo, base=base)
    assert failure.cause is Cause.CODE


def test_what_a_test_starts_as_a_program_counts_as_run(repo: Repo) -> None:
    old = "import subprocess, sys\n\ndef test_a():\n    assert subprocess.run([sys.executable, '-m', 'shop.tool']).returncode == 0\n"
    base = repo.commit("good", {**SHOP, "tests/test_a.py": old, "shop/tool.py": "x = 1\n"})
    repo.commit("red", {"tests/test_a.py": old + "\n# more\n", "shop/tool.py": "raise SystemExit(3)\n"})
    (failure,) = triage_run(repo, base=base)
    assert failure.cause is Cause.CODE
    assert evidence(failure, "changed_below") == ["shop/tool.py"]


def test_a_new_test_is_not_called_wrong(repo: Repo) -> None:
    old = "from shop.cart import discount\n\ndef test_a():\n    assert discount(1, 2) == 1\n"
    base = repo.commit("good", {**SHOP, "tests/test_a.py": old})
    new = old + "\ndef test_b():\n    assert discount(100, 10) == 90\n"
    repo.commit(
        "red", {"tests/test_a.py": new, "tests/test_c.py": old.replace("== 1", "== 9").replace("test_a", "test_c")}
    )
    failures = triage_run(repo, base=base)
    assert {failure.cause for failure in failures} == {Cause.CODE}
    assert "is new since the last good commit" in evidence(failures[0], "rule")[0]


def test_a_fixture_that_changed_and_broke_is_a_fault_of_the_tests(repo: Repo) -> None:
    fixture = "import pytest\n\n@pytest.fixture\ndef rates():\n    return {}\n"
    base = repo.commit(
        "good", {**SHOP, "tests/conftest.py": fixture, "tests/test_a.py": "def test_a(rates):\n    pass\n"}
    )
    repo.commit("red", {"tests/conftest.py": fixture.replace("{}", "{}['a']")})
    (failure,) = triage_run(repo, base=base)
    assert failure.cause is Cause.TEST
    assert failure.summary == "KeyError in tests/conftest.py rates(): 'a' (1 test)"


def test_an_async_test_without_its_plugin_is_a_dependency(repo: Repo) -> None:
    _red(repo, {"tests/test_a.py": "async def test_a(): ...\n"})
    (failure,) = triage_run(repo, "-p", "no:anyio", "-p", "no:asyncio")
    assert failure.cause is Cause.DEPENDENCY


def test_a_name_that_a_test_does_not_have_is_its_own_fault(repo: Repo) -> None:
    _red(repo, {"tests/test_a.py": "def test_a():\n    assert totl == 1\n"})
    (failure,) = triage_run(repo)
    assert failure.cause is Cause.TEST
    assert failure.summary == "NameError in tests/test_a.py test_a(): name 'totl' is not defined (1 test)"


def test_a_service_that_is_not_there_is_infrastructure(repo: Repo) -> None:
    _red(repo, {
        "tests/test_a.py": """
            import socket

            def test_db():
                socket.create_connection(("127.0.0.1", 5432), timeout=5)

            def test_db_again():
                socket.create_connection(("localhost", 5432), timeout=5)

            def test_own_server():
                socket.create_connection(("127.0.0.1", 47811), timeout=5)

            def test_dns():
                raise socket.gaierror(-3, "Temporary failure in name resolution")
            """,
    })  # fmt: skip
    groups = by_test(triage_run(repo))
    assert groups["test_db"] is groups["test_db_again"]
    assert groups["test_db"].cause is Cause.INFRASTRUCTURE
    assert "network (postgres)" in groups["test_db"].summary
    assert groups["test_own_server"].cause is Cause.CODE
    assert "port 47811" in evidence(groups["test_own_server"], "not_infrastructure")[0]
    assert groups["test_dns"].cause is Cause.INFRASTRUCTURE


@pytest.mark.slow
def test_every_style_of_traceback_tells_the_same(repo: Repo) -> None:
    _red(repo, {
        "tests/test_a.py": """
            from shop import Cart
            from shop.money import parse

            def test_parse():
                parse("x")

            def test_total():
                assert Cart().total() == 0
            """,
    })  # fmt: skip
    styles = [triage_run(repo, f"--tb={style}") for style in ("auto", "long", "short", "native")]
    prints = [[failure.fingerprint for failure in failures] for failures in styles]
    assert prints[1:] == prints[:-1]


@pytest.mark.slow
def test_another_checkout_and_shifted_lines_give_the_same_fingerprints(tmp_path: Path) -> None:
    tests = {
        "tests/test_a.py": """
            from shop import Cart
            from shop.money import parse

            def test_parse():
                parse("broken")

            def test_total(tmp_path):
                assert Cart().total() == tmp_path
            """,
    }
    one = Repo.create(tmp_path / "one", {**SHOP, **tests})
    other = Repo.create(tmp_path / "some" / "where" / "else", {**SHOP, **tests})
    moved = other.path / "shop" / "cart.py"
    moved.write_text("# a licence\n" * 20 + "\nimport os\n" + moved.read_text())
    test = other.path / "tests" / "test_a.py"
    test.write_text("\n\n# moved\n" + test.read_text())
    other.commit("shifted")
    first, second = triage_run(one), triage_run(other)
    assert [f.fingerprint for f in first] == [f.fingerprint for f in second]
    assert len(first) == 2


@pytest.mark.slow
def test_the_number_of_tests_that_hit_a_cause_does_not_change_it(repo: Repo) -> None:
    _red(repo, {
        "tests/test_a.py": """
            from shop.money import parse

            def test_a():
                parse("x")

            def test_b():
                parse("y")
            """,
    })  # fmt: skip
    (both,) = triage_run(repo)
    (one,) = triage_run(repo, "tests/test_a.py::test_b")
    assert both.fingerprint == one.fingerprint


def test_nothing_failed_is_no_failure(repo: Repo) -> None:
    _red(repo, {"tests/test_a.py": "def test_a(): ...\n"})
    assert triage_run(repo) == ()
