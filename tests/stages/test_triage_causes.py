"""Causes beyond plain code: dependencies, other languages, and input that makes no sense."""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import replace

import pytest

from honk_ci.domain import Cause, FailedTest, FindingKind, LogFinding, TestCase
from honk_ci.reports import read_all
from tests.repos import Repo
from tests.stages.triage_kit import by_test, evidence, failed, names, run_pytest, triaged

PROJECT = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1.0"\ndependencies = [\n  "werkzeug<3",\n]\n',
    "shop/__init__.py": "",
    "shop/web.py": "from werkzeug.urls import url_quote\n\ndef link(text):\n    return url_quote(text)\n",
    "tests/test_web.py": "from shop.web import link\n\ndef test_link():\n    assert link('a') == 'a'\n",
}


def _upgrade(repo: Repo) -> str:
    base = repo.commit("good", PROJECT)
    repo.commit(
        "upgrade",
        {"pyproject.toml": PROJECT["pyproject.toml"].replace("werkzeug<3", "werkzeug>=3").replace("1.0", "1.1")},
    )
    return base


def test_a_name_that_a_dependency_lost_is_a_dependency(repo: Repo) -> None:
    base = _upgrade(repo)
    text = (
        "tests/test_web.py:1: in <module>\n    from shop.web import link\nshop/web.py:1: in <module>\n    from werkzeug.urls import url_quote\n"
        "E   ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/v/lib/python3.12/site-packages/werkzeug/urls.py)"
    )
    (failure,) = triaged(repo, [failed("tests.test_web", text, classname="", is_error=True)], base=base)
    assert failure.cause is Cause.DEPENDENCY
    assert failure.summary == "werkzeug.urls has no url_quote, asked for by shop/web.py (1 test)"
    assert evidence(failure, "dependency_change") == [
        'pyproject.toml: - "werkzeug<3",',
        'pyproject.toml: + "werkzeug>=3",',
    ]


def test_an_exception_inside_a_dependency_that_changed_is_a_dependency(repo: Repo) -> None:
    base = _upgrade(repo)
    text = (
        "tests/test_web.py:4: in test_link\n    link('a')\nshop/web.py:4: in link\n    return url_quote(text)\n"
        "/v/lib/python3.12/site-packages/werkzeug/urls.py:80: in url_quote\n    raise TypeError\nE   TypeError: no str\n"
    )
    test = failed("test_link", text, classname="tests.test_web")
    (failure,) = triaged(repo, [test], base=base)
    assert failure.cause is Cause.DEPENDENCY
    assert evidence(failure, "package") == ["werkzeug"]
    (unchanged,) = triaged(repo, [test], base=repo.git("rev-parse", "HEAD"))
    assert unchanged.cause is Cause.CODE
    assert unchanged.fingerprint == failure.fingerprint


