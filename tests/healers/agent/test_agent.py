"""The agent end to end: the real client, a scripted service, a real repository and real tests."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Reply, call
from tests.healers.agent.bench import bench, edit_call, last_user_text
from tests.repos import Repo


def test_heals_in_one_request_when_the_first_edit_is_right(repo: Repo) -> None:
    with (
        MessagesAPI([call("edit", **edit_call(why="The discount was added to the price."))]) as api,
        bench(repo, api) as b,
    ):
        candidate = b.heal()
    assert candidate is not None
    assert candidate.healer == "agent"
    assert candidate.rationale == "The discount was added to the price."
    assert candidate.patch.paths == ("shop/cart.py",)
    assert "+    return sum(prices) * (100 - discount) / 100" in candidate.patch.diff()
    assert len(api.requests) == 1
    assert api.complaints == []
    assert (repo.path / "shop/cart.py").read_text().count("100 + discount") == 1  # put back


def test_the_first_message_shows_test_code_and_failure(repo: Repo) -> None:
    with MessagesAPI([Reply(text="No."), Reply(text="No."), Reply(text="No.")]) as api, bench(repo, api) as b:
        assert b.heal() is None
    first = api.requests[0]["messages"][0]["content"][0]["text"]
    assert "test_total_with_discount" in first
    assert "return sum(prices) * (100 + discount) / 100" in first
    assert "def count" not in first  # cut by function
    assert "assert 33.0 == 27" in first


def test_a_red_edit_is_answered_with_the_failure(repo: Repo) -> None:
    script = [call("edit", **edit_call(new="(100 + 2 * discount)")), call("edit", **edit_call("(100 + 2 * discount)"))]
    with MessagesAPI(script) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert "red: 1 of 1 still fail" in last_user_text(api.requests[1])
    assert "36.0 == 27" in last_user_text(api.requests[1])


NODE = {
    "package.json": '{"type": "module", "scripts": {"test": "node --test"}}',
    "src/overlap.js": "export const overlaps = (a, b) => a.start <= b.end && b.start < a.end;\n",
    "test/overlap.test.js": """
        import assert from 'node:assert/strict';
        import { describe, it } from 'node:test';
        import { overlaps } from '../src/overlap.js';

        describe('overlaps', () => {
          it('is half open', () => {
            assert.equal(overlaps({ start: 1, end: 2 }, { start: 0, end: 1 }), false);
          });
        });
    """,
}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.slow
def test_heals_javascript(repo: Repo) -> None:
    edit = {"path": "src/overlap.js", "old": "a.start <= b.end", "new": "a.start < b.end"}
    script = [call("verify"), call("edit", why="Intervals are half open.", edits=[edit])]
    with MessagesAPI(script) as api, bench(repo, api, files=NODE, command="") as b:
        assert b.heal() is not None
    first = api.requests[0]["messages"][0]["content"][0]["text"]
    assert "is half open" in first
    assert "export const overlaps" in first
    assert "still fail" in last_user_text(api.requests[1])


def test_the_healer_imports_nothing_heavy() -> None:
    heavy = ("anthropic", "httpx2", "pydantic", "yaml", "rich", "junitparser", "http.server")
    code = f"import sys, honk_ci.healers.agent; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
