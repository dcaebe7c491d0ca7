"""The transcript: written as it happens, readable after a kill, and played again without network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from honk_ci.errors import ModelError
from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Call, Reply, call, error
from tests.healers.agent.bench import CART, bench, edit_call, with_agent
from tests.repos import Repo

SCRIPT = [
    Reply(
        thinking="",
        text="Let me look.",
        calls=(Call(name="read", input={"path": "shop/cart.py"}), Call(name="history", input={"action": "log"})),
    ),
    call("edit", **edit_call(new="(100 + 2 * discount)")),
    error(529, retry_after="0.01"),
    call("edit", **edit_call("(100 + 2 * discount)")),
]


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _recorded(repo: Repo, tmp_path: Path) -> Path:
    with MessagesAPI(SCRIPT) as api, bench(repo, api) as b:
        assert b.heal() is not None
        return Path(shutil.copy(b.transcript, tmp_path / "recorded.jsonl"))


@pytest.mark.slow
def test_everything_is_recorded_in_order(repo: Repo, tmp_path: Path) -> None:
    records = _records(_recorded(repo, tmp_path))
    kinds = [record["kind"] for record in records]
    assert kinds == ["run", "conversation", *["request", "answer"] * 2, "request", "fault", "answer", "end"]
    assert records[2]["system"].startswith("You heal")
    assert records[2]["tools"][0]["name"] == "read"
    assert records[3]["content"][1] == {"type": "text", "text": "Let me look."}
    assert records[4]["from"] == 1  # only what is new
    assert [block["type"] for block in records[4]["messages"][1]["content"]] == ["tool_result"] * 2
    assert records[-1] == {"kind": "end", "ending": "healed", "why": records[-1]["why"]}


@pytest.mark.slow
def test_a_recorded_run_is_played_again_without_network(repo: Repo, tmp_path: Path) -> None:
    path = _recorded(repo, tmp_path)
    clone = Repo.create(tmp_path / "elsewhere" / "repo")
    with bench(clone, agent=with_agent(model=f"replay:{path}"), environ={"ANTHROPIC_API_KEY": ""}) as b:
        candidate = b.heal()
        usage = b.case.meter.usage
    assert candidate is not None
    assert "100 - discount" in candidate.patch.diff()
    assert usage.requests == 3
    assert usage.cost_usd == 0.0
    assert usage.output_tokens > 0
    assert usage.model == "replay of claude-sonnet-5-5"


@pytest.mark.slow
def test_paths_durations_and_ids_of_another_machine_are_no_difference(repo: Repo, tmp_path: Path) -> None:
    noisy = "assert total([10, 20], discount=10) == 27, (__file__, object(), f'{time.time_ns() % 977} ms', uuid4().hex)"
    test = CART["tests/test_cart.py"].replace("assert total([10, 20], discount=10) == 27", noisy)
    files = {**CART, "tests/test_cart.py": "import time\nfrom uuid import uuid4\n" + textwrap.dedent(test)}
    with MessagesAPI(SCRIPT) as api, bench(repo, api, files=files) as b:
        assert b.heal() is not None
        path = b.transcript
    beside = Repo.create(tmp_path / "repo-2")  # its path begins with that of the first
    with bench(beside, files=files, agent=with_agent(model=f"replay:{path}")) as b:
        assert b.heal() is not None


@pytest.mark.slow
def test_a_run_that_differs_is_not_played_on(repo: Repo, tmp_path: Path) -> None:
    path = _recorded(repo, tmp_path)
    other = Repo.create(tmp_path / "other" / "repo")
    files = {**CART, "shop/cart.py": CART["shop/cart.py"].replace("in percent", "in per cent")}
    with bench(other, files=files, agent=with_agent(model=f"replay:{path}")) as b:
        with pytest.raises(ModelError, match=r"message 1 differs .*: recorded .*percent.*now .*per cent") as caught:
            b.heal()
    assert "same commit" in caught.value.hint


@pytest.mark.slow
def test_a_transcript_of_another_failure_is_refused(repo: Repo, tmp_path: Path) -> None:
    path = _recorded(repo, tmp_path)
    text = path.read_text().replace("0123456789ab", "ffffffffffff")
    path.write_text(text)
    with bench(repo, files={}, agent=with_agent(model=f"replay:{path}")) as b:
        with pytest.raises(ModelError, match="failure ffffffffffff"):
            b.heal()


@pytest.mark.slow
def test_a_transcript_that_ends_early_says_so(repo: Repo, tmp_path: Path) -> None:
    path = _recorded(repo, tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:4]) + '\n{"kind": "requ')  # a kill may cut the last line
    with bench(repo, files={}, agent=with_agent(model=f"replay:{path}")) as b:
        with pytest.raises(ModelError, match="ends before this run does"):
            b.heal()


@pytest.mark.parametrize("text", ["", "hello", '{"kind": "run"}', "[]"])
def test_a_file_that_is_no_transcript_is_refused(repo: Repo, tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with bench(repo, agent=with_agent(model=f"replay:{path}")) as b:
        with pytest.raises(ModelError, match="no transcript of honk-ci"):
            b.heal()


def test_a_missing_transcript_is_refused(repo: Repo, tmp_path: Path) -> None:
    with bench(repo, agent=with_agent(model=f"replay:{tmp_path}/none")) as b:
        with pytest.raises(ModelError, match="cannot be read"):
            b.heal()


def test_the_reason_why_the_service_failed_is_recorded(repo: Repo) -> None:
    with MessagesAPI([error(401, "invalid x-api-key")]) as api, bench(repo, api) as b:
        with pytest.raises(ModelError):
            b.heal()
        records = _records(b.transcript)
    assert [record["kind"] for record in records[-2:]] == ["fault", "end"]
    assert records[-1]["ending"] == "error"


_KILLED = """
    import sys
    from pathlib import Path
    from honk_ci.testing.messages_api import MessagesAPI
    from honk_ci.testing.messages_script import Reply, call
    from tests.healers.agent.bench import bench
    from tests.repos import Repo

    script = [call("read", path="shop/cart.py"), Reply(text="slow", delay_s=60)]
    with MessagesAPI(script) as api, bench(Repo(Path(sys.argv[1])), api, files={}) as b:
        b.heal()
