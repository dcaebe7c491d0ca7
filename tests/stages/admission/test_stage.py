"""Admission: who may start what, before anything is spent or run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from honk_ci.config import Config, DeliverConfig, DeliverMode, LimitsConfig
from honk_ci.errors import ConfigError
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.interface import Forge, NewRequest, Place
from honk_ci.git import Repository
from honk_ci.remote import Remote
from honk_ci.stages.admission import Admission, admit
from tests.forge import Job, LoopbackForge, Project, Run
from tests.repos import Repo

PULL_REQUEST = Config(deliver=DeliverConfig(mode="pull-request"))
FIX = "a fix\n\nHonk-Fingerprint: 0123456789ab\nHonk-Healer: search\nHonk-Red-Commit: {}"


@dataclass(kw_only=True)
class Scene:
    """A project with a topic branch and its pull request, checked out at the branch's tip."""

    server: LoopbackForge
    project: Project
    repo: Repo
    secrets: tuple[str, ...] = ()
    token: str = "ghs_job"
    has_forge: bool = True
    config: Config = PULL_REQUEST
    more: Mapping[str, object] = field(default_factory=dict)

    def context(self, **fields: object) -> CiContext:
        known: dict[str, object] = {
            "name": "github",
            "event": "pull_request",
            "server_url": self.server.url,
            "api_url": self.server.github_url,
            "project": "acme/shop",
            "default_branch": "main",
            "commit": self.repo.git("rev-parse", "HEAD"),
            "branch": "topic",
            "target_branch": "main",
            "head_project": "acme/shop",
            "actor": "writer",
            "author": "writer",
        }
        return replace(CiContext(), **{**known, **fields})  # type: ignore[arg-type] # one test's fields

    def forge(self, context: CiContext) -> Forge | None:
        return make_forge(context, self.found_token()) if self.has_forge else None

    def found_token(self) -> Token:
        is_job = self.token == "ghs_job"
        return Token(value=self.token, source="GITHUB_TOKEN" if is_job else "HONK_TOKEN", user="x", is_job_token=is_job)

    def admit(self, *, runs_code: bool = True, remote: Remote | None = None, **fields: object) -> Admission:
        context = self.context(**fields)
        return admit(
            context,
            self.config,
            repository=Repository(self.repo.path, environ=os.environ),
            forge=self.forge(context),
            token=self.found_token(),
            secrets=self.secrets,
            remote=remote,
            runs_code=runs_code,
        )


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> Scene:
    project = forge.add_project("acme/shop")
    forge.add_token("ghs_job", kind="job", login="github-actions[bot]")
    forge.add_token("ghs_app", kind="app")
    forge.add_user("writer", project, "write")
    forge.add_user("reader", project, "read")
    forge.add_user("triager", project, "triage")
    forge.add_user("stranger")
    forge.add_user("dependabot")
    repo = Repo.create(tmp_path / "work", {"a.txt": "1\n"})
    repo.git("push", "--quiet", str(project.folder), "main")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("a change", {"a.txt": "2\n"})
    repo.git("push", "--quiet", str(project.folder), "topic")
    return Scene(server=forge, project=project, repo=repo)


def free(admission: Admission) -> bool:
    return not admission.refusal and admission.may_spend and admission.may_push and admission.mode == "pull-request"


def restricted(admission: Admission, mode: DeliverMode) -> bool:
    return (
        not admission.refusal
        and not admission.may_spend
        and not admission.may_push
        and admission.mode == mode
        and bool(admission.notes)
    )


# --- people ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "actor", "is_free"),
    [
        ("pull_request", "writer", True),
        ("pull_request", "acme", True),
        ("pull_request", "reader", False),
        ("pull_request", "triager", False),
        ("pull_request", "stranger", False),
        ("pull_request", "nobody-knows-this-name", False),
        ("pull_request", "", False),
        ("issue_comment", "stranger", False),
        ("workflow_run", "stranger", False),
        ("workflow_run", "writer", True),
        # whoever pushes may write, whatever the forge says of them by now
        ("push", "stranger", True),
        ("schedule", "stranger", True),
        ("workflow_dispatch", "stranger", True),
    ],
)
def test_who_has_no_write_access_spends_nothing(scene: Scene, event: str, actor: str, *, is_free: bool) -> None:
    admission = scene.admit(event=event, actor=actor, author=actor)
    assert free(admission) if is_free else restricted(admission, "comment"), admission


def test_where_the_forge_does_not_say_what_somebody_may_do_nothing_is_spent(scene: Scene) -> None:
    scene.server.fail("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", status=403, times=-1)
    admission = scene.admit()
    assert restricted(admission, "comment")
    assert "cannot be found out" in " ".join(admission.notes)
    assert free(scene.admit(event="push"))


