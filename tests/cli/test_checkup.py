"""What ``honk doctor`` says of tokens, rights and what tests can read, with the loopback forge at the other end."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from honk_ci.cli.checkup import Answer, Checkup, Finding, Look, looked
from honk_ci.cli.checkup.checkout import look_at_credentials
from honk_ci.cli.checkup.finding import Wiring
from honk_ci.cli.checkup.forge import look_at_admission, look_at_event, look_at_token
from honk_ci.cli.checkup.remote import look_at_pushes, look_at_remote
from honk_ci.config import Config, DeliverConfig, DeliverMode
from honk_ci.forges.environment import ci_context
from honk_ci.git import Repository
from tests.e2e.honk import honk
from tests.forge import LoopbackForge, Project, Token
from tests.forge.events import Event, github_environ
from tests.repos import Repo


class Scene:
    """A checkout whose remote is a project of the forge, and a job in GitHub Actions around it."""

    def __init__(self, forge: LoopbackForge, folder: Path) -> None:
        self.forge = forge
        self.folder = folder
        self.project: Project = forge.add_project("acme/shop")
        self.repo = Repo.create(folder / "work", {"shop.py": "a = 1\n"})
        self.repo.commit("second", {"shop.py": "a = 2\n"})
        self.repo.git("remote", "add", "origin", forge.git_url("acme/shop"))
        self.repo.git("push", "--quiet", str(self.project.folder), "main")

    def job(self, token: Token | None, *, event: str = "push", actor: str = "") -> dict[str, str]:
        return by_hand() | github_environ(
            self.forge, self.project, Event(name=event, actor=actor), self.folder / "job", token=token
        )

    def token(self, kind: str, value: str, **more: object) -> Token:
        return self.forge.add_token(value, kind=kind, **more)  # type: ignore[arg-type]  # one shape of call

    def look(self, environ: Mapping[str, str], **options: str) -> list[Finding]:
        checkup = Checkup(repo=self.repo.path, reports=(), options=options, environ=environ)
        return list(checkup.findings())

    def say(self, look: Look, environ: Mapping[str, str], *, mode: DeliverMode = "branch") -> Finding:
        """The one finding of a part."""
        (found,) = self.parts(look, environ, mode=mode)
        return found

    def parts(self, look: Look, environ: Mapping[str, str], *, mode: DeliverMode = "branch") -> list[Finding]:
        wiring = Wiring(
            repository=Repository(self.repo.path, environ=environ),
            config=Config(deliver=DeliverConfig(mode=mode)),
            context=ci_context(environ),
            reports=(),
            environ=environ,
            scratch=self.folder / "scratch",
            is_offline=False,
        )
        wiring.scratch.mkdir(exist_ok=True)
        return list(looked("subject", look, wiring))


def by_hand() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> Scene:
    return Scene(forge, tmp_path)


# --- tokens ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_jobs_own_token_pushes_and_starts_no_ci(scene: Scene) -> None:
    findings = scene.look(scene.job(scene.token("job", "ghs_job")), mode="pull-request")
    by_subject = {finding.subject: finding for finding in findings}

    assert by_subject["ci"].text == "GitHub, push of acme/shop, started by acme"
    assert by_subject["token"].answer is Answer.OK
    assert by_subject["token"].text.startswith("the job's own token in GITHUB_TOKEN of github-actions[bot] is taken")
    assert by_subject["pushes"].answer is Answer.NOTE
    assert "starts no CI" in by_subject["pushes"].text
    assert "HONK_TOKEN" in by_subject["pushes"].hint
    assert by_subject["remote"] == Finding(
        subject="remote",
        answer=Answer.OK,
        text="acme/shop can be read, and takes branches as far as a dry run tells",
    )


def test_of_a_remote_that_the_job_has_set_up_nobody_knows_what_its_pushes_start(scene: Scene) -> None:
    environ = scene.job(scene.token("job", "ghs_job"))
    scene.repo.git("remote", "set-url", "origin", "git@github.com:acme/shop.git")  # a deploy key

    found = scene.say(look_at_pushes, environ)

    assert found.answer is Answer.NOTE
    assert found.text.startswith("origin is pushed to as this job has set it up")


def test_an_apps_token_starts_ci(scene: Scene) -> None:
    environ = scene.job(scene.token("app", "ghs_app"))

    assert scene.say(look_at_token, environ).text.startswith("an App's token in HONK_TOKEN is taken")
    assert scene.say(look_at_pushes, environ) == Finding(
        subject="pushes", answer=Answer.OK, text="what is pushed with HONK_TOKEN starts CI"
    )


def test_a_personal_token_is_told_with_its_owner_and_scopes(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project)
    environ = scene.job(scene.token("pat", "ghp_ada", login="ada", scopes=["repo"]))

    found = scene.say(look_at_token, environ)

    assert found == Finding(
        subject="token",
        answer=Answer.OK,
        text="a personal token in HONK_TOKEN of ada may push to acme/shop, scopes repo",
    )


def test_a_token_that_may_only_read_is_missing_a_right(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project, "read")
    environ = scene.job(scene.token("pat", "ghp_ada", login="ada", scopes=["repo"]))

    assert scene.say(look_at_token, environ).answer is Answer.MISSING
    assert scene.say(look_at_remote, environ).answer is Answer.MISSING


def test_a_token_without_contents_write_is_found_by_the_dry_run(scene: Scene) -> None:
    environ = scene.job(scene.token("job", "ghs_job", rights={"contents": "read", "pull_requests": "write"}))

    found = scene.say(look_at_remote, environ)

    assert found.answer is Answer.MISSING
    assert "write access" in found.hint


@pytest.mark.parametrize(("mode", "answer"), [("pull-request", Answer.MISSING), ("branch", Answer.NOTE)])
def test_a_permission_that_cannot_even_be_read_is_told(scene: Scene, mode: DeliverMode, answer: Answer) -> None:
    environ = scene.job(scene.token("job", "ghs_job", rights={"contents": "write", "checks": "write"}))

    found = scene.say(look_at_token, environ, mode=mode)

    assert found.answer is answer
    assert "lacks pull-requests: Resource not accessible by integration" in found.text


def test_an_expired_token_is_told_with_its_variable(scene: Scene) -> None:
    found = scene.say(look_at_token, scene.job(scene.token("pat", "ghp_old", is_expired=True)))

    assert found.answer is Answer.MISSING
    assert "HONK_TOKEN is expired" in found.hint


@pytest.mark.parametrize(("mode", "answer"), [("pull-request", Answer.MISSING), ("branch", Answer.NOTE)])
def test_without_a_token_the_variable_is_named(scene: Scene, mode: DeliverMode, answer: Answer) -> None:
    found = scene.say(look_at_token, scene.job(None), mode=mode)

    assert found.answer is answer
    assert "HONK_TOKEN" in found.hint


def test_nothing_is_written_anywhere(scene: Scene) -> None:
    before = scene.project.refs()

    scene.look(scene.job(scene.token("app", "ghs_app")), mode="pull-request")

    assert scene.project.refs() == before
    assert {call.method for call in scene.forge.calls if "/api/" in call.path} == {"GET"}
    assert scene.repo.git("status", "--porcelain") == ""


def test_a_job_that_only_thinks_needs_no_right_to_push(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project, "read")
    environ = scene.job(scene.token("pat", "ghp_ada", login="ada", scopes=["repo"]))

    token, remote = (scene.say(look, environ, mode="none") for look in (look_at_token, look_at_remote))

    assert (token.answer, remote.answer) == (Answer.OK, Answer.OK)
    assert token.text.endswith("of ada may read acme/shop, scopes repo")
    assert remote.text == "acme/shop can be read; --deliver none pushes no branch to it"
    assert scene.parts(look_at_pushes, environ, mode="none") == []


def test_a_job_that_delivers_nothing_needs_no_remote(scene: Scene) -> None:
    scene.repo.git("remote", "remove", "origin")

    found = scene.say(look_at_remote, by_hand(), mode="none")

    assert found.answer is Answer.NOTE


def test_offline_nobody_is_asked(scene: Scene) -> None:
    environ = scene.job(scene.token("app", "ghs_app"))

    list(Checkup(repo=scene.repo.path, reports=(), options={}, environ=environ, is_offline=True).findings())

    assert scene.forge.calls == []


def test_by_hand_a_request_cannot_be_opened(scene: Scene) -> None:
    found = scene.say(look_at_event, by_hand(), mode="pull-request")

    assert found == Finding(
        subject="ci",
        answer=Answer.NOTE,
        text="deliver.mode pull-request is for CI jobs: by hand a fix is pushed as a branch",
    )
    assert scene.parts(look_at_event, by_hand()) == []
    assert scene.parts(look_at_token, by_hand(), mode="pull-request") == []


@pytest.mark.parametrize(
    ("address", "variable", "said"),
    [
        ("git@github.com:acme/shop.git", "GH_TOKEN", "a fine-grained personal token in GH_TOKEN; GitHub was not asked"),
        ("https://github.corp.example/acme/shop", "HONK_TOKEN", "token in HONK_TOKEN; GitHub was not asked"),
        ("https://github.corp.example/acme/shop", "GITHUB_TOKEN", "no token for GitHub is here"),
        ("https://gitlab.com/acme/shop", "GH_TOKEN", "no token for GitLab is here"),
    ],
)
def test_by_hand_the_remotes_address_says_which_token_is_meant(
    scene: Scene, address: str, variable: str, said: str
) -> None:
    scene.repo.git("remote", "set-url", "origin", address)
    environ = {**by_hand(), variable: "github_pat_0123456789"}

    checkup = Checkup(repo=scene.repo.path, reports=(), options={}, environ=environ, is_offline=True)

    (found,) = [finding for finding in checkup.findings() if finding.subject == "token"]
    assert said in found.text
    assert found.answer is Answer.NOTE


def test_rules_that_a_dry_run_does_not_meet_are_told(scene: Scene) -> None:
    scene.project.branch_rules["honk/fix-0123456789ab"] = ["creation", "required_signatures"]

    found = scene.say(look_at_remote, scene.job(scene.token("app", "ghs_app")))

    assert found.answer is Answer.NOTE
    assert found.text.endswith("has rules for branches like honk/fix-0123456789ab: creation, required signatures")


# --- GitLab ----------------------------------------------------------------------------------------


def gitlab_job(scene: Scene, **tokens: str) -> dict[str, str]:
    return {
        **by_hand(),
        "GITLAB_CI": "true",
        "CI_SERVER_URL": scene.forge.url,
        "CI_API_V4_URL": scene.forge.gitlab_url,
        "CI_PROJECT_PATH": "acme/shop",
        "CI_COMMIT_SHA": scene.repo.git("rev-parse", "HEAD"),
        "CI_COMMIT_BRANCH": "main",
        "CI_DEFAULT_BRANCH": "main",
        "CI_PIPELINE_SOURCE": "push",
        "GITLAB_USER_LOGIN": "ada",
        **tokens,
    }


@pytest.mark.parametrize(("mode", "answer"), [("pull-request", Answer.MISSING), ("branch", Answer.NOTE)])
def test_gitlabs_job_token_can_neither_open_requests_nor_start_pipelines(
    scene: Scene, mode: DeliverMode, answer: Answer
) -> None:
    scene.token("job", "glcbt-job")
    environ = gitlab_job(scene, CI_JOB_TOKEN="glcbt-job")

    token, pushes = (scene.say(look, environ, mode=mode) for look in (look_at_token, look_at_pushes))

    assert (token.answer, pushes.answer) == (answer, Answer.NOTE)
    assert "project access token" in token.hint
    assert "project access token" in pushes.hint


def test_a_project_access_token_may_do_all(scene: Scene) -> None:
    scene.token("project", "glpat-project", scopes=["api", "write_repository"])
    environ = gitlab_job(scene, CI_JOB_TOKEN="glcbt-job", HONK_TOKEN="glpat-project")

    findings = [
        scene.say(look, environ, mode="pull-request")
        for look in (look_at_event, look_at_token, look_at_pushes, look_at_admission, look_at_remote)
    ]

    assert {finding.answer for finding in findings} == {Answer.OK}, findings


def test_a_project_access_token_without_the_scope_api_is_told(scene: Scene) -> None:
    scene.token("project", "glpat-project", scopes=["read_api", "write_repository"])

    found = scene.say(look_at_token, gitlab_job(scene, HONK_TOKEN="glpat-project"), mode="pull-request")

    assert found.answer is Answer.MISSING
    assert "the scope api" in found.text


def test_a_protected_pattern_that_the_token_may_not_push_to_is_told(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project)
    scene.token("pat", "glpat-ada", login="ada", scopes=["api"])
    scene.project.push_levels.update({"main": 40, "honk/*": 40})
    environ = gitlab_job(scene, HONK_TOKEN="glpat-ada")

    strict = scene.say(look_at_remote, environ)
    scene.project.push_levels["honk/*"] = 30
    open_to_all = scene.say(look_at_remote, environ)

    assert "protected branch honk/*" in strict.text
    assert (strict.answer, open_to_all.answer) == (Answer.NOTE, Answer.OK)


# --- who and what started it -----------------------------------------------------------------------


def test_who_may_start_something_is_judged_as_a_run_judges_it(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project)
    scene.forge.state.user("mallory")
    token = scene.token("app", "ghs_app")
    answers = {
        actor: scene.say(look_at_admission, scene.job(token, event="issue_comment", actor=actor)).answer
        for actor in ("ada", "mallory", "dependabot[bot]", "evil[bot]")
    }

    assert answers == {
        "ada": Answer.OK,
        "mallory": Answer.NOTE,
        "dependabot[bot]": Answer.OK,
        "evil[bot]": Answer.MISSING,
    }


def test_pull_request_target_is_refused(scene: Scene) -> None:
    environ = scene.job(scene.token("app", "ghs_app")) | {"GITHUB_EVENT_NAME": "pull_request_target"}

    found = scene.say(look_at_admission, environ)

    assert found.answer is Answer.MISSING
    assert "pull_request_target" in found.text


def test_runs_that_dependabot_starts_are_told_to_have_a_token_that_only_reads(scene: Scene) -> None:
    environ = scene.job(scene.token("job", "ghs_job"), actor="dependabot[bot]")

    found = scene.say(look_at_event, environ)

    assert found.answer is Answer.NOTE
    assert found.text.endswith("heal its branches from a workflow_run")


def test_a_checkout_of_another_commit_is_told(scene: Scene) -> None:
    environ = scene.job(scene.token("app", "ghs_app"))
    scene.repo.commit("third", {"shop.py": "a = 3\n"})

    found = scene.say(look_at_admission, environ)

    assert found.answer is Answer.MISSING
    assert "give actions/checkout" in found.hint


# --- what tests can read ---------------------------------------------------------------------------


def test_a_token_that_the_checkout_left_behind_is_told(scene: Scene) -> None:
    scene.repo.git("config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic eDp5")

    found = scene.say(look_at_credentials, by_hand())

    assert found.answer is Answer.NOTE
    assert "persist-credentials: false" in found.hint


def test_a_token_in_a_file_that_the_config_includes_is_told(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "credentials.config"
    file.write_text('[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic eDp5\n')
    scene.repo.git("config", "include.path", str(file))

    assert scene.say(look_at_credentials, by_hand()).answer is Answer.NOTE


def test_a_password_in_a_remotes_address_is_told_and_not_shown(scene: Scene) -> None:
    scene.repo.git("remote", "add", "backup", "https://me:s3cr3t-words@example.invalid/x.git")
    found = scene.say(look_at_credentials, by_hand())

    assert "the address of backup holds a password" in found.text
    assert "s3cr3t" not in found.text + found.hint
    gitlabs_own = {**by_hand(), "CI_JOB_TOKEN": "s3cr3t-words"}
    assert scene.parts(look_at_credentials, gitlabs_own) == []


# --- as a command ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_findings_are_written_as_json(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "doctor.json"

    shown = honk("doctor", "--offline", "--json", "-", repo=scene.repo.path)
    ended = honk("doctor", "--offline", "--json", str(file), "--deliver", "pull-request", repo=scene.repo.path)

    assert json.loads(shown.out)["schema"] == "honk-ci/doctor/1"
    written = json.loads(file.read_text())["findings"]
    assert len(written) == sum(not line.startswith("  ") for line in ended.out.splitlines())
    assert {one["answer"] for one in written} <= {"ok", "note", "missing"}
    assert ended.status == 3
