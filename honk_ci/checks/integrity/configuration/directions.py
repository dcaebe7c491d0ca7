"""Tables for the review of configuration: which settings guard the build, and which way each of them loosens."""

from __future__ import annotations

import re

# Files that hold nothing but such settings.
WHOLE_FILES = re.compile(
    r"\.?pytest\.(?:ini|toml)|\.coveragerc.*|\.?mypy\.ini|\.flake8|\.?pylintrc(?:\.toml)?|\.?ruff\.toml|pyrightconfig\.json|"
    r"\.pycodestyle|\.bandit|jest.*\.config\..+|jest\.setup\..+|vitest\.(?:config|workspace|setup)\..+|\.mocharc.*|mocha\.opts|"
    r"karma\.conf\..+|ava\.config\..+|\.taprc|jasmine\.json|playwright\.config\..+|cypress\.(?:config\..+|json)|"
    r"\.nycrc.*|\.c8rc\.json|nyc\.config\..+|\.eslintrc.*|eslint\.config\..+|\.eslintignore|biome\.jsonc?|\.oxlintrc\.json|"
    r"\.stylelintrc.*|tslint\.json|\.golangci\.(?:ya?ml|toml|json)|\.rubocop.*\.yml|\.rspec|\.simplecov|nextest\.toml|"
    r"clippy\.toml|phpstan.*\.neon.*|phpunit.*\.xml(?:\.dist)?|psalm\.xml.*|detekt.*\.yml|checkstyle.*\.xml|\.swiftlint\.yml|"
    r".*\.runsettings|xunit\.runner\.json|testng\.xml|junit-platform\.properties|credo\.exs|\.yamllint.*|tox\.(?:ini|toml)"
)
# Settings of files that hold other things too.
GUARDED = re.compile(
    r"(?:tool\.(?:pytest|coverage|ruff|mypy|pyright|basedpyright|pylint|flake8|tox|nox|bandit|poe|pdm\.scripts|taskipy|ty|"
    r"pytest-enabler|interrogate|hatch\.envs\.[^.]+\.scripts))\b|(?:tool:pytest|pytest|flake8|coverage:\w+|mypy.*|pylint.*|"
    r"pycodestyle|aliases|testenv.*|tox)\.|scripts\.(?:pre|post)?(?:test|lint|check|type|cover|ci|verify|validate|e2e|unit|spec)|"
    r"(?:jest|mocha|ava|nyc|c8|vitest|eslintConfig|tap|xo|standard)\.|test\.|(?:lints|workspace\.lints|profile\.test)\.|"
    r"compilerOptions\.(?:strict\w*|no[A-Z]\w+|skipLibCheck|checkJs|alwaysStrict|allowUnreachableCode|allowUnusedLabels|"
    r"useUnknownInCatchVariables|exactOptionalPropertyTypes)|(?:lib|bin\[[^\]]*\]|test\[[^\]]*\])\.(?:test|harness)|"
    r"package\.autotests|project\.entry-points\.pytest11|options\.entry_points\.pytest11"
)
TSCONFIG = re.compile(r"(?:exclude|include|files)$")