def test_without_a_forge_a_push_is_free_and_a_request_is_not(scene: Scene) -> None:
    scene.has_forge = False
    assert free(scene.admit(event="push", target_branch="", head_project=""))
    assert restricted(scene.admit(), "comment")


def test_gitlab_runs_pipelines_for_members_alone(scene: Scene) -> None:
    scene.has_forge = False
    assert free(scene.admit(name="gitlab", event="merge_request_event", actor="whoever"))


def test_by_hand_everything_is_allowed(scene: Scene) -> None:
    assert free(admit(CiContext(), scene.config, repository=Repository(scene.repo.path, environ=os.environ), forge=None, token=None))  # fmt: skip


def test_a_stranger_s_request_costs_nothing_and_a_member_s_is_healed(scene: Scene) -> None:
    assert restricted(scene.admit(actor="stranger", author="stranger"), "comment")
    assert free(scene.admit())


# --- bots --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("actor", "author", "comes_to"),
    [
        ("dependabot[bot]", "dependabot[bot]", "free"),
        ("renovate[bot]", "renovate[bot]", "free"),
        ("renovate[bot]", "", "free"),
        ("writer", "dependabot[bot]", "free"),
        ("dependabot[bot]", "writer", "free"),
        # a bot can be told to act on a request that somebody else has opened
        ("dependabot[bot]", "stranger", "restricted"),
        ("dependabot[bot]", "evil[bot]", "restricted"),
        ("evil[bot]", "evil[bot]", "refused"),
        ("evil-dependabot[bot]", "dependabot[bot]", "refused"),
        ("dependabot[bot][bot]", "", "refused"),
        ("github-actions[bot]", "", "refused"),
        # a user of that name is no bot
        ("dependabot", "dependabot", "restricted"),
        ("Dependabot[bot]", "", "refused"),
    ],
)
def test_bots_are_known_by_their_whole_name(scene: Scene, actor: str, author: str, comes_to: str) -> None:
    admission = scene.admit(actor=actor, author=author)
    if comes_to == "refused":
        assert "policy.bots" in admission.refusal
        assert actor in admission.refusal
    else:
        assert free(admission) if comes_to == "free" else restricted(admission, "comment"), admission


def test_a_bot_that_nobody_named_starts_nothing(scene: Scene) -> None:
    assert "policy.bots" in scene.admit(actor="evil[bot]", author="dependabot[bot]").refusal
    assert free(scene.admit(actor="dependabot[bot]", author="dependabot[bot]"))


def test_a_bot_that_pushes_is_let_in_by_name_alone_too(scene: Scene) -> None:
    assert scene.admit(event="push", actor="evil[bot]", author="").refusal
    assert free(scene.admit(event="push", actor="renovate[bot]", author=""))


def test_the_app_that_pushed_honk_s_own_fix_is_let_in(scene: Scene) -> None:
    scene.repo.commit(FIX.format("1" * 40))
    assert free(scene.admit(event="push", actor="our-app[bot]", author=""))


# --- forks -------------------------------------------------------------------------------------------


def test_a_fork_s_build_spends_nothing_and_is_never_pushed_to(scene: Scene) -> None:
    admission = scene.admit(head_project="stranger/shop", actor="stranger", author="stranger")
    assert restricted(admission, "none")
    assert "bundle" in " ".join(admission.notes)


def test_whoever_starts_it_a_fork_stays_a_fork(scene: Scene) -> None:
    for actor in ("acme", "writer", "dependabot[bot]"):
        assert restricted(scene.admit(head_project="stranger/shop", actor=actor), "none")


def test_a_deleted_fork_is_one_too(scene: Scene) -> None:
    assert restricted(scene.admit(head_project="(deleted)"), "none")


def test_a_bundle_of_a_fork_is_delivered_as_a_comment_at_most(scene: Scene) -> None:
    scene.secrets, scene.token = ("ANTHROPIC_API_KEY",), "ghs_app"
    admission = scene.admit(
        runs_code=False, head_project="stranger/shop", event="workflow_run", is_detached=True, commit="1" * 40
    )
    assert restricted(admission, "comment")


@pytest.mark.parametrize(
    ("secrets", "token", "named"),
    [(("ANTHROPIC_API_KEY",), "ghs_job", "ANTHROPIC_API_KEY"), ((), "ghs_app", "HONK_TOKEN")],
)
def test_a_fork_s_build_that_can_see_a_secret_is_refused(
    scene: Scene, secrets: tuple[str, ...], token: str, named: str
) -> None:
    scene.secrets, scene.token = secrets, token
    assert named in scene.admit(head_project="stranger/shop").refusal
    assert scene.server.calls == []


