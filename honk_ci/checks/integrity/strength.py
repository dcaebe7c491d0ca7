"""Assertions before and after, paired and weighed against each other."""

from __future__ import annotations

import builtins
import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from honk_ci.checks.integrity.assertion import EXACT, TOLERANCES, Assertion

SIMILAR = 0.55  # least similarity of two texts to be taken for forms of one assertion

# Calls that keep only a part of what they are given.
_LOSSY = re.compile(
    r"^(?:len|bool|type|set|frozenset|sorted|any|all|callable|isinstance|hasattr|round|int|abs|id|"
    r"\w+\.(?:lower|upper|strip|casefold|keys|startswith|endswith)|Boolean|Object\.keys|JSON\.stringify|typeof\b.*)\("
    r"|^(?:typeof\b|!!)|\.(?:length|size)$"
)

# What a tolerance is where a test does not set it.
_DEFAULTS = {
    "rel": 1e-6, "abs": 1e-12, "rtol": 1e-7, "atol": 0.0, "rel_tol": 1e-9, "abs_tol": 0.0, "delta": 0.0,
    "places": 7.0, "decimal": 7.0, "decimals": 7.0, "ndigits": 17.0, "tolerance": 0.0,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What became of one assertion."""

    rule: str
    line: int | None
    before: str
    after: str
    why: str


def changes(before: Sequence[Assertion], after: Sequence[Assertion]) -> list[Change]:
    """What assertions lost between two forms of one function; what they gained is not told."""
    old, new = _unmatched(before, after), _unmatched(after, before)
    found = []
    for was in old:
        now = _counterpart(was, new)
        if now is None:
            found.append(_gone(was))
        else:
            new.remove(now)
            found.append(_judge(was, now))
    return [change for change in found if change is not None]


def _unmatched(some: Sequence[Assertion], others: Sequence[Assertion]) -> list[Assertion]:
    spare = Counter(other.place for other in others)
    left = []
    for one in some:
        if spare[one.place] > 0:
            spare[one.place] -= 1
        else:
            left.append(one)
    return left


def _counterpart(was: Assertion, candidates: Sequence[Assertion]) -> Assertion | None:
    best = max(candidates, key=lambda now: _likeness(was, now), default=None)
    return best if best is not None and _likeness(was, best) >= SIMILAR else None


def _likeness(was: Assertion, now: Assertion) -> float:
    if was.text == now.text:
        return 3.0
    if now.is_constant:
        return SIMILAR  # what stands in a real check's place when nothing else does
    ratio = difflib.SequenceMatcher(None, was.text, now.text, autojunk=False).ratio()
    if was.subject and was.subject == now.subject:
        return 1.0 + ratio
    related = bool(was.subject) and (was.subject in now.text or (bool(now.subject) and now.subject in was.text))
    return ratio + (0.3 if related else 0.0)


def _gone(was: Assertion) -> Change | None:
    if was.is_constant:
        return None  # it never checked anything
    rule, what = ("raises-removed", "that this raises is no longer checked") if was.raised else (
        "assertion-removed", "the assertion is gone")  # fmt: skip
    return Change(rule=rule, line=was.line, before=was.text, after="", why=what)


def _judge(was: Assertion, now: Assertion) -> Change | None:
    for rule in (_on_the_way, _constant, _raises, _tolerance, _strength, _expected):
        verdict = rule(was, now)
        if verdict is not None:
            return Change(rule=verdict[0], line=now.line, before=was.text, after=now.text, why=verdict[1])
    return None


def _on_the_way(was: Assertion, now: Assertion) -> tuple[str, str] | None:
    if now.is_swallowed and not was.is_swallowed:
        return "assertion-swallowed", "its failure is caught and goes nowhere"
    extra = [guard for guard in now.guards if guard not in was.guards]
    if extra:
        return "assertion-conditional", f"it is now made only under `{extra[0]}`"
    return None


def _constant(was: Assertion, now: Assertion) -> tuple[str, str] | None:
    if now.is_constant and not was.is_constant:
        return "assertion-constant", "it holds whatever the program does"
    return None


def _raises(was: Assertion, now: Assertion) -> tuple[str, str] | None:
    if not was.raised:
        return None
    if not now.raised:
        return "raises-removed", "that this raises is no longer checked"
    if _is_broader(now.raised, was.raised):
        return "raises-broadened", f"{' or '.join(now.raised)} takes more than {' or '.join(was.raised)}"
    if was.match is not None and now.match is None:
        return "raises-broadened", "the message is no longer checked"
    if was.raised != now.raised or was.match != now.match:
        return "expected-changed", "another exception or message is expected"
    return "assertion-changed", "the code that must raise is another"


def _is_broader(now: Sequence[str], was: Sequence[str]) -> bool:
    if set(now) == set(was) or "anything" in was:
        return False
    if "anything" in now:
        return True
    return set(now) > set(was) or any(_is_base(wide, narrow) for wide in now for narrow in was if wide != narrow)


def _is_base(wide: str, narrow: str) -> bool:
    broad, special = getattr(builtins, wide, None), getattr(builtins, narrow, None)
    if wide in {"Exception", "BaseException", "Warning", "Error"}:
        return narrow != "BaseException"
    if isinstance(broad, type) and isinstance(special, type):
        return issubclass(special, broad)
    return False


def _tolerance(was: Assertion, now: Assertion) -> tuple[str, str] | None:
    if was.strength >= EXACT:
        return None  # there was none
    for name, value in now.tolerances.items():
        old = was.tolerances.get(name, _DEFAULTS.get(name))
        if old is None:
            continue
        if value > old if TOLERANCES[name] else value < old:
            return "tolerance-widened", f"{name} was {old:g} and is {value:g}"
    dropped = [name for name in was.tolerances if name not in now.tolerances and now.tolerances]
    for name in dropped:
        old, default = was.tolerances[name], _DEFAULTS.get(name)
        if default is not None and (default > old if TOLERANCES[name] else default < old):
            return "tolerance-widened", f"{name} was {old:g} and is the default {default:g}"
    return None


def _strength(was: Assertion, now: Assertion) -> tuple[str, str] | None:
    if now.strength < was.strength:
        return "assertion-weakened", "it rules out less than before"
    if now.has_alternative and not was.has_alternative:
        return "assertion-weakened", "it now holds under an alternative too"
    if _LOSSY.search(now.subject) and not _LOSSY.search(was.subject) and was.subject in now.subject:
        return "assertion-weakened", "it looks at a part of the value only"
    return None


def _expected(was: Assertion, now: Assertion) -> tuple[str, str] | None:
    if was.text == now.text:
        return None  # it only lost a guard
    if was.subject == now.subject and was.expected != now.expected:
        return "expected-changed", "another result is expected"
    if was.shape == now.shape:
        return "expected-changed", "a literal in it is another"
    if now.strength > was.strength and was.subject == now.subject:
        return None
    return "assertion-changed", "it checks something else"
