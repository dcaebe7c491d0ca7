from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from honk_ci.config import Config, LimitsConfig, Price
from honk_ci.config_file import load_config, with_overrides
from honk_ci.config_rules import HEALER_NAMES
from honk_ci.config_schema import config_schema, sections
from honk_ci.errors import ConfigError
from honk_ci.healers import HEALERS

FULL = """
# a comment
test:
  command: "pytest --junitxml={report}"
  setup: npm ci
  reports: [build/*.xml, 'out/**/*.xml']
  logs: []
  timeout_s: 60
  pass_env:
  - MY_TOKEN
healers:
  order: [search, autofix]
  search_time_s: 1.5
agent:
  model: other-model
  provider: bedrock
  base_url: http://127.0.0.1:8080
  max_requests: 3
  max_output_tokens: 100
  attempts: 1
  prices:
    other-model: {input: 1, output: 2.5, cache_read: 0}
  allow_unknown_price: yes
  notes: |
    Two
    lines
limits: {cost_usd: 0, time_s: 10, flake_risk: 0.5, patch_files: 1, patch_lines: 1, attempts: 1, own_fixes: 0}
policy:
  bots: ["renovate[bot]"]
  protected: ["*.lock"]
  allowed: []
  tests: propose
  verifiers: off
deliver:
  mode: none
  remote: upstream
  branch_prefix: bots/fix
  auto_commit: [format, codemod]
  comment: no
  status: no
  labels: []
  reviewers: [codeowners]
  opt_out_label: hands off
  author: Honk <honk@example.invalid>
notify: {}
archive:
  transcripts: /var/tmp/honk
"""


def refusal(text: str) -> tuple[str, str]:
    """The message and the hint."""
    with pytest.raises(ConfigError) as caught:
        load_config(text, source=".honk.yml")
    return str(caught.value), caught.value.hint


# --- what is taken ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "~", "null\n", "{}", "test:\nlimits: ~\n", "\ufeff# bom\n"],
)
def test_an_empty_file_gives_the_defaults(text: str) -> None:
    assert load_config(text, source=".honk.yml") == Config()


def test_every_key_can_be_set() -> None:
    config = load_config(FULL, source=".honk.yml")
    assert config.test.reports == ("build/*.xml", "out/**/*.xml")
    assert (config.test.timeout_s, type(config.test.timeout_s)) == (60.0, float)
    assert config.agent.prices == {"other-model": Price(input=1.0, output=2.5, cache_read=0.0)}
    assert config.agent.notes == "Two\nlines\n"
    assert config.policy.verifiers is False
    assert config.deliver.mode == "none"
    mentioned = {
        line.strip(" -").split(":")[0]
        for part in FULL.splitlines()
        for line in part.strip().strip("}").replace("{", ",").split(",")
    }
    assert {key.path.split(".")[1] for section in sections() for key in section.keys} <= mentioned


def test_what_pydantic_makes_of_the_same_values_is_the_same() -> None:
    import yaml

    assert load_config(FULL, source=".honk.yml") == TypeAdapter(Config).validate_python(yaml.safe_load(FULL))


def test_a_key_without_a_value_keeps_its_default() -> None:
    assert load_config("limits:\n  cost_usd:\n  patch_files: 3\n", source="x").limits == LimitsConfig(patch_files=3)