def test_a_fork_s_red_run_is_not_healed_beside_the_project_s_secrets(scene: Scene) -> None:
    refusal = scene.admit(event="workflow_run", is_detached=True, head_project="stranger/shop").refusal
    assert "honk deliver" in refusal


def test_the_same_project_in_other_letters_is_no_fork(scene: Scene) -> None:
    assert free(scene.admit(head_project="Acme/Shop"))


def test_pull_request_target_is_refused_with_what_to_use_instead(scene: Scene) -> None:
    refusal = scene.admit(event="pull_request_target").refusal
    assert "pull_request_target" in refusal
    assert "workflow_run" in refusal


# --- opt-out -----------------------------------------------------------------------------------------


def as_user(scene: Scene, login: str) -> Forge:
    """The forge, as somebody on it."""
    value = f"pat_{login}"
    scene.server.add_token(value, kind="pat", login=login)
    scene.project.members.setdefault(login, "read")
    forge = make_forge(scene.context(), Token(value=value, source="HONK_TOKEN", user="x", is_job_token=False))
    assert forge is not None
    return forge


def opened(scene: Scene) -> int:
    new = NewRequest(head="topic", target="main", title="A change", body="")
    return as_user(scene, "writer").open_request(new).number


def comment(scene: Scene, number: int, author: str, body: str) -> None:
    as_user(scene, author).add_comment(Place(request=number), body)


def test_a_request_with_the_label_is_left_alone(scene: Scene) -> None:
    number = opened(scene)
    assert free(scene.admit(request=number))
    scene.project.requests[0].labels.append("Honk:off")
    assert "honk:off" in scene.admit(request=number).refusal
    # a push of the same branch tells no request, and comes to the same
    assert "honk:off" in scene.admit(event="push", target_branch="").refusal


def test_the_label_of_the_event_counts_where_the_forge_does_not_answer(scene: Scene) -> None:
    scene.server.fail("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", status=404, times=-1)
    assert "honk:off" in scene.admit(request=opened(scene), labels=("honk:off",)).refusal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "is_off"),
    [
        ([("writer", "/honk off")], True),
        ([("stranger", "/honk off")], False),
        ([("writer", "/honk off"), ("writer", "/honk on")], False),
        ([("writer", "/honk off"), ("stranger", "/honk on")], True),
        ([("writer", "please\n\n/honk off\n")], True),
        ([("writer", "> /honk off")], False),
    ],
)
def test_people_who_may_say_so_turn_honk_off(scene: Scene, said: list[tuple[str, str]], *, is_off: bool) -> None:
    number = opened(scene)
    for author, body in said:
        comment(scene, number, author, body)
    admission = scene.admit(request=number)
    assert bool(admission.refusal) == is_off, admission
    assert "turned honk off" in admission.refusal if is_off else True


def test_a_wish_to_try_again_is_passed_on(scene: Scene) -> None:
    number = opened(scene)
    comment(scene, number, "writer", "/honk retry")
    (retry,) = scene.admit(request=number).retries
    assert retry.by == "writer"


def test_comments_that_cannot_be_read_are_told_of(scene: Scene) -> None:
    number = opened(scene)
    scene.server.fail("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", status=403, times=-1)
    admission = scene.admit(request=number)
    assert free(admission)
    assert "turned honk off" in " ".join(admission.notes)


# --- the checkout ------------------------------------------------------------------------------------


def test_another_commit_than_the_red_one_is_told_with_what_to_check_out(scene: Scene) -> None:
    red = scene.repo.git("rev-parse", "HEAD")
    scene.repo.commit("moved on", {"a.txt": "3\n"})
    with pytest.raises(ConfigError) as told:
        scene.admit(commit=red, event="workflow_run", is_detached=True)
    assert red[:9] in str(told.value)
    assert "github.event.workflow_run.head_sha" in told.value.hint


def test_the_head_or_the_merge_of_a_request_may_be_checked_out(scene: Scene) -> None:
    head = scene.repo.git("rev-parse", "HEAD")
    assert free(scene.admit(commit="1" * 40, head_commit=head))
    scene.repo.git("checkout", "--quiet", "--detach", "main")
    scene.repo.git("merge", "--quiet", "--no-ff", "-m", "Merge", "topic")
    assert free(scene.admit(commit="1" * 40, head_commit=head))
    assert free(scene.admit(commit=head, event="workflow_run", is_detached=True))
    with pytest.raises(ConfigError):
        scene.admit(commit=scene.repo.git("rev-parse", "main"), event="workflow_run", is_detached=True)


