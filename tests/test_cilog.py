"""Text of tests cannot command a CI runner or a terminal."""

from __future__ import annotations

import pytest

from honk_ci import cilog


@pytest.mark.parametrize(
    "line",
    [
        "::set-output name=x::y",
        "  ::add-mask::secret",
        "\t::error file=a::b",
        "before ##[command]rm",
        "##vso[task.setvariable variable=x]y",
        "section_start:123:name",
        "harmless\n::stop-commands::x",
    ],
)
def test_commands_are_broken_up(line: str) -> None:
    safe = cilog.defused(line)
    assert not any(part.strip().startswith("::") for part in safe.splitlines())
    assert "##[" not in safe
    assert "##vso[" not in safe
    assert "section_start:" not in safe


@pytest.mark.parametrize("line", ["a::b", "std::vector<int>", "tests/test_x.py::test_y[1]", "# heading", "section: 3"])
def test_ordinary_text_is_left_alone(line: str) -> None:
    assert cilog.defused(line) == line


def test_control_and_bidirectional_characters_go() -> None:
    assert cilog.defused("a\x1b[31mb\x07c\u202ed\r") == "a [31mb c d "


def test_groups_by_ci_system() -> None:
    assert cilog.group_start("heal", {"GITHUB_ACTIONS": "true"}) == "::group::honk heal"
    assert cilog.group_end("heal", {"GITHUB_ACTIONS": "true"}) == "::endgroup::"
    assert "section_start:" in cilog.group_start("heal", {"GITLAB_CI": "true"})
    assert cilog.group_start("heal", {}) == "honk heal"
    assert cilog.group_end("heal", {}) == ""
