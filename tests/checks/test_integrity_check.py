"""The integrity check as the gate calls it: what it takes from the failure, and how it speaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from honk_ci.checks.integrity.check import Integrity, scope_of
from honk_ci.config import PolicyConfig
from honk_ci.domain import Cause, FailedTest, Failure, FindingKind, LogFinding, TestCase
from tests.checks.gate_case import CODE_FAILURE, gate_case
from tests.repos import Repo

CART = "def total(items):\n    return sum(items[1:])\n"
TEST = "from shop import total\n\n\ndef test_total():\n    assert total([17, 25]) == 42\n\n\ndef test_none():\n    assert total([]) == 0\n"
FAILED = FailedTest(case=TestCase(name="test_total", classname="tests.test_shop"), message="assert 25 == 42")
FAILURE = replace(CODE_FAILURE, tests=(FAILED,))


@pytest.fixture
def shop(tmp_path: Path) -> Repo:
    return Repo.create(tmp_path / "shop", {"shop.py": CART, "tests/test_shop.py": TEST, "pytest.ini": "[pytest]\n"})


def test_an_honest_fix_passes_in_one_line(shop: Repo, tmp_path: Path) -> None:
    with gate_case(shop, tmp_path, {"shop.py": CART.replace("items[1:]", "items")}, failure=FAILURE) as case:
        result = Integrity().check(case)
    assert result.passed
    assert not result.needs_person
    assert result.findings == ()
    assert result.summary == "the tests and what guards them are as they were"


def test_a_tampered_test_is_refused_by_file_and_line(shop: Repo, tmp_path: Path) -> None:
    changes = {"tests/test_shop.py": TEST.replace(" == 42", " > 0").replace(" == 0\n", " is not None\n")}
    with gate_case(shop, tmp_path, changes, failure=FAILURE) as case:
        result = Integrity().check(case)
    assert not result.passed
    assert result.summary == (
        "tests/test_shop.py:5: assertion-weakened: it rules out less than before "
        "(total([17, 25]) == 42 -> total([17, 25]) > 0) (and 1 more)"
    )
    assert len(result.detail.splitlines()) == 2


def test_the_literals_of_the_failing_test_are_known(shop: Repo, tmp_path: Path) -> None:
    cheat = "def total(items):\n    if items == [17, 25]:\n        return 42\n    return sum(items[1:])\n"
    with gate_case(shop, tmp_path, {"shop.py": cheat}, failure=FAILURE) as case:
        assert scope_of(case).expected == {"17", "25", "42", "[17, 25]"}
        result = Integrity().check(case)
    assert [(found.rule, found.path, found.line) for found in result.findings] == [("special-case", "shop.py", 2)]


@pytest.mark.parametrize(
    ("failure", "policy"),
    [
        (replace(FAILURE, cause=Cause.TEST), PolicyConfig()),
        (FAILURE, PolicyConfig(tests="propose")),
        (FAILURE, PolicyConfig(allowed=("tests/**",))),
        (
            replace(
                CODE_FAILURE,
                cause=Cause.LINT,
                findings=(LogFinding(kind=FindingKind.LINT, tool="ruff", message="m", file="./tests/test_shop.py"),),
            ),
            PolicyConfig(),
        ),
    ],
    ids=["triage", "propose", "allowed", "complaint"],
)
def test_where_tests_are_open_a_clean_change_is_a_proposal_and_a_weaker_test_is_not(
    shop: Repo, tmp_path: Path, failure: Failure, policy: PolicyConfig
) -> None:
    clean = {"tests/test_shop.py": TEST.replace("== 42", "== 41")}
    with gate_case(shop, tmp_path, clean, failure=failure, policy=policy) as case:
        result = Integrity().check(case)
    assert result.passed
    assert result.needs_person
    assert "expected-changed" in result.detail
    weaker = {"tests/test_shop.py": TEST.replace("== 42", "> 0")}
    with gate_case(shop, tmp_path, weaker, failure=failure, policy=policy) as case:
        assert not Integrity().check(case).passed


def test_a_failing_test_in_a_log_opens_no_file(shop: Repo, tmp_path: Path) -> None:
    found = LogFinding(kind=FindingKind.TEST, tool="pytest", message="m", file="tests/test_shop.py")
    changes = {"tests/test_shop.py": TEST.replace("== 42", "== 41")}
    with gate_case(shop, tmp_path, changes, failure=replace(FAILURE, findings=(found,))) as case:
        assert not Integrity().check(case).passed


def test_new_tests_alone_heal_nothing_by_themselves(shop: Repo, tmp_path: Path) -> None:
    with gate_case(shop, tmp_path, {"tests/data/cart.json": "{}\n"}, failure=FAILURE) as case:
        result = Integrity().check(case)
    assert result.passed
    assert result.needs_person
    assert "only-tests" in result.summary


def test_new_tests_beside_a_fix_are_noted(shop: Repo, tmp_path: Path) -> None:
    changes = {
        "shop.py": "def total(items):\n    return sum(items)\n",
        "tests/test_new.py": "def test_a():\n    assert 1\n",
    }
    with gate_case(shop, tmp_path, changes, failure=FAILURE) as case:
        result = Integrity().check(case)
    assert result.passed
    assert not result.needs_person
    assert result.summary == "the tests and what guards them are as they were (1 note(s))"


def test_a_double_of_the_product_beside_the_tests_is_for_a_person(shop: Repo, tmp_path: Path) -> None:
    changes = {"shop.py": f"{CART}\n# noted\n", "tests/shop.py": "def total(items):\n    return sum(items)\n"}
    with gate_case(shop, tmp_path, changes, failure=FAILURE) as case:
        result = Integrity().check(case)
    assert result.passed
    assert result.needs_person
    assert "module-shadowed" in result.summary
