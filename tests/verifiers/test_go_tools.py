"""go vet and gofmt as they really are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from honk_ci.healers.autofix import Autofix
from honk_ci.verifiers.complaints import is_blind
from tests.repos import Repo
from tests.verifiers.bench import bench, lint_failure, logged
from tests.verifiers.tools import detected, keys_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed here")]

MODULE = {"go.mod": "module example.invalid/x\n\ngo 1.19\n"}
VETTED = 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Printf("%d", "x")\n}\n'


def test_vet_and_gofmt_find_their_complaints(repo: Repo) -> None:
    repo.commit(
        "red",
        {
            **MODULE,
            "main.go": VETTED,
            "vendor/v/v.go": "package v\n\nvar  X = 1\n",
            "b.go": "package main\n\nvar  X = 1\n",
        },
    )
    found = {name: keys_of(repo, verifier) for name, verifier in detected(repo, os.environ).items()}
    assert found["gofmt"] == {"b.go: unformatted the file would be reformatted"}


def test_vet_names_places(repo: Repo) -> None:
    repo.commit("red", {**MODULE, "main.go": VETTED})
    assert keys_of(repo, detected(repo, os.environ)["go-vet"]) == {
        'main.go: fmt.Printf format %d has arg "x" of wrong type string'
    }


def test_what_does_not_compile_makes_vet_blind(repo: Repo) -> None:
    repo.commit("red", {**MODULE, "main.go": "package main\n\nfunc main() { x := y }\n"})
    assert is_blind(keys_of(repo, detected(repo, os.environ)["go-vet"]))


def test_gofmt_heals(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {**MODULE, "main.go": "package main\n\nfunc main() {\n  println(1)\n}\n"})
    failure = lint_failure(logged("main.go", ""), verifier="gofmt")
    with bench(repo, tmp_path, failure=failure, environ=os.environ) as at:
        [candidate] = Autofix().heal(at.heal_case())
        assert candidate.kind == "format"
        assert at.judge_patch(candidate.patch).passed
