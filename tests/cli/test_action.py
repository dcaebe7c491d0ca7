"""What a step of the action makes of its inputs, and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from honk_ci.cli.action import WrongInput, arguments, model_environ, step_status
from tests.repos import Repo

PACKAGE = Path(__file__).parents[2]

RED = {
    "shop.py": "def total(prices):\n    return sum(prices) - 1\n",
    "test_shop.py": """
        import os
        import pytest
        from shop import total

        @pytest.mark.parametrize("prices", [[1], [1, 2], [3, 4, 5]])
        def test_total(prices):
            secrets = [name for name in os.environ if name.startswith(("HONK_", "ANTHROPIC_"))]
            assert secrets == []
            assert total(prices) == sum(prices)
        """,
}


def _inputs(**values: str) -> dict[str, str]:
    return {f"HONK_INPUT_{name.upper()}": value for name, value in values.items()}


def test_inputs_become_options_and_empty_ones_do_not() -> None:
    given = _inputs(
        command="heal", reports="a.xml\n\n b/**/*.xml \n", logs="", deliver="pull-request", max_cost_usd="1.5", base=" "
    )

    assert arguments({**given, "RUNNER_TEMP": "/t"}) == [
        *("heal", "--report", "a.xml", "--report", "b/**/*.xml"),
        *("--max-cost-usd", "1.5", "--deliver", "pull-request", "--json", "/t/honk-heal-record.json"),
    ]


def test_a_value_is_one_word_whatever_is_in_it() -> None:
    words = arguments(_inputs(test_command="make 'a b' && $(touch x); --help", record="r.json"))

    assert words == ["heal", "--test-command", "make 'a b' && $(touch x); --help", "--json", "r.json"]


def test_without_a_command_it_heals() -> None:
    assert arguments({})[0] == "heal"


def test_deliver_takes_its_bundle_as_an_argument() -> None:
    assert arguments(_inputs(command="deliver", bundle="out", deliver="branch", record="r"))[:2] == ["deliver", "out"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"command": "destroy"}, "can be heal, diagnose, deliver, doctor"),
        ({"command": "deliver"}, "needs the input bundle"),
        ({"command": "deliver", "bundle": "b", "reports": "r.xml"}, "reports is not for the command deliver"),
        ({"command": "diagnose", "deliver": "branch"}, "deliver is not for the command diagnose"),
        ({"fail_on": "always"}, "can be faults, not-healed"),
    ],
)
def test_inputs_that_cannot_be_used_are_named(given: dict[str, str], words: str) -> None:
    with pytest.raises(WrongInput, match=words):
        arguments(_inputs(**given))


@pytest.mark.parametrize(
    ("status", "given", "expected"),
    [
        (0, {}, 0),
        (3, {}, 0),  # the tests have made the job red already
        (3, {"fail_on": "not-healed"}, 3),
        (3, {"command": "doctor"}, 3),  # something is missing, and nothing else says so
        (2, {}, 2),
        (12, {}, 12),
        (130, {}, 130),
        (1, {}, 1),
    ],
)
def test_the_step_fails_for_faults_and_for_more_only_where_asked(
    status: int, given: dict[str, str], expected: int
) -> None:
    assert step_status(status, _inputs(**given)) == expected


def test_an_empty_key_leaves_that_of_the_job_alone() -> None:
    assert model_environ({"HONK_MODEL_KEY": " ", "ANTHROPIC_API_KEY": "k"}) == {}
    assert model_environ({"HONK_MODEL_KEY": "k2"}) == {"ANTHROPIC_API_KEY": "k2"}


@pytest.fixture
def red(tmp_path: Path) -> Repo:
    good = {**RED, "shop.py": RED["shop.py"].replace(" - 1", "")}
    repo = Repo.create(tmp_path / "repo", good)
    repo.commit("one less", {"shop.py": RED["shop.py"]})
    return repo


def _step(repo: Repo, folder: Path, **inputs: str) -> tuple[int, dict[str, str], str]:
    folder.mkdir(exist_ok=True)
    output = folder / "output"
    output.touch()
    environ = {
        **os.environ,
        **_inputs(**inputs),
        "PYTHONPATH": str(PACKAGE),
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "RUNNER_TEMP": str(folder),
        "HONK_MODEL_KEY": "a-key-that-is-not-used",
    }
    done = subprocess.run(
        [sys.executable, "-m", "honk_ci.cli.action"],
        cwd=repo.path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, _outputs(output.read_text()), done.stdout + done.stderr


def _outputs(text: str) -> dict[str, str]:
    """As the runner reads the file: ``name=value`` lines, and values between two delimiters."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if "<<" in line.split("=")[0]:
            name, _, end = line.partition("<<")
            found[name] = "\n".join(iter(lines.__next__, end))
        else:
            name, _, value = line.partition("=")
            found[name] = value
    return found


@pytest.mark.slow
def test_a_step_heals_and_leaves_outputs_record_and_bundle(red: Repo, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"], cwd=red.path, timeout=60, check=False
    )
    bundle = tmp_path / "bundle"

    status, outputs, said = _step(
        red, tmp_path / "out", reports=str(report), deliver="none", bundle=str(bundle), healers="search"
    )

    assert (status, outputs["outcome"], outputs["exit-code"]) == (0, "healed", "0"), said
    assert outputs["bundle"] == str(bundle)
    assert Path(outputs["record"]).is_file()
    assert (tmp_path / "out" / "summary.md").read_text().startswith("## honk-ci: Healed")

    status, outputs, said = _step(red, tmp_path / "out2", reports=str(report), deliver="none", healers="autofix")

    assert (status, outputs["outcome"], outputs["exit-code"]) == (0, "gave_up", "3"), said
    assert outputs["bundle"] == ""


@pytest.mark.slow
def test_a_fault_fails_the_step_and_is_told_in_its_outputs(red: Repo, tmp_path: Path) -> None:
    status, outputs, said = _step(red, tmp_path / "out", reports="nowhere/*.xml")

    assert status == 12, said
    assert outputs["exit-code"] == "12"
    assert "no report file matches nowhere/*.xml" in said


def test_a_wrong_input_is_an_annotation(red: Repo, tmp_path: Path) -> None:
    status, _, said = _step(red, tmp_path / "out", command="destroy")

    assert status == 2
    assert "::error title=honk-ci::the input command is 'destroy'" in said
