"""One conversation with the model, from the first message to a proven fix or a reason to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from honk_ci.domain import Candidate
from honk_ci.healers.agent import tools as toolbox
from honk_ci.healers.agent.budget import CONCLUDE_AT, Budget
from honk_ci.healers.agent.exchange import (
    Answer,
    Block,
    BrokenAnswerError,
    Message,
    Model,
    OutOfTimeError,
    PromptTooLongError,
    Request,
)
from honk_ci.healers.agent.tools.interface import Desk, Tool, ToolError, ToolResult
from honk_ci.text import one_line

# share: its part of the requests is used up; full: the model's context is; stuck: the answers lead nowhere.
Kind = Literal["healed", "gave_up", "budget", "share", "refusal", "full", "stuck"]

# An answer without a tool call is asked to go on this often in a row before it counts as the last word.
MOST_NUDGES = 2
LONGEST_OUTPUT = 64_000
RESULT_SHOWN = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a conversation ended; ``candidate`` is set when it healed."""

    kind: Kind
    why: str
    candidate: Candidate | None = None


@dataclass(kw_only=True)
class Conversation:
    """The history with the model, and the desk that its tool calls work at."""

    model: Model
    budget: Budget
    desk: Desk
    tools: Sequence[Tool]
    system: str
    max_tokens: int
    most_requests: int  # of the failure's requests, the number after which another attempt is due
    redact: Callable[[str], str]
    messages: list[Message] = field(default_factory=list)
    log: list[str] = field(default_factory=list)  # one line a tool call, for the next conversation
    _nudges: int = 0
    _cut_off: int = 0
    _told_to_conclude: bool = False

    def run(self, first_message: str) -> Ending:
        """Talk until it ends. The workspace holds the last edits when it does."""
        self.messages.append({"role": "user", "content": [_text(self.redact(first_message))]})
        while True:
            request = self._request()
            if refusal := self.budget.refusal(request, reserve_s=self.desk.trial.longest_s):
                return Ending(kind="budget", why=refusal)
            if self.budget.requests >= self.most_requests:
                return Ending(kind="share", why=f"no fix in {self.answers} answers")
            request = replace(request, max_tokens=self.budget.affordable_output(request))
            self.desk.case.progress.doing(f"asking {self.model.name} (request {self.budget.requests + 1})")
            try:
                answer = self.model.answer(request)
            except BrokenAnswerError:
                continue  # it cost something: the limits are asked again
            except PromptTooLongError as error:
                return Ending(kind="full", why=str(error))
            except OutOfTimeError:
                return Ending(kind="budget", why="the time limit was reached while the model was answering")
            self.budget.answered(request, answer.usage)
            if ending := self._take(answer):
                return ending

    @property
    def answers(self) -> int:
        return sum(message["role"] == "assistant" for message in self.messages)

    def _request(self) -> Request:
        return Request(
            system=self.system,
            tools=toolbox.definitions(self.tools),
            messages=tuple(self.messages),
            max_tokens=self.max_tokens,
        )

    def _take(self, answer: Answer) -> Ending | None:
        """Act on one answer; what ends the conversation, if it does."""
        match answer.stop_reason:
            case "refusal":
                why = answer.explanation or answer.text or "it gave no reason"
                return Ending(kind="refusal", why=f"the model declined: {one_line(why)}")
            case "model_context_window_exceeded":
                return Ending(kind="full", why="the model's context is full")
            case "pause_turn" if _sendable(answer.content) and not answer.calls:
                self._remember(answer.content)
                return None
            case "max_tokens":
                return self._take_cut_off(answer)
        self._cut_off = 0
        return self._act(answer)

    def _act(self, answer: Answer) -> Ending | None:
        if answer.calls:
            self._nudges = 0
            return self._use_tools(answer)
        return self._without_calls(answer)

    def _take_cut_off(self, answer: Answer) -> Ending | None:
        """The answer met the output limit: what is complete of it counts, the rest is asked for again."""
        self._cut_off += 1
        content = _complete(answer)
        if self._cut_off > MOST_NUDGES:
            return Ending(kind="stuck", why=f"the model's answers do not fit into {self.max_tokens} tokens")
        self.max_tokens = min(LONGEST_OUTPUT, 2 * self.max_tokens)
        if any(block["type"] == "tool_use" for block in content):
            return self._act(replace(answer, content=content))
        words = (
            "Your answer was cut off by its length limit before it held a complete tool call. Go on in smaller steps."
        )
        if any(block["type"] == "text" for block in content):
            self._say(words, after=content)
        elif self._cut_off > 1:
            self._say(words, after=())
        return None  # else nothing of it can be kept: the same request with twice the room

    def _use_tools(self, answer: Answer) -> Ending | None:
        """Carry out all calls and send all results in one message, as the service demands."""
        results: list[Block] = []
        self.desk.whys_are_old = True
        for number, call in enumerate(answer.calls):
            self.desk.edits_follow = any(later["name"] == "edit" for later in answer.calls[number + 1 :])
            result, is_error = self._use(call, malformed=call["id"] in answer.malformed_calls)
            self._note(call, result, is_error=is_error)
            if result.candidate is not None:
                return Ending(kind="healed", why=result.text, candidate=result.candidate)
            if result.given_up:
                return Ending(kind="gave_up", why=result.given_up)
            results.append(_result(call["id"], self.redact(result.text), is_error=is_error))
        if notice := self._conclude_notice():
            # Inside the last result: a text block after results teaches models to end their turn.
            results[-1]["content"] += f"\n\n{notice}"
        self._remember(answer.content)
        self.messages.append({"role": "user", "content": results})
        return None

    def _use(self, call: Block, *, malformed: bool) -> tuple[ToolResult, bool]:
        if malformed:
            words = "the input of this call was no complete JSON object; call the tool again"
            return ToolResult(text=words, note=f"{call['name']}: malformed input"), True
        try:
            return toolbox.use(self.tools, call["name"], call["input"], self.desk), False
        except ToolError as error:
            return ToolResult(text=str(error), note=f"{call['name']}: {one_line(str(error), 100)}"), True

    def _note(self, call: Block, result: ToolResult, *, is_error: bool) -> None:
        note = result.note or call["name"]
        self.desk.case.progress.note(f"agent: {note}")
        outcome = (
            "" if is_error or call["name"] not in {"edit", "verify"} else f": {one_line(result.text, RESULT_SHOWN)}"
        )
        self.log.append(one_line(note + outcome, 2 * RESULT_SHOWN))

    def _without_calls(self, answer: Answer) -> Ending | None:
        """The model ended its turn: it is told what is red, and only then believed."""
        self._nudges += 1
        if self._nudges > MOST_NUDGES:
            why = answer.text or "the model stopped without an answer"
            return Ending(kind="gave_up" if answer.text else "stuck", why=why)
        if not self.desk.case.workspace.changes():
            words = (
                "Nothing has been changed, and the build is still red. Mend it with `edit`, or end with `give_up` "
                "and your reason."
            )
        else:
            result, _ = self._use({"name": "verify", "input": {}, "id": ""}, malformed=False)
            if result.candidate is not None:
                return Ending(kind="healed", why=result.text, candidate=result.candidate)
            words = f"The build is not green yet.\n{self.redact(result.text)}\nGo on, or end with `give_up` and your reason."
        self._say(words, after=answer.content)
        return None

    def _say(self, words: str, *, after: Sequence[Block]) -> None:
        """Add words of ours after an answer; after an empty one they join the last message."""
        self._remember(after)
        if self.messages[-1]["role"] == "assistant":
            self.messages.append({"role": "user", "content": [_text(words)]})
        else:
            last = self.messages.pop()
            self.messages.append({"role": "user", "content": [*last["content"], _text(words)]})

    def _remember(self, content: Sequence[Block]) -> None:
        """Put an answer into the history, if anything of it can be sent back; a paused turn goes on in place."""
        if not (kept := _sendable(content)):
            return
        if self.messages[-1]["role"] == "assistant":
            paused = self.messages.pop()
            kept = [*paused["content"], *kept]
        self.messages.append({"role": "assistant", "content": kept})

    def _conclude_notice(self) -> str:
        if self._told_to_conclude or self.budget.used < CONCLUDE_AT:
            return ""
        self._told_to_conclude = True
        return (
            f"Your limits are nearly used up ({self.budget.left_in_words()} left). Make the best fix you can stand for now, "
            "or call `give_up`."
        )


def _complete(answer: Answer) -> tuple[Block, ...]:
    """The blocks that can be kept of an answer that was cut off: all but what it was cut in."""
    if not answer.content:
        return ()
    *kept, last = answer.content
    if last["type"] == "text":
        is_whole = bool(last["text"].strip())
    else:
        is_whole = last["type"] == "tool_use" and bool(last["input"]) and last["id"] not in answer.malformed_calls
    if is_whole:
        kept.append(last)
    whole = tuple(block for block in kept if block["type"] != "thinking" or block.get("signature"))
    return whole if any(block["type"] in {"text", "tool_use"} for block in whole) else ()


def _sendable(content: Sequence[Block]) -> list[Block]:
    """The blocks that the service takes back: no blank text, and not thinking alone."""
    kept = [block for block in content if block["type"] != "text" or block["text"].strip()]
    return kept if kept and "thinking" not in kept[-1]["type"] else []


def _text(words: str) -> Block:
    return {"type": "text", "text": words}


def _result(call_id: str, text: str, *, is_error: bool) -> Block:
    block: Block = {"type": "tool_result", "tool_use_id": call_id, "content": text or "(nothing)"}
    return {**block, "is_error": True} if is_error else block