def test_a_version_number_of_our_own_is_no_dependency(repo: Repo) -> None:
    base = repo.commit("good", PROJECT)
    repo.commit("release", {"pyproject.toml": PROJECT["pyproject.toml"].replace("1.0", "1.1")})
    text = "shop/web.py:4: in link\n/v/lib/python3.12/site-packages/werkzeug/urls.py:80: in url_quote\nE   TypeError: no str\n"
    (failure,) = triaged(repo, [failed("test_link", text, classname="tests.test_web")], base=base)
    assert failure.cause is Cause.CODE
    assert evidence(failure, "dependency_change") == []


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("requirements.txt", "requests==2.0\n", "requests==2.1\n"),
        (
            "package.json",
            '{\n  "dependencies": {\n    "left-pad": "^1.0.0"\n  }\n}\n',
            '{\n  "dependencies": {\n    "left-pad": "^2.0.0"\n  }\n}\n',
        ),
        ("go.mod", "module x\n\nrequire github.com/a/b v1.0.0\n", "module x\n\nrequire github.com/a/b v1.2.0\n"),
        ("Cargo.toml", '[dependencies]\nserde = "1.0"\n', '[dependencies]\nserde = { version = "2.0" }\n'),
        (
            "setup.cfg",
            "[options]\ninstall_requires =\n    attrs>=19\n",
            "[options]\ninstall_requires =\n    attrs>=20\n",
        ),
        ("poetry.lock", "a\n", "b\n"),
        ("Gemfile", "gem 'rails', '6'\n", "gem 'rails', '7'\n"),
    ],
)
def test_changed_requirements_are_evidence(repo: Repo, file: str, before: str, after: str) -> None:
    base = repo.commit("good", {**PROJECT, file: before})
    repo.commit("red", {file: after})
    (failure,) = triaged(repo, [failed("test_link", "E   assert 1 == 2", classname="tests.test_web")], base=base)
    assert any(file in text for text in evidence(failure, "dependency_change"))


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("module 'numpy' has no attribute 'float'", Cause.DEPENDENCY),
        ("module 'shop.web' has no attribute 'lnk'", Cause.CODE),
        ("module 'collections' has no attribute 'Mapping'", Cause.CODE),
        (
            "partially initialized module 'shop.web' has no attribute 'link' (most likely due to a circular import)",
            Cause.CODE,
        ),
    ],
)
def test_a_missing_attribute_is_its_owner_s(repo: Repo, message: str, cause: Cause) -> None:
    repo.commit("red", PROJECT)
    text = f"tests/test_web.py:4: in test_link\nshop/web.py:4: in link\nE   AttributeError: {message}\n"
    (failure,) = triaged(repo, [failed("test_link", text, classname="tests.test_web")])
    assert failure.cause is cause


def test_our_own_package_that_cannot_be_found_is_a_matter_of_the_build(repo: Repo) -> None:
    repo.commit("red", {"src/shop/__init__.py": "", "src/shop/a.py": "", "tests/test_a.py": "import shop\n"})
    test = failed(
        "tests.test_a", "tests/test_a.py:1: in <module>\nE   ModuleNotFoundError: No module named 'shop'", classname=""
    )
    (failure,) = triaged(repo, [test])
    assert failure.cause is Cause.BUILD


def test_fixtures_of_plugins_are_dependencies(repo: Repo) -> None:
    repo.commit("red", PROJECT)
    (failure,) = triaged(repo, [failed("test_link", "E       fixture 'mocker' not found", classname="tests.test_web")])
    assert failure.cause is Cause.DEPENDENCY
    assert "pytest-mock" in evidence(failure, "rule")[0]


SCRIPTS = {
    "package.json": '{"name": "shop", "type": "module"}\n',
    "src/cart.js": """
        export function total(items) { return items.reduce((a, b) => a + b, 1); }
        export function parse(text) {
          if (!text) throw new RangeError(`nothing in ${text} here`);
          return text.price.amount;
        }
        export class Cart {
          items = [];
          add(item) { this.items.push(item); }
          count() { return this.items.length + 1; }
        }
        """,
    "test/cart.test.js": """
        import { describe, it } from 'node:test';
        import assert from 'node:assert';
        import { total, parse, Cart } from '../src/cart.js';
        import * as cart from '../src/cart.js';

        describe('totals', () => {
          it('direct', () => { assert.strictEqual(total([1]), 1); });
          it('by value', () => {
            const result = total([]);
            assert.strictEqual(result, 0);
          });
          it('by module', () => {
            assert.deepStrictEqual(
              cart.total([2]),
              2,
            );
          });
        });
        it('counts', () => {
          const full = new Cart();
          full.add(1);
          assert.equal(full.count(), 1);
        });
        it('parses one', () => { parse('x'); });
        it('parses two', () => { parse('y'); });
        it('empty', () => { parse(''); });
        it('nothing', () => { parse(null); });
        it('alone', () => { assert.ok(false); });
        """,
}


