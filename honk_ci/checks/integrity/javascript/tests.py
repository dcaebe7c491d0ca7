"""A changed JavaScript test file: what its tests lost, and what else is not as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from honk_ci.checks.integrity.javascript.expectations import count_checks, expectations
from honk_ci.checks.integrity.javascript.inventory import Block, blocks, set_ups
from honk_ci.checks.integrity.javascript.marks import calls, last_argument, modifiers, raised, time_limits
from honk_ci.checks.integrity.javascript.tokens import Token, code, formatted, joined
from honk_ci.checks.integrity.strength import changes
from honk_ci.checks.integrity.trace import Scope, Trace, as_finding, finding, gained
from honk_ci.domain import IntegrityFinding, Severity

Findings = Iterator[IntegrityFinding]


def review_tests(path: str, before: str, after: str, scope: Scope) -> list[IntegrityFinding]:
    """Findings for a test file that existed before."""
    return list(_TestFile(path, code(before), code(after), scope).findings())


def review_new_tests(path: str, after: str) -> list[IntegrityFinding]:
    """Findings for a test file that is new."""
    focused = [t for block in blocks(code(after)) for t in modifiers(block) if t.rule == "only-added"]
    exits = [t for t in calls(code(after)) if t.rule == "exit-added"]
    if focused or exits:
        return [as_finding(trace, path) for trace in (*focused, *exits)]
    return [finding("test-added", path, None, why="a new test file", severity=Severity.NOTE)]


class _TestFile:
    """One test file in two states."""

    def __init__(self, path: str, before: list[Token], after: list[Token], scope: Scope) -> None:
        self.path, self.scope = path, scope
        self.old_tokens, self.new_tokens = before, after
        self.old = {block.title: block for block in blocks(before)}
        self.new = {block.title: block for block in blocks(after)}

    def findings(self) -> Findings:
        if formatted(self.old_tokens) == formatted(self.new_tokens):
            return
        found = [*self._lost(), *self._kept(), *self._around()]
        yield from found
        yield from self._added()
        if not found and formatted(self._without_new_tests()) != formatted(self.old_tokens):
            line, before, after = _first_difference(self.old_tokens, self._without_new_tests())
            yield self._report("test-changed", line, before, after, "it is not as it was")

    def _lost(self) -> Findings:
        for title, block in self.old.items():
            if title in self.new:
                continue
            what = "suite" if block.is_suite else "test"
            successor = self._successor(block)
            if successor is None:
                if not any(title.startswith(f"{other} > ") for other in self.old if other not in self.new):
                    yield self._report("test-deleted", block.line, title, "", f"the {what} is gone")
            else:
                yield self._report(
                    "test-renamed", successor.line, title, successor.title, f"the {what} has another name"
                )
                yield from self._compare(block, successor)

    def _successor(self, block: Block) -> Block | None:
        new = [other for title, other in self.new.items() if title not in self.old and other.is_suite == block.is_suite]
        return next((other for other in new if other.code == block.code and block.code), None)

    def _kept(self) -> Findings:
        for title, old in self.old.items():
            new = self.new.get(title)
            if new is not None and old.text != new.text:
                yield from self._compare(old, new)

    def _compare(self, old: Block, new: Block) -> Findings:
        for trace in gained(modifiers(old), modifiers(new)):
            yield as_finding(trace, self.path, before=old.callee)
        was, now = last_argument(old), last_argument(new)
        if now is not None and (was is None or now > was):
            yield from self._traces(raised([("timeout", was, 0)] if was else [], [("timeout", now, new.line)]))
        if old.is_suite:
            return  # its tests speak for themselves, and what is around them is compared as a whole
        if not expectations(new.body) and expectations(old.body) and len(new.code) < 30:
            yield self._report("test-emptied", new.line, old.title, new.code, "it checks nothing any more")
            return
        yield from self._cases(old, new)
        for change in changes(expectations(old.body), expectations(new.body)):
            yield self._report(change.rule, change.line or new.line, change.before, change.after, change.why)
        yield from self._traces(gained(calls(old.body), calls(new.body)))
        yield from self._traces(raised(list(time_limits(old.body)), list(time_limits(new.body))))
        yield from self._early_end(old, new)

    def _cases(self, old: Block, new: Block) -> Findings:
        """What became of the table of ``each``."""
        was, now = Counter(old.cases()), Counter(new.cases())
        lost, more = list((was - now).elements()), list((now - was).elements())
        for case in lost[len(more) :]:
            yield self._report("parametrize-reduced", new.line, case, "", "a case of the test is gone")
        for case, other in zip(lost, more, strict=False):
            yield self._report("expected-changed", new.line, case, other, "a case of the test is another")

    def _early_end(self, old: Block, new: Block) -> Findings:
        def returns(block: Block) -> int:
            return sum(token.text == "return" for token in block.body)

        line = next((token.line for token in new.body if token.text == "return"), new.line)
        checks = [found.line for found in expectations(new.body)]
        if returns(new) > returns(old) and any(check > line for check in checks):
            yield self._report("early-return", line, old.title, "return", "the test ends before it checks")

    def _around(self) -> Findings:
        """What stands outside of tests: mocks, set-ups, time limits, how many checks must run."""
        old, new = _outside(self.old_tokens, self.old), _outside(self.new_tokens, self.new)
        yield from self._traces(t for t in gained(calls(old), calls(new)) if t.rule != "sleep-added")
        yield from self._traces(raised(list(time_limits(old)), list(time_limits(new))))
        for change in changes(expectations(old), expectations(new)):
            yield self._report(change.rule, change.line or 1, change.before, change.after, change.why)
        kept = Counter(text for text, _ in count_checks(self.new_tokens))
        for text, line in count_checks(self.old_tokens):
            kept[text] -= 1
            if kept[text] < 0:
                yield self._report("assertion-removed", line, text, "", "how many checks must run is no longer said")
        for text in sorted(set(set_ups(new)) - set(set_ups(old))):
            line = next((t.line for t in new if text.startswith(t.text)), 1)
            yield self._report("fixture-changed", line, "", text, "what runs around the tests is not as it was")

    def _added(self) -> Findings:
        for title, block in self.new.items():
            if title in self.old or self._is_renamed(block):
                continue
            focused = [trace for trace in modifiers(block) if trace.rule == "only-added"]
            yield from (as_finding(trace, self.path) for trace in focused)
            if not focused:
                why = f"a new {'suite' if block.is_suite else 'test'}, {title}"
                yield finding("test-added", self.path, block.line, why=why, severity=Severity.NOTE)

    def _is_renamed(self, block: Block) -> bool:
        return any(self._successor(old) is block for title, old in self.old.items() if title not in self.new)

    def _without_new_tests(self) -> list[Token]:
        """The new file without the tests that only it has, and without imports that only it has."""
        skipped = {i for t, b in self.new.items() if t not in self.old for i in range(b.start, b.end)}
        known = {joined(statement) for statement in _imports(self.old_tokens)}
        kept: list[Token] = []
        for index, token in enumerate(self.new_tokens):
            ends_skipped = index - 1 in skipped and token.text == ";"
            if index not in skipped and not ends_skipped:
                kept.append(token)
        new_imports = [s for s in _imports(kept) if joined(s) not in known and self._binds_new_names(s)]
        dropped = {id(token) for statement in new_imports for token in statement}
        return [token for token in kept if id(token) not in dropped]

    def _binds_new_names(self, statement: Sequence[Token]) -> bool:
        bound = {t.text for s in _imports(self.old_tokens) for t in s if t.kind == "name"} - {"import", "from", "as"}
        return not {t.text for t in statement if t.kind == "name"} - {"import", "from", "as"} & bound

    def _traces(self, traces: Iterable[Trace]) -> Findings:
        for trace in traces:
            yield as_finding(trace, self.path)

    def _report(self, rule: str, line: int, before: str, after: str, why: str) -> IntegrityFinding:
        severity = self.scope.weigh(rule, self.path)
        return finding(rule, self.path, line, before=before, after=after, why=why, severity=severity)


def _outside(some: Sequence[Token], declared: dict[str, Block]) -> list[Token]:
    inside = {i for block in declared.values() if not block.is_suite for i in range(block.start, block.end)}
    return [token for index, token in enumerate(some) if index not in inside]


def _imports(some: Sequence[Token]) -> list[list[Token]]:
    """The import statements of a file, each as its tokens."""
    found = []
    for index, token in enumerate(some):
        if token.text == "import" and (index == 0 or some[index - 1].text not in {".", "="}):
            end = next((i for i in range(index + 1, len(some)) if some[i].kind == "string"), index)
            end += 1 if end + 1 < len(some) and some[end + 1].text == ";" else 0
            found.append(list(some[index : end + 1]))
    return found


def _first_difference(old: Sequence[Token], new: Sequence[Token]) -> tuple[int, str, str]:
    place = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a.text != b.text), min(len(old), len(new))
    )
    line = new[place].line if place < len(new) else (new[-1].line if new else 1)
    return line, joined(old[place : place + 12]), joined(new[place : place + 12])