LOWER_IS_LOOSER = re.compile(
    r"(?:fail[_-]under|minimum.*|branches|functions|lines|statements|perFile|min[_-].*|threshold|cov-fail-under|level)$"
)
HIGHER_IS_LOOSER = re.compile(
    r"(?:\w*[tT]imeout\w*|retries|retry|reruns|max[_-]?(?:line[_-]length|complexity|warnings|args|branches|statements|returns|"
    r"locals|attributes|doc-length)|line[_-]length|slowTestThreshold|mccabe\.max-complexity)$"
)
MORE_IS_LOOSER = re.compile(
    r"(?:(?:extend[_-])?(?:ignore|exclude|per[_-]file[_-]ignores)\w*|omit|exclude_(?:lines|also)|disable\w*|skips?|norecursedirs|"
    r"\w*[iI]gnorePatterns?|ignored?[-_]?\w*|partial_branches|filterwarnings|collect_ignore|allow|excludes)$"
)
LESS_IS_LOOSER = re.compile(
    r"(?:(?:extend[_-])?select|enable\w*|testpaths|testMatch|testRegex|testDir|include|source|files|python_(?:files|functions|classes)|"
    r"roots|projects|spec|envlist|env_list|required_plugins|extends|linters)$"
)
NARROWING = frozenset(  # setting one of these where none was takes files or names out
    {"testpaths", "testMatch", "testRegex", "include", "spec", "python_files", "python_functions", "python_classes"}
)
TRUE_IS_LOOSER = re.compile(
    r"(?:ignore_\w+|ignore-errors|allow_?\w+|implicit_\w+|skipLibCheck|passWithNoTests|exit-zero|skip_covered|forceExit|"
    r"skip|failIfNoTests|ignore_outcome|ignore_errors|dangerouslyIgnoreUnhandledErrors|follow_untyped_imports)$"
)
FALSE_IS_LOOSER = re.compile(
    r"(?:strict\w*|disallow_\w+|warn_\w+|check_untyped_defs|no_implicit\w+|no[A-Z]\w+|xfail_strict|branch|collectCoverage|"
    r"checkJs|alwaysStrict|forbidOnly|checkCoverage|check-coverage|all|extra_checks|useUnknownInCatchVariables|test|harness|"
    r"exactOptionalPropertyTypes|autotests|isolate|errorOnDeprecated|injectGlobals|cov)$"
)
COMMAND = re.compile(r"(?:addopts|commands?(?:_pre|_post)?|scripts\.[\w:.-]+|cmd|tasks\..+|shell|opts|args|default)$")
COVERAGE = re.compile(r"cov|nyc|c8|threshold|omit|fail[_-]under|branches|statements", re.IGNORECASE)
TYPES = re.compile(r"mypy|pyright|compilerOptions|\bty\b|tsconfig")
TESTS = re.compile(r"pytest|jest|vitest|mocha|\btest\.|ava\.|tap\.|testenv|playwright|cypress|karma|env_?list")

# Options that take tests out, make them harmless, or hide what they say; with the rule that they break.
LOOSE_OPTIONS = re.compile(
    r"^(?P<narrow>-k|-m|--deselect\b|--ignore(?:-glob)?(?:=|$)|--last-failed|--lf|--testPathPattern|--testPathIgnore|-t$|--testNamePattern|--grep|-g$|"
    r"--fgrep|--invert|--onlyChanged|--findRelatedTests|--collect-only|--co$|-run|-skip|--skip|--exclude|--filter|-DskipTests|"
    r"-Dmaven\.test\.skip|--tags?|--passWithNoTests|--listTests|--changed|--shard|-p$|no:|--short|-short)"
    r"|(?P<retry>--reruns|--retries|--retry|--flaky|--force-flaky|--max-runs)"
    r"|(?P<time>--timeout|--testTimeout|-timeout|--test-timeout)"
    r"|(?P<warn>-W$|-Wignore|ignore|--disable-warnings|--no-warnings|--disable-pytest-warnings)"
    r"|(?P<zero>--exit-zero|--continue-on|--forceExit|--force-exit|--maxfail|--bail|\|\|$|true$|--no-error|--soft-fail|--no-strict)"
    r"|(?P<cover>--no-cov|--coverage=false|--cov-fail-under|--no-coverage)"
)
LOOSE_RULES = {
    "narrow": ("collection-narrowed", "it takes tests out of the run"),
    "retry": ("retry-added", "tests are run again until they pass"),
    "time": ("timeout-raised", "the time limit is not as it was"),
    "warn": ("warnings-loosened", "warnings that failed the build are let through"),
    "zero": ("test-command-changed", "a failure no longer fails the command"),
    "cover": ("coverage-lowered", "less coverage is asked for"),
}
