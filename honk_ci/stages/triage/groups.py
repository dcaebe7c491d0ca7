"""Puts together what has one root cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from honk_ci.stages.triage.diagnosis import Diagnosis
from honk_ci.stages.triage.shapes import fingerprint

Bundle = Sequence[Diagnosis]  # one symptom, first, and those that repeat it
Link = Callable[[Bundle], Iterable[Hashable]]

# Kinds whose identity ends with the words of the message.
_WORDED = frozenset({"raised", "subject", "setup"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Everything that has one root cause; the diagnoses in the order of the build."""

    fingerprint: str
    diagnoses: tuple[Diagnosis, ...]


def grouped(bundles: Sequence[Bundle]) -> Iterator[Group]:
    """The bundles by cause. What links two of them is stated by ``_links``."""
    for members in _connected(bundles, _links):
        identity = min(bundle[0].identity for bundle in members)
        whole = tuple(diagnosis for bundle in members for diagnosis in bundle)
        yield Group(fingerprint=fingerprint(_set_identity(members) or identity), diagnoses=whole)


def _links(bundle: Bundle) -> Iterable[Hashable]:
    """Two bundles that share a link have one cause."""
    found = bundle[0]
    identity = found.identity
    yield identity
    match found.kind:
        case "check" | "dependency":
            yield identity[:2]  # one run of one tool: it is green or red as a whole
        case "build":
            # one mistake makes a compiler complain in many places: of one file, or of one name
            yield (*identity[:2], "file", identity[2])
            yield (*identity[:2], "words", *identity[3:])
        case kind if kind in _WORDED and found.symptom.test is not None and found.symptom.name:
            # cases of one parametrised test that break alike, whatever value the message quotes
            yield (*identity[:-1], found.symptom.file, found.symptom.name)
        case _:
            pass
    if all(diagnosis.symptom.test is None for diagnosis in bundle):
        # a log tells of such cases in several ways, but always by their name
        yield from (("name", s.file, s.name, s.exception) for s in (d.symptom for d in bundle) if s.name)


def _set_identity(members: Sequence[Bundle]) -> tuple[str, ...]:
    """A tool's run is known by all that it complains of."""
    if members[0][0].kind not in {"check", "dependency"}:
        return ()
    complaints = sorted({"\x1e".join(bundle[0].identity) for bundle in members})
    return (members[0][0].kind, *complaints)


def _connected(bundles: Sequence[Bundle], links: Link) -> list[list[Bundle]]:
    """The bundles that are linked directly or through others, in the order of their first."""
    owner: dict[Hashable, int] = {}
    parent = list(range(len(bundles)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for index, bundle in enumerate(bundles):
        for link in links(bundle):
            first = root(owner.setdefault(link, index))
            later = root(index)
            parent[max(first, later)] = min(first, later)
    found: dict[int, list[Bundle]] = defaultdict(list)
    for index, bundle in enumerate(bundles):
        found[root(index)].append(bundle)
    return list(found.values())
