"""What ``honk init`` writes, and the examples of the docs: the same files, filled in for a repository."""

from __future__ import annotations

from importlib.resources import files


def example(name: str) -> str:
    """The text of an example, such as ``github/one-job.yml``."""
    return files(__name__).joinpath(*name.split("/")).read_text(encoding="utf-8")
