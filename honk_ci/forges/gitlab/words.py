"""Text as GitLab takes it."""

from __future__ import annotations

import re

NOTE_CHARS = 1_000_000  # docs.gitlab.com, "Application limits": size of comments and descriptions
DESCRIPTION_CHARS = NOTE_CHARS
TITLE_CHARS = 255

_QUICK_ACTION = re.compile(r"^(?=/[A-Za-z])", re.MULTILINE)


def harmless(body: str) -> str:
    """``body`` without quick actions: a line that starts with ``/merge`` would be carried out with our token.

    GitLab looks for them at the very start of a line outside of code, and what it takes for code
    differs by version (lib/gitlab/quick_actions/extractor.rb), so one space goes before all of them;
    Markdown shows the same.
    """
    return _QUICK_ACTION.sub(" ", body.replace("\r", ""))
