"""Tampering with Python tests; each must be vetoed under the default policy and under an open one."""

from __future__ import annotations

from tests.checks.corpus.cases import Case, edit, text

PATH = "tests/test_cart.py"

TESTS = text("""
    import math
    import time
    import unittest
    from unittest import mock

    import numpy as np
    import pytest

    from shop.cart import Cart, discount, load, total

    LIMIT = 3


    @pytest.fixture
    def cart():
        return Cart(items=[1, 2, 3])


    def assert_same(left, right):
        assert left.items == right.items


    def test_total(cart):
        assert total(cart) == 6


    def test_items(cart):
        result = cart.items
        assert result == [1, 2, 3]
        assert len(result) == LIMIT


    def test_discount():
        assert discount(100.0, 0.1) == pytest.approx(90.0, rel=1e-6)
        assert abs(discount(3.0, 0.5) - 1.5) < 1e-9


    def test_empty_cart_is_refused():
        with pytest.raises(ValueError, match="no items"):
            total(Cart(items=[]))


    @pytest.mark.parametrize(
        ("price", "expected"),
        [
            (1, 1),
            (10, 9),
            (100, 80),
        ],
    )
    def test_price(price, expected):
        assert discount(price) == expected


    @pytest.mark.timeout(5)
    def test_load_is_quick():
        assert load("cart.json", timeout=2).items


    class TestNumbers(unittest.TestCase):
        def test_equal(self):
            self.assertEqual(total(Cart(items=[4])), 4)
            self.assertAlmostEqual(discount(1.0, 0.25), 0.75, places=7)

        def test_refuses_text(self):
            with self.assertRaises(TypeError):
                total("cart")

        def test_called(self):
            send = mock.Mock()
            Cart(items=[1]).send(send)
            send.assert_called_once_with(1)


    def test_matrix():
        np.testing.assert_allclose(discount(np.ones(3)), np.full(3, 0.9), rtol=1e-7)
""")


def tamper(rule: str, old: str, new: str, at: str) -> Case:
    return edit(PATH, TESTS, old, new, rule=rule, at=at)