def test_a_branch_that_merged_the_red_commit_is_not_it(scene: Scene) -> None:
    scene.repo.git("checkout", "--quiet", "main")
    red = scene.repo.commit("red on main", {"b.txt": "1\n"})
    scene.repo.git("checkout", "--quiet", "topic")
    scene.repo.git("merge", "--quiet", "--no-ff", "-m", "Merge", "main")
    with pytest.raises(ConfigError):
        scene.admit(commit=red, event="push", branch="main", target_branch="", head_project="")


# --- loops -------------------------------------------------------------------------------------------


def test_fixes_of_its_own_in_a_row_are_healed_so_often_and_no_more(scene: Scene) -> None:
    for number in range(3):
        red = scene.repo.git("rev-parse", "HEAD")
        assert free(scene.admit()), number
        scene.repo.commit(FIX.format(red), {"a.txt": f"fix {number}\n"})
    refusal = scene.admit().refusal
    assert "3 fixes" in refusal
    assert "a fix (search)" in refusal


def test_commits_of_one_delivery_are_one_fix(scene: Scene) -> None:
    red = scene.repo.git("rev-parse", "HEAD")
    for number in range(4):
        scene.repo.commit(FIX.format(red), {f"{number}.txt": "1\n"})
    assert free(scene.admit())


def test_a_commit_of_people_starts_the_count_anew(scene: Scene) -> None:
    for number in range(3):
        scene.repo.commit(FIX.format(str(number) * 40))
    assert scene.admit().refusal
    scene.repo.commit("by hand", {"a.txt": "by hand\n"})
    assert free(scene.admit())


def test_a_fix_branch_counts_by_its_name(scene: Scene) -> None:
    scene.config = replace(PULL_REQUEST, limits=LimitsConfig(own_fixes=0))
    assert "fix branch" in scene.admit(branch="honk/fix-0123456789ab").refusal
    assert free(scene.admit(branch="honk-fixes"))


@pytest.mark.slow
def test_fixes_that_a_merge_of_the_forge_hides_are_seen(scene: Scene) -> None:
    for number in range(3):
        scene.repo.commit(FIX.format(str(number) * 40))
    scene.repo.git("checkout", "--quiet", "--detach", "main")
    scene.repo.git("merge", "--quiet", "--no-ff", "-m", "Merge", "topic")
    assert "3 fixes" in scene.admit(head_commit=scene.repo.git("rev-parse", "topic")).refusal
    assert "3 fixes" in scene.admit().refusal


@pytest.mark.slow
def test_a_shallow_clone_asks_the_remote_for_more_of_the_branch(scene: Scene, tmp_path: Path) -> None:
    for number in range(3):
        scene.repo.commit(FIX.format(str(number) * 40), {"a.txt": f"fix {number}\n"})
    scene.repo.git("push", "--quiet", str(scene.project.folder), "topic")
    url = Path(scene.project.folder).as_uri()
    scene.repo.git("clone", "--quiet", "--depth=1", "--branch=topic", url, str(tmp_path / "shallow"))
    scene.repo = Repo(tmp_path / "shallow")
    assert free(scene.admit())
    remote = Remote(repository=Repository(scene.repo.path, environ=os.environ), name="origin")
    assert "3 fixes" in scene.admit(remote=remote).refusal


# --- the run -----------------------------------------------------------------------------------------


def running(scene: Scene, *states: tuple[str, str]) -> str:
    jobs = [
        Job(id=number, name=name, status=status, conclusion=None if status != "completed" else "failure")
        for number, (name, status) in enumerate(states, start=1)
    ]
    commit = scene.repo.git("rev-parse", "HEAD")
    scene.project.add_run(Run(id=77, name="CI", commit=commit, branch="topic", status="in_progress", jobs=jobs))
    return "77"


def test_jobs_that_have_not_ended_are_told_of(scene: Scene) -> None:
    run = running(scene, ("heal", "in_progress"), ("lint", "completed"), ("docs", "queued"), ("e2e", "in_progress"))
    (note,) = scene.admit(run_id=run, job="heal").notes
    assert note.startswith("2 jobs")
    assert note.endswith("docs, e2e")


def test_the_job_itself_is_none_of_them(scene: Scene) -> None:
    run = running(scene, ("Heal the build", "in_progress"), ("lint", "completed"))
    assert scene.admit(run_id=run, job="heal").notes == ()
    assert len(scene.admit(run_id=run, job="other", event="workflow_run", is_detached=True).notes) == 1


def test_jobs_that_cannot_be_listed_cost_nothing(scene: Scene) -> None:
    run = running(scene, ("docs", "queued"), ("lint", "queued"))
    scene.server.fail("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", status=403, times=-1)
    assert free(scene.admit(run_id=run))
