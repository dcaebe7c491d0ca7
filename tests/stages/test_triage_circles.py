"""Values that are made from themselves do not send triage round in circles."""

from __future__ import annotations

import pytest

from tests.repos import Repo
from tests.stages.triage_kit import triage_run

BODIES = [
    "c = c_of(1)\n    c = c.next() if c.ready() else c\n    assert c.value == 2",
    "a, b = b_of(), 1\n    b = a.x(b)\n    a = b.y(a)\n    assert a == b",
    "x = x_of()\n    for x in x.items():\n        x = x.part()\n    assert x",
    "runs = int(runs.read()) if (runs := open(__file__)).readable() else 0\n    assert runs % 3 != 0",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.slow
def test_circular_values(repo: Repo, body: str) -> None:
    repo.commit(
        "one", {"tests/test_it.py": f"def helper(v=None):\n    return helper(v)\n\ndef test_it():\n    {body}\n"}
    )
    assert len(triage_run(repo)) == 1


def test_a_counter_in_a_file(repo: Repo) -> None:
    text = """
        import pathlib

        def test_every_other_run():
            counter = pathlib.Path(__file__).with_name("counter.txt")
            runs = int(counter.read_text()) if counter.exists() else 0
            counter.write_text(str(runs + 1))
            assert runs % 3 != 0
        """
    repo.commit("one", {"tests/test_flaky.py": text})
    assert len(triage_run(repo)) == 1