# --- what is refused, and how it is said -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("limits:\n  cost_used: 1\n", "line 2: unknown key limits.cost_used", "did you mean cost_usd?"),
        ("limit:\n  cost_usd: 1\n", "line 1: unknown key limit", "did you mean limits?"),
        ("limits:\n  cost-usd: 1\n", "line 2: unknown key limits.cost-usd", "did you mean cost_usd?"),
        ("archive:\n  qqq: 1\n", "line 2: unknown key archive.qqq", "known are: transcripts"),
        ("notify:\n  slack: x\n", "line 2: unknown key notify.slack", "there are none here"),
        ("\n\nlimits: 3\n", "line 3: limits must be a mapping of keys to values", ""),
        ("- a\n", "line 1: the config must be a mapping of keys to values", ""),
        ("limits:\n  cost_usd: much\n", "line 2: limits.cost_usd must be a number, not 'much'", ""),
        ("limits:\n  cost_usd: true\n", "line 2: limits.cost_usd must be a number, not true", ""),
        ("limits:\n  patch_files: 1.5\n", "line 2: limits.patch_files must be a whole number, not 1.5", ""),
        ("limits:\n  cost_usd: [1]\n", "line 2: limits.cost_usd must be a number, not a list", ""),
        ("agent:\n  model: {a: 1}\n", "line 2: agent.model must be text, not a mapping", ""),
        ("agent:\n  model: 4\n", "line 2: agent.model must be text, not 4", "put it in quotes"),
        ("agent:\n  notes: no\n", "line 2: agent.notes must be text, not false", "put it in quotes"),
        ("policy:\n  verifiers: 'yes'\n", "line 2: policy.verifiers must be true or false, not 'yes'", ""),
        ("policy:\n  tests: readonly\n", "line 2: policy.tests cannot be 'readonly'", "did you mean read-only?"),
        ("deliver:\n  mode: no\n", "line 2: deliver.mode cannot be false", "known are: none, branch, pull-request, commit, suggest, comment, auto"),
        ("deliver:\n  mode: pull_request\n", "line 2: deliver.mode cannot be 'pull_request'", "did you mean pull-request?"),
        ("test:\n  reports: '*.xml'\n", "line 2: test.reports must be a list", "write it as a list: [one, two]"),
        ("test:\n  reports:\n  - a\n  - 3\n", "line 3: test.reports holds 3, which is not text", "put it in quotes"),
        ("test:\n  reports: [a, [b]]\n", "line 2: test.reports holds a list, which is not text", ""),
        ("test:\n  reports: ['']\n", "line 2: test.reports holds an empty text", "remove the entry"),
        ("test:\n  pass_env: [A-B]\n", "line 2: test.pass_env holds 'A-B', which is not the name of a variable", ""),
        ("healers:\n  order: [agnet]\n", "line 2: healers.order names 'agnet', and there is no such healer", "did you mean agent?"),
        ("healers:\n  order: [agent, agent]\n", "line 2: healers.order names 'agent' twice", ""),
        ("limits:\n  cost_usd: -1\n", "line 2: limits.cost_usd must be 0 or more, not -1", ""),
        ("limits:\n  flake_risk: 1\n", "line 2: limits.flake_risk must be between 0 and 1, not 1", ""),
        ("limits:\n  time_s: 0\n", "line 2: limits.time_s must be above 0, not 0", ""),
        ("limits:\n  time_s: .inf\n", "line 2: limits.time_s must be above 0, not a number as large as that", ""),
        ("limits:\n  cost_usd: .nan\n", "line 2: limits.cost_usd must be 0 or more, not a number as large as that", ""),
        ("agent:\n  attempts: 0\n", "line 2: agent.attempts must be 1 or more, not 0", ""),
        ("agent:\n  prices:\n    m: {input: 1}\n", "line 3: agent.prices.m needs output", ""),
        ("agent:\n  prices:\n    a.b: {input: -1, output: 1}\n", "line 3: agent.prices.a.b.input must be 0 or more, not -1", ""),
        ("agent:\n  prices: [1]\n", "line 2: agent.prices must be a mapping of keys to values", ""),
        ("agent:\n  base_url: localhost\n", "line 2: agent.base_url must be an address that starts with http:// or https://, which 'localhost' is not", ""),
        ("deliver:\n  author: nobody\n", "line 2: deliver.author must have the form `Name <address>`, which 'nobody' is not", ""),
        ("deliver:\n  branch_prefix: -x\n", "line 2: deliver.branch_prefix cannot start the name of a branch: '-x'", ""),
        ("deliver:\n  branch_prefix: 'a..b'\n", "line 2: deliver.branch_prefix cannot start the name of a branch: 'a..b'", ""),
        ("deliver:\n  remote: --upload-pack=x\n", "line 2: deliver.remote is not the name of a remote: '--upload-pack=x'", ""),
        ("limits: {}\ntest: {}\nlimits: {}\n", "line 3: limits is given twice, first in line 1", ""),
        ("limits:\n  time_s: 1\n  time_s: 2\n", "line 3: limits.time_s is given twice, first in line 2", ""),
        ("? [a]\n: b\n", "line 1: a key of the config is not a name", ""),
        ("limits:\n  <<: {time_s: 3}\n", "line 2: unknown key limits.<<", "known are: cost_usd, time_s, flake_risk, patch_files, patch_lines, attempts, own_fixes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_line_and_key(text: str, message: str, hint: str) -> None:
    assert refusal(text) == (f".honk.yml, {message}", hint)


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("test:\n\tcommand: x\n", 2, "indent with spaces: YAML allows no tabs there"),
        ("test:\n  command: a: b\n", 2, "a text with a colon in it must stand in quotes"),
        ("test: [a\nlimits: {}\n", 2, ""),
        ("test: 'open\n", 2, ""),
        ("a: 1\n---\nb: 2\n", 2, ""),
        ("test: *nowhere\n", 1, ""),
        ("test:\n  command: %x\n", 2, ""),
        ("a: b\n c: d\n", 2, "a text with a colon in it must stand in quotes"),
    ],
)
def test_what_is_not_yaml_is_said_with_its_line(text: str, line: int, hint: str) -> None:
    message, said = refusal(text)
    assert message.startswith(f".honk.yml, line {line}: this is not valid YAML: ")
    assert said == hint


