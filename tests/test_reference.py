from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci.reference import main, pages

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("name", ["configuration.md", "honk.schema.json", "commands.md"])
def test_the_committed_page_is_what_the_code_gives(name: str) -> None:
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == pages()[name], "run: python -m honk_ci.reference"


def test_writes_every_page(tmp_path: Path) -> None:
    assert main([str(tmp_path / "docs")]) == 0
    assert {file.name for file in (tmp_path / "docs").iterdir()} == set(pages())


def test_every_command_is_on_its_page() -> None:
    page = pages()["commands.md"]
    assert [name for name in ("heal", "diagnose", "demo", "doctor") if f"## `honk {name}`" not in page] == []
