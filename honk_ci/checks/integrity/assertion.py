"""One assertion of a test, in any language, as far as it can be weighed against another form of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# How much an assertion rules out, by its form; only the order matters.
EXACT, CLOSE, PARTIAL, RANGE, PRESENCE, NOTHING = 6, 5, 4, 3, 2, 0

# Settings of closeness: True where a larger number accepts more.
TOLERANCES: Mapping[str, bool] = {
    "rel": True, "abs": True, "rtol": True, "atol": True, "rel_tol": True, "abs_tol": True, "delta": True,
    "tol": True, "tolerance": True, "eps": True, "epsilon": True, "max_ulp": True, "nulp": True,
    "places": False, "decimal": False, "decimals": False, "significant": False, "digits": False, "ndigits": False,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """One check; ``strength`` is comparable between two forms of the same check only."""

    text: str
    line: int
    strength: int
    subject: str  # what is looked at
    expected: str = ""  # what it is held against; "" where the form has nothing of the kind
    raised: tuple[str, ...] = ()  # for checks that something raises: the types; the subject is the body
    match: str | None = None
    tolerances: Mapping[str, float] = field(default_factory=dict)
    shape: str = ""  # the text with all its literals alike
    is_constant: bool = False  # holds whatever the program does
    has_alternative: bool = False  # ``a or b``
    guards: tuple[str, ...] = ()  # conditions on the way to it
    is_swallowed: bool = False  # its failure is caught

    @property
    def place(self) -> tuple[str, tuple[str, ...], bool]:
        return self.text, self.guards, self.is_swallowed
