"""Whatever a forge answers, its plug-in gives values of the right shape or raises ForgeError, and nothing else.

The loopback forge answers, and in between one part of the answer is lost or becomes something else.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from honk_ci.errors import ForgeError
from honk_ci.forges.credentials import Token as OwnToken
from honk_ci.forges.environment import CiContext
from honk_ci.forges.github import GitHub
from honk_ci.forges.gitlab import GitLab
from honk_ci.forges.http import Patience
from honk_ci.forges.interface import Annotation, Forge, Job, NewRequest, Place, Status, Suggestion
from tests.forge import Job as RedJob
from tests.forge import LoopbackForge, Run
from tests.forge.server import Api
from tests.forge.wire import Answer, Call, Refused
from tests.repos import Repo

TURNS = 20
LINES = "".join(f"line {number}\n" for number in range(1, 41))
_ATOMS: tuple[Any, ...] = (None, True, -1, 1.5, 10**400, "", "x", "\0", [], {}, [None], ["x"], {"id": {}})


class Garbling:
    """An API whose answers are not what they should be."""

    def __init__(self, api: Api, seed: int) -> None:
        self.api = api
        self.dice = random.Random(seed)

    def answer(self, call: Call) -> Answer:
        return self._garbled(self.api.answer(call))

    def refusal(self, call: Call, refused: Refused) -> Answer:
        return self._garbled(self.api.refusal(call, refused))

    def token(self, call: Call) -> str:
        return self.api.token(call)

    def _garbled(self, answer: Answer) -> Answer:
        dice = self.dice
        if answer.value is None or dice.random() < 0.3:
            return answer
        headers = dict(answer.headers)
        if dice.random() < 0.1:
            headers[dice.choice(("Link", "X-OAuth-Scopes"))] = dice.choice(("", "x", '<?page=2>; rel="next"', ", ,<"))
        return replace(answer, value=_with_other_part(answer.value, dice), headers=headers)


def _with_other_part(value: Any, dice: random.Random) -> Any:
    """The same with something else, or nothing, in one place; places near the top are likelier."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        name = dice.choice(list(value))
        if dice.random() < 0.2:
            return {key: item for key, item in value.items() if key != name}
        return {**value, name: _with_other_part(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.85:
        at = dice.randrange(len(value))
        return [*value[:at], _with_other_part(value[at], dice), *value[at + 1 :]]
    return dice.choice(_ATOMS)


class Scene:
    """A project with a request, a comment, a status and a red run."""

    def __init__(self, forge: LoopbackForge, folder: Path, name: str) -> None:
        self.folder = folder
        self.numbers = itertools.count()
        self.project = forge.add_project("acme/shop")
        forge.add_user("ada", self.project)
        token = forge.add_token("t0ken-for-tests", kind="app" if name == "github" else "project")
        repo = Repo.create(folder / "work", {"shop.py": LINES})
        repo.git("checkout", "--quiet", "-b", "topic")
        self.head = repo.commit("a change", {"shop.py": LINES.replace("line 20\n", "line twenty\n")})
        repo.git("push", "--quiet", str(self.project.folder), "main", "topic")
        forge.state.open_request(self.project, author="ada", head="topic", base="main", title="x")
        self.project.add_run(
            Run(id=77, name="CI", commit=self.head, branch="topic", jobs=[RedJob(id=1, name="t", log="red\n")])
        )
        context = CiContext(
            name=name,
            server_url=forge.url,
            api_url=forge.github_url if name == "github" else forge.gitlab_url,
            project="acme/shop",
            commit=self.head,
            run_id="77",
        )
        own = OwnToken(value=token.value, source="HONK_TOKEN", user="x", is_job_token=False)
        hours = itertools.count(0.0, 10.0)
        patience = Patience(sleep=lambda _: None, clock=lambda: next(hours), tries=2)
        kind = GitHub if name == "github" else GitLab
        self.plug_in: Callable[[], Forge] = lambda: kind(context, own, patience=patience)
        self.suggestion = Suggestion(path="shop.py", first_line=20, last_line=20, replacement="x\n", body="y")
        remark = Annotation(path="shop.py", line=20, message="m")
        self.status = Status(
            commit=self.head, name="honk-ci", conclusion="neutral", title="t", summary="s", annotations=(remark,)
        )
        self.comment = self.plug_in().add_comment(Place(request=1), "hello").id

    def fresh(self) -> Path:
        return self.folder / f"out-{next(self.numbers)}"


CALLS: dict[str, Callable[[Forge, Scene], object]] = {
    "viewer": lambda forge, scene: forge.viewer(),
    "access": lambda forge, scene: forge.access("ada"),
    "author_of": lambda forge, scene: forge.author_of(scene.head),
    "default_branch": lambda forge, scene: forge.default_branch(),
    "rules_against": lambda forge, scene: list(forge.rules_against("b")),
    "request": lambda forge, scene: forge.request(1),
    "requests_of": lambda forge, scene: list(forge.requests_of("topic")),
    "open_request": lambda forge, scene: forge.open_request(
        NewRequest(head="topic", target="main", title="t", body="x")
    ),
    "update_request": lambda forge, scene: forge.update_request(1, title="t", body="b"),
    "add_labels": lambda forge, scene: forge.add_labels(1, ["l"]),
    "ask_for_review": lambda forge, scene: list(forge.ask_for_review(1, ["ada", "org/team"])),
    "changed_lines": lambda forge, scene: dict(forge.changed_lines(1)),
    "comments": lambda forge, scene: list(forge.comments(Place(request=1))),
    "comments of a commit": lambda forge, scene: list(forge.comments(Place(commit=scene.head))),
    "add_comment": lambda forge, scene: forge.add_comment(Place(request=1), "x"),
    "add_comment to a commit": lambda forge, scene: forge.add_comment(Place(commit=scene.head), "x"),
    "edit_comment": lambda forge, scene: forge.edit_comment(Place(request=1), scene.comment, "x"),
    "delete_comment": lambda forge, scene: forge.delete_comment(Place(request=1), "77"),
    "suggest": lambda forge, scene: forge.suggest(1, scene.head, [scene.suggestion], "x"),
    "set_status": lambda forge, scene: forge.set_status(scene.status),
    "jobs": lambda forge, scene: list(forge.jobs("77")),
    "save_log": lambda forge, scene: forge.save_log(Job(id="1", name="j", state="failed"), scene.fresh()),
    "save_artifacts": lambda forge, scene: list(forge.save_artifacts("77", scene.fresh())),
}


@pytest.fixture(scope="module", params=["github", "gitlab"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("garbled")
    with LoopbackForge(folder / "forge") as forge:
        made = Scene(forge, folder, request.param)
        for prefix, api in list(forge.apis.items()):
            forge.apis[prefix] = Garbling(api, seed=20)
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_no_answer_brings_a_plug_in_down(scene: Scene, call: str) -> None:
    for _ in range(TURNS):
        with suppress(ForgeError):
            CALLS[call](scene.plug_in(), scene)
