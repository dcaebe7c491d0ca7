"""Seeded bugs that must be healed without a person."""

from __future__ import annotations

from pathlib import Path

from tests.healers.search.cases import fixed, is_healed, search
from tests.repos import Repo


def test_wrong_comparison_in_a_package(tmp_path: Path) -> None:
    repo = Repo.create(
        tmp_path / "repo",
        {
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
        },
    )
    first, *_ = search(repo, tmp_path / "scratch")
    assert "if amount >= 100:  # from 100 on" in fixed(first, "shop/cart.py")
    assert is_healed(repo, first)
    assert first.needs_person == ""
    assert repo.git("status", "--short") == ""
