"""The judgement of a run: its event, its checkout, what people said, its place in a row of fixes, its starter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from honk_ci.config import Config, DeliverMode
from honk_ci.errors import ConfigError, ForgeError
from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.interface import Forge, Place, Request
from honk_ci.git import Repository
from honk_ci.remote import Remote
from honk_ci.stages.admission.commands import Orders, Retry, read_orders
from honk_ci.stages.admission.own_fixes import own_fixes
from honk_ci.stages.admission.starter import starter
from honk_ci.text import one_line, plural

MOST_JOBS_NAMED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """What a run may do."""

    mode: DeliverMode  # what it may deliver
    may_spend: bool = True  # whether healers that cost money may run
    refusal: str = ""  # why nothing is done at all; "" when something may be
    may_push: bool = True  # whether anything of it may be written to the remote
    retries: tuple[Retry, ...] = ()  # people want honk to try again, whatever it remembers
    notes: tuple[str, ...] = ()


def admit(
    context: CiContext,
    config: Config,
    *,
    repository: Repository,
    forge: Forge | None,
    token: Token | None,
    remote: Remote | None = None,
    secrets: Sequence[str] = (),
    runs_code: bool = True,
) -> Admission:
    """Judge a run before it costs anything, and before anything of the repository runs.

    ``secrets`` are the names of variables whose values strangers must not get near: the model's
    key, tokens. ``runs_code`` is False for a run that only delivers, which needs no checkout.
    Raises ConfigError where the checkout is not the commit that CI calls red.
    """
    free = Admission(mode=config.deliver.mode)
    if not context.name:
        return free  # by hand: whoever sits there decides
    if refusal := _refusal_of_event(context, token, secrets, runs_code=runs_code):
        return replace(free, refusal=refusal)
    if runs_code:
        check_checkout(context, repository)
    orders, request, notes = _told(context, forge)
    if refusal := _opt_out(orders, request, context, config):
        return replace(free, refusal=refusal)
    loop = own_fixes(context, repository, config, remote)
    if loop.refusal:
        return replace(free, refusal=loop.refusal)
    running = tuple(_still_running(context, forge))
    admission = replace(free, retries=orders.retries, notes=(*notes, *running))
    if context.is_fork:
        # the token of a fork's own build can only read
        return _for_strangers(admission, "this build is of a fork", "none" if runs_code else "comment")
    who = starter(context, config.policy.bots, forge, is_own_fix=loop.count > 0)
    if who.refusal:
        return replace(free, refusal=who.refusal)
    return admission if who.is_trusted else _for_strangers(admission, who.why, "comment")


# --- what no configuration allows ------------------------------------------------------------------


def _refusal_of_event(context: CiContext, token: Token | None, secrets: Sequence[str], *, runs_code: bool) -> str:
    if context.event == "pull_request_target":
        return (
            "pull_request_target runs what strangers propose beside the project's secrets: let the workflow run "
            "on pull_request, or on workflow_run for what needs secrets"
        )
    if not context.is_fork or not runs_code:
        return ""
    if context.is_detached:
        return (
            f"the red run is of a fork ({context.head_project}), and this job has the project's own secrets: let a "
            "job of the pull_request run write a bundle without any (honk heal --deliver none --bundle DIR), and "
            "deliver that here (honk deliver DIR --deliver comment)"
        )
    visible = list(dict.fromkeys([*secrets, *([token.source] if token and not token.is_job_token else [])]))
    if visible:
        return (
            f"this build is of a fork ({context.head_project}), and {', '.join(visible)} is visible to it: give "
            "secrets to builds of the project's own branches alone"
        )
    return ""


def check_checkout(context: CiContext, repository: Repository) -> None:
    """Raises ConfigError where another commit is checked out than the one that is red."""
    named = [commit for commit in (context.commit, context.head_commit) if commit]
    head = repository.resolve("HEAD") or ""
    if not named or head in named or head in repository.resolve_all(named):
        return
    parents = repository.parents(head) if head else ()
    if (context.is_pull_request or context.is_detached) and set(named) & set(parents[1:]):
        return  # the forge's merge of the request, made anew since
    red = named[0]
    raise ConfigError(
        f"the checkout is at {head[:9]}, and CI says that {red[:9]} is red: what would be healed is another build",
        hint=_how_to_check_out(context, red),
    )


def _how_to_check_out(context: CiContext, red: str) -> str:
    if context.name == "gitlab":
        return f"check out {red} before honk runs"
    ref = "github.event.workflow_run.head_sha" if context.is_detached else "github.sha"
    return f"give actions/checkout `ref: ${{{{ {ref} }}}}`"


# --- what people said ------------------------------------------------------------------------------


def _told(context: CiContext, forge: Forge | None) -> tuple[Orders, Request | None, tuple[str, ...]]:
    """The request of the red branch and the commands in its comments, as far as the forge tells."""
    if forge is None:
        return Orders(), None, ()
    try:
        request = _request(context, forge)
        if request is None:
            return Orders(), None, ()
        author = request.author or context.author
        return read_orders(forge.comments(Place(request=request.number)), forge.access, author=author), request, ()
    except ForgeError as error:
        note = f"whether somebody turned honk off in the {forge.request_word} cannot be read: {error}"
        return Orders(), None, (one_line(note, 300),)


def _request(context: CiContext, forge: Forge) -> Request | None:
    if context.request is not None:
        return forge.request(context.request)
    if context.is_fork or context.branch in {"", context.default_branch}:
        return None
    return next((request for request in forge.requests_of(context.branch) if request.state == "open"), None)


def _opt_out(orders: Orders, request: Request | None, context: CiContext, config: Config) -> str:
    label = config.deliver.opt_out_label
    labels = request.labels if request is not None else context.labels
    if label and label.casefold() in (name.casefold() for name in labels):
        return f"the label {label} is on this request: it is left alone"
    if orders.is_off:
        where = f" ({orders.off_url})" if orders.off_url else ""
        return f"{orders.off_by} turned honk off here{where}; `/honk on` in a comment turns it on"
    return ""


def _still_running(context: CiContext, forge: Forge | None) -> Iterator[str]:
    """Jobs of the red run that have not ended; this one is among them unless the run is another one."""
    if forge is None or not context.run_id:
        return
    try:
        jobs = [job.name for job in forge.jobs(context.run_id) if job.state == "running"]
    except ForgeError:
        return  # what they would have said is not worth a line about rights
    if not context.is_detached:
        own = next((name for name in jobs if name == context.job), None)
        jobs = [name for name in jobs if name != own] if own else jobs[1:]
    if jobs:
        more = f" and {len(jobs) - MOST_JOBS_NAMED} more" if len(jobs) > MOST_JOBS_NAMED else ""
        names = ", ".join(jobs[:MOST_JOBS_NAMED])
        yield f"{plural(len(jobs), 'job')} of the run had not ended, and what failed there is not in this: {names}{more}"


# --- strangers -------------------------------------------------------------------------------------


def _for_strangers(admission: Admission, why: str, most: DeliverMode) -> Admission:
    mode: DeliverMode = "none" if admission.mode == "none" else most
    note = f"{why}: nothing is spent on it and nothing pushed{_instead(admission.mode, mode)}"
    return replace(admission, mode=mode, may_spend=False, may_push=False, notes=(*admission.notes, one_line(note, 300)))


def _instead(asked: DeliverMode, mode: DeliverMode) -> str:
    if asked == mode:
        return ""
    return "; a fix is shown in a comment" if mode == "comment" else "; a fix is in the summary and the bundle alone"
