"""CODEOWNERS as GitHub's and GitLab's documentation describe it."""

from __future__ import annotations

import time

import pytest

from honk_ci.stages.deliver.codeowners import owners

# The example of docs.github.com, "About code owners".
GITHUB = """\
# This is a comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com @writer
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @logger
/apps/ @octocat
/apps/github
"""

# After docs.gitlab.com, "Syntax of CODEOWNERS file".
GITLAB = """\
* @default-owner
*.rb @ruby-owner @@developer
\\#file_with_pound.rb @owner-file-with-pound
path\\ with\\ spaces/ @space-owner
internal/README.md @readme

[Documentation]
ee/docs @docs
docs @docs
README.md @docs-lead

^[Database][2] @dba @group/sub/db
*.sql
/special/*.sql @special # and nobody else

[documentation]
/docs/secret @secretary
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("main.c", ["global-owner1", "global-owner2"]),
        ("deep/down/main.js", ["js-owner"]),
        ("main.go", []),
        ("notes.txt", ["octo-org/octocats"]),
        ("build/logs/a/b", ["logger"]),
        ("sub/docs/guide.md", ["global-owner1", "global-owner2"]),
        ("docs/guide.md", ["doctocat"]),
        ("docs/more/guide.md", ["doctocat"]),
        ("sub/apps/x.c", ["octocat"]),
        ("apps/x.c", ["octocat"]),
        ("apps/github/x.c", []),
        ("a/b/logs/today", ["logger"]),
    ],
)
def test_github_s_example(path: str, expected: list[str]) -> None:
    assert list(owners(GITHUB, [path], forge="github")) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.c", ["default-owner"]),
        ("lib/a.rb", ["ruby-owner"]),
        ("#file_with_pound.rb", ["owner-file-with-pound"]),
        ("path with spaces/x", ["space-owner"]),
        ("x/internal/README.md", ["readme", "docs-lead"]),
        ("x/docs/a.md", ["default-owner", "docs"]),
        ("docs/secret/a.md", ["default-owner", "secretary"]),
        ("db/a.sql", ["default-owner", "dba", "group/sub/db"]),
        ("special/a.sql", ["default-owner", "special"]),
    ],
)
def test_gitlab_s_sections(path: str, expected: list[str]) -> None:
    assert list(owners(GITLAB, [path], forge="gitlab")) == expected


def test_several_files_have_all_their_owners() -> None:
    assert list(owners("*.a @one\n*.b @two\n", ["x.b", "x.a"], forge="github")) == ["two", "one"]


@pytest.mark.parametrize("text", ["", "\n\n", "*", "[", "[x", "^[", "@only\n", "/ @x\n", "\\", "* @", "[S]\n", "\0 @x"])
def test_what_makes_no_sense_names_nobody(text: str) -> None:
    assert list(owners(text, ["a/b.c"], forge="gitlab")) in ([], ["x"])


def test_a_hostile_file_takes_no_time() -> None:
    lines = ["**/" * 100 + "*a" * 20 + " @x", "*" * 499 + "b @y", *["*x*y*z* @z"] * 20_000]
    started_s = time.monotonic()
    list(owners("\n".join(lines), ["a" * 200 + "/" + "a" * 200], forge="github"))
    assert time.monotonic() - started_s < 1.5
