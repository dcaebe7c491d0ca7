from __future__ import annotations

import pytest

from honk_ci.runners.interface import Runner
from honk_ci.runners.pytest_runner import PytestKind
from tests.repos import Repo
from tests.runners.runs import environ, failed_test, run_subset, run_suite

PYPROJECT = '[tool.pytest.ini_options]\naddopts = "-q"\n'


def pytest_in(repo: Repo, **env: str) -> Runner:
    runner = PytestKind(environ=environ(**env)).detect(repo.path)
    assert runner is not None
    return runner


def test_runs_the_suite_and_then_just_what_failed(repo: Repo) -> None:
    repo.write(
        {
            "pyproject.toml": PYPROJECT,
            "cart.py": "def total(prices):\n    return sum(prices) + 1\n",
            "tests/test_cart.py": """
                from cart import total

                def test_total():
                    assert total([1, 2]) == 3

                def test_type():
                    assert isinstance(total([]), int)
                """,
            "tests/test_other.py": "def test_other(): pass\n",
        }
    )
    runner = pytest_in(repo)

    whole = run_suite(runner, repo.path)
    assert whole.failed == {"tests.test_cart::test_total"}
    assert whole.passed == {"tests.test_cart::test_type", "tests.test_other::test_other"}

    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.ran == whole.failed
    assert runner.test_source(whole.report.failed[0]) == "tests/test_cart.py"


def test_leaves_no_cache_in_the_checkout(repo: Repo) -> None:
    repo.write({"pyproject.toml": PYPROJECT, "test_a.py": "def test_a(): assert 0\n"})
    run_suite(pytest_in(repo), repo.path)
    assert not (repo.path / ".pytest_cache").exists()


def test_runs_all_tests_whatever_stops_early_in_the_projects_options(repo: Repo) -> None:
    repo.write(
        {
            "pytest.ini": "[pytest]\naddopts = -x --lf\n",
            "test_a.py": "def test_a(): assert 0\n\ndef test_b(): assert 0\n\ndef test_c(): pass\n",
        }
    )
    runner = pytest_in(repo)
    for _ in range(2):  # the second would run last time's failures only
        assert len(run_suite(runner, repo.path).ran) == 3


