"""What a change of a setting that guards the build means."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from honk_ci.checks.integrity.configuration.directions import (
    COMMAND,
    COVERAGE,
    FALSE_IS_LOOSER,
    GUARDED,
    HIGHER_IS_LOOSER,
    LESS_IS_LOOSER,
    LOOSE_OPTIONS,
    LOOSE_RULES,
    LOWER_IS_LOOSER,
    MORE_IS_LOOSER,
    NARROWING,
    TESTS,
    TRUE_IS_LOOSER,
    TSCONFIG,
    TYPES,
    WHOLE_FILES,
)
from honk_ci.domain import Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a change of one setting means."""

    rule: str
    why: str
    severity: Severity = Severity.VETO


def is_guarded(path: str, key: str) -> bool:
    """Whether a setting steers what the build checks."""
    name = path.rpartition("/")[2].lower()
    if WHOLE_FILES.fullmatch(name):
        return True
    if name.startswith("tsconfig"):
        return bool(GUARDED.match(key) or TSCONFIG.fullmatch(key))
    return bool(GUARDED.match(key))


def judge(path: str, key: str, before: Any, after: Any) -> Judgement:
    """The meaning of a guarded setting's change; ``None`` stands for "not set"."""
    last = re.sub(r"\[[^\]]*\]$", "", key.rpartition(".")[2])
    loose = _by_value(path, key, last, before, after) or _by_options(key, before, after)
    if loose is not None:
        return loose
    if _is_stricter(last, before, after) or _only_adds_commands(key, before, after):
        return Judgement(rule="config-changed", why="the build checks more than before", severity=Severity.NOTE)
    if "pytest11" in key and after is not None:
        return Judgement(rule="hook-added", why="a plugin can change what tests report")
    if last in {"description", "title"}:
        return Judgement(rule="config-changed", why="a text for people", severity=Severity.NOTE)
    if last == "markers" and _lost(before, after) == []:
        return Judgement(rule="config-changed", why="a marker is registered", severity=Severity.NOTE)
    if COMMAND.search(key) and before is not None:
        return Judgement(rule="test-command-changed", why="the command that checks the build is another")
    why = "a setting of the tests or checks is not as it was"
    return Judgement(rule="config-changed", why=why, severity=Severity.PERSON)


def _by_value(path: str, key: str, last: str, before: Any, after: Any) -> Judgement | None:
    old, new = _number(before), _number(after)
    rule, subject = _rule(f"{path.rpartition('/')[2]}:{key}")
    if LOWER_IS_LOOSER.search(last) and old is not None and (new is None or new < old):
        return Judgement(rule="coverage-lowered", why=f"{last} was {before} and is {_said(after)}")
    if HIGHER_IS_LOOSER.search(last) and new is not None and (old is None or new > old):
        rule = "retry-added" if "retr" in last or "rerun" in last else "timeout-raised" if "imeout" in last else rule
        return Judgement(rule=rule, why=f"{last} was {_said(before)} and is {after}")
    if ".rules." in f".{key}" and _eslint_level(after) < _eslint_level(before):
        return Judgement(rule="lint-loosened", why=f"the rule was {_said(before)} and is {_said(after)}")
    if MORE_IS_LOOSER.search(last) or "per-file-ignores" in key or "ignore" in last.lower():
        more = _lost(after, before)
        if more:
            rule = "warnings-loosened" if last == "filterwarnings" else rule
            return Judgement(rule=rule, why=f"{subject} leaves out {', '.join(more)}")
    if last == "filterwarnings" and "error" in _lost(before, after):
        return Judgement(rule="warnings-loosened", why="warnings no longer fail the build")
    return _by_direction(last, before, after, rule, subject)


def _by_direction(last: str, before: Any, after: Any, rule: str, subject: str) -> Judgement | None:
    if LESS_IS_LOOSER.search(last) and before is not None:
        less = _lost(before, after)
        if less:
            return Judgement(rule=rule, why=f"{subject} no longer looks at {', '.join(less)}")
    if LESS_IS_LOOSER.search(last) and before is None and last in NARROWING:
        return Judgement(rule=rule, why=f"{subject} looks at {_said(after)} only")
    if FALSE_IS_LOOSER.search(last) and _truth(after) is False and _truth(before) is not False:
        return Judgement(rule=rule, why=f"{last} is switched off")
    if FALSE_IS_LOOSER.search(last) and _truth(before) is True and after is None:
        return Judgement(rule=rule, why=f"{last} is no longer set")
    if TRUE_IS_LOOSER.search(last) and _truth(after) is True and _truth(before) is not True:
        return Judgement(rule=rule, why=f"{last} is switched on")
    return None


