"""Names that tell what a file is."""

from __future__ import annotations

import pytest

from honk_ci import paths

TESTS = [
    "conftest.py",
    "tests/conftest.py",
    "test_cart.py",
    "shop/test_cart.py",
    "shop/cart_test.py",
    "shop/tests.py",
    "tests/helpers.py",
    "tests/data/order.json",
    "shop/tests/__init__.py",
    "pkg/testdata/a.golden",
    "src/cart.test.ts",
    "src/cart.spec.tsx",
    "src/__tests__/cart.js",
    "src/cart.test.mjs",
    "src/cart-test.js",
    "test/index.js",
    "test.js",
    "src/__snapshots__/a.js.snap",
    "src/__mocks__/fs.js",
    "cypress/e2e/login.cy.ts",
    "pkg/cart_test.go",
    "src/test/java/com/acme/CartTest.java",
    "src/test/resources/a.xml",
    "com/acme/CartTests.java",
    "com/acme/CartIT.java",
    "CartSpec.scala",
    "spec/cart_spec.rb",
    "spec/spec_helper.rb",
    "spec/support/db.rb",
    "spec/fixtures/a.yml",
    "test/cart_test.rb",
    "lib/cart_spec.rb",
    "tests/cart.rs",
    "src/tests.rs",
    "src/cart_test.rs",
    "tests/CartTest.php",
    "src/CartTest.php",
    "Shop.Tests/CartTests.cs",
    "Shop.UnitTests/A.cs",
    "shop-tests/src/a.js",
    "app/src/androidTest/java/A.kt",
    "src\\__tests__\\a.js",
    "spec/cart.js",
    "TestCart.java",
    "features/login.feature",
]

NOT_TESTS = [
    "shop/cart.py",
    "src/cart.ts",
    "honk_ci/testing/service.py",
    "src/contest.py",
    "src/latest.js",
    "shop/attest.py",
    "Contest.java",
    "src/main/java/com/acme/Cart.java",
    "spec/openapi.yaml",
    "cmd/test.go.tmpl",
    "lib/spec.rb",
    "pkg/tester.go",
    "Latest.java",
    "testing.py",
    "docs/testing.md",
    "src/testimonials/index.js",
    "src/lib.rs",
    "Shop/Cart.cs",
    "protest/a.py",
    "src/unit.py",
]


@pytest.mark.parametrize("path", TESTS)
def test_knows_tests_and_what_serves_them(path: str) -> None:
    assert paths.is_test_path(path)


@pytest.mark.parametrize("path", NOT_TESTS)
def test_takes_product_code_for_what_it_is(path: str) -> None:
    assert not paths.is_test_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml",
        "requirements.txt",
        "requirements-dev.txt",
        "dev-requirements.txt",
        "requirements/base.txt",
        "setup.py",
        "setup.cfg",
        "backend/requirements/prod.in",
        "constraints.txt",
        "package.json",
        "web/package.json",
        "go.mod",
        "Cargo.toml",
        "pom.xml",
        "build.gradle.kts",
        "Gemfile",
        "shop.gemspec",
        "composer.json",
        "Shop/Shop.csproj",
        "gradle/libs.versions.toml",
        ".nvmrc",
        "Pipfile",
    ],
)
def test_knows_manifests(path: str) -> None:
    assert paths.is_dependency_file(path)
    assert not paths.is_lock_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "poetry.lock",
        "uv.lock",
        "Pipfile.lock",
        "package-lock.json",
        "web/yarn.lock",
        "pnpm-lock.yaml",
        "go.sum",
        "Cargo.lock",
        "Gemfile.lock",
        "composer.lock",
        "packages.lock.json",
    ],
)
def test_lock_files_are_dependency_files_too(path: str) -> None:
    assert paths.is_lock_file(path)
    assert paths.is_dependency_file(path)


@pytest.mark.parametrize("path", ["shop/cart.py", "file.lock", "locks.py", "src/requirements.py", "shop/go.py"])
def test_code_is_no_dependency_file(path: str) -> None:
    assert not paths.is_dependency_file(path)
    assert not paths.is_lock_file(path)


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".github/actions/setup/action.yml",
        ".gitlab-ci.yml",
        "ci/lint.gitlab-ci.yml",
        ".circleci/config.yml",
        "Jenkinsfile",
        "azure-pipelines.yml",
        ".travis.yml",
        "bitbucket-pipelines.yml",
        ".buildkite/pipeline.yml",
        ".drone.yml",
        ".ci/run",
        ".github/dependabot.yml",
        "renovate.json",
        "CODEOWNERS",
        ".github/CODEOWNERS",
        ".forgejo/workflows/a.yaml",
        "codecov.yml",
    ],
)
def test_knows_ci_configuration(path: str) -> None:
    assert paths.is_ci_config(path)


@pytest.mark.parametrize("path", ["src/ci.py", "docs/workflows/a.yml", ".github/ISSUE_TEMPLATE.md", "shop/ci/run.py"])
def test_other_files_do_not_steer_ci(path: str) -> None:
    assert not paths.is_ci_config(path)


def test_tells_text_for_people_from_what_programs_read() -> None:
    assert all(map(paths.is_documentation, ("README.md", "docs/a.txt", "CHANGELOG", "shop/NOTES.rst")))
    assert not any(map(paths.is_documentation, ("shop/cart.py", "docs/conf.py", "shop/rates.json", "")))
