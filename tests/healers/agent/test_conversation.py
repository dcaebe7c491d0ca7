"""How the loop meets each kind of answer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from honk_ci.domain import Cause, Failure
from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Call, Reply, call
from honk_ci.verifiers import detect_verifiers
from tests.healers.agent.bench import CART, RIGHT, WRONG, bench, edit_call, last_user_text, with_agent
from tests.repos import Repo

FIX = call("edit", **edit_call())


def test_several_calls_at_once_are_answered_in_one_message(repo: Repo) -> None:
    calls = (
        Call(name="read", input={"path": "shop/cart.py"}),
        Call(name="search", input={"pattern": "discount"}),
        Call(name="history", input={"action": "log"}),
    )
    with MessagesAPI([Reply(calls=calls, thinking=""), FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    results = api.requests[1]["messages"][-1]["content"]
    assert [block["type"] for block in results] == ["tool_result"] * 3
    assert [block.get("is_error", False) for block in results] == [False] * 3
    assert api.complaints == []


def test_two_edits_in_one_answer_are_tried_together(repo: Repo) -> None:
    wrong_then_right = (
        Call(name="edit", input=edit_call(new="(100 + 3 * discount)")),
        Call(name="edit", input=edit_call("(100 + 3 * discount)")),
    )
    with MessagesAPI([Reply(calls=wrong_then_right)]) as api, bench(repo, api) as b:
        assert b.heal() is not None
        assert sum("red" in note for note in b.watcher.notes) == 0


@pytest.mark.slow
def test_invalid_input_is_answered_with_what_to_do(repo: Repo) -> None:
    script = [
        call("edit", why="x"),
        call("edit", why="x", edits=[{"path": "shop/cart.py", "old": WRONG, "knew": RIGHT}]),
        call("read", path=["shop/cart.py"]),
        call("bash", command="rm -rf /"),
        FIX,
    ]
    with MessagesAPI(script) as api, bench(repo, api) as b:
        assert b.heal() is not None
    answers = [last_user_text(request) for request in api.requests[1:]]
    assert "edit needs 'edits'" in answers[0]
    assert "has no 'knew'; it takes path, old, new" in answers[1]
    assert "read.path must be a string" in answers[2]
    assert "there is no tool 'bash'; use one of read, search, edit, verify, history, give_up" in answers[3]
    assert all(request["messages"][-1]["content"][0]["is_error"] for request in api.requests[1:])


def test_a_call_whose_input_is_cut_json_is_not_carried_out(repo: Repo) -> None:
    cut = Reply(calls=(Call(name="give_up", raw_input='{"reason": "I do'),))
    with MessagesAPI([cut, FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert "no complete JSON object" in last_user_text(api.requests[1])


def test_an_answer_without_call_is_told_to_act_and_in_the_end_believed(repo: Repo) -> None:
    script = [Reply(text="I looked."), Reply(text="It seems fine."), Reply(text="The test is simply wrong.")]
    with MessagesAPI(script) as api, bench(repo, api) as b:
        assert b.heal() is None
        assert b.case.learned == ["The test is simply wrong."]
    assert "Mend it with `edit`, or end with `give_up`" in last_user_text(api.requests[1])


def test_ending_the_turn_while_red_is_answered_with_what_is_red(repo: Repo) -> None:
    script = [
        call("edit", **edit_call(new="(100 + 2 * discount)")),
        Reply(text="Done, all fixed!"),
        call("give_up", reason="no idea"),
    ]
    with MessagesAPI(script) as api, bench(repo, api) as b:
        assert b.heal() is None
    assert "The build is not green yet." in last_user_text(api.requests[2])
    assert "exactly the same as before" in last_user_text(api.requests[2])


def test_an_empty_answer_does_not_break_the_protocol(repo: Repo) -> None:
    with MessagesAPI([Reply(), Reply(thinking="hm"), FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert api.complaints == []
    assert len(api.requests[2]["messages"]) == 1


def test_gives_up_with_the_models_reason(repo: Repo) -> None:
    with (
        MessagesAPI([call("give_up", reason="The test expects a service that is gone.")]) as api,
        bench(repo, api) as b,
    ):
        assert b.heal() is None
        assert b.case.learned == ["The test expects a service that is gone."]
    assert len(api.requests) == 1


def test_a_refusal_of_the_model_ends_the_healing(repo: Repo) -> None:
    refusal = Reply(
        text="I can't",
        stop_reason="refusal",
        stop_details={"type": "refusal", "category": "cyber", "explanation": "looks like malware"},
    )
    with MessagesAPI([refusal, FIX]) as api, bench(repo, api) as b:
        assert b.heal() is None
        assert b.case.learned == ["the model declined: cyber: looks like malware"]
    assert len(api.requests) == 1


@pytest.mark.slow
def test_an_answer_cut_off_by_its_limit_gets_more_room(repo: Repo) -> None:
    thinking_only = Reply(thinking="so long a thought", stop_reason="max_tokens")
    half_a_call = Reply(
        text="I will edit.", calls=(Call(name="edit", raw_input='{"why": "x", "edi'),), stop_reason="max_tokens"
    )
    with MessagesAPI([thinking_only, half_a_call, FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert [request["max_tokens"] for request in api.requests] == [16_000, 32_000, 64_000]
    assert "cut off by its length limit" in last_user_text(api.requests[2])
    assert api.complaints == []


def test_complete_calls_of_a_cut_off_answer_are_carried_out(repo: Repo) -> None:
    cut = Reply(
        calls=(Call(name="read", input={"path": "shop/cart.py"}), Call(name="read", raw_input='{"path": "tests')),
        stop_reason="max_tokens",
    )
    with MessagesAPI([cut, FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert len(api.requests[1]["messages"][-1]["content"]) == 1
    assert "def total" in last_user_text(api.requests[1])


def test_answers_that_never_fit_end_the_attempt(repo: Repo) -> None:
    cut = Reply(thinking="…", stop_reason="max_tokens")
    with MessagesAPI([cut] * 3) as api, bench(repo, api, agent=with_agent(attempts=1)) as b:
        assert b.heal() is None
        assert "do not fit" in b.case.learned[0]


def test_a_paused_turn_goes_on(repo: Repo) -> None:
    with MessagesAPI([Reply(text="one moment", stop_reason="pause_turn"), FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert api.requests[1]["messages"][-1]["role"] == "assistant"


@pytest.mark.slow
def test_a_full_context_starts_anew_with_what_was_done(repo: Repo) -> None:
    script = [
        call("edit", **edit_call(new="(100 + 2 * discount)", why="Twice the discount.")),
        Reply(text="…", stop_reason="model_context_window_exceeded"),
        call("edit", **edit_call("(100 + 2 * discount)")),
    ]
    with MessagesAPI(script) as api, bench(repo, api) as b:
        assert b.heal() is not None
    fresh = api.requests[2]["messages"]
    assert len(fresh) == 1
    assert "Twice the discount." in fresh[0]["content"][0]["text"]
    assert "+    return sum(prices) * (100 + 2 * discount) / 100" in fresh[0]["content"][0]["text"]


def test_a_prompt_that_is_too_long_is_told_shorter(repo: Repo) -> None:
    too_long = Reply(status=400, message="prompt is too long: 212345 tokens > 200000 maximum")
    with MessagesAPI([too_long, FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert len(api.requests) == 2


def test_what_the_gate_refuses_goes_back_to_the_model(repo: Repo) -> None:
    weaken = edit_call("== 27", "== 33", "tests/test_cart.py", why="The test was wrong.")
    undo = {"why": "Back.", "edits": [{"path": "tests/test_cart.py", "restore": True}]}
    with MessagesAPI([call("edit", **weaken), call("edit", **undo), FIX]) as api, bench(repo, api) as b:
        candidate = b.heal()
    assert "the gate refused, at its check 'integrity': tests/test_cart.py is a test and read-only" in last_user_text(
        api.requests[1]
    )
    assert "All files are as in the red build again." in last_user_text(api.requests[2])
    assert candidate is not None
    assert candidate.patch.paths == ("shop/cart.py",)
    assert candidate.rationale == "The discount was added."  # not what was undone


@pytest.mark.slow
def test_an_edit_that_breaks_another_test_is_refused_by_the_gate(repo: Repo) -> None:
    files = {
        **CART,
        "tests/test_more.py": "from shop.cart import total\n\ndef test_none():\n    assert total([]) == 0\n",
    }
    bad = edit_call(
        "return sum(prices) * (100 + discount) / 100", "return 27 if discount else sum(prices) or 1", why="x"
    )
    script = [
        call("edit", **bad),
        call("edit", **edit_call("27 if discount else sum(prices) or 1", "sum(prices) * (100 - discount) / 100")),
    ]
    with MessagesAPI(script) as api, bench(repo, api, files=files) as b:
        assert b.heal() is not None
    assert "check 'suite': 1 tests fail" in last_user_text(api.requests[1])


def test_the_test_may_be_changed_when_triage_blames_it(repo: Repo) -> None:
    with MessagesAPI([call("give_up", reason="x")]) as api, bench(repo, api, cause=Cause.TEST) as b:
        b.heal()
    assert "Triage holds the test itself to be at fault" in api.requests[0]["messages"][0]["content"][0]["text"]


def test_verify_shows_the_failure_and_runs_the_gate(repo: Repo) -> None:
    with MessagesAPI([call("verify"), FIX]) as api, bench(repo, api) as b:
        assert b.heal() is not None
    assert "red: 1 of 1 still fail" in last_user_text(api.requests[1])


def test_lessons_of_earlier_healers_stand_in_the_first_message(repo: Repo) -> None:
    with MessagesAPI([FIX]) as api, bench(repo, api) as b:
        b.case.learned.append("search: 300 single edits were tried, none passes")
        b.heal()
    assert "- search: 300 single edits were tried" in api.requests[0]["messages"][0]["content"][0]["text"]


@pytest.mark.slow
def test_a_fresh_attempt_is_told_what_the_last_one_tried(repo: Repo) -> None:
    wrong = call("edit", **edit_call(new="(100 + 2 * discount)", why="Twice the discount."))
    script = [wrong, call("verify"), FIX]
    with MessagesAPI(script) as api, bench(repo, api, agent=with_agent(max_requests=4, attempts=2)) as b:
        assert b.heal() is not None
    third = api.requests[2]["messages"]
    assert len(third) == 1
    assert "attempt 1 ended: no fix in 2 answers" in third[0]["content"][0]["text"]
    assert "Twice the discount." in third[0]["content"][0]["text"]


def test_the_shell_is_offered_only_in_a_sandbox(repo: Repo) -> None:
    with MessagesAPI([call("run", command="ls shop"), FIX]) as api, bench(repo, api, sandboxed=True) as b:
        assert b.heal() is not None
    assert "exit status 0\n__init__.py\ncart.py" in last_user_text(api.requests[1])
    assert [tool["name"] for tool in api.requests[0]["tools"]][-1] == "run"


@pytest.mark.slow
def test_secrets_of_the_environment_never_reach_the_model(repo: Repo) -> None:
    secret = "s3cr3t-Value-0815"
    files = {**CART, "notes.txt": f"the token is {secret}\n"}
    with MessagesAPI([call("read", path="notes.txt"), FIX]) as api:
        with bench(repo, api, files=files, environ={"DEPLOY_TOKEN": secret}) as b:
            assert b.heal() is not None
            assert secret not in b.transcript.read_text()
    assert secret not in str(api.requests)
    assert "[redacted:DEPLOY_TOKEN]" in last_user_text(api.requests[1])


def test_the_prefix_is_cached_from_request_to_request(repo: Repo) -> None:
    script = [call("read", path="shop/cart.py"), call("search", pattern="total"), FIX]
    with MessagesAPI(script) as api, bench(repo, api) as b:
        assert b.heal() is not None
        usage = b.case.meter.usage
    assert usage.requests == 3
    assert usage.input_tokens < 20
    assert usage.cache_read_tokens > usage.cache_write_tokens


@pytest.mark.slow
def test_the_rationale_is_what_the_last_edits_say(repo: Repo) -> None:
    first = call("edit", **edit_call(new="(100 + 2 * discount)", why="A first guess."))
    both = Reply(
        calls=(
            Call(
                name="edit",
                input=edit_call("(100 + 2 * discount)", "(100 + discount * -1)", why="Subtract the discount."),
            ),
            Call(name="edit", input=edit_call("(100 + discount * -1)", why="It was added.")),
        )
    )
    with MessagesAPI([first, call("verify"), both]) as api, bench(repo, api) as b:
        candidate = b.heal()
    assert candidate is not None
    assert candidate.rationale == "Subtract the discount.\nIt was added."


def test_a_skipped_test_is_not_green(repo: Repo) -> None:
    skip = edit_call(
        "def test_total_with_discount():",
        "import pytest\n@pytest.mark.skip\ndef test_total_with_discount():",
        "tests/test_cart.py",
    )
    with MessagesAPI([call("edit", **skip), call("give_up", reason="x")]) as api, bench(repo, api) as b:
        assert b.heal() is None
        assert b.gate.asked == []
    assert "did not run or were skipped: tests.test_cart::test_total_with_discount" in last_user_text(api.requests[1])


def test_a_command_that_reports_only_its_exit_status_is_enough(repo: Repo) -> None:
    check = "from shop.cart import total; assert total([10, 20], discount=10) == 27, total([10, 20], 10)"
    command = f'{sys.executable} -c "{check}"'
    with MessagesAPI([call("verify"), FIX]) as api, bench(repo, api, command=command) as b:
        assert b.heal() is not None
    assert "AssertionError: 33.0" in last_user_text(api.requests[1])


def test_a_linter_that_is_red_is_the_target_where_no_test_is(repo: Repo) -> None:
    files = {"pyproject.toml": "[tool.ruff]\nline-length = 99\n", "app.py": "import os\n\n\ndef f():\n    return 1\n"}
    failure = Failure(fingerprint="0123456789ab", cause=Cause.LINT, summary="ruff: F401", verifier="ruff")
    edit = {"why": "Drop the unused import.", "edits": [{"path": "app.py", "old": "import os\n\n\n", "new": ""}]}
    command = f"{sys.executable} -c pass"
    repo.write(files)
    verifiers = detect_verifiers(repo.path, {"PATH": str(Path(sys.executable).parent)})
    assert [verifier.name for verifier in verifiers] == ["ruff"]
    with MessagesAPI([call("verify"), call("edit", **edit)]) as api:
        with bench(repo, api, files=files, failure=failure, verifiers=verifiers, command=command) as b:
            assert b.heal() is not None
    assert "red: ruff has 1 complaint\n<output>\napp.py:1: F401" in last_user_text(api.requests[1])
