"""Comments at pull requests and commits, reviews, check runs and commit statuses."""

from __future__ import annotations

from typing import Any

from tests.forge import diffs
from tests.forge.github import bodies
from tests.forge.github.access import can_push, invalid, need, number, page, project_of, request_of
from tests.forge.state import Comment, Project, PullRequest, Review, now
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()

BODY_CHARS = 65536
_STATES = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "": "PENDING"}


def _text(call: Call, resource: str) -> str:
    body = str(call.fields.get("body", ""))
    if not body.strip():
        raise invalid(resource, "body", "body can't be blank", "missing_field")
    if len(body) > BODY_CHARS:
        raise invalid(resource, "body", "body is too long (maximum is 65536 characters)", "unprocessable")
    return body


# --- comments at requests --------------------------------------------------------------------------


@ROUTES.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
def list_comments(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "issues", "pull_requests", level="read")
    request = request_of(call, project, "issue_number")
    return page(call, request.comments, lambda comment: bodies.issue_comment(call, project, request, comment))


@ROUTES.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
def add_comment(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "issues", "pull_requests")
    request = request_of(call, project, "issue_number")
    comment = Comment(id=next(call.state.ids), author=login, body=_text(call, "IssueComment"))
    request.comments.append(comment)
    return Answer(status=201, value=bodies.issue_comment(call, project, request, comment))


def _comment(call: Call, project: Project) -> tuple[PullRequest, Comment]:
    wanted = number(call, "comment_id")
    for request in project.requests:
        for comment in request.comments:
            if comment.id == wanted:
                return request, comment
    raise Refused(404, "Not Found")


@ROUTES.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def get_comment(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "issues", "pull_requests", level="read")
    return Answer(value=bodies.issue_comment(call, project, *_comment(call, project)))


@ROUTES.on("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def edit_comment(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "issues", "pull_requests")
    request, comment = _comment(call, project)
    _own(call, project, comment, login)
    comment.body, comment.updated_at = _text(call, "IssueComment"), now()
    return Answer(value=bodies.issue_comment(call, project, request, comment))


@ROUTES.on("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def delete_comment(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "issues", "pull_requests")
    request, comment = _comment(call, project)
    _own(call, project, comment, login)
    request.comments.remove(comment)
    return Answer(status=204)


def _own(call: Call, project: Project, comment: Comment, login: str) -> None:
    if comment.author != login and not can_push(call, project):
        raise Refused(403, "Must have admin rights to Repository.")


# --- comments at commits ---------------------------------------------------------------------------


@ROUTES.on("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/comments")
def list_commit_comments(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "contents", level="read")
    found = [comment for comment in project.commit_comments if comment.commit == call.params["commit_sha"]]
    return page(call, found, lambda comment: bodies.commit_comment(call, project, comment))


@ROUTES.on("POST", "/repos/{owner}/{repo}/commits/{commit_sha}/comments")
def add_commit_comment(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "contents")
    commit = call.params["commit_sha"]
    if not project.has_commit(commit):
        raise Refused(422, f"No commit found for SHA: {commit}")
    comment = Comment(id=next(call.state.ids), author=login, body=_text(call, "CommitComment"), commit=commit)
    comment.path, comment.line = call.fields.get("path") or "", call.fields.get("line")
    project.commit_comments.append(comment)
    return Answer(status=201, value=bodies.commit_comment(call, project, comment))


@ROUTES.on("PATCH", "/repos/{owner}/{repo}/comments/{comment_id}")
def edit_commit_comment(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "contents")
    wanted = number(call, "comment_id")
    comment = next((comment for comment in project.commit_comments if comment.id == wanted), None)
    if comment is None:
        raise Refused(404, "Not Found")
    _own(call, project, comment, login)
    comment.body, comment.updated_at = _text(call, "CommitComment"), now()
    return Answer(value=bodies.commit_comment(call, project, comment))


# --- reviews ---------------------------------------------------------------------------------------


@ROUTES.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
def list_reviews(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "pull_requests", level="read")
    request = request_of(call, project)
    return page(call, request.reviews, lambda review: bodies.review(call, project, request, review))


@ROUTES.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments")
def list_review_comments(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "pull_requests", level="read")
    request = request_of(call, project)
    comments = [comment for review in request.reviews for comment in review.comments]
    return page(call, comments, lambda comment: bodies.review_comment(call, project, request, comment))


@ROUTES.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
def add_review(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "pull_requests")
    request, fields = request_of(call, project), call.fields
    event, body = str(fields.get("event") or ""), str(fields.get("body") or "")
    commit = str(fields.get("commit_id") or request.head_commit)
    if commit not in diffs.commits_between(project.folder, request.base_commit, request.head_commit):
        raise Refused(422, "Unprocessable Entity", errors=["commit_id is not part of the pull request"])
    if event in {"COMMENT", "REQUEST_CHANGES"} and not body and not fields.get("comments"):
        raise Refused(422, "Unprocessable Entity", errors=["body can't be blank"])
    if event in {"APPROVE", "REQUEST_CHANGES"} and login == request.author:
        words = "Can not approve your own pull request" if event == "APPROVE" else "Can not request changes on your own"
        raise Refused(422, "Unprocessable Entity", errors=[words])
    if len(body) > BODY_CHARS:
        raise Refused(422, "Unprocessable Entity", errors=["body is too long (maximum is 65536 characters)"])
    review = Review(id=next(call.state.ids), author=login, body=body, state=_STATES[event], commit=commit)
    files = {file.path: file for file in diffs.changed_files(project.folder, request.base_commit, commit)}
    review.comments = [_review_comment(call, review, entry, files) for entry in fields.get("comments") or []]
    request.reviews.append(review)
    return Answer(value=bodies.review(call, project, request, review))


def _review_comment(call: Call, review: Review, entry: dict[str, Any], files: dict[str, diffs.ChangedFile]) -> Comment:
    """Raises Refused where it does not stand on lines that the diff shows."""
    file = files.get(entry["path"])
    if file is None:
        raise Refused(422, "Unprocessable Entity", errors=["Path could not be resolved"])
    if "position" in entry:
        raise Refused(422, "Unprocessable Entity", errors=["position is closing down: use line and side"])
    line, start, side = entry.get("line"), entry.get("start_line"), entry.get("side", "RIGHT")
    hunk = file.hunk_of(line, old=side == "LEFT") if isinstance(line, int) else None
    if hunk is None:
        raise Refused(422, "Unprocessable Entity", errors=["Line could not be resolved"])
    if start is not None:
        if start >= line:
            raise Refused(422, "Unprocessable Entity", errors=["Start line must precede the end line."])
        if file.hunk_of(start, old=entry.get("start_side", side) == "LEFT") != hunk:
            raise Refused(422, "Unprocessable Entity", errors=["Start line must be part of the same hunk as the line."])
    return Comment(
        id=next(call.state.ids),
        author=review.author,
        body=entry["body"],
        commit=review.commit,
        path=entry["path"],
        line=line,
        start_line=start,
        side=side,
        review=review.id,
    )
