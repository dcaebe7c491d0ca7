"""Every outcome of the run record, end to end: real repositories, real tests, the real command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Reply, call
from tests.e2e.honk import honk, model
from tests.e2e.projects import CART_TESTS, NODE, PYTHON, RedBuild, break_build, edited, run_node, run_pytest

WRONG_DISCOUNT = edited(PYTHON, "shop/cart.py", "(100 - discount)", "(100 + discount)")


@pytest.fixture
def red(tmp_path: Path) -> RedBuild:
    """A wrong sign in a product file, with the report of the red build."""
    build = break_build(tmp_path, PYTHON, WRONG_DISCOUNT)
    run_pytest(build.path)
    return build


@pytest.mark.slow
def test_healed_without_a_model(red: RedBuild) -> None:
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    record = ended.record
    assert record["schema"] == "honk-ci/run-record/1"
    assert record["patch"]["files"] == ["shop/cart.py"]
    assert (record["patch"]["lines_added"], record["patch"]["lines_removed"]) == (1, 1)
    assert set(record["proof"]["base"]["targets"].values()) == {"passed"}
    assert set(record["proof"]["broken"]["targets"].values()) == {"failed"}
    assert set(record["proof"]["fixed"]["targets"].values()) == {"passed"}
    assert record["proof"]["fixed"]["counts"]["failed"] == 0
    assert record["usage"]["requests"] == 0
    assert record["integrity"]["verdict"] == "clean"
    _assert_fix_is_on_the_remote(red, record)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.slow
def test_healed_in_a_node_project(tmp_path: Path) -> None:
    red = break_build(tmp_path, NODE, edited(NODE, "src/cart.js", "(100 - discount)", "(100 + discount)"))
    run_node(red.path)
    with MessagesAPI([_edit("src/cart.js", "(100 + discount)", "(100 - discount)")]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    (branch,) = red.fix_branches()
    assert "(100 - discount)" in red.remote.git("show", f"{branch}:src/cart.js")


def _assert_fix_is_on_the_remote(red: RedBuild, record: dict) -> None:  # type: ignore[type-arg]
    branch = record["delivery"]["branch"]
    assert red.fix_branches() == [branch]
    assert branch.startswith("honk/fix-")
    assert red.remote.git("rev-parse", branch) == record["delivery"]["commit"]
    assert red.remote.git("rev-parse", f"{branch}^") == red.commit
    assert red.remote.git("show", f"{branch}:shop/cart.py").strip() == PYTHON["shop/cart.py"].strip()
    assert "Honk-Fingerprint: " in red.remote.git("log", "-1", "--format=%B", branch)
    assert red.repo.git("status", "--porcelain") == ""
    assert red.repo.git("rev-parse", "--abbrev-ref", "HEAD") == "main"


def _edit(path: str, old: str, new: str, why: str = "The discount was added instead of taken off.") -> Reply:
    return call("edit", why=why, edits=[{"path": path, "old": old, "new": new}])


@pytest.mark.slow
def test_healed_by_the_agent(red: RedBuild) -> None:
    with MessagesAPI([_edit("shop/cart.py", "(100 + discount)", "(100 - discount)")]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    assert ended.record["usage"]["requests"] == 1
    assert ended.record["usage"]["cost_usd"] > 0
    assert ended.record["patch"]["rationale"] == "The discount was added instead of taken off."
    _assert_fix_is_on_the_remote(red, ended.record)


@pytest.mark.slow
def test_refused_when_the_only_patch_weakens_the_tests(red: RedBuild) -> None:
    weaken = _edit("tests/test_cart.py", "assert total([10, 20], discount) == expected", "assert True")
    with MessagesAPI([weaken, call("give_up", reason="Only the test could be changed.")]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (3, "refused"), ended.err
    assert ended.record["integrity"]["verdict"] == "refused"
    assert any(finding["path"] == "tests/test_cart.py" for finding in ended.record["integrity"]["findings"])
    assert red.fix_branches() == []


@pytest.mark.slow
def test_gave_up_without_a_key(red: RedBuild) -> None:
    ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path)
    assert (ended.status, ended.outcome) == (3, "gave_up"), ended.err
    assert "ANTHROPIC_API_KEY" in ended.record["failures"][0]["why"]
    assert red.fix_branches() == []


@pytest.mark.slow
def test_a_patch_that_the_clean_checkout_refuses_has_healed_nothing(red: RedBuild) -> None:
    (red.path / "shop/signs.py").write_text("MINUS = -1\n", encoding="utf-8")  # nobody has it but this checkout
    needs_it = _edit(
        "shop/cart.py",
        "return sum(prices) * (100 + discount) / 100",
        "from shop.signs import MINUS\n\n    return sum(prices) * (100 + MINUS * discount) / 100",
    )
    with MessagesAPI([needs_it]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (3, "gave_up"), ended.err
    (failure,) = ended.record["failures"]
    assert not failure["healed"]
    assert failure["why"].startswith("its patch passed the gate but not the proof: in a clean checkout")
    assert [attempt["verdict"] for attempt in ended.record["attempts"]] == ["refused"]
    assert "  fixed " not in ended.err
    assert red.fix_branches() == []


@pytest.mark.slow
def test_gave_up_when_the_model_does(red: RedBuild) -> None:
    with MessagesAPI([call("give_up", reason="The rule for discounts is not known to me.")]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (3, "gave_up"), ended.err
    assert "The rule for discounts is not known to me." in ended.record["failures"][0]["why"]


@pytest.mark.slow
def test_proposed_when_a_test_must_change(tmp_path: Path) -> None:
    right = "\n\ndef test_ten_percent_off():\n    assert total([10, 20], 10) == 27\n"
    green = {**PYTHON, "tests/test_cart.py": CART_TESTS + right}
    red = break_build(tmp_path, green, {"tests/test_cart.py": CART_TESTS + right.replace("27", "28")})
    run_pytest(red.path)
    with MessagesAPI([_edit("tests/test_cart.py", "10) == 28", "10) == 27", "Ten percent off 30 is 27.")]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (3, "proposed"), ended.err
    assert ended.record["failures"][0]["cause"] == "test"
    assert red.fix_branches() == [ended.record["delivery"]["branch"]]


FLAKY = """
    import pathlib

    def test_every_other_run():
        counter = pathlib.Path(__file__).with_name("counter.txt")
        runs = int(counter.read_text()) if counter.exists() else 0
        counter.write_text(str(runs + 1))
        assert runs % 3 != 0

    def test_steady():
        assert True
    """


@pytest.mark.slow
def test_proposed_when_nothing_but_a_new_test_makes_the_suite_pass(tmp_path: Path) -> None:
    """An edit of the product that does nothing must not hide that."""
    green = {
        **PYTHON,
        "shop/state.py": "SEEN = []\n",
        "tests/test_a.py": "from shop import state\n\n\ndef test_a():\n    state.SEEN.append(1)\n    assert state.SEEN\n",
    }
    red = break_build(
        tmp_path,
        green,
        {"tests/test_z.py": "from shop import state\n\n\ndef test_z():\n    assert state.SEEN == []\n"},
    )
    run_pytest(red.path)
    between = "from shop import state\n\n\ndef test_m():\n    state.SEEN.clear()\n    assert not state.SEEN\n"
    edits = [
        {"path": "shop/state.py", "old": "SEEN = []", "new": "SEEN = []  # what was seen"},
        {"path": "tests/test_m.py", "content": between},
    ]
    with MessagesAPI([call("edit", why="Empty the list. It was not empty.", edits=edits)]) as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert (ended.status, ended.outcome) == (3, "proposed"), ended.err
    assert ended.record["patch"]["files"] == ["tests/test_m.py"]
    assert ended.record["integrity"]["findings"][0]["rule"] == "only-tests"


@pytest.mark.slow
def test_flaky(tmp_path: Path) -> None:
    files = {"pyproject.toml": PYTHON["pyproject.toml"], ".gitignore": "*.txt\njunit.xml\n__pycache__/\n"}
    red = break_build(tmp_path, files, {"tests/test_flaky.py": FLAKY})
    run_pytest(red.path)
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (3, "flaky"), ended.err
    assert 0 < ended.record["failures"][0]["reproduction"]["rate"] < 1
    assert red.fix_branches() == []


def test_infrastructure_is_named_before_any_money_is_spent(red: RedBuild) -> None:
    (red.path / "junit.xml").unlink()
    (red.path / "job.log").write_text(
        "Collecting tests\nOSError: [Errno 28] No space left on device\n##[error]exit code 1\n"
    )
    with MessagesAPI([]) as api:
        ended = honk("heal", "--log", "job.log", "--healers", "agent", repo=red.path, env=model(api.url))
        assert api.requests == []
    assert (ended.status, ended.outcome) == (3, "infrastructure"), ended.err


@pytest.mark.slow
def test_already_red_on_the_base(tmp_path: Path) -> None:
    red = break_build(tmp_path, {**PYTHON, **WRONG_DISCOUNT}, {"README.md": "A shop.\n"})
    run_pytest(red.path)
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (3, "already_red"), ended.err


@pytest.mark.slow
def test_not_reproduced(red: RedBuild) -> None:
    red.repo.commit("mended meanwhile", {"shop/cart.py": PYTHON["shop/cart.py"]})
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (3, "not_reproduced"), ended.err


def test_nothing_to_heal(tmp_path: Path) -> None:
    green = break_build(tmp_path, PYTHON, {"README.md": "A shop.\n"})
    run_pytest(green.path)
    ended = honk("heal", "--report", "junit.xml", repo=green.path)
    assert (ended.status, ended.outcome) == (0, "nothing_to_heal"), ended.err


@pytest.mark.slow
def test_a_green_report_is_not_believed_when_the_suite_is_red(red: RedBuild) -> None:
    (red.path / "junit.xml").write_text(
        '<testsuites><testsuite name="s" tests="1"><testcase classname="tests.test_cart" name="test_an_empty_cart"/>'
        "</testsuite></testsuites>"
    )
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err


@pytest.mark.slow
def test_two_causes_make_two_commits_on_one_branch(tmp_path: Path) -> None:
    text = PYTHON["shop/cart.py"].replace("(100 - discount)", "(100 + discount)").replace(">= minimum", "> minimum")
    red = break_build(tmp_path, PYTHON, {"shop/cart.py": text})
    run_pytest(red.path)
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    (branch,) = red.fix_branches()
    assert red.remote.git("rev-list", "--count", f"{red.commit}..{branch}") == "2"
    assert red.remote.git("show", f"{branch}:shop/cart.py").strip() == PYTHON["shop/cart.py"].strip()


@pytest.mark.slow
def test_what_was_red_before_does_not_stop_the_healing_of_the_rest(tmp_path: Path) -> None:
    old = PYTHON["shop/cart.py"].replace(">= minimum", "> minimum")
    red = break_build(tmp_path, {**PYTHON, "shop/cart.py": old}, {"shop/cart.py": old.replace("100 - d", "100 + d")})
    run_pytest(red.path)
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    assert [line for line in ended.record["remaining"] if line.startswith("already red")]
    (branch,) = red.fix_branches()
    assert red.remote.git("show", f"{branch}:shop/cart.py").strip() == old.strip()


@pytest.mark.slow
def test_a_part_that_could_not_be_healed_makes_it_a_proposal(tmp_path: Path) -> None:
    lost = "\n\ndef tax(price):\n    raise NotImplementedError\n"
    more_tests = CART_TESTS + "\n\ndef test_tax():\n    from shop.cart import tax\n    assert tax(100) == 119\n"
    text = PYTHON["shop/cart.py"].replace("(100 - discount)", "(100 + discount)") + lost
    red = break_build(tmp_path, PYTHON, {"shop/cart.py": text, "tests/test_cart.py": more_tests})
    run_pytest(red.path)
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", repo=red.path)
    assert (ended.status, ended.outcome) == (3, "proposed"), ended.err
    assert [line for line in ended.record["remaining"] if line.startswith("not healed")]