"""


@pytest.mark.slow
def test_a_killed_run_leaves_a_readable_transcript(repo: Repo) -> None:
    repo.commit("broken", CART)
    command = [sys.executable, "-c", textwrap.dedent(_KILLED), str(repo.path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], env={**os.environ, "PYTHONPATH": "."}) as process:
        path = _wait_for(repo.path / ".git/honk/transcripts", answers=1)
        process.send_signal(signal.SIGKILL)
    records = _records(path)
    assert [record["kind"] for record in records] == ["run", "conversation", "request", "answer", "request"]
    assert "def total" in str(records[-1]["messages"])


def _wait_for(folder: Path, *, answers: int) -> Path:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in folder.glob("*.jsonl"):
            if path.read_text().count('"kind": "request"') > answers:
                return path
        time.sleep(0.05)
    raise AssertionError("no transcript was written")


@pytest.mark.slow
def test_a_replay_does_not_import_the_client(repo: Repo, tmp_path: Path) -> None:
    path = _recorded(repo, tmp_path)
    code = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from tests.healers.agent.bench import bench, with_agent
        from tests.repos import Repo

        with bench(Repo(Path({str(repo.path)!r})), files={{}}, agent=with_agent(model="replay:{path}")) as b:
            assert b.heal() is not None
        assert "anthropic" not in sys.modules, "imported"
        """
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True, timeout=60)


def test_a_transcript_that_cannot_be_written_does_not_stop_the_healing(repo: Repo) -> None:
    honk = repo.path / ".git/honk"
    honk.mkdir()
    (honk / "transcripts").write_text("a file where the folder should be")
    with MessagesAPI([call("edit", **edit_call())]) as api, bench(repo, api) as b:
        assert b.heal() is not None
        assert [note for note in b.watcher.notes if "transcript" in note] == [
            "agent: the transcript cannot be written: File exists"
        ]