def _is_stricter(last: str, before: Any, after: Any) -> bool:
    """Whether a setting of a known direction moved the other way."""
    old, new = _number(before), _number(after)
    if old is not None and new is not None:
        return bool(LOWER_IS_LOOSER.search(last)) if new > old else bool(HIGHER_IS_LOOSER.search(last))
    gone, more = _lost(before, after), _lost(after, before)
    if MORE_IS_LOOSER.search(last):
        return bool(gone) and not more
    if LESS_IS_LOOSER.search(last):
        return before is not None and bool(more) and not gone
    turned_on = bool(FALSE_IS_LOOSER.search(last)) and _truth(after) is True
    return turned_on or (bool(TRUE_IS_LOOSER.search(last)) and _truth(after) is False)


def _only_adds_commands(key: str, before: Any, after: Any) -> bool:
    """Whether a command goes on after what it was, or is a new one that nothing calls by itself."""
    if not COMMAND.search(key):
        return False
    if before is None:
        return bool(re.match(r"scripts\.(?!pre|post)", key))
    return isinstance(after, str) and after.startswith(f"{str(before).strip()} && ")


def _rule(key: str) -> tuple[str, str]:
    if COVERAGE.search(key):
        return "coverage-lowered", "coverage"
    if TYPES.search(key):
        return "types-loosened", "the type checker"
    if TESTS.search(key) or re.search(r":(?:test|spec|roots)", key):
        return "collection-narrowed", "the test runner"
    return "lint-loosened", "the linter"


def _by_options(key: str, before: Any, after: Any) -> Judgement | None:
    """What a command line gained; a changed value of an option counts as gained."""
    if not COMMAND.search(key) or after is None:
        return None
    old, new = _words(before), _words(after)
    for word in (word for word in new if word not in old):
        match = LOOSE_OPTIONS.match(word)
        if match and match.lastgroup:
            rule, why = LOOSE_RULES[match.lastgroup]
            return Judgement(rule=rule, why=f"`{word}`: {why}")
    gone = [
        w for w in old if w not in new and w.startswith(("--strict", "-Werror", "--cov", "--max-warnings", "error"))
    ]
    if gone:
        return Judgement(rule="config-changed", why=f"`{gone[0]}` is no longer given")
    return None


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    text = str(value or "")
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _items(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [str(item) for item in value]
    parts = re.split(r"(?:,|\n)\s*(?![^{}]*\})|\s+(?=\S+$)", str(value))  # commas in braces are tox's
    return [spelled for part in parts if part.strip() for spelled in _without_braces(part.strip())]


def _without_braces(text: str) -> list[str]:
    """``py{311,312}`` as two names."""
    braces = re.search(r"\{([^{}]*,[^{}]*)\}", text)
    if braces is None:
        return [text]
    choices = (choice.strip() for choice in braces.group(1).split(","))
    return [full for choice in choices for full in _without_braces(text.replace(braces.group(), choice, 1))]


def _lost(before: Any, after: Any) -> list[str]:
    kept = {item.strip() for item in _items(after)}
    return [item.strip() for item in _items(before) if item.strip() not in kept]


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(str(value).rstrip("s%"))
    except ValueError:
        return None


def _truth(value: Any) -> bool | None:
    words: Iterable[tuple[bool, tuple[str, ...]]] = (
        (True, ("true", "yes", "on", "1")),
        (False, ("false", "no", "off", "0")),
    )
    return next((truth for truth, spelled in words if str(value).lower() in spelled), None)


def _eslint_level(value: Any) -> int:
    first = value[0] if isinstance(value, list) and value else value
    word = str(first).strip("[\"' ").partition('"')[0]
    return {"off": 0, "0": 0, "warn": 1, "1": 1, "error": 2, "2": 2}.get(word, 2 if value is not None else 1)


def _said(value: Any) -> str:
    return "not set" if value is None else str(value)
