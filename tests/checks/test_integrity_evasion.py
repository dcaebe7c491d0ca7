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
        (RETURN, "    if discount > 50:\n        raise ValueError(discount)\n" + RETURN),
        (RETURN, "    return result * (100 - discount) / 100\n"),
    ],
)
def test_mending_an_answer_that_was_there_is_honest(old: str, new: str) -> None:
    assert weight(CODE.replace(old, new)) in {None, Severity.NOTE}
