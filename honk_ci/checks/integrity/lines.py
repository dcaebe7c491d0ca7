"""A changed test file of a language that is compared by patterns on lines."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from honk_ci.checks.integrity.languages import Language
from honk_ci.checks.integrity.trace import Scope, Trace, as_finding, finding, gained
from honk_ci.domain import IntegrityFinding, Severity

_WHYS = {
    "skip-added": "the test is skipped or left out",
    "retry-added": "the test is run again until it passes",
    "sleep-added": "the test waits instead of checking",
    "exit-added": "it can end the run before the tests do",
    "subject-mocked": "a stand-in takes the place of what is tested",
    "early-return": "the test ends before it checks",
}
_SET_UP = re.compile(
    r"@Before|@After|\bTestMain\b|\binit\(\)|\bbefore\b|\bsetUp\b|\btearDown\b|\[SetUp\]|@BeforeEach|#\[ctor"
)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"")


def review_tests(path: str, before: str, after: str, language: Language, scope: Scope) -> list[IntegrityFinding]:
    """Findings for a test file that existed before."""
    old, new = _lines(before, language), _lines(after, language)
    if [line for line in old if line.strip()] == [line for line in new if line.strip()]:
        return []
    found = [*_deleted(path, old, new, language, scope), *_assertions(path, old, new, language, scope)]
    found += [as_finding(trace, path) for trace in gained(_traces(old, language), _traces(new, language))]
    if found:
        return found
    if _only_adds_tests(old, new, language):
        return [finding("test-added", path, None, why="new tests beside the old ones", severity=Severity.NOTE)]
    line, was, now = _first_difference(old, new)
    severity = scope.weigh("test-changed", path)
    why = "it is not as it was"
    return [finding("test-changed", path, line, before=was, after=now, why=why, severity=severity)]


def _lines(text: str, language: Language) -> list[str]:
    """The lines of a file without comments; strings stay, since they name tests."""
    without_blocks = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL)
    return [_without_comment(line, language) for line in without_blocks.split("\n")]


def _without_comment(line: str, language: Language) -> str:
    masked = _STRING.sub(lambda m: "s" * len(m.group()), line)
    comment = re.search(language.comment, masked)
    return (line[: comment.start()] if comment and "go:build" not in line else line).rstrip()


def _tests(lines: list[str], language: Language) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        for match in language.test.finditer(line):
            name = next((group for group in match.groups() if group), "")
            found.setdefault(name.strip(), number)
    return found


def _deleted(path: str, old: list[str], new: list[str], language: Language, scope: Scope) -> Iterator[IntegrityFinding]:
    after = _tests(new, language)
    for name, line in _tests(old, language).items():
        if name not in after:
            severity = scope.weigh("test-deleted", path)
            yield finding("test-deleted", path, line, before=name, why="the test is gone", severity=severity)


def _assertions(
    path: str, old: list[str], new: list[str], language: Language, scope: Scope
) -> Iterator[IntegrityFinding]:
    was = [(n, line.strip()) for n, line in enumerate(old, 1) if language.check.search(line)]
    looks = (language.check, language.weak)
    now = [(n, line.strip()) for n, line in enumerate(new, 1) if any(look.search(line) for look in looks)]
    kept, came = Counter(text for _, text in now), Counter(text for _, text in was)
    lost = _beyond(was, kept)
    more = _beyond(now, came)
    for number, text in lost:
        partner = max(more, key=lambda one: _alike(one[1], text), default=None)
        if partner is None or _alike(partner[1], text) < 0.5:
            yield finding("assertion-removed", path, number, before=text, why="the assertion is gone")
            continue
        more.remove(partner)
        weaker = bool(language.weak.search(partner[1])) and not language.weak.search(text)
        rule = "assertion-weakened" if weaker else "expected-changed"
        why = "it rules out less than before" if weaker else "another result is expected"
        severity = scope.weigh(rule, path)
        yield finding(rule, path, partner[0], before=text, after=partner[1], why=why, severity=severity)


def _beyond(lines: list[tuple[int, str]], known: Counter[str]) -> list[tuple[int, str]]:
    spare, left = Counter(known), []
    for number, text in lines:
        if spare[text] > 0:
            spare[text] -= 1
        else:
            left.append((number, text))
    return left


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _traces(lines: list[str], language: Language) -> Iterator[Trace]:
    for number, line in enumerate(lines, start=1):
        for rule, pattern in (("skip-added", language.skip), *language.other):
            if pattern.search(_STRING.sub('""', line)) or ("skip" in rule and pattern.search(line)):
                yield Trace(rule=rule, text=line.strip(), line=number, why=_WHYS[rule])


def _only_adds_tests(old: list[str], new: list[str], language: Language) -> bool:
    """Whether whole tests were put between the old ones and nothing else was done."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    depth = 0
    depths = [0]
    for line in old:
        depth += line.count("{") - line.count("}")
        depths.append(depth)
    for tag, start, _, first, last in matcher.get_opcodes():
        added = "\n".join(new[first:last])
        if tag == "equal" or (tag == "insert" and not added.strip()):
            continue
        is_whole = added.count("{") == added.count("}") and not _SET_UP.search(added)
        says_test = language.test.search(added) or re.fullmatch(r"\s*(?:import|use|using|require)\b.*", added.strip())
        if tag != "insert" or depths[start] > 1 or not is_whole or not says_test:
            return False
    return True


def _first_difference(old: list[str], new: list[str]) -> tuple[int, str, str]:
    for number, (was, now) in enumerate(zip(old, new, strict=False), start=1):
        if was != now:
            return number, was.strip(), now.strip()
    return min(len(old), len(new)), "", ""