@pytest.mark.parametrize(
    "text",
    [
        "a: \x00\n",
        "limits:\n  cost_usd: !!python/object:os.system x\n",
        "test:\n  command: 2020-99-99\n",
        "limits:\n  cost_usd: " + "9" * 5000 + "\n",
    ],
)
def test_what_yaml_alone_allows_is_refused_all_the_same(text: str) -> None:
    assert ".honk.yml" in refusal(text)[0]


def test_a_file_that_only_aliases_make_large_is_refused_at_once() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert "unknown key a0" in refusal(bomb)[0]
    assert "which is not text" in refusal("test:\n  reports: &a [*a]\n")[0]


def test_aliases_of_plain_values_are_fine() -> None:
    config = load_config("test:\n  timeout_s: &t 60\nlimits:\n  time_s: *t\n", source="x")
    assert (config.test.timeout_s, config.limits.time_s) == (60, 60)


@pytest.mark.slow
def test_deep_nesting_is_refused() -> None:
    assert "nested too deeply" in refusal("test: " + "[" * 20_000)[0]


def test_a_file_that_is_no_config_is_refused_by_its_size() -> None:
    assert "more than a config can use" in refusal("# x\n" * 100_000)[0]


# --- overrides -------------------------------------------------------------------------------------


def test_overrides_go_on_top() -> None:
    config = with_overrides(
        load_config(FULL, source="x"),
        {"limits.cost_usd": 3, "healers.order": ["agent"], "agent.model": None, "deliver.mode": "commit"},
    )
    assert config.limits.cost_usd == 3.0
    assert config.limits.time_s == 10.0
    assert config.limits == replace(load_config(FULL, source="x").limits, cost_usd=3.0)
    assert config.healers.order == ("agent",)
    assert config.agent.model == "other-model"
    assert config.deliver.mode == "commit"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"limits.cost": 1}, "there is no config key limits.cost"),
        ({"limits": 1}, "there is no config key limits"),
        ({"nowhere.cost": 1}, "there is no config key nowhere.cost"),
        ({"limits.cost_usd": -1.0}, "limits.cost_usd must be 0 or more, not -1.0"),
        ({"limits.cost_usd": "1"}, "limits.cost_usd must be a number, not '1'"),
        ({"healers.order": ["x"]}, "healers.order names 'x', and there is no such healer"),
        ({"deliver.remote": ""}, "deliver.remote is not the name of a remote: ''"),
    ],
)
def test_overrides_are_checked_as_the_file_is(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_overrides(Config(), overrides)
    assert str(caught.value) == message


# --- what it costs, and what is published ----------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("with_overrides(Config(), {'limits.cost_usd': 1.0})", {"yaml", "pydantic"}),
        ("load_config('limits: {cost_usd: 1}', source='x')", {"pydantic"}),
    ],
)
def test_nothing_heavy_is_imported(code: str, banned: set[str]) -> None:
    script = f"import sys; from honk_ci.config_file import *; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert not banned & set(done.stdout.split())


def test_the_rules_know_the_healers_that_there_are() -> None:
    assert set(HEALER_NAMES) == set(HEALERS)


def test_the_schema_refuses_other_keys_and_tells_the_bounds() -> None:
    schema = config_schema()
    assert schema["additionalProperties"] is False
    assert all(part["additionalProperties"] is False for part in schema["$defs"].values())
    limits = schema["$defs"]["LimitsConfig"]["properties"]
    assert (limits["flake_risk"]["exclusiveMinimum"], limits["flake_risk"]["exclusiveMaximum"]) == (0, 1)
    assert limits["cost_usd"]["minimum"] == 0
    assert limits["cost_usd"]["description"].startswith("Most dollars")


def test_every_key_is_documented() -> None:
    assert [key.path for section in sections() for key in section.keys if not key.text] == []


def test_pydantic_and_the_reader_refuse_the_same_types() -> None:
    adapter = TypeAdapter(Config)
    for section, values in (
        ("limits", {"cost_usd": "much"}),
        ("policy", {"tests": "x"}),
        ("agent", {"prices": {"m": {"input": 1}}}),
    ):
        with pytest.raises(ValidationError):
            adapter.validate_python({section: values})
        with pytest.raises(ConfigError):
            load_config(f"{section}: {values}", source="x")