def test_node_tests_are_grouped_by_what_they_judge(repo: Repo) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    repo.commit("red", SCRIPTS)
    report = repo.path.parent / "node.xml"
    command = [node, "--test", "--test-reporter=junit", f"--test-reporter-destination={report}"]
    subprocess.run(command, cwd=repo.path, capture_output=True, timeout=60, check=False)
    groups = by_test(triaged(repo, read_all([report]).failed))
    assert sorted(names(groups["direct"])) == ["by module", "by value", "direct"]
    assert groups["direct"].summary.startswith("AssertionError about src/cart.js total(): ")
    assert evidence(groups["counts"], "subject")[0].endswith(" Cart.count")
    assert groups["parses one"] is groups["parses two"]
    assert groups["parses one"].frames[0].path == "src/cart.js"
    assert groups["empty"] is groups["nothing"]
    assert len(set(map(id, groups.values()))) == 5


def test_jest_and_vitest_are_grouped_by_what_they_judge(repo: Repo) -> None:
    repo.commit("red", {
        "src/cart.ts": "export const total = (items: number[]) => 1;\nexport class Cart { sum() { return 1; } }\n",
        "src/__tests__/cart.test.ts": """
            import { total, Cart as Basket } from "../cart";

            describe("totals", () => {
              it("sums", () => {
                expect(total([1])).toBe(3);
              });
              it("sums none", async () => {
                const result = await total([]);
                expect(
                  result,
                ).toEqual(0);
              });
              it("cart", () => {
                const basket = new Basket();
                expect(basket.sum()).toBe(3);
              });
            });
            """,
    })  # fmt: skip

    def jest(name: str, line: int) -> FailedTest:
        text = (
            "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 3\nReceived: 4\n"
            f"    at Object.<anonymous> (/ci/shop/src/__tests__/cart.test.ts:{line}:24)\n"
            "    at Promise.then.completed (/ci/shop/node_modules/jest-circus/build/utils.js:298:28)\n"
        )
        return failed(name, text, classname=name, exception="Error")

    def vitest(name: str, line: int) -> FailedTest:
        text = (
            f"AssertionError: expected 4 to be 3 // Object.is equality\n \u276f src/__tests__/cart.test.ts:{line}:24\n"
        )
        return failed(name, text, classname="src/__tests__/cart.test.ts")

    for make, prefix in ((jest, "totals "), (vitest, "totals > ")):
        groups = triaged(repo, [make(f"{prefix}sums", 5), make(f"{prefix}sums none", 11), make(f"{prefix}cart", 15)])
        assert [evidence(failure, "subject") for failure in groups] == [
            ["src/cart.ts:1 total"],
            ["src/cart.ts:1 Cart.sum"],
        ]
        assert groups[0].cause is Cause.CODE


def test_tests_of_other_languages_are_grouped_by_class_and_shape(repo: Repo) -> None:
    repo.commit(
        "red", {"src/test/java/com/acme/CartTest.java": "class CartTest {}\n", "src/main/java/com/acme/Cart.java": "\n"}
    )
    trace = "\tat org.junit.Assert.fail(Assert.java:89)\n\tat com.acme.CartTest.{}(CartTest.java:{})\n"

    def java(name: str, message: str, line: int) -> FailedTest:
        text = f"java.lang.AssertionError: {message}\n{trace.format(name, line)}"
        return failed(name, text, classname="com.acme.CartTest", message=message, exception="java.lang.AssertionError")

    tests = [
        java("sums", "expected:<3> but was:<4>", 12),
        java("sumsMore", "expected:<7> but was:<9>", 20),
        java("names", "no name", 30),
    ]
    failures = triaged(repo, tests)
    assert [names(failure) for failure in failures] == [["sums", "sumsMore"], ["names"]]
    assert all(failure.frames[0].is_test for failure in failures)


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ("Error: Cannot find module 'left-pad'", Cause.DEPENDENCY),
        ("Error: Cannot find module './gone' from 'src/cart.js'", Cause.CODE),
        ("Cannot find module '@/gone' from 'src/cart.js'", Cause.CODE),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@acme/money' imported from /w/src/cart.js", Cause.CODE),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@other/money' imported from /w/src/cart.js", Cause.DEPENDENCY),
        ("java.lang.NoClassDefFoundError: com/acme/Cart", Cause.CODE),
        ("java.lang.NoClassDefFoundError: org/other/Thing", Cause.DEPENDENCY),
        ("LoadError: cannot load such file -- nokogiri", Cause.DEPENDENCY),
    ],
)  # fmt: skip
def test_missing_modules_of_other_languages(repo: Repo, statement: str, cause: Cause) -> None:
    repo.commit("red", {"src/cart.js": "", "packages/acme-money/package.json": "{}", "packages/money/package.json": '{"name": "@acme/money"}',
                        "src/main/java/com/acme/Cart.java": ""})  # fmt: skip
    (failure,) = triaged(repo, [failed("cart", statement, classname="cart", message=statement, exception="")])
    assert failure.cause is cause