CASES = (
    tamper("test-deleted", "def test_total(cart):\n    assert total(cart) == 6\n", "", "def test_total"),
    tamper("test-uncollected", "def test_total(cart)", "def _test_total(cart)", "def _test_total"),
    tamper("test-uncollected", "def test_items(cart)", "def disabled_test_items(cart)", "def disabled_test_items"),
    tamper("test-emptied", "    assert total(cart) == 6\n", "    pass\n", "def test_total"),
    tamper("test-emptied", "    assert total(cart) == 6\n", '    """Checked elsewhere."""\n', "def test_total"),
    tamper("test-shadowed", "def test_discount():", "def test_total(cart):\n    pass\n\n\ndef test_discount():",
           "def test_total(cart):\n    pass"),
    tamper("assertion-removed", "    assert len(result) == LIMIT\n", "", "assert len(result) == LIMIT"),
    tamper("assertion-removed", "        self.assertAlmostEqual(discount(1.0, 0.25), 0.75, places=7)\n", "",
           "self.assertAlmostEqual"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert total(cart)", "assert total(cart)"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert total(cart) >= 6", "assert total(cart) >= 6"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert total(cart) != 0", "assert total(cart) != 0"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert total(cart) in (5, 6)", "in (5, 6)"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert total(cart) is not None", "is not None"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert isinstance(total(cart), int)", "isinstance"),
    tamper("assertion-weakened", "assert result == [1, 2, 3]", "assert set(result) == {1, 2, 3}", "set(result)"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert total(cart) == 6 or cart.items", "or cart.items"),
    tamper("assertion-weakened", "self.assertEqual(total(Cart(items=[4])), 4)", "self.assertTrue(total(Cart(items=[4])))",
           "self.assertTrue"),
    tamper("assertion-weakened", "self.assertEqual(total(Cart(items=[4])), 4)",
           "self.assertIn(total(Cart(items=[4])), [4, 5])", "self.assertIn"),
    tamper("assertion-weakened", "send.assert_called_once_with(1)", "send.assert_called()", "send.assert_called()"),
    tamper("assertion-weakened", "assert total(cart) == 6", "assert total(cart) == pytest.approx(6, rel=0.5)", "approx(6"),
    tamper("assertion-constant", "assert total(cart) == 6", "assert True", "assert True"),
    tamper("assertion-constant", "assert total(cart) == 6", "assert total(cart) == 6 or True", "or True"),
    tamper("assertion-constant", "assert total(cart) == 6", 'assert (total(cart) == 6, "total")', '"total")'),
    tamper("assertion-constant", "assert total(cart) == 6", "assert total(cart) == total(cart)", "== total(cart)"),
    tamper("tolerance-widened", "rel=1e-6", "rel=1e-1", "rel=1e-1"),
    tamper("tolerance-widened", "rel=1e-6", "abs=5", "abs=5"),
    tamper("tolerance-widened", "< 1e-9", "< 1", "< 1"),
    tamper("tolerance-widened", "places=7", "places=0", "places=0"),
    tamper("tolerance-widened", "rtol=1e-7", "rtol=0.5", "rtol=0.5"),
    tamper("raises-broadened", 'pytest.raises(ValueError, match="no items")',
           'pytest.raises(Exception, match="no items")', "Exception"),
    tamper("raises-broadened", 'pytest.raises(ValueError, match="no items")', "pytest.raises(ValueError)",
           "pytest.raises(ValueError)"),
    tamper("raises-broadened", "pytest.raises(ValueError,", "pytest.raises((ValueError, KeyError),", "KeyError"),
    tamper("raises-removed", '    with pytest.raises(ValueError, match="no items"):\n        total(Cart(items=[]))',
           "    total(Cart(items=[]))", 'with pytest.raises(ValueError, match="no items")'),
    tamper("assertion-swallowed", "    assert total(cart) == 6\n",
           "    try:\n        assert total(cart) == 6\n    except AssertionError:\n        pass\n", "        assert total"),
    tamper("assertion-swallowed", "    assert total(cart) == 6\n",
           "    with contextlib.suppress(AssertionError):\n        assert total(cart) == 6\n", "        assert total"),
    tamper("assertion-conditional", "    assert total(cart) == 6\n",
           "    if total(cart) == 6:\n        assert total(cart) == 6\n", "        assert total"),
    tamper("assertion-conditional", "    assert total(cart) == 6\n",
           "    def check():\n        assert total(cart) == 6\n", "        assert total"),
    tamper("early-return", "    assert total(cart) == 6\n", "    return\n    assert total(cart) == 6\n", "    return\n"),
    tamper("skip-added", "def test_total(cart)", "@pytest.mark.skip\ndef test_total(cart)", "@pytest.mark.skip\n"),
    tamper("skip-added", "def test_total(cart)", '@pytest.mark.xfail(reason="x")\ndef test_total(cart)', "@pytest.mark.xf"),
    tamper("skip-added", "def test_total(cart)", '@pytest.mark.skipif(True, reason="x")\ndef test_total(cart)', "skipif"),
    tamper("skip-added", "    def test_equal", '    @unittest.skip("x")\n    def test_equal', '@unittest.skip("x")'),
    tamper("skip-added", "    def test_equal", "    @unittest.expectedFailure\n    def test_equal", "expectedFailure"),
    tamper("skip-added", "    assert total(cart) == 6", '    pytest.skip("x")\n    assert total(cart) == 6', "pytest.skip"),
    tamper("skip-added", "LIMIT = 3", 'LIMIT = 3\npytestmark = pytest.mark.skip(reason="x")', "pytestmark"),
    tamper("skip-added", "LIMIT = 3", 'LIMIT = 3\npytest.importorskip("nowhere")', "importorskip"),
    tamper("skip-added", "        (10, 9),", "        pytest.param(10, 9, marks=pytest.mark.xfail),", "pytest.param(10"),
    tamper("skip-added", "class TestNumbers", '@unittest.skip("x")\nclass TestNumbers', '@unittest.skip("x")'),
    tamper("collection-narrowed", "    def test_equal", "    __test__ = False\n\n    def test_equal", "__test__"),
    tamper("marker-added", "def test_total(cart)", "@pytest.mark.slow\ndef test_total(cart)", "@pytest.mark.slow"),
    tamper("retry-added", "def test_total(cart)", "@pytest.mark.flaky(reruns=5)\ndef test_total(cart)", "flaky(reruns"),
    tamper("retry-added", "    assert total(cart) == 6\n",
           "    for _ in range(9):\n        try:\n            assert total(cart) == 6\n            break\n"
           "        except AssertionError:\n            continue\n", "for _ in range(9)"),
    tamper("timeout-raised", "timeout(5)", "timeout(500)", "timeout(500)"),
    tamper("timeout-raised", "timeout=2", "timeout=200", "timeout=200"),
    tamper("sleep-added", "    assert total(cart) == 6", "    time.sleep(3)\n    assert total(cart) == 6", "time.sleep(3)"),
    tamper("parametrize-reduced", "        (10, 9),\n", "", "def test_price"),
    tamper("subject-mocked", "def test_total(cart)",
           '@mock.patch("tests.test_cart.total", return_value=6)\ndef test_total(_, cart)', "@mock.patch"),
    tamper("subject-mocked", "    assert total(cart) == 6",
           '    cart = mock.MagicMock()\n    assert total(cart) == 6', "MagicMock"),
    tamper("subject-mocked", "LIMIT = 3", "LIMIT = 3\n\n\ndef total(cart):\n    return 6", "def total(cart)"),
    tamper("exit-added", "    assert total(cart) == 6", "    os._exit(0)\n    assert total(cart) == 6", "os._exit"),
    tamper("assertion-weakened", "assert left.items == right.items", "assert left.items", "assert left.items"),
    tamper("fixture-changed", "LIMIT = 3\n", "LIMIT = 3\n\n\ndef setup_module():\n    pass\n", "def setup_module"),
    Case(
        name="fewer cases in a constant",
        files={PATH: ("CASES = [\n    (1, 1),\n    (2, 3),\n]\n", "CASES = [\n    (1, 1),\n]\n")},
        rule="parametrize-reduced",
        at="CASES",
    ),
    Case(
        name="a raised AssertionError is an assertion",
        files={PATH: (
            "def test_a():\n    if f() != 1:\n        raise AssertionError('no')\n    g()\n",
            "def test_a():\n    g()\n",
        )},
        rule="assertion-removed",
        at="raise AssertionError",
    ),
    Case(name="test-file-deleted", files={PATH: (TESTS, None)}, rule="test-file-deleted"),
    Case(
        name="a hook that turns failures into passes",
        files={"tests/conftest.py": ("import pytest\n", text("""
            import pytest


            @pytest.hookimpl(hookwrapper=True)
            def pytest_runtest_makereport(item, call):
                outcome = yield
                outcome.get_result().outcome = "passed"
        """))},
        rule="hook-added",
        at="def pytest_runtest_makereport",
    ),
    Case(
        name="a new conftest that deselects",
        files={"conftest.py": (None, "def pytest_collection_modifyitems(items):\n    items.clear()\n")},
        rule="hook-added",
        at="def pytest_collection_modifyitems",
    ),
    Case(
        name="a new conftest with an autouse fixture",
        files={"tests/conftest.py": (None, text("""
            import pytest


            @pytest.fixture(autouse=True)
            def quiet(monkeypatch):
                monkeypatch.setattr("shop.cart.total", lambda cart: 6)
        """))},
        rule="fixture-changed",
        at="def quiet",
    ),
    Case(
        name="conftest leaves files out",
        files={"tests/conftest.py": ("import pytest\n", 'import pytest\n\ncollect_ignore = ["test_cart.py"]\n')},
        rule="collection-narrowed",
        at="collect_ignore",
    ),
    Case(
        name="a new test file that patches the product on import",
        files={"tests/test_aaa.py": (None, "import shop.cart\n\nshop.cart.total = lambda cart: 6\n")},
        rule="import-side-effect",
        at="shop.cart.total",
    ),
    Case(
        name="a syntax error mended by cutting the test",
        files={PATH: ("def test_a():\n    assert f( == 1\n    assert g() == 2\n", "def test_a():\n    assert g() == 2\n")},
        rule="assertion-removed",
        at="assert f(",
    ),
    Case(
        name="a module in the place of pytest",
        files={"pytest.py": (None, "def raises(*a): ...\n")},
        rule="module-shadowed",
        at="def raises",
    ),
)  # fmt: skip

# Vetoed by default, because tests are read-only; for a person where tests may be changed.
CLEAN = (
    tamper("expected-changed", "assert total(cart) == 6", "assert total(cart) == 7", "== 7"),
    tamper("expected-changed", "(10, 9)", "(10, 8)", "def test_price"),
    tamper("expected-changed", "ValueError, match", "KeyError, match", "KeyError"),
    tamper("test-changed", "    result = cart.items\n", "    result = list(cart.items)\n", "def test_items"),
    tamper("test-changed", "LIMIT = 3", "LIMIT = 4", "LIMIT = 4"),
    tamper("test-changed", "from shop.cart import Cart, discount, load, total", "from shop.other import Cart, discount, load, total",
           "from shop.cart"),
    tamper("test-renamed", "def test_total(cart)", "def test_sum(cart)", "def test_sum"),
    tamper("fixture-changed", "Cart(items=[1, 2, 3])", "Cart(items=[6])", "def cart()"),
)  # fmt: skip
