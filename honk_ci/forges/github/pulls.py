"""Pull requests. docs.github.com, "REST API endpoints for pull requests"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from honk_ci.errors import ForgeError
from honk_ci.forges.github.repository import GitHubRepository
from honk_ci.forges.hunks import lines_shown
from honk_ci.forges.interface import NewRequest, Request, RequestState
from honk_ci.forges.reading import Json, as_object, flag, names, need_number, need_text, objects, text

TITLE_CHARS = 256
# Where a plan has no drafts, the title says it: as GitLab spells it, and people read it.
DRAFT_TITLE = "Draft: "
# Rules that a new branch, pushed once and never by force, does not meet.
_HARMLESS = frozenset({"deletion", "non_fast_forward", "required_linear_history", "copilot_code_review"})
_EXISTS = re.compile(r"a pull request already exists", re.IGNORECASE)
_NO_DRAFTS = re.compile(
    r"draft pull requests? (?:are|is) not supported|draft.*not (?:supported|available)", re.IGNORECASE
)


class GitHubRequests(GitHubRepository):
    """The role ``Requests``."""

    def default_branch(self) -> str:
        return self.context.default_branch or need_text(self.about(), "default_branch")

    def rules_against(self, branch: str) -> Sequence[str]:
        """docs.github.com, "Get rules for a branch": of rulesets, also for a branch that is not there yet.

        Whether this token may pass them by is not told, nor are the older branch protections.
        """
        try:
            rules = list(self.api.pages(self.path("rules", "branches", branch), most_pages=3))
        except ForgeError as error:
            if error.status not in {403, 404}:
                raise
            return []
        kinds = dict.fromkeys(text(rule, "type") for rule in rules)
        return [kind.replace("_", " ") for kind in kinds if kind and kind not in _HARMLESS]

    def request(self, number: int) -> Request:
        return _request(as_object(self.api.get(self.path("pulls", number))))

    def requests_of(self, head: str) -> Sequence[Request]:
        query = {"head": f"{self.owner}:{head}", "state": "all", "sort": "created", "direction": "desc"}
        found = [_request(item) for item in self.api.pages(self.path("pulls"), query, most_pages=3)]
        return [request for request in found if request.head == head and self._is_here(request)]

    def open_request(self, new: NewRequest) -> Request:
        if there := self._open_one(new):
            return there
        try:
            return self._open(new, is_draft=new.is_draft)
        except ForgeError as error:
            if error.status == 422 and _EXISTS.search(str(error)) and (there := self._open_one(new)):
                return there
            if new.is_draft and error.status == 422 and _NO_DRAFTS.search(str(error)):
                return self._open(new, is_draft=False, title=f"{DRAFT_TITLE}{new.title}")
            raise

    def update_request(self, number: int, *, title: str, body: str) -> None:
        self.api.patch(self.path("pulls", number), {"title": title[:TITLE_CHARS], "body": body})

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """Labels that the repository does not have yet are made."""
        if labels:
            body = {"labels": list(labels)}
            self.api.post(self.path("issues", number, "labels"), body, happened=lambda: None)

    def ask_for_review(self, number: int, logins: Sequence[str]) -> Sequence[str]:
        """Who is asked already or has reviewed is not asked again: GitHub would tell them anew at each run."""
        described = as_object(self.api.get(self.path("pulls", number)))
        author, there = text(described, "user", "login").casefold(), _asked(described, self.owner)
        meant = [login for login in dict.fromkeys(logins) if login.casefold() != author and self._is_ours(login)]
        asked = [login for login in meant if login.casefold() in there]
        left = [login for login in meant if login not in asked]
        return [*asked, *self._ask_all(number, self._without_reviewed(number, left))]

    def changed_lines(self, number: int) -> Mapping[str, frozenset[int]]:
        """Files that are too large, binary or only renamed come without their diff, and so without lines."""
        files = self.api.pages(self.path("pulls", number, "files"))
        return {name: lines_shown(text(file, "patch")) for file in files if (name := text(file, "filename"))}

    def _open_one(self, new: NewRequest) -> Request | None:
        """The open request of a branch; the one into the same target first."""
        found = [request for request in self.requests_of(new.head) if request.state == "open"]
        return next((request for request in found if request.target == new.target), next(iter(found), None))

    def _open(self, new: NewRequest, *, is_draft: bool, title: str = "") -> Request:
        body = {
            "title": (title or new.title)[:TITLE_CHARS],
            "head": new.head,
            "base": new.target,
            "body": new.body,
            "draft": is_draft,
        }
        made = self.api.post(self.path("pulls"), body, happened=lambda: self._newest(new))
        return _request(as_object(made))

    def _newest(self, new: NewRequest) -> Json | None:
        query = {"head": f"{self.owner}:{new.head}", "base": new.target, "state": "open"}
        return next((item for item in objects(self.api.get(self.path("pulls"), query))), None)

    def _is_here(self, request: Request) -> bool:
        return request.head_project.casefold() == self.project.casefold()

    def _is_ours(self, login: str) -> bool:
        """Users, and the teams of the organization that owns the repository."""
        org, is_team, _ = login.partition("/")
        return not is_team or org.casefold() == self.owner.casefold()

    def _without_reviewed(self, number: int, logins: Sequence[str]) -> Sequence[str]:
        """Who has not reviewed yet; of teams it is not told, so that one review counts for all of them."""
        if not logins:
            return ()
        reviews = self.api.pages(self.path("pulls", number, "reviews"), most_pages=3)
        reviewed = {text(review, "user", "login").casefold() for review in reviews}
        return [login for login in logins if login.casefold() not in reviewed and not (reviewed and "/" in login)]

    def _ask_all(self, number: int, wanted: Sequence[str]) -> Sequence[str]:
        """Together, and one by one where the forge refuses any of them."""
        if not wanted:
            return ()
        try:
            return self._ask(number, wanted)
        except ForgeError as error:
            if error.status not in {403, 404, 422} or len(wanted) == 1:
                return self._none_for(error)
        return [taken for login in wanted for taken in self._ask_one(number, login)]

    def _ask(self, number: int, logins: Sequence[str]) -> Sequence[str]:
        body = {
            "reviewers": [login for login in logins if "/" not in login],
            "team_reviewers": [login.partition("/")[2] for login in logins if "/" in login],
        }
        path = self.path("pulls", number, "requested_reviewers")
        answer = as_object(self.api.post(path, body, happened=lambda: None))
        users = {text(user, "login").casefold() for user in objects(answer.get("requested_reviewers"))}
        teams = {text(team, "slug").casefold() for team in objects(answer.get("requested_teams"))}
        return [
            login
            for login in logins
            if (login.partition("/")[2].casefold() in teams if "/" in login else login.casefold() in users)
        ]

    def _ask_one(self, number: int, login: str) -> Sequence[str]:
        try:
            return self._ask(number, [login])
        except ForgeError as error:
            return self._none_for(error)

    @staticmethod
    def _none_for(error: ForgeError) -> Sequence[str]:
        """Nobody, where the forge refuses these reviewers; other faults go on."""
        # 403 and 404: a team that the token may not see; 422: no collaborator
        if error.status in {403, 404, 422}:
            return []
        raise error


def _asked(item: Json, owner: str) -> frozenset[str]:
    """Logins, and teams as ``org/team``, that a review waits for."""
    users = {text(user, "login") for user in objects(item.get("requested_reviewers"))}
    teams = {f"{owner}/{text(team, 'slug')}" for team in objects(item.get("requested_teams"))}
    return frozenset(name.casefold() for name in users | teams)


def _request(item: Json) -> Request:
    title = text(item, "title")
    return Request(
        number=need_number(item, "number"),
        url=need_text(item, "html_url"),
        state=_state(item),
        head=need_text(item, "head", "ref"),
        head_commit=need_text(item, "head", "sha"),
        head_project=text(item, "head", "repo", "full_name"),
        target=need_text(item, "base", "ref"),
        title=title,
        body=text(item, "body"),
        author=text(item, "user", "login"),
        is_draft=flag(item, "draft") or title.startswith(DRAFT_TITLE),
        labels=names(item.get("labels")),
        merge_commit=text(item, "merge_commit_sha") if text(item, "merged_at") else "",
    )


def _state(item: Json) -> RequestState:
    """Lists have ``merged_at`` where a single request has ``merged`` too."""
    if text(item, "merged_at"):
        return "merged"
    return "open" if text(item, "state") == "open" else "closed"
