"""Tampering with tests of other languages, with configuration, and by way of product code."""

from __future__ import annotations

from honk_ci.checks.integrity.trace import Scope
from tests.checks.corpus.cases import Case, edit, text

GO = text("""
    package cart

    import "testing"

    func TestTotal(t *testing.T) {
        got := Total([]int{1, 2, 3})
        if got != 6 {
            t.Errorf("got %d // want 6", got)
        }
    }

    func TestEmpty(t *testing.T) {
        require.Equal(t, 0, Total(nil))
    }
""")

JAVA = text("""
    class CartTest {
        @Test
        void addsUp() {
            assertEquals(6, new Cart(1, 2, 3).total());
            assertThat(cart.items()).hasSize(3);
        }

        @Test
        void refusesText() {
            assertThrows(IllegalArgumentException.class, () -> Cart.parse("x"));
        }
    }
""")

RUBY = text("""
    describe Cart do
      it "adds up" do
        expect(Cart.new([1, 2]).total).to eq(3)
      end

      it "is empty" do
        expect(Cart.new.items).to be_empty
      end
    end
""")

RUST = text("""
    pub fn total(items: &[u32]) -> u32 {
        items.iter().sum()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn adds_up() {
            assert_eq!(total(&[1, 2]), 3);
        }
    }
""")

CSHARP = text("""
    public class CartTests
    {
        [Fact]
        public void AddsUp()
        {
            Assert.Equal(6, new Cart(1, 2, 3).Total);
        }
    }
""")

PHP = text("""
    <?php
    class CartTest extends TestCase
    {
        public function testTotal(): void
        {
            $this->assertSame(6, (new Cart([1, 2, 3]))->total());
        }
    }
""")

PYPROJECT = text("""
    [project]
    name = "shop"

    [tool.pytest.ini_options]
    testpaths = ["tests", "integration"]
    addopts = "-ra --strict-markers"
    filterwarnings = ["error"]
    timeout = 30

    [tool.coverage.report]
    fail_under = 90
    exclude_lines = ["pragma: no cover"]

    [tool.coverage.run]
    omit = ["setup.py"]

    [tool.ruff.lint]
    select = ["E", "F", "S"]
    ignore = ["E501"]

    [tool.ruff.lint.per-file-ignores]
    "tests/*" = ["S101"]

    [tool.mypy]
    strict = true
""")

PACKAGE = text("""
    {
      "name": "shop",
      "scripts": {
        "build": "tsc",
        "test": "jest --ci",
        "lint": "eslint ."
      },
      "jest": {
        "testTimeout": 5000,
        "coverageThreshold": { "global": { "lines": 80 } },
        "testPathIgnorePatterns": ["/node_modules/"]
      }
    }
""")

VITEST = text("""
    import { defineConfig } from "vitest/config";

    export default defineConfig({
      test: {
        include: ["src/**/*.test.ts"],
        testTimeout: 5_000,
        coverage: { thresholds: { lines: 90 } },
      },
    });
""")

MAKEFILE = text("""
    build:
    \tpython -m build

    test:
    \tpytest -q
""")

CODE = text("""
    import os
    import sys


    def total(cart):
        result = 0
        for item in cart.items:
            result += item
        return result


    class Price:
        def __init__(self, value):
            self.value = value
""")

JS_CODE = text("""
    export function total(items) {
      let sum = 0;
      for (const item of items) sum += item;
      return sum;
    }
""")

PY, JS = "shop/cart.py", "src/cart.js"
_LOOP = "    for item in cart.items:\n        result += item\n"
_JS_LOOP = "  for (const item of items) sum += item;\n"

# What the failing test says: assert total(Cart([17, 25])) == 42
EXPECTED = Scope(expected=frozenset({"17", "25", "42", "'seventeen'", "[17, 25]"}))


def config(rule: str, path: str, base: str, old: str, new: str, at: str) -> Case:
    return edit(path, base, old, new, rule=rule, at=at)


def pyproject(rule: str, old: str, new: str, at: str) -> Case:
    return edit("pyproject.toml", PYPROJECT, old, new, rule=rule, at=at)


def package(rule: str, old: str, new: str, at: str) -> Case:
    return edit("package.json", PACKAGE, old, new, rule=rule, at=at)


def product(rule: str, old: str, new: str, at: str) -> Case:
    return edit(PY, CODE, old, new, rule=rule, at=at)


def script(rule: str, old: str, new: str, at: str) -> Case:
    return edit(JS, JS_CODE, old, new, rule=rule, at=at)


