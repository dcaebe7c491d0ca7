"""The healer that asks a model."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from honk_ci.domain import Candidate
from honk_ci.errors import ModelError
from honk_ci.healers.agent.attempts import Attempts
from honk_ci.healers.agent.budget import Budget
from honk_ci.healers.agent.clients import prefetch
from honk_ci.healers.agent.exchange import Model
from honk_ci.healers.agent.pricing import Tariff, tariff_for
from honk_ci.healers.agent.reach import REPLAY, key_problem
from honk_ci.healers.agent.replay import Replay
from honk_ci.healers.agent.service import Service
from honk_ci.healers.agent.tools import offered
from honk_ci.healers.agent.transcript import Recorded, Transcript
from honk_ci.healers.interface import HealCase
from honk_ci.meter import Meter
from honk_ci.redact import Redactor


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """What the failures of one run share."""

    meter: Meter  # tells one run from another
    model: Model
    tariff: Tariff | None
    transcript: Transcript | None
    redactor: Redactor

    def ended(self, kind: str, why: str) -> None:
        if self.transcript is not None:
            self.transcript.write("end", ending=kind, why=why)


class Agent:
    """Heals by talking with a model; every patch that it yields has passed the gate."""

    name = "agent"

    def __init__(self, *, sandboxed: bool = False) -> None:
        """``sandboxed``: commands run where they can do no harm, so the model gets a shell."""
        self._tools = offered(sandboxed=sandboxed)
        self._run: _Run | None = None

    def skip_reason(self, case: HealCase) -> str:
        return key_problem(case.config.agent, case.environ)

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        """Raises ModelError when the model cannot be used: key, name, price, service, transcript."""
        if self._run is None or self._run.meter is not case.meter:
            self._run = _start(case)
        run = self._run
        attempts = Attempts(
            case=case,
            model=run.model,
            tools=self._tools,
            budget=Budget(meter=case.meter, config=case.config.agent, tariff=run.tariff),
            redact=run.redactor.redact,
            on_end=lambda ending: run.ended(ending.kind, ending.why),
        )
        try:
            candidate = attempts.heal()
        except ModelError as error:
            run.ended("error", str(error))
            raise
        finally:
            run.model.close()
        if candidate is not None:
            yield candidate


def _start(case: HealCase) -> _Run:
    config = case.config.agent
    redactor = Redactor(case.environ)
    if config.model.startswith(REPLAY):
        path = Path(config.model.removeprefix(REPLAY))
        replay = Replay(path, root=case.workspace.root, meter=case.meter, progress=case.progress)
        return _Run(meter=case.meter, model=replay, tariff=None, transcript=None, redactor=redactor)
    tariff = tariff_for(config.model, config)
    prefetch()
    service = Service(config=config, environ=case.environ, tariff=tariff, meter=case.meter, progress=case.progress)
    transcript = Transcript(
        _transcript_path(case),
        redact=redactor.redact,
        on_fault=lambda words: case.progress.note(f"agent: {words}"),
        root=case.workspace.root,
        commit=case.build.commit,
        model=config.model,
    )
    service.on_fault = lambda words: transcript.write("fault", words=words)
    if not transcript.fault:
        case.progress.note(f"agent: the exchange with {config.model} is written to {transcript.path}")
    model = Recorded(service, transcript)
    return _Run(meter=case.meter, model=model, tariff=tariff, transcript=transcript, redactor=redactor)


def _transcript_path(case: HealCase) -> Path:
    folder = case.config.archive.transcripts
    root = case.workspace.root / folder if folder else case.repository.git_dir / "honk" / "transcripts"
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return root / f"{moment}-{case.build.commit[:12]}-{os.getpid()}.jsonl"
