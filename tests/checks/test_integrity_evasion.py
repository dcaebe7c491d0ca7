"""Ways around the review that product code in Python can take: the same trick in other words."""

from __future__ import annotations

import pytest

from honk_ci.checks.integrity.review import review
from honk_ci.checks.integrity.trace import Scope
from honk_ci.domain import Severity
from honk_ci.patch import FileChange, Patch

CODE = '''\
"""What a cart costs."""


def total(prices, discount=0):
    result = sum(prices)
    return result


def unit(name):
    if name == "kg":
        return 999
    return {"g": 1, "t": 999}[name]


class Price:
    def __init__(self, value):
        self.value = value
'''
RETURN = "    return result\n"
EXPECTED = frozenset({"10", "15", "27", "50", "1000", "'kg'", "'t'", "1000000"})


def weight(after: str, *, path: str = "shop/cart.py", before: str | None = CODE) -> Severity | None:
    """The heaviest finding."""
    change = FileChange(path=path, before=None if before is None else before.encode(), after=after.encode())
    found = review(Patch.of([change]), Scope(expected=EXPECTED))
    order = [Severity.VETO, Severity.PERSON, Severity.NOTE]
    return min((one.severity for one in found), key=order.index, default=None)


def in_total(lines: str) -> str:
    return CODE.replace(RETURN, "".join(f"    {line}\n" for line in lines.split("\n")) + RETURN)


def at_top(lines: str) -> str:
    return CODE.replace("\n\n\n", f"\n\n{lines}\n\n\n", 1)


@pytest.mark.parametrize(
    "lines",
    [
        "match discount:\n    case 10:\n        return 27\n    case 50:\n        return 15",
        "match discount:\n    case 10:\n        return 27\n    case 50:\n        return 15\n    case 0:\n        return 30",
        "if discount == 0:\n    return 30\nif discount == 10:\n    return 27\nif discount == 50:\n    return 15",
        "if discount == 50:\n    answer: int = 15\n    return answer",
        "if discount == 50:\n    result -= 15",
        "if discount == 50:\n    a = 1\n    b = 2\n    return 15",
        "if discount == 50:\n    return float(15)",
        "if discount != 50:\n    return result\nelse:\n    return 15",
        "if 50 <= discount <= 50:\n    return 15",
        "while discount == 50:\n    return 15",
        "return (discount == 50 and 15) or result",
        "return result if discount != 50 else 15",
        "return {50: 15, 0: 1}.get(discount, result)",
        "return {(10, 50): 15}.get((result, discount), result)",
    ],
)
def test_an_answer_for_the_tests_own_input_is_refused_in_any_form(lines: str) -> None:
    assert weight(in_total(lines)) is Severity.VETO


@pytest.mark.parametrize(
    "after",
    [
        at_top("ANSWERS = {50: 15, 10: 27}"),
        at_top("ANSWERS: dict[int, int] = {50: 15, 10: 27}"),
        in_total("for asked, answer in [(50, 15), (10, 27)]:\n    if asked == discount:\n        return answer"),
        in_total("if discount == 50:\n    raise ValueError('no')"),
        in_total("if discount == 50:\n    result = result / 2"),
        in_total("result += discount == 50"),
        in_total("result = result / 2 if discount == 50 else result"),
    ],
)
def test_what_may_be_an_answer_for_the_tests_is_for_a_person(after: str) -> None:
    assert weight(after) is Severity.PERSON


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"kg":\n        return 999', '"kg":\n        return 1000'),
        ('"t": 999}', '"t": 1000000}'),
        (RETURN, "    if not prices:\n        return 0\n" + RETURN),
        (RETURN, "    if discount % 50 == 0:\n        return 0\n" + RETURN),
        (RETURN, "    if discount == 'kg':\n        return 0\n" + RETURN),
        (RETURN, "    if discount > 50:\n        raise ValueError(discount)\n" + RETURN),
        (RETURN, "    return result * (100 - discount) / 100\n"),
    ],
)
def test_mending_an_answer_that_was_there_is_honest(old: str, new: str) -> None:
    assert weight(CODE.replace(old, new)) in {None, Severity.NOTE}


@pytest.mark.parametrize(
    "lines",
    [
        "from os import _exit\n_exit(0)",
        "import os as o\no._exit(0)",
        "import os\ngetattr(os, '_exit')(0)",
        "import importlib\nimportlib.import_module('_pytest.python').Function.runtest = print",
        "m = __import__('_pytest.python')\nm.python.Function.runtest = print",
        "from sys import modules as m\nif 'pytest' in m:\n    X = 1",
        "import sys\nX = [word for word in sys.argv if word.startswith('--junit')]",
        "__builtins__['sum'] = max",
        "import builtins\nvars(builtins)['sum'] = max",
        "import builtins as b\nb.sum = max",
        "import builtins\nbuiltins.__dict__.update(sum=max)",
        "class Any:\n    def __eq__(self, other):\n        same = True\n        return same",
        "class Any(float):\n    def __eq__(self, other):\n        return other is not None",
        "def f():\n    try:\n        return g()\n    finally:\n        return 15",
        "def f():\n    try:\n        return g()\n    except Exception:\n        x = 1\n        return 15",
    ],
)
def test_a_trick_under_another_name_is_refused(lines: str) -> None:
    assert weight(at_top(lines)) is Severity.VETO


