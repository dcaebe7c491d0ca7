"""What models cost.

List prices in dollars per million tokens as of 2026-11-20, first-party API, five-minute cache:
platform.claude.com/docs/en/about-claude/pricing and the model pages under
platform.claude.com/docs/en/models, including the cut of cache reads for Sonnet 5.5 on 2026-10-07
and the two bands of Haiku 5.5 by prompt length. Bedrock and Vertex ask about a tenth more at
regional endpoints; ``agent.prices`` in the config goes before this table. Models whose price was
not published when the table was made (Fable 5.2, Mythos 5.2) are left out on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from honk_ci.config import AgentConfig, Price
from honk_ci.domain import Usage
from honk_ci.errors import ModelError

MILLION = 1_000_000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tariff:
    """The price of one model, with a second band for prompts above ``long_prompt`` tokens."""

    price: Price
    long_prompt: int | None = None
    long_price: Price | None = None

    def cost(self, usage: Usage) -> float:
        """Dollars for one request."""
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        price = self._band(prompt)
        write = 1.25 * price.input if price.cache_write is None else price.cache_write
        read = 0.1 * price.input if price.cache_read is None else price.cache_read
        return (
            usage.input_tokens * price.input
            + usage.cache_write_tokens * write
            + usage.cache_read_tokens * read
            + usage.output_tokens * price.output
        ) / MILLION

    def _band(self, prompt_tokens: int) -> Price:
        if self.long_prompt is not None and self.long_price is not None and prompt_tokens > self.long_prompt:
            return self.long_price
        return self.price


def _price(read: float, entry: float, out: float) -> Tariff:
    return Tariff(price=Price(input=entry, output=out, cache_read=read))


_FABLE_OR_MYTHOS_5 = _price(1.0, 10.0, 50.0)
_FABLE_OR_MYTHOS_5_1 = _price(0.25, 10.0, 50.0)
_OPUS_5 = _price(0.50, 5.0, 25.0)
_SONNET_4 = _price(0.30, 3.0, 15.0)

TARIFFS: Mapping[str, Tariff] = {
    "claude-fable-5-1": _FABLE_OR_MYTHOS_5_1,
    "claude-fable-5": _FABLE_OR_MYTHOS_5,
    "claude-mythos-5-1": _FABLE_OR_MYTHOS_5_1,
    "claude-mythos-5": _FABLE_OR_MYTHOS_5,
    "claude-opus-5-5": _price(0.20, 4.0, 20.0),
    "claude-opus-5": _OPUS_5,
    "claude-opus-4-8": _OPUS_5,
    "claude-opus-4-7": _OPUS_5,
    "claude-opus-4-6": _OPUS_5,
    "claude-opus-4-5": _OPUS_5,
    "claude-sonnet-5-5": _price(0.10, 2.0, 10.0),
    "claude-sonnet-5": _price(0.20, 2.0, 10.0),
    "claude-sonnet-4-6": _SONNET_4,
    "claude-sonnet-4-5": _SONNET_4,
    "claude-haiku-5-5": Tariff(
        price=Price(input=0.10, output=0.50),
        long_prompt=100_000,
        long_price=Price(input=0.50, output=2.50),
    ),
    "claude-haiku-4-5": _price(0.10, 1.0, 5.0),
}


def tariff_for(model: str, config: AgentConfig) -> Tariff | None:
    """The price of ``model``; None where it is unknown and the config waives it.

    Raises ModelError for an unknown price that is not waived.
    """
    name = plain_name(model)
    for key in (model, name):
        if key in config.prices:
            return Tariff(price=config.prices[key])
    if name in TARIFFS:
        return TARIFFS[name]
    if config.allow_unknown_price:
        return None
    raise ModelError(
        f"the price of the model {model} is not known, so the cost cap cannot hold",
        hint=f"set agent.prices.{model} (input and output, dollars per million tokens) in .honk.yml, "
        "or agent.allow_unknown_price: true",
    )


def plain_name(model: str) -> str:
    """The undated first-party name: Bedrock's ``us.anthropic.claude-…-v1:0`` and Vertex's ``…@20260101`` too."""
    name = re.sub(r"^.*anthropic[./]", "", model.strip().lower())
    name = re.sub(r"@.*$|-v\d+(:\d+)?$", "", name)
    return re.sub(r"-20\d{6}$|-latest$|\[1m\]$", "", name)
