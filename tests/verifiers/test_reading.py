"""Output of versions and tools that are not installed here, as they printed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci.process import Command
from honk_ci.verifiers import eslint, flake8, go, isort, mypy, pyright, ruff, tsc
from honk_ci.verifiers.complaints import keyed
from honk_ci.verifiers.tool import Tool

ROOT = Path("/builds/project")

SAMPLES = [
    (ruff._read_lint, "a.py:1: [F401] `os` imported but unused\nwarning: The top-level linter settings are deprecated\n",
     {"a.py: F401 `os` imported but unused": 1}),
    (ruff._read_lint, "error: Failed to parse b.py:1:7: Unexpected token ':'\n",
     {"unread: b.py: Failed to parse b.py: Unexpected token ':'": 1}),
    (ruff._read_format, "Would reformat: src/a b.py\n1 file would be reformatted\n",
     {"src/a b.py: unformatted the file would be reformatted": None}),
    (ruff._read_format, "a.py:2:1: unformatted: File would be reformatted\nb.py:1:7: invalid-syntax: Expected a parameter\n",
     {"a.py: unformatted the file would be reformatted": 2, "unread: b.py: invalid-syntax Expected a parameter": 1}),
    (mypy._read, 'a.py:3: error: Argument 1 to "f" has incompatible type "str"; expected "int"  [arg-type]\n'
     "a.py:3: note: See docs\nFound 1 error in 1 file (checked 2 source files)\n",
     {'a.py: arg-type Argument 1 to "f" has incompatible type "str"; expected "int"': 3}),
    (mypy._read, "a.py: error: Duplicate module named 'a' (also at './b/a.py')\n",
     {"unread: a.py: Duplicate module named 'a' (also at './b/a.py')": None,
      "blind: mypy stopped early: a file cannot be parsed or found": None}),
    (mypy._read, "\x1b[1m/builds/project/src/a.py:9:5: \x1b[31merror:\x1b[0m Name \"x\" is not defined  [name-defined]\n",
     {'src/a.py: name-defined Name "x" is not defined': 9}),
    (pyright._read, '/builds/project/a.py\n  /builds/project/a.py:1:10 - error: Type "str" is not assignable (reportAssignmentType)\n'
     '  /builds/project/a.py:2:6 - error: "(" was not closed\n  /builds/project/a.py:9:1 - warning: Import unused\n',
     {'a.py: reportAssignmentType Type "str" is not assignable': 1, 'unread: a.py: "(" was not closed': 2}),
    (tsc._read, "src/a.ts(3,5): error TS2345: Argument of type 'X' is not assignable.\n  Types of property 'y' are incompatible.\n",
     {"src/a.ts: TS2345 Argument of type 'X' is not assignable.": 3}),
    (tsc._read, "error TS5023: Unknown compiler option 'x'.\n",
     {"unread: TS5023 Unknown compiler option 'x'.": None,
      "blind: tsc stopped early: a file cannot be parsed or a project cannot be loaded": None}),
    (eslint._read, "\n/builds/project/src/a.tsx\n  3:7   warning  Unexpected any  @typescript-eslint/no-explicit-any\n"
     "  10:1  error    'y' is not defined  no-undef\n\n✖ 2 problems (1 error, 1 warning)\n",
     {"src/a.tsx: no-undef 'y' is not defined": 10}),
    (flake8._read, "./pkg/a.py:5:80: E501 line too long (88 > 79 characters)\n",
     {"pkg/a.py: E501 line too long (N)": 5}),
    (isort._read, "ERROR: /builds/project/a b.py Imports are incorrectly sorted and/or formatted.\nSkipped 2 files\n",
     {"a b.py: unsorted imports are incorrectly sorted": None}),
    (go._read_vet, "# x/y\nvet: ./a.go:3:1: expected declaration\ngo: downloading example.invalid/z v1.0.0\n",
     {"unread: a.go: expected declaration": 3, "blind: go-vet stopped early: a package does not compile": None}),
]  # fmt: skip


@pytest.mark.parametrize(("read", "output", "expected"), SAMPLES)
def test_complaints_are_read(read: object, output: str, expected: dict[str, int | None]) -> None:
    assert callable(read)
    tool = Tool(name="x", root=ROOT, check=Command(), read=read)
    assert {key: finding.line for key, finding in keyed(tool.findings(output)).items()} == expected


@pytest.mark.parametrize(("read", "output", "expected"), SAMPLES)
def test_files_of_a_part_are_relative_to_the_repository(
    read: object, output: str, expected: dict[str, int | None]
) -> None:
    assert callable(read)
    tool = Tool(name="x", root=ROOT, home="part", check=Command(), read=read)
    files = {finding.file for finding in tool.findings(output) if finding.file}
    assert all(file.startswith("part/") for file in files) or "/builds/project" in output
