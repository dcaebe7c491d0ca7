"""A commit read without a checkout."""

from __future__ import annotations

import os

import pytest

from honk_ci.domain import FailedTest, TestCase
from honk_ci.git import Repository
from honk_ci.workspaces.commit_view import CommitView
from tests.repos import Repo

FILES = {"shop/cart.py": "x = 1\n", "tests/test_cart.py": "y = 2\n", "test/cart.test.js": "z\n", "ünï.py": "u = 1\n"}


@pytest.fixture
def view(repo: Repo) -> CommitView:
    (repo.path / "link").symlink_to("/etc/passwd")
    commit = repo.commit("files", FILES)
    repo.write({"shop/cart.py": "changed since\n"})
    return CommitView(Repository(repo.path, environ=os.environ), commit)


def test_files_and_contents_are_those_of_the_commit(view: CommitView) -> None:
    assert set(view.files()) == {*FILES, "link"}
    assert view.read("shop/cart.py") == b"x = 1\n"
    assert view.read("ünï.py") == b"u = 1\n"


@pytest.mark.parametrize(
    "path", ["link", "shop", "none.py", "../repo/shop/cart.py", "/etc/passwd", "", ":0:shop/cart.py"]
)
def test_what_is_no_regular_file_of_the_commit_has_no_content(view: CommitView, path: str) -> None:
    assert view.read(path) is None


@pytest.mark.parametrize(
    ("case", "source"),
    [
        (TestCase(name="test_x", classname="tests.test_cart"), "tests/test_cart.py"),
        (TestCase(name="test_x", classname="tests.test_cart.TestTotal"), "tests/test_cart.py"),
        (TestCase(name="test_x[a::b]", classname="tests.test_cart.TestTotal.TestInner"), "tests/test_cart.py"),
        (TestCase(name="takes off", classname="cart", file="./test/cart.test.js"), "test/cart.test.js"),
        (TestCase(name="takes off", classname="test/cart.test.js"), "test/cart.test.js"),
        (TestCase(name="tests/test_cart.py::test_x"), "tests/test_cart.py"),
        (TestCase(name="test_x", classname="elsewhere.test_cart", file="/abs/tests/test_cart.py"), None),
        (TestCase(name="test_x", classname="..shop.cart", file="../../etc/passwd"), None),
        (TestCase(name=""), None),
    ],
)
def test_the_file_of_a_test_is_named_by_its_report(view: CommitView, case: TestCase, source: str | None) -> None:
    assert view.runner.test_source(FailedTest(case=case)) == source
