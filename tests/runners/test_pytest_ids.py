"""Reports of other producers, other folders and other machines."""

from __future__ import annotations

import time

import pytest

from honk_ci.runners.pytest_ids import MOST_IDS, PytestIds, fitting
from honk_ci.runners.pytest_runner import pick
from tests.repos import Repo
from tests.runners.runs import failed_test

TEST_A = """
    import pytest

    def test_a(): pass

    @pytest.mark.parametrize("x", [1])
    def test_p(x): pass

    class TestA:
        def test_m(self): pass

        class TestB:
            def test_n(self): pass
    """


def ids(repo: Repo, name: str, classname: str = "", file: str = "") -> tuple[str, ...]:
    ids = PytestIds(repo.path)
    places = ids.places(failed_test(name, classname, file).case)
    return tuple(dict.fromkeys(map(ids.node_id, places)))


@pytest.mark.parametrize(
    ("name", "classname", "file", "expected"),
    [
        ("test_a", "tests.test_a", "", "tests/test_a.py::test_a"),
        ("test_n", "tests.test_a.TestA.TestB", "", "tests/test_a.py::TestA::TestB::test_n"),
        ("test_a", "shop.tests.test_a", "", "tests/test_a.py::test_a"),  # from a folder above, or --junit-prefix
        ("test_a", "test_a", "", "tests/test_a.py::test_a"),  # from inside tests/
        ("test_m", "TestA", "tests/test_a.py", "tests/test_a.py"),  # a class without its module
        ("test_m", "test_a.TestA", "tests/test_a.py", "tests/test_a.py::TestA::test_m"),
        ("test_a", "", "tests/test_a.py", "tests/test_a.py"),
        ("test_a", "", "/home/runner/work/shop/shop/tests/test_a.py", "tests/test_a.py"),
        ("test_a", "", "C:\\agent\\shop\\tests\\test_a.py", "tests/test_a.py"),
        ("tests/test_a.py::TestA::test_m", "", "", "tests/test_a.py::TestA::test_m"),
        ("tests/test_a.py::test_p[1]", "pytest", "", "tests/test_a.py::test_p[1]"),
        ("test_a", "tests/test_a.py", "", "tests/test_a.py::test_a"),
        ("tests.test_a", "", "", "tests/test_a.py"),  # could not be collected
        ("tests.test_a", "unittest.loader._FailedTest", "", "tests/test_a.py"),
        ("test_a", "unittest.loader._FailedTest", "", "tests/test_a.py"),  # found from inside tests/
        ("test_m (x=1)", "tests.test_a.TestA", "", "tests/test_a.py::TestA::test_m"),  # a subtest
        ("test_a@group", "tests.test_a", "", "tests/test_a.py::test_a"),  # xdist's loadgroup
        ("test_p[1]@group", "tests.test_a", "", "tests/test_a.py::test_p"),
        ("test_p[a::b]", "tests.test_a", "", "tests/test_a.py::test_p"),
        ("test_p[#x1B]", "tests.test_a", "", "tests/test_a.py::test_p"),
        ("test_p[<object at 0x7f00>]", "tests.test_a", "", "tests/test_a.py::test_p"),
        ("ruff", "tests.test_a", "", "tests/test_a.py"),  # items that plug-ins make
        ("ruff::format", "tests.test_a", "", "tests/test_a.py"),
        ("test_gone", "tests.test_a", "", "tests/test_a.py"),
        ("test_gone", "tests.test_a.TestA", "", "tests/test_a.py::TestA"),
        ("test_m", "tests.test_a.TestGone", "", "tests/test_a.py"),
        ("setUpClass (tests.test_a.TestA)", "", "tests/test_a.py", "tests/test_a.py"),
    ],
)
def test_maps(repo: Repo, name: str, classname: str, file: str, expected: str) -> None:
    repo.write({"tests/test_a.py": TEST_A, "shop/cart.py": "def test_a(): pass\n"})
    assert ids(repo, name, classname, file) == (expected,)