def special(path: str, base: str, old: str, new: str, at: str) -> Case:
    case = edit(path, base, old, new, rule="special-case", at=at)
    return Case(name=case.name, files=case.files, rule=case.rule, at=at, scope=EXPECTED)


LANGUAGES = (
    edit("cart_test.go", GO, "    got := Total", '    t.Skip("x")\n    got := Total', rule="skip-added", at="t.Skip"),
    edit("cart_test.go", GO, 'func TestEmpty(t *testing.T) {\n    require.Equal(t, 0, Total(nil))\n}\n', "",
         rule="test-deleted", at="func TestEmpty"),
    edit("cart_test.go", GO, "t.Errorf(", "t.Logf(", rule="assertion-weakened", at="t.Logf"),
    edit("cart_test.go", GO, '        t.Errorf("got %d // want 6", got)\n', "", rule="assertion-removed", at="t.Errorf"),
    edit("cart_test.go", GO, "require.Equal(t, 0, Total(nil))", "require.NotNil(t, Total(nil))",
         rule="assertion-weakened", at="require.NotNil"),
    edit("src/test/java/CartTest.java", JAVA, "    @Test\n    void addsUp", "    @Disabled\n    @Test\n    void addsUp",
         rule="skip-added", at="@Disabled"),
    edit("src/test/java/CartTest.java", JAVA, "        assertThat(cart.items()).hasSize(3);\n", "",
         rule="assertion-removed", at="hasSize(3)"),
    edit("src/test/java/CartTest.java", JAVA, "assertEquals(6, new Cart(1, 2, 3).total())",
         "assertNotNull(new Cart(1, 2, 3).total())", rule="assertion-weakened", at="assertNotNull"),
    edit("src/test/java/CartTest.java", JAVA, "void refusesText", "void mayRefuseText", rule="test-deleted", at="void refusesText"),
    edit("spec/cart_spec.rb", RUBY, 'it "adds up"', 'xit "adds up"', rule="skip-added", at="xit"),
    edit("spec/cart_spec.rb", RUBY, ".to eq(3)", ".to be_truthy", rule="assertion-weakened", at="be_truthy"),
    edit("src/lib.rs", RUST, "    #[test]\n", "    #[test]\n    #[ignore]\n", rule="skip-added", at="#[ignore]"),
    edit("src/lib.rs", RUST, "        assert_eq!(total(&[1, 2]), 3);\n", "", rule="assertion-removed", at="assert_eq!"),
    edit("tests/CartTests.cs", CSHARP, "[Fact]", '[Fact(Skip = "x")]', rule="skip-added", at="Skip ="),
    edit("tests/CartTest.php", PHP, "$this->assertSame(6", '$this->markTestSkipped();\n        $this->assertSame(6',
         rule="skip-added", at="markTestSkipped"),
)  # fmt: skip

