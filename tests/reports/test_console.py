"""What each family of console output is reduced to. The texts are what the tools print, cut."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from honk_ci import reports
from honk_ci.domain import FindingKind as K
from honk_ci.domain import LogFinding
from honk_ci.reports.console import LOG_FORMATS

Row = tuple[K, str, str, int | None, str]  # kind, tool, file, line, code


def read(tmp_path: Path, text: str) -> tuple[LogFinding, ...]:
    path = tmp_path / "job.log"
    path.write_text(textwrap.dedent(text).lstrip("\n"))
    return reports.read_log(path).findings


def rows(found: tuple[LogFinding, ...]) -> list[Row]:
    return [(one.kind, one.tool, one.file, one.line, one.code) for one in found]


# --- Python ---------------------------------------------------------------------------------------


def test_pytest_short_summary(tmp_path: Path) -> None:
    found = read(tmp_path, """
        =========================== short test summary info ============================
        FAILED tests/test_cart.py::TestCart::test_total[a - b] - AssertionError: assert 3 == 4
        FAILED tests/test_cart.py::test_plain - assert 1 == 2
        ERROR tests/test_cart.py::test_setup - RuntimeError: no database
        ERROR tests/test_gone.py - ModuleNotFoundError: No module named 'gone'
        ERROR tests/test_bad.py - ZeroDivisionError: division by zero
        !!!!!!!!!!!!!!!!!!! Interrupted: 2 errors during collection !!!!!!!!!!!!!!!!!!!
        2 failed, 3 errors in 0.12s
    """)  # fmt: skip
    assert rows(found) == [
        (K.TEST, "pytest", "tests/test_cart.py", None, "TestCart::test_total[a - b]"),
        (K.TEST, "pytest", "tests/test_cart.py", None, "test_plain"),
        (K.TEST, "pytest", "tests/test_cart.py", None, "test_setup"),
        (K.MISSING_MODULE, "pytest", "tests/test_gone.py", None, ""),
        (K.COLLECTION, "pytest", "tests/test_bad.py", None, ""),
    ]
    assert [one.exception for one in found] == [
        "AssertionError",
        "AssertionError",
        "RuntimeError",
        "ModuleNotFoundError",
        "ZeroDivisionError",
    ]


def test_pytest_collection_errors_are_told_once_with_their_place(tmp_path: Path) -> None:
    found = read(tmp_path, """
        ==================================== ERRORS ====================================
        ___________________________ ERROR collecting test_c.py ___________________________
        ImportError while importing test module '/app/test_c.py'.
        Hint: make sure your test modules/packages have valid Python names.
        Traceback:
        /usr/lib/python3.11/importlib/__init__.py:126: in import_module
            return _bootstrap._gcd_import(name[level:], package, level)
        test_c.py:3: in <module>
            import nosuch
        E   ModuleNotFoundError: No module named 'nosuch'
        ___________________________ ERROR collecting test_s.py ___________________________
        E     File "/app/test_s.py", line 7
        E       def test(:
        E                ^
        E   SyntaxError: invalid syntax
        =========================== short test summary info ============================
        ERROR test_c.py
        ERROR test_s.py
    """)  # fmt: skip
    assert rows(found) == [
        (K.MISSING_MODULE, "pytest", "test_c.py", 3, "test_c.py"),
        (K.SYNTAX, "pytest", "/app/test_s.py", 7, "test_s.py"),
    ]
    assert "import nosuch" in found[0].excerpt


def test_pytest_summary_gets_place_and_text_from_its_section(tmp_path: Path) -> None:
    found = read(tmp_path, """
        =================================== FAILURES ===================================
        ______________________________ TestCart.test_total[a] ______________________________

            def test_total(self, name):
        >       assert total(name) == 4

        tests/test_cart.py:12:
        _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

        >   return 1 / 0
        E   ZeroDivisionError: division by zero

        cart.py:3: ZeroDivisionError
        =========================== short test summary info ============================
        FAILED tests/test_cart.py::TestCart::test_total[a] - ZeroDivisionError: division by zero
    """)  # fmt: skip
    assert rows(found) == [(K.TEST, "pytest", "tests/test_cart.py", 12, "TestCart::test_total[a]")]
    assert "cart.py:3: ZeroDivisionError" in found[0].excerpt


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("INTERNALERROR> ValueError: bad plugin", K.TEST),
        ("ERROR: file or directory not found: tests/gone", K.COLLECTION),
        ("pytest: error: unrecognized arguments: --cov", K.COLLECTION),
        ("ImportError while loading conftest '/app/conftest.py'.", K.COLLECTION),
        ("FAIL Required test coverage of 90% not reached. Total coverage: 80.00%", K.OTHER),
        ("E   Failed: Timeout (>1.0s) from pytest-timeout.", K.TIMEOUT),
        ("worker 'gw0' crashed while running 'tests/test_x.py::test_y'", K.TEST),
        ("Fatal Python error: Segmentation fault", K.TEST),
    ],
)
def test_what_stops_pytest(tmp_path: Path, line: str, kind: K) -> None:
    assert [one.kind for one in read(tmp_path, f"before\n{line}\nafter\n")] == [kind]


def test_missing_coverage_is_told_once(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "ERROR: Coverage failure: total of 64 is less than fail-under=95\n"
        "=== tests coverage ===\n"
        "FAIL Required test coverage of 95% not reached. Total coverage: 64.29%\n",
    )
    assert [one.message for one in found] == ["Coverage failure: total of 64 is less than fail-under=95"]


def test_pytest_without_tests_says_so_only_where_nothing_says_why(tmp_path: Path) -> None:
    idle = "collected 0 items\n\n============================ no tests ran in 0.01s =============================\n"
    assert [(one.kind, one.message) for one in read(tmp_path, idle)] == [(K.COLLECTION, "no tests ran")]
    assert [one.message for one in read(tmp_path, idle + "ERROR: file or directory not found: x\n")] == [
        "file or directory not found: x"
    ]


def test_unittest(tmp_path: Path) -> None:
    found = read(tmp_path, """
        ======================================================================
        FAIL: test_total (tests.test_cart.CartTest.test_total)
        Sums the prices.
        ----------------------------------------------------------------------
        Traceback (most recent call last):
          File "/app/tests/test_cart.py", line 9, in test_total
            self.assertEqual(3, 4)
          File "/usr/lib/python3.11/unittest/case.py", line 873, in assertEqual
            assertion_func(first, second, msg=msg)
        AssertionError: 3 != 4

        ----------------------------------------------------------------------
        Ran 2 tests in 0.001s

        FAILED (failures=1)
    """)  # fmt: skip
    assert rows(found) == [(K.TEST, "unittest", "/app/tests/test_cart.py", 9, "tests.test_cart.CartTest.test_total")]
    assert found[0].exception == "AssertionError"


def test_traceback_names_the_frame_outside_of_packages(tmp_path: Path) -> None:
    found = read(tmp_path, """
        Traceback (most recent call last):
          File "/app/run.py", line 3, in <module>
            main()
          File "/app/cart.py", line 12, in main
            requests.get("x")
          File "/venv/lib/python3.11/site-packages/requests/api.py", line 73, in get
            return request("get", url)
                   ^^^^^^^^^^^^^^^^^^^
        requests.exceptions.MissingSchema: Invalid URL 'x': No scheme supplied

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/app/run.py", line 5, in <module>
            raise ConfigError("bad") from error
        app.errors.ConfigError: bad
    """)  # fmt: skip
    assert (K.TEST, "python", "/app/cart.py", 12, "") in rows(found)
    assert {one.exception for one in found} == {"requests.exceptions.MissingSchema", "app.errors.ConfigError"}


def test_traceback_with_a_prefix_on_each_line(tmp_path: Path) -> None:
    found = read(tmp_path, """
        web-1  | Traceback (most recent call last):
        web-1  |   File "/app/run.py", line 3, in <module>
        web-1  |     import nosuch
        web-1  | ModuleNotFoundError: No module named 'nosuch'
    """)  # fmt: skip
    assert rows(found) == [(K.MISSING_MODULE, "python", "/app/run.py", 3, "")]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (
            '  File "bad.py", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n',
            (K.SYNTAX, "python", "bad.py", 1, ""),
        ),
        ("/usr/bin/python3: No module named nosuch\n", (K.MISSING_MODULE, "python", "", None, "nosuch")),
    ],
)
def test_python_before_it_starts(tmp_path: Path, text: str, row: Row) -> None:
    assert rows(read(tmp_path, text)) == [row]


def test_python_itself(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = [1,\n")
    done = subprocess.run(
        [sys.executable, "bad.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    found = read(tmp_path, done.stderr)
    assert [(one.kind, one.line, one.exception) for one in found] == [(K.SYNTAX, 1, "SyntaxError")]


# --- compilers and type checkers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("a.c:1:30: error: 'y' undeclared (first use in this function)", (K.COMPILE, "gcc", "a.c", 1, "")),
        ("src/a.cpp:3:10: fatal error: boost/x.hpp: No such file or directory", (K.COMPILE, "gcc", "src/a.cpp", 3, "")),
        ("A.java:3: error: cannot find symbol", (K.COMPILE, "javac", "A.java", 3, "")),
        ("[ERROR] /app/src/main/java/A.java:[3,5] cannot find symbol", (K.COMPILE, "javac", "/app/src/main/java/A.java", 3, "")),
        ("e: file:///app/src/A.kt:3:5 Unresolved reference: x", (K.COMPILE, "kotlinc", "/app/src/A.kt", 3, "")),
        ("src/t.ts(3,22): error TS2307: Cannot find module './x'.", (K.TYPES, "tsc", "src/t.ts", 3, "TS2307")),
        ("src/t.ts:3:22 - error TS2307: Cannot find module './x'.", (K.TYPES, "tsc", "src/t.ts", 3, "TS2307")),
        ("a.py:3: error: Incompatible return value  [return-value]", (K.TYPES, "mypy", "a.py", 3, "return-value")),
        ("a.py:3:5:3:9: error: Bad  [arg-type]", (K.TYPES, "mypy", "a.py", 3, "arg-type")),
        ("a.py:3: error: invalid syntax  [syntax]", (K.SYNTAX, "mypy", "a.py", 3, "syntax")),
        ("  /app/a.py:3:5 - error: Bad (reportGeneralTypeIssues)", (K.TYPES, "pyright", "/app/a.py", 3, "reportGeneralTypeIssues")),
        ("Program.cs(3,5): error CS1002: ; expected [/app/x.csproj]", (K.COMPILE, "csc", "Program.cs", 3, "CS1002")),
        ("vet: ./x.go:3:5: undefined: foo", (K.COMPILE, "go", "x.go", 3, "")),
        ("./x.go:3:5: undefined: foo", (K.COMPILE, "go", "x.go", 3, "")),
        ("/usr/bin/ld: a.o: undefined reference to `f'", (K.COMPILE, "ld", "", None, "")),
        ("make: *** [Makefile:2: all] Error 1", (K.COMPILE, "make", "", None, "")),
        ("CMake Error at CMakeLists.txt:3 (find_package):", (K.COMPILE, "cmake", "CMakeLists.txt", 3, "")),
    ],
)  # fmt: skip
def test_compilers(tmp_path: Path, line: str, row: Row) -> None:
    assert rows(read(tmp_path, f"building\n{line}\n")) == [row]


def test_go_build_block(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "# example.com/cart\n./cart.go:3:5: some new complaint\n./cart.go:4:5: another\nFAIL\texample.com/cart [build failed]\n",
    )
    assert [row[:4] for row in rows(found)] == [
        (K.COMPILE, "go", "cart.go", 3), (K.COMPILE, "go", "cart.go", 4), (K.COMPILE, "go", "", None),
    ]  # fmt: skip


def test_rustc_takes_the_first_place_and_not_the_sums(tmp_path: Path) -> None:
    found = read(tmp_path, """
           Compiling rs v0.1.0 (/app)
        error[E0277]: cannot add `&str` to `i32`
         --> src/lib.rs:1:31
          |
        help: the following other types implement trait
         --> /rustc/5980/library/core/src/ops/arith.rs:99:8
        error: could not compile `rs` (lib) due to 1 previous error
    """)  # fmt: skip
    assert rows(found) == [(K.COMPILE, "rustc", "src/lib.rs", 1, "E0277")]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_gcc_itself(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int main() {\n  return y;\n}\n")
    done = subprocess.run(["gcc", "-c", "a.c"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert rows(read(tmp_path, done.stderr)) == [(K.COMPILE, "gcc", "a.c", 2, "")]


# --- linters and formatters -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("a.py:1:8: F401 [*] `os` imported but unused", (K.LINT, "ruff", "a.py", 1, "F401")),
        ("a.py:1:8: F401 'os' imported but unused", (K.LINT, "flake8", "a.py", 1, "F401")),
        ("a.py:1:7: E999 SyntaxError: invalid syntax", (K.SYNTAX, "flake8", "a.py", 1, "E999")),
        ("a.py:1:7: invalid-syntax: Expected a parameter", (K.SYNTAX, "ruff", "a.py", 1, "invalid-syntax")),
        ("a.py:1:0: C0114: Missing module docstring (missing-module-docstring)", (K.LINT, "pylint", "a.py", 1, "C0114")),
        ("/app/a.js:3:5: 'x' is not defined. [Error/no-undef]", (K.LINT, "eslint", "/app/a.js", 3, "no-undef")),
        ("x.go:3:5: ineffectual assignment to x (ineffassign)", (K.LINT, "golangci-lint", "x.go", 3, "ineffassign")),
        ("lib/a.rb:3:5: C: Style/StringLiterals: Prefer single-quoted", (K.LINT, "rubocop", "lib/a.rb", 3, "Style/StringLiterals")),
        ("would reformat /app/a.py", (K.FORMAT, "black", "/app/a.py", None, "")),
        ("Would reformat: a.py", (K.FORMAT, "ruff-format", "a.py", None, "")),
        ("error: cannot format a.py: Cannot parse: 1:6: def f(:", (K.SYNTAX, "black", "a.py", None, "")),
        ("ERROR: /app/a.py Imports are incorrectly sorted and/or formatted.", (K.FORMAT, "isort", "/app/a.py", None, "")),
        ("[warn] src/a.js", (K.FORMAT, "prettier", "src/a.js", None, "")),
        ("[error] src/b.js: SyntaxError: Unexpected token (1:9)", (K.SYNTAX, "prettier", "src/b.js", 1, "")),
        ("Diff in /app/src/lib.rs:3:", (K.FORMAT, "rustfmt", "/app/src/lib.rs", 3, "")),
        ("mypy.....................................................Failed", (K.LINT, "pre-commit", "", None, "mypy")),
        ("::error title=Ruff (F401),file=/app/a.py,line=1,col=8::a.py:1:8: F401 `os` imported but unused", (K.LINT, "ruff", "/app/a.py", 1, "F401")),
    ],
)  # fmt: skip
def test_linters(tmp_path: Path, line: str, row: Row) -> None:
    assert rows(read(tmp_path, f"checking\n{line}\n")) == [row]


def test_ruff_full_output(tmp_path: Path) -> None:
    found = read(tmp_path, """
        F401 [*] `os` imported but unused
         --> lint.py:1:8
          |
        1 | import os
          |        ^^
        help: Remove unused import: `os`

        unformatted: File would be reformatted
          --> lint.py:2:1

        Found 1 error.
    """)  # fmt: skip
    assert rows(found) == [(K.LINT, "ruff", "lint.py", 1, "F401"), (K.FORMAT, "ruff-format", "lint.py", 2, "")]
    assert "import os" in found[0].excerpt


def test_eslint_stylish_passes_over_warnings(tmp_path: Path) -> None:
    found = read(tmp_path, """
        /app/src/a.js
          1:7   error    'a' is assigned a value but never used  no-unused-vars
          2:1   warning  'foo' is not defined                    no-undef

        /app/src/b.js
          1:9  error  Parsing error: Unexpected token ;

        ✖ 3 problems (2 errors, 1 warning)
    """)  # fmt: skip
    assert rows(found) == [
        (K.LINT, "eslint", "/app/src/a.js", 1, "no-unused-vars"),
        (K.SYNTAX, "eslint", "/app/src/b.js", 1, ""),
    ]


# --- tests of other languages -----------------------------------------------------------------------


def test_jest(tmp_path: Path) -> None:
    found = read(tmp_path, """
        FAIL src/cart.test.js
          ● Console

            console.error
              Error: printed while passing

          ● cart › totals

            expect(received).toBe(expected) // Object.is equality

            Expected: 4
            Received: 3

              at Object.toBe (src/cart.test.js:2:51)

          ● cart › throws

            TypeError: nope is not a function

              at Object.nope (src/cart.test.js:3:80)

        FAIL src/mod.test.js
          ● Test suite failed to run

            Cannot find module './gone' from 'mod.test.js'

              at Object.<anonymous> (src/mod.test.js:1:18)

        Tests:       2 failed, 1 passed, 3 total
    """)  # fmt: skip
    assert rows(found) == [
        (K.TEST, "jest", "src/cart.test.js", 2, "cart › totals"),
        (K.TEST, "jest", "src/cart.test.js", 3, "cart › throws"),
        (K.MISSING_MODULE, "jest", "src/mod.test.js", 1, "Test suite failed to run"),
    ]
    assert [one.exception for one in found] == ["", "TypeError", ""]


def test_vitest(tmp_path: Path) -> None:
    found = read(tmp_path, """
         FAIL  src/cart.test.ts > cart > totals
        AssertionError: expected 3 to be 4 // Object.is equality

        - Expected
        + Received

         ❯ src/cart.test.ts:7:19

         FAIL  src/mod.test.ts [ src/mod.test.ts ]
        Error: Failed to load url ./gone (resolved id: ./gone) in /app/src/mod.test.ts. Does the file exist?
         ❯ loadAndTransform node_modules/vite/dist/node/chunks/dep.js:51969:17
    """)  # fmt: skip
    assert [row[:4] for row in rows(found)] == [
        (K.TEST, "vitest", "src/cart.test.ts", 7), (K.MISSING_MODULE, "vitest", "src/mod.test.ts", None),
    ]  # fmt: skip


def test_mocha(tmp_path: Path) -> None:
    found = read(tmp_path, """
        start
          1 passing (3ms)
          1 failing

          1) cart
               totals:

              AssertionError [ERR_ASSERTION]: 3 == 4
              + expected - actual
              at Context.<anonymous> (test/cart.spec.js:1:77)
    """)  # fmt: skip
    assert rows(found) == [(K.TEST, "mocha", "test/cart.spec.js", 1, "cart totals")]


def test_tap_passes_over_todo_and_parents(tmp_path: Path) -> None:
    found = read(tmp_path, """
        TAP version 13
        # Subtest: outer
            not ok 1 - inner
              ---
              location: '/app/a.test.js:3:51'
              failureType: 'testCodeFailure'
              error: |-
                Expected values to be strictly equal:

                1 !== 2
              name: 'AssertionError'
              ...
        not ok 1 - outer
          ---
          location: '/app/a.test.js:3:24'
          failureType: 'subtestsFailed'
          error: '1 subtest failed'
          ...
        not ok 2 - later # TODO
          ---
          error: 't'
          ...
        # fail 1
    """)  # fmt: skip
    assert rows(found) == [(K.TEST, "node", "/app/a.test.js", 3, "inner")]
    assert (found[0].exception, found[0].message) == (
        "AssertionError",
        "inner - AssertionError: Expected values to be strictly equal:",
    )


def test_node_spec_reporter(tmp_path: Path) -> None:
    found = read(tmp_path, """
        ✖ adds (1.6ms)
          AssertionError [ERR_ASSERTION]: 1 == 2
        ℹ fail 1

        ✖ failing tests:

        test at a.test.js:2:1
        ✖ adds (1.64937ms)
          AssertionError [ERR_ASSERTION]: 1 == 2

        test at a.test.js:3:1
        ✖ later (0.1ms) # TODO
          Error: t
    """)  # fmt: skip
    assert rows(found) == [(K.TEST, "node", "a.test.js", 2, "adds")]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("reporter", ["tap", "spec"])
def test_node_itself(tmp_path: Path, reporter: str) -> None:
    (tmp_path / "a.test.mjs").write_text(
        "import test from 'node:test';\ntest('adds', () => { null.x });\ntest('ok', () => {});\n"
    )
    command = ["node", "--test", f"--test-reporter={reporter}", "a.test.mjs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    found = read(tmp_path, done.stdout)
    assert [(one.kind, one.line, one.code, one.exception) for one in found] == [(K.TEST, 2, "adds", "TypeError")]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("--- FAIL: TestSum (0.00s)", (K.TEST, "go", "", None, "TestSum")),
        ("test tests::adds ... FAILED", (K.TEST, "cargo", "", None, "tests::adds")),
        ("        FAIL [   0.005s] cart tests::adds", (K.TEST, "nextest", "", None, "cart tests::adds")),
        ("CartTest > totals FAILED", (K.TEST, "gradle", "", None, "CartTest > totals")),
        ("[ERROR]   CartTest.totals:17 expected: <3> but was: <4>", (K.TEST, "maven", "", 17, "CartTest.totals")),
        ("rspec ./spec/cart_spec.rb:9 # Cart totals", (K.TEST, "rspec", "spec/cart_spec.rb", 9, "Cart totals")),
        ("1) CartTest::testTotals", (K.TEST, "phpunit", "", None, "CartTest::testTotals")),
        ("[  FAILED  ] Cart.Totals (0 ms)", (K.TEST, "googletest", "", None, "Cart.Totals")),
        ("panic: runtime error: index out of range [3]", (K.TEST, "go", "", None, "")),
    ],
)  # fmt: skip
def test_other_runners(tmp_path: Path, text: str, row: Row) -> None:
    assert rows(read(tmp_path, f"running\n{text}\n")) == [row]


def test_go_tells_what_each_test_said_and_drops_parents(tmp_path: Path) -> None:
    found = read(tmp_path, """
        === RUN   TestSum
        === RUN   TestSum/two
            cart_test.go:12: got 3, want 4
        --- FAIL: TestSum (0.00s)
            --- FAIL: TestSum/two (0.00s)
        === RUN   TestOk
            cart_test.go:20: just a log
        --- PASS: TestOk (0.00s)
        --- FAIL: TestPlain (0.00s)
            cart_test.go:33:
                Error Trace: /app/cart_test.go:33
                Error:       Not equal:
        --- FAIL: TestSilent (0.00s)
        FAIL
        FAIL	example.com/cart	0.003s
    """)  # fmt: skip
    assert rows(found) == [
        (K.TEST, "go", "cart_test.go", 12, "TestSum/two"),
        (K.TEST, "go", "cart_test.go", 33, "TestPlain"),
        (K.TEST, "go", "", None, "TestSilent"),
    ]
    assert [one.message for one in found] == ["TestSum/two - got 3, want 4", "TestPlain - Not equal:", "TestSilent"]
    assert "cart_test.go:12" in found[0].excerpt


def test_rust_panic(tmp_path: Path) -> None:
    found = read(
        tmp_path, "thread 'tests::bad' panicked at src/lib.rs:2:39:\nassertion `left == right` failed\n  left: 1\n"
    )
    assert rows(found) == [(K.TEST, "cargo", "src/lib.rs", 2, "")]
    assert found[0].message == "tests::bad panicked: assertion `left == right` failed"


# --- packages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "tool", "words"),
    [
        ("npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\n", K.DEPENDENCY, "npm", "ERESOLVE: ERESOLVE unable"),
        ("npm ERR! code ETARGET\nnpm ERR! notarget No matching version found for left-pad@99.\n", K.DEPENDENCY, "npm", "left-pad@99"),
        ("npm error code E404\nnpm error 404 Not Found - GET https://r/x\n", K.DEPENDENCY, "npm", "404 Not Found"),
        ("npm error code EAI_AGAIN\nnpm error syscall getaddrinfo\nnpm error errno EAI_AGAIN\n", K.NETWORK, "npm", "EAI_AGAIN"),
        ("npm error code E429\nnpm error 429 Too Many Requests\n", K.RATE_LIMIT, "npm", "E429"),
        ("npm error code E401\nnpm error Incorrect or missing password.\n", K.PERMISSION, "npm", "E401"),
        ('npm error Missing script: "build"\n', K.OTHER, "npm", "build"),
        ("ERROR: No matching distribution found for nosuch==1\n", K.DEPENDENCY, "pip", "nosuch==1"),
        ("  × Getting requirements to build wheel did not run successfully.\n", K.DEPENDENCY, "pip", "Getting requirements"),
        ("ERROR: ResolutionImpossible: for help visit https://pip\n", K.DEPENDENCY, "pip", "ResolutionImpossible"),
        ("ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.\n", K.DEPENDENCY, "pip", "a==1 and b==2"),
        ("  × No solution found when resolving dependencies:\n  ╰─▶ Because a==1 depends on b>2\n", K.DEPENDENCY, "uv", "Because a==1 depends"),
        ("error: No solution found when resolving dependencies\n  cause: Because a==1 depends on b>2\n", K.DEPENDENCY, "uv", "Because a==1 depends"),
        ("So, because app depends on both x (^1) and y (^2), version solving failed.\n", K.DEPENDENCY, "poetry", "version solving failed"),
        ("go: example.com/x@v1: missing go.sum entry for go.mod file\n", K.DEPENDENCY, "go", "missing go.sum entry"),
        ("error: failed to select a version for `serde`.\n", K.DEPENDENCY, "cargo", "serde"),
        ("bash: line 1: nosuch: command not found\n", K.DEPENDENCY, "sh", "nosuch: command not found"),
        ("/bin/sh: 1: ruff: not found\n", K.DEPENDENCY, "sh", "ruff: not found"),
    ],
)  # fmt: skip
def test_packages(tmp_path: Path, text: str, kind: K, tool: str, words: str) -> None:
    found = read(tmp_path, f"installing\n{text}done\n")
    assert [(one.kind, one.tool) for one in found] == [(kind, tool)]
    assert words in found[0].message


def test_npm_lifecycle_says_nothing_new(tmp_path: Path) -> None:
    assert (
        read(tmp_path, "npm error code ELIFECYCLE\nnpm error errno 1\nnpm error Failed at the x@1 test script.\n") == ()
    )


# --- infrastructure ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("##[error]The job running on runner GitHub Actions 3 has exceeded the maximum execution time of 360 minutes.", K.TIMEOUT),
        ("Error: The action 'Run tests' has timed out after 5 minutes.", K.TIMEOUT),
        ("ERROR: Job failed: execution took longer than 1h0m0s seconds", K.TIMEOUT),
        ("make: *** [Makefile:3: test] Error 124", K.TIMEOUT),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", K.OUT_OF_MEMORY),
        ("java.lang.OutOfMemoryError: Java heap space", K.OUT_OF_MEMORY),
        ("State: OOMKilled", K.OUT_OF_MEMORY),
        ("c++: fatal error: Killed signal terminated program cc1plus", K.OUT_OF_MEMORY),
        ("terminate called after throwing an instance of 'std::bad_alloc'", K.OUT_OF_MEMORY),
        ("bash: line 1:  2269 Killed                  pytest -q", K.KILLED),
        ("Killed", K.KILLED),
        ("make: *** [Makefile:2: all] Killed", K.KILLED),
        ("##[error]Process completed with exit code 137.", K.KILLED),
        ("ERROR: Job failed: exit code 137", K.KILLED),
        ("##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped", K.KILLED),
        ("OSError: [Errno 28] No space left on device", K.DISK_FULL),
        ("npm error nospc ENOSPC: no space left on device, write", K.DISK_FULL),
        ("fatal: unable to access 'https://h/x.git/': Could not resolve host: h", K.NETWORK),
        ("  0     0    0     0 --:--:--     0curl: (6) Could not resolve host: h", K.NETWORK),
        ("E: Failed to fetch http://deb/x.deb  503  Service Unavailable", K.NETWORK),
        ("WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError'", K.NETWORK),
        ("Error response from daemon: Get \"https://h/v2/\": net/http: TLS handshake timeout", K.NETWORK),
        ("go: example.com/x@v1: Get \"https://p/x\": dial tcp: lookup p: no such host", K.NETWORK),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", K.NETWORK),
        ("psql: error: connection to server at \"localhost\" (127.0.0.1), port 5432 failed: Connection refused", K.NETWORK),
        ("ERROR: Job failed (system failure): prepare environment: exit status 1", K.NETWORK),
        ("toomanyrequests: You have reached your pull rate limit.", K.RATE_LIMIT),
        ("Error: API rate limit exceeded for installation ID 1.", K.RATE_LIMIT),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", K.PERMISSION),
        ("remote: Permission to a/b.git denied to github-actions[bot].", K.PERMISSION),
        ("git@github.com: Permission denied (publickey).", K.PERMISSION),
        ("##[error]Resource not accessible by integration", K.PERMISSION),
        ("Error: Input required and not supplied: token", K.PERMISSION),
        ("denied: requested access to the resource is denied", K.PERMISSION),
        ("Unable to locate credentials. You can configure credentials by running \"aws configure\".", K.PERMISSION),
    ],
)  # fmt: skip
def test_infrastructure(tmp_path: Path, line: str, kind: K) -> None:
    found = read(tmp_path, f"working\n{line}\n")
    assert kind in [one.kind for one in found], rows(found)


# --- what must not be found ---------------------------------------------------------------------------


def test_memory_that_a_thread_lacks_is_told_however_the_line_begins(tmp_path: Path) -> None:
    line = (
        '# Caused by: Exception in thread "main" Exception in thread "a" java.lang.OutOfMemoryError: Java heap space\n'
    )

    assert [found.kind for found in read(tmp_path, line)] == [K.OUT_OF_MEMORY]


def test_a_line_that_begins_the_same_over_and_over_holds_nobody_up(tmp_path: Path) -> None:
    began = time.monotonic()

    read(tmp_path, f"{'Exception in thread ' * 26}timed out\n{'.' * 8000} Failed\n")

    assert time.monotonic() - began < 5


def test_passing_output_gives_nothing(tmp_path: Path) -> None:
    assert rows(read(tmp_path, PASSING)) == []


def test_a_test_named_like_an_error_is_none(tmp_path: Path) -> None:
    assert (
        read(tmp_path, "tests/test_x.py::test_error: failed PASSED\nERROR handling is fine\nFAILED is a word\n") == ()
    )


@pytest.mark.parametrize("name", LOG_FORMATS)
def test_each_format_bears_any_line_and_any_gap(name: str) -> None:
    log_format = LOG_FORMATS[name]()
    odd = [
        "",
        " ",
        ":",
        "error",
        "error:",
        "::error ::",
        "FAILED ",
        "\u25cf",
        "\u2716",
        "not ok ",
        "-->",
        "npm ERR!",
        "Traceback (",
        "x" * 5_000,
        "\ud83d",
        "(" * 3_000,
    ]
    for number, line in enumerate(odd * 3, start=1):
        log_format.feed(line, number * 7 if number > len(odd) else number)
    assert all(one.message or one.kind for one in log_format.findings())
    assert log_format.findings() == log_format.findings()


PASSING = (Path(__file__).parent / "passing.log").read_text()