@pytest.mark.parametrize(
    ("name", "classname", "file"),
    [
        ("test_x", "elsewhere.test_x", ""),
        ("test_x", "", ""),
        ("", "", ""),
        ("test_x", "...", "../../etc/passwd"),
        ("test_x", "java.lang.Thread", ""),
        ("[", "[", "["),
    ],
)
def test_does_not_guess(repo: Repo, name: str, classname: str, file: str) -> None:
    repo.write({"tests/test_a.py": TEST_A})
    assert ids(repo, name, classname, file) == ()


def test_two_files_of_one_name_are_told_apart_or_both_are_run(repo: Repo) -> None:
    repo.write(
        {
            "a/tests/test_x.py": "def test_one(): pass\n",
            "b/tests/test_x.py": "def test_two(): pass\n\ndef test_three(): pass\n",
            "c/tests/test_x.py": "def test_three(): pass\n",
        }
    )
    assert ids(repo, "test_two", "tests.test_x") == ("b/tests/test_x.py::test_two",)
    assert ids(repo, "test_three", "tests.test_x") == ("b/tests/test_x.py", "c/tests/test_x.py")
    assert ids(repo, "test_three", "tests.test_x", "c/tests/test_x.py") == ("c/tests/test_x.py::test_three",)
    assert ids(repo, "test_four", "tests.test_x") == tuple(f"{folder}/tests/test_x.py" for folder in "abc")


def test_files_of_installed_packages_are_not_the_projects(repo: Repo) -> None:
    repo.write(
        {
            "venv/pyvenv.cfg": "",
            "venv/lib/python3.11/site-packages/x/tests/test_a.py": TEST_A,
            "node_modules/x/tests/test_a.py": TEST_A,
            ".tox/py/tests/test_a.py": TEST_A,
        }
    )
    assert ids(repo, "test_a", "tests.test_a") == ()


def test_names_start_where_the_report_starts_them(repo: Repo) -> None:
    repo.write({"backend/tests/test_a.py": TEST_A})
    inside = [failed_test("test_a", "tests.test_a")]
    assert pick(repo.path, inside) == ("--rootdir", "backend", "backend/tests/test_a.py::test_a")
    repo.write({"backend/pytest.ini": "[pytest]\n"})  # makes backend the root by itself
    assert pick(repo.path, inside) == ("backend/tests/test_a.py::test_a",)
    above = [failed_test("test_a", "backend.tests.test_a")]
    assert pick(repo.path, above) == ("--rootdir", ".", "-c", "/dev/null", "backend/tests/test_a.py::test_a")
    repo.write({"setup.cfg": "[tool:pytest]\n"})
    assert pick(repo.path, above) == (
        "--rootdir", ".", "-c", "setup.cfg", "backend/tests/test_a.py::test_a",
    )  # fmt: skip


def test_what_others_run_anyway_is_left_out() -> None:
    assert fitting(["a.py::T::x[1]", "a.py::T", "b.py::y[1]", "b.py::y[2]", "b.py::y", "c.py", "c.py::z"]) == (
        "a.py::T",
        "b.py::y",
        "c.py",
    )
    assert fitting(f"a.py::test_{n}" for n in range(MOST_IDS + 1)) == ("a.py",)
    assert fitting(f"{n}.py::t" for n in range(MOST_IDS + 1)) is None
    assert fitting(["a.py::" + "x" * 100_000]) == ("a.py",)


def test_ten_thousand_failures_are_mapped_in_no_time(repo: Repo) -> None:
    body = "".join(f"def test_{n}(): pass\n" for n in range(200))
    repo.write({f"sub/tests/test_{file}.py": body for file in range(50)})
    tests = [failed_test(f"test_{n}[1]", f"ci.sub.tests.test_{file}") for file in range(50) for n in range(200)]
    start = time.process_time()
    picked = pick(repo.path, tests)
    assert picked is not None
    assert len(picked) == 50
    assert time.process_time() - start < 3