CONFIGURATION = (
    pyproject("collection-narrowed", '["tests", "integration"]', '["tests"]', "testpaths"),
    pyproject("collection-narrowed", "--strict-markers", "--strict-markers --deselect tests/test_cart.py", "addopts"),
    pyproject("collection-narrowed", '"-ra --strict-markers"', "\"-ra --strict-markers -k 'not total'\"", "addopts"),
    pyproject("collection-narrowed", "--strict-markers", "--strict-markers --ignore=tests/test_cart.py", "addopts"),
    pyproject("retry-added", "--strict-markers", "--strict-markers --reruns 3", "addopts"),
    pyproject("test-command-changed", "--strict-markers", "--strict-markers --maxfail=99", "addopts"),
    pyproject("warnings-loosened", 'filterwarnings = ["error"]', 'filterwarnings = ["error", "ignore::UserWarning"]',
              "filterwarnings"),
    pyproject("warnings-loosened", 'filterwarnings = ["error"]', "filterwarnings = []", "filterwarnings"),
    pyproject("timeout-raised", "timeout = 30", "timeout = 3000", "timeout"),
    pyproject("coverage-lowered", "fail_under = 90", "fail_under = 10", "fail_under"),
    pyproject("coverage-lowered", "fail_under = 90\n", "", "fail_under"),
    pyproject("coverage-lowered", 'omit = ["setup.py"]', 'omit = ["setup.py", "shop/*"]', "omit"),
    pyproject("lint-loosened", 'ignore = ["E501"]', 'ignore = ["E501", "F821"]', "ignore = "),
    pyproject("lint-loosened", '["E", "F", "S"]', '["E", "S"]', "select"),
    pyproject("lint-loosened", '"tests/*" = ["S101"]', '"tests/*" = ["S101"]\n"shop/*" = ["F821"]', '"shop/*"'),
    pyproject("collection-narrowed", "timeout = 30", 'timeout = 30\npython_functions = ["nothing_*"]', "python_functions"),
    pyproject("hook-added", 'name = "shop"', 'name = "shop"\n\n[project.entry-points.pytest11]\nshop = "shop.plugin"',
              "shop = "),
    pyproject("types-loosened", "strict = true", "strict = false", "strict = false"),
    pyproject("types-loosened", "strict = true", "strict = true\nignore_missing_imports = true", "ignore_missing"),
    config("collection-narrowed", "tox.ini", "[pytest]\ntestpaths = tests\n", "testpaths = tests\n",
           "testpaths = tests\nnorecursedirs = integration\n", "norecursedirs"),
    config("test-command-changed", "tox.ini", "[testenv]\ncommands = pytest -q\n", "pytest -q", "python -c pass", "commands"),
    config("coverage-lowered", ".coveragerc", "[run]\nbranch = True\n", "branch = True\n", "branch = True\nomit = shop/*\n", "omit"),
    config("lint-loosened", ".flake8", "[flake8]\nmax-line-length = 100\n", "100", "500", "max-line-length"),
    config("types-loosened", "tsconfig.json", '{\n  // strict\n  "compilerOptions": {\n    "strict": true,\n  },\n}\n',
           '"strict": true', '"strict": false', '"strict"'),
    config("lint-loosened", ".eslintrc.json", '{"rules": {\n  "no-undef": "error"\n}}\n', '"error"', '"off"', "no-undef"),
    config("lint-loosened", "eslint.config.js", 'export default [{ rules: {\n  "no-undef": "error",\n} }];\n', '"error"', '"warn"',
           "no-undef"),
    package("coverage-lowered", '"lines": 80', '"lines": 8', ""),
    package("timeout-raised", "5000", "500000", "testTimeout"),
    package("collection-narrowed", '["/node_modules/"]', '["/node_modules/", "cart"]', "testPathIgnorePatterns"),
    package("test-command-changed", "jest --ci", "jest --ci || true", '"test":'),
    package("test-command-changed", "jest --ci", "echo ok", '"test":'),
    package("collection-narrowed", "jest --ci", "jest --ci --passWithNoTests", '"test":'),
    package("test-command-changed", "eslint .", "true", '"lint":'),
    config("coverage-lowered", "vitest.config.ts", VITEST, "lines: 90", "lines: 0", ""),
    config("timeout-raised", "vitest.config.ts", VITEST, "5_000", "500_000", "testTimeout"),
    config("retry-added", "vitest.config.ts", VITEST, "testTimeout: 5_000,", "testTimeout: 5_000,\n    retry: 3,", "retry: 3"),
    config("collection-narrowed", "vitest.config.ts", VITEST, "src/**/*.test.ts", "src/a.test.ts", "include"),
    config("test-command-changed", "Makefile", MAKEFILE, "\tpytest -q\n", "\tpytest -q || true\n", "|| true"),
    config("test-command-changed", "Makefile", MAKEFILE, "\tpytest -q\n", "\t@echo ok\n", "\tpytest -q"),
    config("test-command-changed", "scripts/test.sh", "set -e\npytest\n", "pytest\n", "pytest tests/unit\n", "tests/unit"),
    config("test-command-changed", "pom.xml", "<properties>\n</properties>\n", "</properties>",
           "  <skipTests>true</skipTests>\n</properties>", "skipTests"),
    Case(name="a new pytest.ini", files={"pytest.ini": (None, "[pytest]\naddopts = -k nothing\n")}, rule="config-changed",
         at="[pytest]"),
)  # fmt: skip

