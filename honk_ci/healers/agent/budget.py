"""What the agent may still spend: dollars, minutes and requests, asked before each request."""

from __future__ import annotations

from collections.abc import Sequence

from honk_ci.config import AgentConfig
from honk_ci.domain import Usage
from honk_ci.healers.agent.exchange import Message, Request
from honk_ci.healers.agent.pricing import Tariff
from honk_ci.meter import Meter

# Newer tokenizers make more tokens of the same text: counted low on purpose, so that costs are guessed high.
CHARS_PER_TOKEN = 3
LEAST_OUTPUT_TOKENS = 1024  # with less an answer is likely cut off, and money spent for nothing
LEAST_TIME_S = 10.0  # an answer, its edit and a short test run
CONCLUDE_AT = 0.8


class Budget:
    """The limits of one failure's healing; the dollars and the minutes are those of the whole run."""

    def __init__(self, *, meter: Meter, config: AgentConfig, tariff: Tariff | None) -> None:
        self._meter = meter
        self._config = config
        self._tariff = tariff
        self._requests_before = meter.usage.requests
        self._usd_at_start = meter.left_usd
        self._time_at_start = meter.left_s
        self._known_tokens = 0  # of the history that the last answer was given to
        self._known_chars = 0

    @property
    def requests(self) -> int:
        return self._meter.usage.requests - self._requests_before

    def refusal(self, request: Request, *, reserve_s: float = 0.0) -> str:
        """Why the next request may not be made; "" when it may. ``reserve_s`` is what proving a fix takes."""
        if self.requests >= self._config.max_requests:
            return f"the limit of {self._config.max_requests} requests is reached"
        if self._meter.left_s < LEAST_TIME_S + reserve_s:
            return f"the time limit of {self._meter.time_limit_s:.0f} s leaves too little to prove another fix"
        if self.affordable_output(request) < min(LEAST_OUTPUT_TOKENS, request.max_tokens):
            return f"the next request could cost more than what is left of ${self._meter.cost_cap_usd:.2f}"
        return ""

    def affordable_output(self, request: Request) -> int:
        """Most tokens that the answer may have so that even the dearest outcome keeps the cap."""
        if self._tariff is None:
            return request.max_tokens
        prompt = self._prompt(request)
        prompt_usd = self._tariff.cost(prompt)
        thousand_usd = self._tariff.cost(prompt + Usage(output_tokens=1000)) - prompt_usd
        if thousand_usd <= 0:
            return request.max_tokens
        return min(request.max_tokens, int((self._meter.left_usd - prompt_usd) / thousand_usd * 1000))

    def answered(self, request: Request, usage: Usage) -> None:
        """Learn the true size of the history from the answer's usage."""
        self._known_tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        self._known_chars = _chars(request)

    def conversation(self) -> None:
        """A new conversation: nothing of its history is in the cache but the start."""
        self._known_tokens = self._known_chars = 0

    @property
    def used(self) -> float:
        """The largest share used of the three limits, 0 to 1."""
        shares = [self.requests / max(1, self._config.max_requests)]
        if self._tariff is not None and self._usd_at_start > 0:
            shares.append(1 - self._meter.left_usd / self._usd_at_start)
        if self._time_at_start > 0:
            shares.append(1 - self._meter.left_s / self._time_at_start)
        return max(shares)

    def left_in_words(self) -> str:
        return (
            f"{max(0, self._config.max_requests - self.requests)} requests, "
            f"${self._meter.left_usd:.2f} and {self._meter.left_s / 60:.0f} minutes"
        )

    def _prompt(self, request: Request) -> Usage:
        """The prompt's tokens, guessed high: all that is new is written to the cache."""
        new = max(0, _chars(request) - self._known_chars) // CHARS_PER_TOKEN
        return Usage(cache_read_tokens=self._known_tokens, cache_write_tokens=new)


def _chars(request: Request) -> int:
    return len(request.system) + len(str(request.tools)) + _message_chars(request.messages)


def _message_chars(messages: Sequence[Message]) -> int:
    return sum(len(str(message["content"])) for message in messages)
