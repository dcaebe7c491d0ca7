"""Admission: what a run may do, judged by who started it and where, before anything is spent."""

from __future__ import annotations

from honk_ci.stages.admission.stage import Admission, admit

__all__ = ["Admission", "admit"]