def test_one_broken_module_does_not_hide_the_others(repo: Repo) -> None:
    repo.write(
        {
            "pyproject.toml": PYPROJECT,
            "tests/test_a.py": "import gone\n",
            "tests/test_b.py": "def test_b(): pass\n",
            "tests/test_c.py": "def test_c(:\n",
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert whole.failed == {"tests.test_a", "tests.test_c"}
    assert whole.passed == {"tests.test_b::test_b"}

    repo.write({"tests/test_a.py": "def test_a(): pass\n"})
    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.passed == {"tests.test_a::test_a"}
    assert part.failed == {"tests.test_c"}
    assert {runner.test_source(test) for test in whole.report.failed} == {"tests/test_a.py", "tests/test_c.py"}


ODD_PARAMETERS = r"""
    import pytest

    @pytest.mark.parametrize("x", [
        "a::b", "a/b.py", "with space", "two  spaces", "[x-[1]]", "new\nline", "nul\0x", "é", "\x1b[31m", "tab\t",
        'q"uo<te>&', "@at", "", "-dash", "a]", "[", "::", "x" * 300, "\\back", "#x1B", "100%", "{}", "$HOME", "`id`",
        "a=b", "*", "1,2", "'",
    ])
    def test_odd(x):
        assert x is None

    @pytest.mark.parametrize("x", [1, 1, 2])
    def test_twice(x):
        assert x == 2

    class TestOuter:
        class TestInner:
            @pytest.mark.parametrize("x", ["a.b", "c"])
            def test_deep(self, x):
                assert x == "c"

        def test_shallow(self):
            assert 0
    """


@pytest.mark.slow
def test_runs_each_odd_parameter_again(repo: Repo) -> None:
    repo.write({"pyproject.toml": PYPROJECT, "tests/test_odd.py": ODD_PARAMETERS})
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert len(whole.failed) == 32

    together = run_subset(runner, repo.path, whole.report.failed)
    assert together.failed == whole.failed
    for test in whole.report.failed[::7]:
        alone = run_subset(runner, repo.path, [test])
        assert test.key in alone.failed, alone.command


def test_picks_out_one_plain_parameter_alone(repo: Repo) -> None:
    repo.write({"pyproject.toml": PYPROJECT, "tests/test_odd.py": ODD_PARAMETERS})
    runner = pytest_in(repo)
    one = failed_test("test_deep[a.b]", "tests.test_odd.TestOuter.TestInner")
    assert run_subset(runner, repo.path, [one]).ran == {one.key}


def test_a_parameter_that_is_not_there_does_not_keep_others_from_running(repo: Repo) -> None:
    repo.write(
        {
            "pyproject.toml": PYPROJECT,
            "tests/test_a.py": """
                import pytest

                @pytest.mark.parametrize("x", [1, 2])
                def test_p(x): assert 0

                def test_q(): assert 0
                """,
        }
    )
    added_later, there = failed_test("test_p[3]", "tests.test_a"), failed_test("test_q", "tests.test_a")
    part = run_subset(pytest_in(repo), repo.path, [added_later, there])
    assert part.failed == {"tests.test_a::test_p[1]", "tests.test_a::test_p[2]", "tests.test_a::test_q"}


UNITTESTS = """
    import unittest

    class Base:
        def test_inherited(self):
            self.fail("no")

    class CartTest(Base, unittest.TestCase):
        def setUp(self):
            self.x = 1

        def test_sums(self):
            for i in range(3):
                with self.subTest("case", i=i):
                    self.assertEqual(i, self.x)

        def test_fine(self):
            pass
    """


def test_runs_unittest_cases_with_subtests_and_inherited_tests(repo: Repo) -> None:
    repo.write({"setup.py": "", "tests/__init__.py": "", "tests/test_cart.py": UNITTESTS})
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert whole.failed == {"tests.test_cart.CartTest::test_inherited", "tests.test_cart.CartTest::test_sums"}
    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.ran == whole.failed


def test_finds_a_test_that_is_inherited_from_another_file(repo: Repo) -> None:
    repo.write(
        {
            "pyproject.toml": PYPROJECT,
            "tests/__init__.py": "",
            "tests/base.py": "class Contract:\n    value = 1\n\n    def test_value(self):\n        assert self.value == 1\n",
            "tests/test_one.py": "from tests.base import Contract\n\nclass TestOne(Contract):\n    pass\n",
            "tests/test_two.py": "from tests.base import Contract\n\nclass TestTwo(Contract):\n    value = 2\n",
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    (failed,) = whole.report.failed
    assert failed.case.file == "tests/base.py"  # pytest reports where the function was written
    assert run_subset(runner, repo.path, [failed]).ran == {"tests.test_two.TestTwo::test_value"}
    assert runner.test_source(failed) == "tests/test_two.py"


def test_set_up_and_teardown_errors_are_run_again(repo: Repo) -> None:
    repo.write(
        {
            "pyproject.toml": PYPROJECT,
            "tests/test_fixtures.py": """
                import pytest

                @pytest.fixture
                def bad_setup():
                    raise ValueError("set-up")

                @pytest.fixture
                def bad_teardown():
                    yield
                    raise ValueError("teardown")

                def test_setup(bad_setup): pass
                def test_teardown(bad_teardown): pass
                def test_both(bad_teardown): assert 0
                def test_fine(): pass
                """,
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert len(whole.failed) == 3
    assert run_subset(runner, repo.path, whole.report.failed).ran == whole.failed


def test_doctests_and_text_files(repo: Repo) -> None:
    repo.write(
        {
            "pytest.ini": "[pytest]\naddopts = --doctest-modules --doctest-glob=*.rst\n",
            "shop/__init__.py": "",
            "shop/cart.py": 'def total():\n    """\n    >>> total()\n    2\n    """\n    return 1\n\nclass C:\n    """\n    >>> 1\n    2\n    """\n',
            "docs/guide.v1.rst": ">>> 1\n2\n",
            "test_a.py": "def test_a(): pass\n",
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert len(whole.failed) == 3
    part = run_subset(runner, repo.path, whole.report.failed)
    assert part.ran == whole.failed


@pytest.mark.slow
def test_names_made_at_run_time_fall_back_to_the_class_or_file(repo: Repo) -> None:
    repo.write(
        {
            "pyproject.toml": PYPROJECT,
            "tests/test_made.py": """
                import unittest

                class TestMade(unittest.TestCase):
                    pass

                for n in range(3):
                    setattr(TestMade, f"test_{n}_works", lambda self, n=n: self.assertEqual(n, 1))

                globals()["test_made_function"] = lambda: 1 / 0

                def test_fine(): pass
                """,
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert len(whole.failed) == 3
    classes = [test for test in whole.report.failed if "TestMade" in test.key]
    assert run_subset(runner, repo.path, classes).ran == {f"tests.test_made.TestMade::test_{n}_works" for n in range(3)}
    assert run_subset(runner, repo.path, whole.report.failed).failed == whole.failed


@pytest.mark.slow
def test_odd_file_names(repo: Repo) -> None:
    repo.write(
        {
            "pytest.ini": "[pytest]\npython_files = *test*.py\naddopts = --import-mode=importlib\n",
            "-test.py": "def test_dash(): assert 0\n",
            "@test.py": "def test_at(): assert 0\n",
            "v1.2/sub dir/a-test.b.py": "class TestA:\n    def test_dots(self): assert 0\n",
            "v1/2/test_c.py": "def test_c(): assert 0\n",
            "übung/test_u.py": "def test_ü(): assert 0\n",
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert len(whole.failed) == 5
    assert run_subset(runner, repo.path, whole.report.failed).ran == whole.failed
    for test in whole.report.failed:
        assert run_subset(runner, repo.path, [test]).ran == {test.key}


def test_a_bracket_in_a_file_name_means_the_whole_suite(repo: Repo) -> None:
    repo.write({"pytest.ini": "[pytest]\n", "test_[x].py": "def test_x(): assert 0\n"})
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert runner.subset(whole.report.failed, repo.path / "r.xml") is None


@pytest.mark.slow
def test_names_of_the_report_stay_the_same_where_settings_lie_beside_the_test(repo: Repo) -> None:
    repo.write(
        {
            "setup.py": "",
            "tests/pytest.ini": "[pytest]\n",
            "tests/unit/test_a.py": "def test_a(): assert 0\n",
            "tests/unit/test_b.py": "def test_b(): pass\n",
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert whole.failed == {"tests.unit.test_a::test_a"}
    assert run_subset(runner, repo.path, whole.report.failed).ran == whole.failed


def test_a_project_in_a_subfolder(repo: Repo) -> None:
    repo.write(
        {
            "README.md": "",
            "backend/pyproject.toml": PYPROJECT,
            "backend/shop.py": "X = 1\n",
            "backend/tests/test_shop.py": "import shop\n\ndef test_x():\n    assert shop.X == 2\n",
            "frontend/package.json": "{}",
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert whole.failed == {"tests.test_shop::test_x"}
    assert run_subset(runner, repo.path, whole.report.failed).ran == whole.failed
    assert runner.test_source(whole.report.failed[0]) == "backend/tests/test_shop.py"


@pytest.mark.slow
def test_workers_in_the_projects_options(repo: Repo) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    repo.write(
        {
            "pytest.ini": "[pytest]\naddopts = -n 2 --dist loadgroup\n",
            "test_a.py": "import pytest\n\n@pytest.mark.xdist_group('g')\n@pytest.mark.parametrize('x', [1, 2])\n"
            "def test_a(x): assert 0\n\ndef test_b(): assert 0\n\ndef test_c(): pass\n",
        }
    )
    runner = pytest_in(repo)
    whole = run_suite(runner, repo.path)
    assert len(whole.failed) == 3
    assert run_subset(runner, repo.path, whole.report.failed).ran == whole.failed


def test_an_id_that_is_not_there_is_never_green(repo: Repo) -> None:
    repo.write({"pyproject.toml": PYPROJECT, "tests/test_a.py": "def test_a(): pass\n"})
    runner = pytest_in(repo)
    report = repo.path / "r.xml"
    assert runner.subset([failed_test("test_gone", "tests.test_gone")], report) is None
    # The function is gone from its file: the file runs, and the test is not among what passed.
    part = run_subset(runner, repo.path, [failed_test("test_gone", "tests.test_a")])
    assert part.passed == {"tests.test_a::test_a"}


def test_many_ids_become_files_and_very_many_the_suite(repo: Repo) -> None:
    repo.write({"pyproject.toml": PYPROJECT})
    many = [failed_test(f"test_{n}", "tests.test_a") for n in range(3000)]
    body = "".join(f"def test_{n}(): pass\n" for n in range(3000))
    repo.write({"tests/test_a.py": body})
    runner = pytest_in(repo)
    command = runner.subset(many, repo.path / "r.xml")
    assert command is not None
    assert command.argv[-1] == "tests/test_a.py"
    repo.write({f"tests/test_m{n}.py": "def test_x(): pass\n" for n in range(1000)})
    scattered = [failed_test("test_x", f"tests.test_m{n}") for n in range(1000)]
    assert runner.subset(scattered, repo.path / "r.xml") is None


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": ""},
        {"pyproject.toml": "[tool.pytest.ini_options]\n"},
        {"pyproject.toml": "[tool.pytest]\n"},
        {"setup.cfg": "[tool:pytest]\n"},
        {"tox.ini": "[pytest]\n"},
        {"tests/test_a.py": ""},
        {"requirements.txt": "", "test_a.py": ""},
        {"setup.py": "", "tests/unit/deep/cart_test.py": ""},
        {"package.json": "{}", "pyproject.toml": "", "tests/test_a.py": ""},
        {"app/tests.py": "", "manage.py": "", "conftest.py": ""},
        {"test_top.py": ""},
    ],
)
def test_detects(repo: Repo, files: dict[str, str]) -> None:
    repo.write(files)
    assert PytestKind(environ=environ()).detect(repo.path) is not None


@pytest.mark.parametrize(
    "files",
    [
        {"README.md": ""},
        {"package.json": "{}", "tests/test_helper.py": ""},
        {"pyproject.toml": "[tool.ruff]\n"},
        {"pyproject.toml": "not toml ["},
        {"setup.cfg": "broken\n"},
        {"manage.py": "", "setup.py": "", "tests/test_a.py": ""},
    ],
)
def test_does_not_detect(repo: Repo, files: dict[str, str]) -> None:
    repo.write(files)
    assert PytestKind(environ=environ()).detect(repo.path) is None
