"""Text of failures: capped while it is collected, and cleaned of terminal codes."""

from __future__ import annotations

import re

TEXT_CAP = 16_000  # characters of one failure
MESSAGE_CAP = 2_000

# XML forbids the ESC byte: pytest writes #x1B for it, Go U+FFFD, others nothing at all.
_COLOUR = re.compile(r"(?:\x1b|#x1B|\ufffd)\[[\d;]*[A-Za-z]")
_BARE_COLOUR = re.compile(r"\[\d{1,3}(?:;\d{1,3})*m")
_RESETS = ("[0m", "[39m", "[22m")  # that it is colour, and not a list of minutes, these show


class CappedText:
    """Collects text in pieces and keeps its head and its tail."""

    __slots__ = ("_cap", "_head", "_parts", "_size", "left_out")

    def __init__(self, cap: int = TEXT_CAP) -> None:
        self._cap = cap
        self._head = ""
        self._parts: list[str] = []
        self._size = 0
        self.left_out = 0

    def add(self, piece: str) -> None:
        self._parts.append(piece)
        self._size += len(piece)
        if self._size > 4 * self._cap:
            self._shrink()

    def value(self) -> str:
        self._shrink()
        tail = "".join(self._parts)
        return f"{self._head}{gap(self.left_out)}{tail}" if self.left_out else self._head + tail

    def _shrink(self) -> None:
        """Cuts the middle out; the head, once there, stays as it is."""
        whole = "".join(self._parts)
        half = self._cap // 2
        if not self._head and len(whole) > half:
            self._head, whole = whole[:half], whole[half:]
        self.left_out += max(0, len(whole) - half)
        whole = whole[-half:]
        self._parts, self._size = [whole], len(whole)


def gap(left_out: int) -> str:
    return f"\n… {left_out} characters left out …\n"


def cap(text: str, limit: int = TEXT_CAP) -> str:
    """Head and tail of ``text`` with the middle left out, where it is longer than ``limit``."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return text[:half] + gap(len(text) - 2 * half) + text[-half:]


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def uncoloured(text: str) -> str:
    """Without terminal colours, also those whose escape byte was lost on the way."""
    if "[" not in text:
        return text
    text = _COLOUR.sub("", text)
    return _BARE_COLOUR.sub("", text) if any(reset in text for reset in _RESETS) else text