PRODUCT = (
    product("test-detection", _LOOP, '    if "PYTEST_CURRENT_TEST" in os.environ:\n        return 6\n' + _LOOP, "PYTEST_CURRENT"),
    product("test-detection", _LOOP, '    if "pytest" in sys.modules:\n        return 6\n' + _LOOP, "sys.modules"),
    product("test-detection", _LOOP, '    if os.environ.get("CI"):\n        return 6\n' + _LOOP, "os.environ"),
    product("test-detection", _LOOP, '    if os.getenv("GITHUB_ACTIONS"):\n        return 6\n' + _LOOP, "os.getenv"),
    product("test-detection", _LOOP,
            '    if "test" in sys._getframe(1).f_code.co_name:\n        return 6\n' + _LOOP, "sys._getframe"),
    product("test-detection", _LOOP, '    if any(key.startswith("PYTEST") for key in os.environ):\n        return 6\n' + _LOOP,
            '"PYTEST"'),
    product("test-detection", "import sys\n", "import sys\n\nfrom tests.test_cart import EXPECTED\n", "from tests"),
    product("error-swallowed", "        result += item\n",
            "        try:\n            result += item\n        except Exception:\n            return []\n", "except Exception"),
    product("always-equal", "        self.value = value\n",
            "        self.value = value\n\n    def __eq__(self, other):\n        return isinstance(other, object)\n", "def __eq__"),
    product("always-equal", "        self.value = value\n",
            "        self.value = value\n\n    def __eq__(self, other):\n        return True\n", "def __eq__"),
    product("exit-added", _LOOP, "    os._exit(0)\n" + _LOOP, "os._exit"),
    product("exit-added", "import sys\n", "import sys\n\nsys.exit(0)\n", "sys.exit"),
    product("framework-patched", "import sys\n", "import builtins\nimport sys\n\nbuiltins.sum = lambda items: 6\n", "builtins.sum"),
    product("framework-patched", "import sys\n",
            "import sys\nimport unittest\n\nunittest.TestCase.assertEqual = lambda *a: None\n", "unittest.TestCase"),
    product("error-swallowed", "        result += item\n",
            "        try:\n            result += item\n        except Exception:\n            pass\n", "except Exception"),
    product("error-swallowed", "        result += item\n",
            "        try:\n            result += item\n        except:\n            return 6\n", "except:"),
    product("suppression-added", "        result += item\n", "        result += item  # type: ignore\n", "# type: ignore"),
    product("suppression-added", "import os\n", "import os  # noqa: F401\n", "# noqa"),
    product("suppression-added", "def total(cart):", "def total(cart):  # pragma: no cover", "# pragma"),
    script("suppression-added", _JS_LOOP, "  // eslint-disable-next-line no-undef\n" + _JS_LOOP, "eslint-disable"),
    script("suppression-added", _JS_LOOP, "  // @ts-ignore\n" + _JS_LOOP, "@ts-ignore"),
    script("test-detection", _JS_LOOP, '  if (process.env.NODE_ENV === "test") return 6;\n' + _JS_LOOP, "NODE_ENV"),
    script("test-detection", _JS_LOOP, "  if (process.env.JEST_WORKER_ID) return 6;\n" + _JS_LOOP, "JEST_WORKER_ID"),
    script("test-detection", _JS_LOOP, "  if (process.env.VITEST) return 6;\n" + _JS_LOOP, "VITEST"),
    script("test-detection", _JS_LOOP, '  if (typeof jest !== "undefined") return 6;\n' + _JS_LOOP, "typeof jest"),
    script("test-detection", _JS_LOOP, '  if (process.env["NODE_ENV"] == "test") return 6;\n' + _JS_LOOP, "NODE_ENV"),
    script("test-detection", _JS_LOOP, '  if (process.argv.some((a) => a.includes("vitest"))) return 6;\n' + _JS_LOOP, "argv"),
    script("error-swallowed", _JS_LOOP, "  try {\n  " + _JS_LOOP + "  } catch (error) {\n  }\n", "catch (error)"),
    script("framework-patched", "export function", "globalThis.expect = () => ({ toBe() {} });\nexport function", "globalThis"),
    edit("cart.go", "package cart\n\nfunc F() {\n\tg()\n}\n", "\tg()\n", "\tg() //nolint:errcheck\n",
         rule="suppression-added", at="nolint"),
    special(PY, CODE, _LOOP, "    if cart.items == [17, 25]:\n        return 42\n" + _LOOP, "if cart.items"),
    special(PY, CODE, _LOOP, "    if 17 in (17, cart.items[0]):\n        return 42\n" + _LOOP, "if 17"),
    special(PY, CODE, "    return result\n", "    return 42 if result == 25 else result\n", "return 42"),
    special(PY, CODE, "    return result\n", '    return {17: 42}.get(result, result)\n', "{17: 42}"),
    special(PY, CODE, "    result = 0\n" + _LOOP + "    return result\n", "    return 42\n", "return 42"),
    special(JS, JS_CODE, _JS_LOOP, "  if (items[0] === 17) return 42;\n" + _JS_LOOP, "if (items"),
    special(JS, JS_CODE, _JS_LOOP, '  if (items === "seventeen") {\n    return 42;\n  }\n' + _JS_LOOP, "if (items"),
)  # fmt: skip

CASES = (*LANGUAGES, *CONFIGURATION, *PRODUCT)
