from __future__ import annotations

import time

import pytest

from honk_ci.runners.js_files import sure_file, test_files
from tests.repos import Repo
from tests.runners.runs import failed_test

test_files.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test by its name

CART = r"""
describe('cart', () => {
  describe("with tax", () => { it(`adds up`, () => {}); });
  it('adds', () => {});
  it('it\'s quoted', f);
});
"""


@pytest.mark.parametrize(
    ("name", "classname", "file", "text", "suite"),
    [
        ("cart with tax adds up", "", "src/cart.test.ts", "", ""),
        ("cart with tax adds up", "", "/home/runner/work/shop/shop/src/cart.test.ts", "", ""),
        ("cart with tax adds up", "", "file:///builds/shop/src/cart.test.ts", "", ""),
        ("cart > with tax > adds up", "src/cart.test.ts", "", "", ""),
        ("/ci/shop/src/cart.test.ts", "test", "", "", ""),  # a file that crashed, as node has it
        (
            "gone",
            "",
            "",
            "Error: x\n    at fn (src/cart.ts:1:1)\n    at Object.<anonymous> (/ci/src/cart.test.ts:3:5)",
            "",
        ),
        ("gone", "", "", " \u276f src/cart.test.ts:2:97", ""),  # vitest
        ("gone", "", "", "", "src/cart.test.ts"),
        ("cart with tax adds up", "cart with tax adds up", "", "", "cart"),  # jest-junit's defaults
        ("adds up", "cart with tax", "", "", ""),
        (" adds up", " adds up", "", "", ""),
        ("it's quoted", "", "", "", ""),
    ],
)
def test_finds_the_file(repo: Repo, name: str, classname: str, file: str, text: str, suite: str) -> None:
    repo.write({"src/cart.test.ts": CART, "src/cart.ts": "", "src/other.test.ts": "it('other adds', () => {});\n"})
    assert test_files(repo.path, [failed_test(name, classname, file, text, suite)]) == ("src/cart.test.ts",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cart with taxes adds up", ""),
        ("", ""),
        ("gone", "at Object.<anonymous> (/ci/src/gone.test.ts:3:5)"),
        ("gone", "at Object.<anonymous> (/ci/node_modules/x/cart.test.ts:3:5)"),
        ("gone", "at Object.<anonymous> (../../cart.test.ts:3:5)"),
    ],
)
def test_does_not_guess(repo: Repo, name: str, text: str) -> None:
    repo.write({"src/cart.test.ts": CART, "node_modules/x/cart.test.ts": CART, "src/gone.ts": ""})
    assert test_files(repo.path, [failed_test(name, text=text)]) is None


def test_a_title_in_several_files_runs_all_of_them(repo: Repo) -> None:
    repo.write({"a.test.js": "it('adds', () => {});\n", "b.test.js": "it('adds', () => {});\n"})
    assert test_files(repo.path, [failed_test("adds")]) == ("a.test.js", "b.test.js")
    assert sure_file(repo.path, failed_test("adds")) is None


def test_thousands_of_titles_are_looked_up_in_no_time(repo: Repo) -> None:
    repo.write({f"t{n}.test.js": "".join(f"it('case {n} {k}', () => {{}});\n" for k in range(50)) for n in range(100)})
    start = time.process_time()
    files = test_files(repo.path, [failed_test(f"case {n} {k}") for n in range(100) for k in range(20)])
    assert files is not None
    assert len(files) == 100
    assert time.process_time() - start < 3
