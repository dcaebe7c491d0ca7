"""The model behind the Anthropic client: streams each answer and sits out the faults that pass."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping

from honk_ci.config import AgentConfig
from honk_ci.domain import Usage
from honk_ci.errors import ModelError
from honk_ci.healers.agent.connection import Connection
from honk_ci.healers.agent.exchange import Answer, BrokenAnswerError, OutOfTimeError, PromptTooLongError, Request
from honk_ci.healers.agent.faults import Fault
from honk_ci.healers.agent.pricing import Tariff
from honk_ci.meter import Meter
from honk_ci.progress import Progress

MOST_TRIES = 8
LONGEST_WAIT_S = 60.0


class Service:
    """The live model of one run."""

    def __init__(
        self,
        *,
        config: AgentConfig,
        environ: Mapping[str, str],
        tariff: Tariff | None,
        meter: Meter,
        progress: Progress,
        first_wait_s: float = 1.0,
    ) -> None:
        """``first_wait_s``: the wait before the first retry where the service names none; it doubles."""
        self.name = config.model
        self.on_fault: Callable[[str], None] = lambda _words: None
        self._connection = Connection(config=config, environ=environ)
        self._tariff = tariff
        self._meter = meter
        self._progress = progress
        self._first_wait_s = first_wait_s
        self._faults = 0  # in a row

    def conversation(self, fingerprint: str, number: int) -> None:
        """The service keeps nothing between requests."""

    def close(self) -> None:
        self._connection.close()

    def answer(self, request: Request) -> Answer:
        self._connection.open()
        while True:
            with self._meter.timed("model"):
                outcome = self._connection.send(request, time_s=self._meter.left_s)
            if isinstance(outcome, Answer):
                self._faults = 0
                return self._counted(outcome)
            fault, usage = outcome
            self._faults += 1
            self._spend(usage)
            self._sit_out(fault)
            if usage is not None:
                raise BrokenAnswerError(fault.words)

    def _sit_out(self, fault: Fault) -> None:
        """Wait until another try makes sense; raises where none does."""
        self._give_up_on(fault, self._faults)
        wait = self._wait(fault, self._faults)
        self._progress.note(f"agent: the model service failed ({fault.words}); next try in {wait:.0f} s")
        with self._meter.timed("model"):
            time.sleep(wait)

    def _give_up_on(self, fault: Fault, tries: int) -> None:
        """Raise unless another try makes sense and there is time for it."""
        self.on_fault(fault.words)
        if fault.too_long:
            raise PromptTooLongError(fault.words)
        if not fault.passes:
            raise ModelError(f"the model cannot be used: {fault.words}", hint=fault.hint)
        if self._meter.left_s <= 0:
            raise OutOfTimeError
        wait = self._wait(fault, tries)
        if wait >= self._meter.left_s:
            raise ModelError(
                f"the model service asks to wait {wait:.0f} s, and {self._meter.left_s:.0f} s are left: {fault.words}",
                hint=fault.hint,
            )
        if tries >= self._most_tries(fault):
            raise ModelError(f"the model service failed {tries} times in a row: {fault.words}", hint=fault.hint)

    def _most_tries(self, fault: Fault) -> int:
        # An address where nobody listens rarely comes to life within a minute.
        return MOST_TRIES // 2 if fault.unreachable else MOST_TRIES

    def _wait(self, fault: Fault, tries: int) -> float:
        if fault.retry_after_s is not None:
            return fault.retry_after_s
        backoff = min(LONGEST_WAIT_S, self._first_wait_s * 2.0 ** (tries - 1))
        return backoff * (1 - 0.25 * random.random())  # noqa: S311 (keeps parallel jobs apart, guards nothing)

    def _counted(self, answer: Answer) -> Answer:
        usage = self._spend(answer.usage)
        return Answer(
            content=answer.content,
            stop_reason=answer.stop_reason,
            usage=usage,
            explanation=answer.explanation,
            malformed_calls=answer.malformed_calls,
        )

    def _spend(self, usage: Usage | None) -> Usage:
        if usage is None:
            return Usage()
        cost = self._tariff.cost(usage) if self._tariff is not None else 0.0
        paid = usage + Usage(model=self.name, requests=1, cost_usd=cost)
        self._meter.spend(paid)
        self._progress.spent(self._meter.usage)
        return paid