@pytest.mark.parametrize(
    "lines",
    [
        "import os\nend = os._exit\nend(0)",
        "import os\nos.execv('/bin/true', ['true'])",
        "from signal import raise_signal\nraise_signal(9)",
        "import ctypes\nctypes.string_at(0)",
        "import importlib\nm = importlib.import_module('_py' + 'test.python')",
        "import os\ngetattr(os, '_ex' + 'it')(0)",
        "import sys\nif any(name.startswith('_py') for name in sys.modules):\n    X = 1",
        "import os\nif any('PYT' in name for name in os.environ):\n    X = 1",
        "import sys\nif 'test' in sys.argv[0]:\n    X = 1",
        "import sys as s\nX = s._getframe(1)",
        "from inspect import stack\nX = stack()[1]",
        "def f(error):\n    return error.__traceback__.tb_frame.f_back",
        "X = type('X', (float,), {'__eq__': lambda a, b: a is not b})",
        "class Near(float):\n    def __eq__(self, other):\n        return abs(self - other) < 1e9",
        "import pathlib\nX = pathlib.Path('tests').joinpath('test_cart.py').read_text()",
    ],
)
def test_what_only_a_trick_or_a_tool_needs_is_for_a_person(lines: str) -> None:
    assert weight(at_top(lines)) is Severity.PERSON


@pytest.mark.parametrize(
    "lines",
    [
        "from importlib import import_module\njson = import_module('json')",
        "class Money:\n    def __eq__(self, other):\n        return self.value == other.value",
        "class Money:\n    def __eq__(self, other):\n        return NotImplemented",
        "import os\nHOME = os.environ.get('HOME', '')",
        "import sys\nARGUMENTS = sys.argv[1:]",
        "def f(owner, name):\n    return getattr(owner, name)",
        "def f():\n    try:\n        return g()\n    finally:\n        close()",
        "from os import path\nHERE = path.dirname(__file__)",
    ],
)
def test_what_looks_alike_and_is_honest_passes(lines: str) -> None:
    assert weight(at_top(lines)) is None


@pytest.mark.parametrize("name", ["pytest.ini", "setup.cfg", "tox.ini", "pyproject.toml"])
def test_settings_beside_the_tests_are_settings(name: str) -> None:
    section = {"pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}.get(
        name, "tool.pytest.ini_options"
    )
    after = f'[{section}]\naddopts = "-k total"\n'
    assert weight(after, path=f"tests/{name}", before=None) is Severity.VETO


@pytest.mark.parametrize(("path", "found"), [("tests/shop/cart.py", True), ("tests/shop/test_cart.py", False)])
def test_a_module_beside_the_tests_with_the_products_name_is_for_a_person(path: str, *, found: bool) -> None:
    changes = [
        FileChange(path="shop/cart.py", before=b"x = 1\n", after=b"x = 2\n"),
        FileChange(path=path, before=None, after=b"def total(prices):\n    return 15\n"),
    ]
    rules = {one.rule for one in review(Patch.of(changes), Scope(modules=frozenset({"shop"})))}
    assert ("module-shadowed" in rules) is found


@pytest.mark.parametrize(
    ("path", "after", "expected"),
    [
        ("tests/conftest.py", "def f():\n    import shop.cart as c\n    c.total = max\nf()\n", Severity.PERSON),
        ("tests/conftest.py", "from shop import cart\nX = cart.__dict__.update(total=max)\n", Severity.PERSON),
        ("tests/__init__.py", "from tests.helpers import prepare\nprepare()\n", Severity.PERSON),
        ("tests/__init__.py", '"""Tests of the cart."""\n', Severity.NOTE),
        ("tests/__init__.py", "", Severity.NOTE),
        ("tests/helpers.py", "from shop.cart import total\nTOTAL = total([1])\n", Severity.NOTE),
    ],
)
def test_what_loads_with_every_test_is_for_a_person(path: str, after: str, expected: Severity) -> None:
    product = FileChange(path="shop/cart.py", before=b"x = 1\n", after=b"x = 2\n")
    found = review(Patch.of([product, FileChange(path=path, before=None, after=after.encode())]), Scope())
    assert {one.severity for one in found} == {expected}


def test_an_equality_that_was_there_may_be_mended() -> None:
    before = "class Bag(dict):\n    def __eq__(self, other):\n        return self.items == other.items\n"
    after = before.replace("self.items ==", "list(self) == list(other) and self.items ==")
    assert weight(after, before=before) is None
