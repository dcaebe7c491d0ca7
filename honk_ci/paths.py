"""What a path says of a file by its name alone, for the common languages and tools.

All functions take a path relative to the repository, with "/" or "\\" between its parts, and
read nothing. They follow the default conventions of the tools; what a repository configures
otherwise they cannot know.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache

# Folders that hold nothing but tests and what tests use, in any language.
_TEST_FOLDERS = frozenset({
    "test", "tests", "__tests__", "__test__", "testdata", "test_data", "test-data", "__snapshots__",
    "__mocks__", "__fixtures__", "androidtest", "integrationtest", "functionaltest", "testfixtures",
    "unittests", "e2e", "cypress",
})  # fmt: skip

# ``spec`` is RSpec's and Jasmine's folder, yet also where API descriptions live: code only.
_SPEC_FOLDERS = frozenset({"spec", "specs"})
_SPEC_SUFFIXES = (".rb", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".coffee", ".php", ".snap")

_TEST_NAMES = re.compile(
    r"""(?:
      conftest\.py | tests?\.py | test_[^/]*\.pyi? | [^/]*_tests?\.pyi?                       # Python
    | [^/]+[.\-_](?:test|tests|spec|e2e|cy|it)\.[cm]?[jt]sx? | test-[^/]*\.[cm]?[jt]sx?       # JavaScript
    | test\.[cm]?[jt]sx? | [^/]+\.snap
    | [^/]+_test\.go                                                                          # Go
    | (?:Test[A-Z0-9][^/]*|[^/]*[a-z0-9_](?:Tests?|TestCase|Spec|IT))\.(?:java|kt|kts|scala|groovy)   # JVM
    | [^/]+_(?:spec|test)\.rb | test_[^/]*\.rb | spec_helper\.rb | rails_helper\.rb           # Ruby
    | [^/]+_tests?\.rs | tests?\.rs                                                           # Rust
    | [^/]+Tests?\.(?:php|cs|fs|vb|swift|m|mm) | [^/]+(?:Spec|Cest|Specs)\.(?:php|cs)         # PHP, .NET, Swift
    | [^/]+_test\.(?:exs|dart|cc|cpp|c|cxx) | [^/]+\.feature
    )""",
    re.VERBOSE,
)

# Test projects of .NET and test modules of Gradle: "Shop.Tests/", "Shop.UnitTests/", "shop-tests/".
_TEST_PROJECT = re.compile(r".+(?:\.|-)(?:[A-Za-z]*Tests?|tests?|Specs)")

_LOCK_FILES = frozenset({
    "poetry.lock", "pdm.lock", "uv.lock", "pipfile.lock", "pylock.toml", "conda-lock.yml",
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock",
    "go.sum", "go.work.sum", "cargo.lock", "gemfile.lock", "gems.locked", "composer.lock", "packages.lock.json",
    "paket.lock", "gradle.lockfile", "verification-metadata.xml", "mix.lock", "pubspec.lock", "podfile.lock",
    "package.resolved", "flake.lock",
})  # fmt: skip

_MANIFESTS = frozenset({
    "pyproject.toml", "setup.py", "setup.cfg", "pipfile", "environment.yml", "environment.yaml", "uv.toml",
    ".python-version", "package.json", "pnpm-workspace.yaml", ".npmrc", ".yarnrc", ".yarnrc.yml", ".nvmrc",
    ".node-version", ".tool-versions", "deno.json", "deno.jsonc", "go.mod", "go.work", "cargo.toml", "rust-toolchain",
    "rust-toolchain.toml", "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts",
    "libs.versions.toml", "gradle.properties", "ivy.xml", "build.sbt", "gemfile", "gems.rb", ".ruby-version",
    "composer.json", "packages.config", "directory.packages.props", "directory.build.props", "nuget.config",
    "paket.dependencies", "global.json", "mix.exs", "pubspec.yaml", "podfile", "package.swift", "conanfile.txt",
    "conanfile.py", "vcpkg.json",
})  # fmt: skip
_MANIFEST_PATTERNS = (
    "*requirements*.txt", "*requirements*.in", "constraints*.txt", "*-constraints.txt", "*.gemspec", "*.csproj",
    "*.fsproj", "*.vbproj", "requirements/*.txt", "*/requirements/*.txt", "requirements/*.in", "*/requirements/*.in",
)  # fmt: skip

_CI_FOLDERS = (
    ".github/workflows", ".github/actions", ".gitea/workflows", ".forgejo/workflows", ".gitlab/ci", ".gitlab-ci",
    ".circleci", ".buildkite", ".semaphore", ".teamcity", ".woodpecker", ".tekton", ".builds", ".azure-pipelines",
    ".azuredevops", ".ci", ".harness",
)  # fmt: skip
_CI_NAMES = (
    ".gitlab-ci.yml", ".gitlab-ci.yaml", "*.gitlab-ci.yml", "azure-pipelines*.yml", "azure-pipelines*.yaml",
    "jenkinsfile", "jenkinsfile.*", "*.jenkinsfile", ".travis.yml", "appveyor.yml", ".appveyor.yml",
    "bitbucket-pipelines.yml", ".drone.yml", ".drone.jsonnet", ".woodpecker.yml", ".woodpecker.yaml", ".cirrus.yml",
    ".cirrus.star", "cloudbuild.yaml", "cloudbuild.yml", "buildspec.yml", "buildspec.yaml", "codefresh.yml",
    "wercker.yml", ".build.yml", "codecov.yml", ".codecov.yml", "sonar-project.properties", "codeowners",
    "dependabot.yml", "dependabot.yaml", "renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json",
    ".mergify.yml", ".pre-commit-ci.yml",
)  # fmt: skip


@lru_cache(maxsize=8192)
def is_test_path(path: str) -> bool:
    """Whether the file is a test or serves tests alone: fixture, helper, snapshot, test data."""
    *folders, name = _parts(path)
    if _TEST_NAMES.fullmatch(name):
        return True
    lowered = [folder.lower() for folder in folders]
    if any(folder in _TEST_FOLDERS or _TEST_PROJECT.fullmatch(folder) for folder in (*lowered, *folders)):
        return True
    return any(folder in _SPEC_FOLDERS for folder in lowered) and _is_spec_material(lowered, name)


def is_dependency_file(path: str) -> bool:
    """Whether the file declares or pins what is installed; lock files included.

    Several of them (``pyproject.toml``, ``package.json``, ``setup.cfg``) hold other settings too:
    look at what changed in them.
    """
    whole = "/".join(_parts(path)).lower()
    name = whole.rpartition("/")[2]
    if name in _MANIFESTS or is_lock_file(path):
        return True
    return any(fnmatchcase(whole if "/" in pattern else name, pattern) for pattern in _MANIFEST_PATTERNS)


def is_lock_file(path: str) -> bool:
    """Whether the file is written by a resolver and pins exact versions."""
    return _name(path) in _LOCK_FILES


def is_ci_config(path: str) -> bool:
    """Whether the file steers CI, or who must approve what: pipelines, bots, code owners."""
    parts = [part.lower() for part in _parts(path)]
    folders = "/".join(parts[:-1]) + "/"
    if any(folders.startswith(f"{folder}/") for folder in _CI_FOLDERS):
        return True
    return _matches(parts[-1], _CI_NAMES)


def is_documentation(path: str) -> bool:
    """Whether the file is text for people that no program is expected to read."""
    parts = [part.lower() for part in _parts(path)]
    name = parts[-1]
    if name.startswith(("readme", "changelog", "changes", "license", "licence", "contributing", "authors", "notice")):
        return True
    prose = name.endswith((".md", ".rst", ".adoc", ".mdx"))
    return prose or (parts[0] in {"docs", "doc"} and not name.endswith((".py", ".js", ".ts", ".json", ".yml", ".yaml")))


def _is_spec_material(folders: list[str], name: str) -> bool:
    return name.lower().endswith(_SPEC_SUFFIXES) or bool({"fixtures", "support", "factories"} & set(folders))


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in {"", "."}] or [""]


def _name(path: str) -> str:
    return _parts(path)[-1].lower()


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
