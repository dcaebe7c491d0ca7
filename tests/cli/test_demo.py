"""``honk demo`` from the first line to the branch on the remote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.honk import honk
from tests.repos import Repo


@pytest.mark.slow
def test_shows_the_red_test_the_stages_the_diff_the_proof_and_the_branch(tmp_path: Path) -> None:
    ended = honk("demo", "--keep", str(tmp_path / "kept"), repo=tmp_path)

    assert ended.status == 0, ended.err
    shown = ["2 failed, 6 passed", "honk collect", "honk verify", "Healed: ", "+    return 0 if", "  proof ", "Proof:"]
    assert [text for text in shown if text not in ended.err] == []
    remote = Repo(tmp_path / "kept" / "shop.git")
    (branch,) = remote.git("for-each-ref", "--format=%(refname)", "refs/heads/honk").splitlines()
    assert ">= FREE_SHIPPING_FROM" in remote.git("show", f"{branch}:shop/prices.py")


def test_a_second_demo_in_the_same_folder_says_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "kept" / "shop").mkdir(parents=True)

    ended = honk("demo", "--keep", str(tmp_path / "kept"), repo=tmp_path)

    assert ended.status == 10
    assert "holds a demo already" in ended.err
    assert "Traceback" not in ended.err


def test_a_file_where_the_folder_should_be_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("")

    ended = honk("demo", "--keep", str(tmp_path / "kept"), repo=tmp_path)

    assert (ended.status, "cannot be made: File exists" in ended.err) == (10, True), ended.err