def _hostile(seed: int) -> FailedTest:
    chance = random.Random(seed)
    pieces = ["\0", "E   ", "File \"", "\", line ", "at (", "\n", ":", "99999999999999", "::", "[", "]", "(", "\\", "/", "../" * 9, "{" * 9, "é", "\x1b[",
              "Traceback (most recent call last):\n", "No module named '", "'", "Caused by: ", " in ", "tests/test_web.py:4: in x\n", "\ud800"]  # fmt: skip
    text = "".join(chance.choices(pieces, k=200))
    case = TestCase(name=text[:20], classname=text[20:40], file=text[40:60])
    return FailedTest(case=case, message=text[60:200], text=text, exception=text[:5], line=chance.randint(-5, 10**12))


def test_nonsense_is_triaged_without_a_crash(repo: Repo) -> None:
    base = repo.commit("good", PROJECT)
    repo.commit(
        "red", {"shop/web.py": "def (\n", "shop/\udcff.py".encode("utf-8", "replace").decode(): "x", "binary.py": "\0"}
    )
    tests = [_hostile(seed) for seed in range(200)]
    findings = [LogFinding(kind=kind, tool="", message=tests[n].message, file=tests[n].case.file, excerpt=tests[n].text)
                for n, kind in enumerate(FindingKind)]  # fmt: skip
    failures = triaged(repo, tests, findings, base=base)
    assert {test.key for failure in failures for test in failure.tests} == {test.key for test in tests}
    assert all(failure.summary.isprintable() and len(failure.summary) <= 200 for failure in failures)


def test_every_failed_test_is_in_just_one_failure(repo: Repo) -> None:
    repo.commit("red", {**PROJECT, "shop/web.py": "def link(text):\n    return text * 2\n"})
    tests = run_pytest(repo).failed
    more = [replace(tests[0], case=replace(tests[0].case, name=f"test_{n}")) for n in range(5)]
    failures = triaged(repo, [*tests, *more])
    assert sorted(test.key for f in failures for test in f.tests) == sorted(test.key for test in [*tests, *more])


def test_a_base_that_is_not_there_is_no_base(repo: Repo) -> None:
    repo.commit("red", PROJECT)
    (failure,) = triaged(repo, [failed("test_link", "E   assert 1 == 2", classname="tests.test_web")], base="0" * 40)
    assert evidence(failure, "unchanged") == []


def test_the_file_that_babel_names_is_the_one_that_cannot_be_parsed(repo: Repo) -> None:
    repo.commit(
        "red", {"src/cart.js": "module.exports = {{ total };\n", "test/cart.test.js": "require('../src/cart');\n"}
    )
    text = (
        "\u25cf Test suite failed to run\n\nJest encountered an unexpected token\n\nDetails:\n\n"
        "SyntaxError: /ci/shop/src/cart.js: Unexpected token (4:18)\n\n"
        "  at Object.require (test/cart.test.js:1:1)\n"
    )
    test = failed("test/cart.test.js", text, classname="", file="test/cart.test.js", exception="SyntaxError")
    (failure,) = triaged(repo, [test])
    assert failure.cause is Cause.CODE
    assert "src/cart.js cannot be parsed" in str(failure.evidence)
