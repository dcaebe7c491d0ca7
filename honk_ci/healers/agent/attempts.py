"""The attempts at one failure: fresh conversations, each told what the last one learned."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from honk_ci.domain import Candidate
from honk_ci.healers.agent.brief import LIMIT, brief
from honk_ci.healers.agent.budget import Budget
from honk_ci.healers.agent.conversation import Conversation, Ending
from honk_ci.healers.agent.exchange import Model
from honk_ci.healers.agent.prompt import SYSTEM
from honk_ci.healers.agent.text import fenced, head
from honk_ci.healers.agent.tools.interface import Desk, Tool
from honk_ci.healers.agent.trial import Trial
from honk_ci.healers.interface import HealCase
from honk_ci.text import one_line

# Conversations that take over from one whose context ran full, or whose first message was too long.
MOST_CONTINUATIONS = 3
LOG_KEPT = 30  # lines of what a conversation did that the next one is told
DIFF_KEPT = 8000

# After these endings another attempt makes sense; the others are answers, or nothing is left to spend.
_WORTH_ANOTHER = frozenset({"share", "stuck", "full"})


@dataclass(kw_only=True)
class Attempts:
    """All conversations about one failure."""

    case: HealCase
    model: Model
    tools: Sequence[Tool]
    budget: Budget
    redact: Callable[[str], str]
    on_end: Callable[[Ending], None]
    _conversations: int = 0

    def heal(self) -> Candidate | None:
        """The first patch that passes the gate; None, with the reason in ``case.learned``."""
        lessons = list(self.case.learned)
        attempts = max(1, self.case.config.agent.attempts)
        for number in range(1, attempts + 1):
            self.case.workspace.reset()
            ending, log = self._attempt(lessons, is_last=number == attempts)
            if ending.candidate is not None:
                return ending.candidate
            self.case.learned.append(one_line(ending.why, 500))
            if ending.kind not in _WORTH_ANOTHER or number == attempts:
                break
            self.case.progress.note(f"agent: a fresh attempt, since the last one ended: {one_line(ending.why)}")
            lessons += [f"attempt {number} ended: {one_line(ending.why, 300)}", *log[-LOG_KEPT:]]
        return None

    def _attempt(self, lessons: Sequence[str], *, is_last: bool) -> tuple[Ending, list[str]]:
        """One attempt; its conversation is taken over by another when the context runs full."""
        limit, log = LIMIT, list[str]()
        desk = Desk(case=self.case, trial=Trial(self.case))
        share = self._share(is_last=is_last)
        for _ in range(MOST_CONTINUATIONS):
            conversation = self._conversation(desk, share)
            ending = conversation.run(self._first_message(lessons, log, limit))
            self.on_end(ending)
            log += conversation.log
            if ending.kind != "full":
                return ending, log
            if not conversation.answers:
                limit //= 3
        return ending, log

    def _share(self, *, is_last: bool) -> int:
        """Number of requests after which this attempt makes room for the next."""
        if is_last:
            return self.case.config.agent.max_requests
        left = self.case.config.agent.max_requests - self.budget.requests
        return self.budget.requests + math.ceil(left / max(1, self.case.config.agent.attempts))

    def _conversation(self, desk: Desk, share: int) -> Conversation:
        self._conversations += 1
        self.budget.conversation()
        self.model.conversation(self.case.failure.fingerprint, self._conversations)
        return Conversation(
            model=self.model,
            budget=self.budget,
            desk=desk,
            tools=self.tools,
            system=SYSTEM,
            max_tokens=self.case.config.agent.max_output_tokens,
            most_requests=share,
            redact=self.redact,
        )

    def _first_message(self, lessons: Sequence[str], log: Sequence[str], limit: int) -> str:
        message = brief(self.case, lessons, limit=limit)
        if not log:
            return message
        done = "\n".join(f"- {line}" for line in log[-LOG_KEPT:])
        message += f"\n\nYou have been at work on this; the conversation grew too long and starts anew. So far:\n{done}"
        changes = self.case.workspace.changes()
        if changes:
            message += "\nYour edits that are in place:\n" + fenced("diff", head(changes.diff(), DIFF_KEPT))
        return message
