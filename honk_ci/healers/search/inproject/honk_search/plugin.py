"""The pytest plug-in that takes over a session: collects as the project would, then runs our job instead."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import evaluate, trace

JOB_VARIABLE = "HONK_SEARCH_JOB"

# Options of well-known plug-ins that would start processes, repeat, reorder or measure tests. They
# are set after parsing, since the flags themselves are unknown where a plug-in is not installed.
TAMED = {
    "no_cov": True,
    "numprocesses": 0,
    "dist": "no",
    "tx": [],
    "maxfail": 0,
    "reruns": 0,
    "usepdb": False,
    "trace": False,
    "stepwise": False,
    "randomly_reorganize": False,
    "random_order_bucket": "none",
    "benchmark_disable": True,
    "collectonly": False,
    "tbstyle": "native",  # the default style parses the test file again for every failure
}


# pytest's own plug-ins that write to the project's cache folder when a session ends.
WRITERS = ("lfplugin", "nfplugin", "stepwiseplugin")


def take_job() -> dict[str, Any]:
    """Read the job and put the environment back as the project knows it.

    Tests may start pytest themselves, and that run must not load this plug-in.
    """
    job: dict[str, Any] = json.loads(Path(os.environ.pop(JOB_VARIABLE)).read_text(encoding="utf-8"))
    ours = str(Path(__file__).parents[1])
    places = [place for place in os.environ.pop("PYTHONPATH", "").split(os.pathsep) if place != ours]
    options = os.environ.pop("PYTEST_ADDOPTS", "").replace(f"-p {__name__}", "").strip()
    for name, value in (("PYTHONPATH", os.pathsep.join(places)), ("PYTEST_ADDOPTS", options)):
        if value or name in job["environ"]:
            os.environ[name] = value
    return job


JOB = take_job()


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: Any) -> Iterator[None]:
    _tame(early_config.known_args_namespace)
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_cmdline_main(config: Any) -> Iterator[None]:
    _tame(config.option)
    if JOB["collect"]:
        config.args[:] = JOB["collect"]
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: Any) -> bool:
    for name in WRITERS:
        if session.config.pluginmanager.has_plugin(name):
            session.config.pluginmanager.unregister(name=name)
    stages = {"trace": trace.run, "evaluate": evaluate.run}
    stages[JOB["mode"]](session, JOB)
    return True


def _tame(options: Any) -> None:
    for name, value in TAMED.items():
        if hasattr(options, name):
            setattr(options, name, value)
