"""What GitHub answers about runs, secrets, pull requests and who may write: the routes that only read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import listing, views
from .documents import REPOSITORY_LINKS, SITE, association, moment
from .replies import Json, Reply, not_found, refusal
from .routing import Call, Route
from .state import Access

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .state import Account, Commit, Pull, Repository, Review, Run

REPOSITORY = views.REPOSITORY
MINIMAL = (
    *("id", "node_id", "name", "full_name", "owner", "private", "html_url", "description", "fork", "url"),
    *(f"{name}_url" for name in REPOSITORY_LINKS),
)
BEYOND = ("subscribers_count", "network_count")  # what only a repository on its own shows


# -- runs and secrets ----------------------------------------------------------------------------------------------


def show_run(call: Call) -> Reply:
    """Answer one run."""
    run = call.repository.runs.get(int(call.parameters["number"]))
    if run is None:
        raise not_found()
    return Reply(200, run_document(call, run))


def compare(call: Call) -> Reply:
    """Answer how a commit stands to another one that is the tip of the default branch."""
    base, _, head = call.parameters["basehead"].partition("...")
    url = f"{call.documents.repository_url(call.repository)}/compare/{base}...{head}"
    commit = call.documents.commit(call.repository, base)
    is_behind = head in call.repository.behind
    links = dict.fromkeys(("url", "html_url", "permalink_url", "diff_url", "patch_url"), url)
    counts = {"ahead_by": 0 if is_behind else 1, "behind_by": 1, "total_commits": 0 if is_behind else 1}
    status: dict[str, Json] = {"status": "behind" if is_behind else "diverged", "commits": [], "files": []}
    return Reply(200, {**links, **counts, **status, "base_commit": commit, "merge_base_commit": commit})


def show_secret(call: Call) -> Reply:
    """Answer when a secret of a repository was written."""
    return Reply(200, secret_document(call, call.repository.secrets.get(call.parameters["secret"])))


def show_environment_secret(call: Call) -> Reply:
    """Answer when a secret of an environment was written."""
    name = f"{call.parameters['ref']}/{call.parameters['secret']}"
    return Reply(200, secret_document(call, call.repository.secrets.get(name)))


def show_organization_secret(call: Call) -> Reply:
    """Answer when a secret of an organization was written."""
    name = f"{call.parameters['organization']}/{call.parameters['secret']}"
    document = secret_document(call, call.state.organization_secrets.get(name))
    return Reply(200, {**document, "visibility": "all"})


def secret_document(call: Call, written: datetime | None) -> dict[str, Json]:
    """Return a secret without its value, which nobody gets; the token of a workflow may not see it at all."""
    if call.token.installation:
        raise refusal(403, "Resource not accessible by integration")
    if written is None:
        raise not_found()
    return {"name": call.parameters["secret"], "created_at": moment(written), "updated_at": moment(written)}


def run_document(call: Call, run: Run) -> dict[str, Json]:
    """Return a WorkflowRun."""
    repository = call.repository
    url = f"{call.documents.repository_url(repository)}/actions/runs/{run.id}"
    home = call.state.repository(run.head_repository) if run.head_repository else repository
    links = ("jobs", "logs", "check_suite", "artifacts", "cancel", "rerun", "workflow")
    return {
        "id": run.id,
        "node_id": f"WFR_{run.id}",
        "name": "Verify",
        "display_title": run.title,
        "head_branch": run.branch,
        "head_sha": run.sha,
        "path": run.path,
        "run_number": 1,
        "event": run.event,
        "status": "in_progress" if run.conclusion is None else "completed",
        "conclusion": run.conclusion,
        "workflow_id": 1,
        "url": url,
        "html_url": f"{SITE}/{repository.full_name}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": moment(run.started_at),
        "run_started_at": moment(run.started_at),
        "updated_at": moment(run.updated_at),
        **{f"{name}_url": f"{url}/{name}" for name in links},
        "head_commit": None,
        "repository": minimal(call, repository),
        "head_repository": minimal(call, home),
    }


def minimal(call: Call, repository: Repository) -> dict[str, Json]:
    """Return a MinimalRepository."""
    full = call.documents.repository(repository, push=True)
    return {name: full[name] for name in MINIMAL}


# -- pull requests -------------------------------------------------------------------------------------------------


def list_pulls_of_commit(call: Call) -> Reply:
    """Answer the pull requests that brought a commit into the default branch, or that hold it."""
    sha = call.parameters["commit"]
    found = [pull for pull in call.repository.pulls.values() if sha in {*pull.landed, pull.merged_as}]
    shown, links = listing.numbered_page(found, call.query)
    url = f"{call.documents.repository_url(call.repository)}/commits/{sha}/pulls"
    return Reply(200, [pull_document(call, pull) for pull in shown], listing.link_header(url, links))


def list_commits(call: Call) -> Reply:
    """Answer one page of a pull request's commits, oldest first."""
    pull = found_pull(call)
    shown, links = listing.numbered_page(pull.commits[:250], call.query)
    return Reply(200, [commit_document(call, commit) for commit in shown], pull_links(call, "commits", links))


def list_reviews(call: Call) -> Reply:
    """Answer one page of a pull request's reviews, oldest first."""
    pull = found_pull(call)
    shown, links = listing.numbered_page(pull.reviews, call.query)
    return Reply(200, [review_document(call, pull, review) for review in shown], pull_links(call, "reviews", links))


def show_commit(call: Call) -> Reply:
    """Answer a commit of a pull request with one page of its files, or any other one without."""
    pulls = call.repository.pulls.values()
    found = next((each for pull in pulls for each in pull.commits if each.sha == call.parameters["commit"]), None)
    if found is None:
        return views.show_commit(replace(call, parameters={**call.parameters, "ref": call.parameters["commit"]}))
    shown, links = listing.numbered_page(file_documents(call, found), call.query)
    url = f"{call.documents.repository_url(call.repository)}/commits/{found.sha}"
    return Reply(200, {**commit_document(call, found), "files": shown}, listing.link_header(url, links))


def show_permission(call: Call) -> Reply:
    """Answer what somebody may do in a repository."""
    login = call.parameters["login"].lower()
    default = "write" if login in call.repository.collaborators else "none"
    role = call.repository.permissions.get(login, default)
    if call.token.access is Access.READ:
        raise refusal(403, "Must have push access to view collaborator permission.")
    permission = {"maintain": "write", "triage": "read"}.get(role, role)
    return Reply(200, {"permission": permission, "role_name": role, "user": None})


def found_pull(call: Call) -> Pull:
    """Return the pull request of the path."""
    pull = call.repository.pulls.get(int(call.parameters["number"]))
    if pull is None:
        raise not_found()
    return pull


def pull_links(call: Call, what: str, links: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return the Link header of a list under a pull request."""
    url = f"{call.documents.repository_url(call.repository)}/pulls/{call.parameters['number']}/{what}"
    return listing.link_header(url, links)


def pull_document(call: Call, pull: Pull) -> dict[str, Json]:
    """Return a PullRequestSimple."""
    repository = call.repository
    url = f"{call.documents.repository_url(repository)}/pulls/{pull.number}"
    page = f"{SITE}/{repository.full_name}/pull/{pull.number}"
    links = {
        **dict.fromkeys(("url", "issue_url", "commits_url", "review_comments_url", "review_comment_url"), url),
        **dict.fromkeys(("comments_url", "statuses_url"), url),
        **dict.fromkeys(("html_url", "diff_url", "patch_url"), page),
    }
    relations = ("comments", "commits", "statuses", "html", "issue", "review_comments", "review_comment", "self")
    made = moment(repository.created_at)
    return {
        **links,
        "id": pull.number,
        "node_id": f"PR_{pull.number}",
        "number": pull.number,
        "state": "closed" if pull.merged_at else "open",
        "locked": False,
        "title": "Record a rotation",
        "user": user(call, pull.author),
        "body": None,
        "labels": [],
        "milestone": None,
        "created_at": made,
        "updated_at": made,
        "closed_at": moment(pull.merged_at),
        "merged_at": moment(pull.merged_at),
        "merge_commit_sha": pull.merged_as,
        "assignee": None,
        "head": branch(call, "rotated", pull.commits[-1].sha),
        "base": branch(call, pull.base, "0" * 40),
        "_links": {name: {"href": url} for name in relations},
        "author_association": "NONE" if pull.author is None else association(repository, pull.author),
        "auto_merge": None,
    }


def branch(call: Call, ref: str, sha: str) -> dict[str, Json]:
    """Return one end of a pull request."""
    repository = call.repository
    full = call.documents.repository(repository, push=True)
    shown = {name: value for name, value in full.items() if name not in BEYOND}
    label = f"{repository.owner.login}:{ref}"
    return {"label": label, "ref": ref, "sha": sha, "user": call.documents.user(repository.owner), "repo": shown}


def review_document(call: Call, pull: Pull, review: Review) -> dict[str, Json]:
    """Return a PullRequestReview."""
    repository = call.repository
    url = f"{call.documents.repository_url(repository)}/pulls/{pull.number}"
    return {
        "id": review.id,
        "node_id": f"PRR_{review.id}",
        "user": user(call, review.author),
        "body": "",
        "state": review.state,
        "html_url": url,
        "pull_request_url": url,
        "_links": {"html": {"href": url}, "pull_request": {"href": url}},
        "commit_id": review.commit,
        "author_association": "NONE",
    }


def commit_document(call: Call, commit: Commit) -> dict[str, Json]:
    """Return a Commit without files."""
    plain = call.documents.commit(call.repository, commit.sha)
    person = {**plain["commit"]["author"], "email": commit.email}
    inner = {**plain["commit"], "message": commit.message, "author": person}
    return {**plain, "commit": inner, "author": user(call, commit.author)}


def file_documents(call: Call, commit: Commit) -> Sequence[Json]:
    """Return the files that a commit changed."""
    url = f"{call.documents.repository_url(call.repository)}/contents"
    former = dict(zip(commit.files, commit.formerly, strict=False))
    return [file_document(name, former.get(name), url) for name in commit.files]


def file_document(name: str, former: str | None, url: str) -> dict[str, Json]:
    """Return a DiffEntry."""
    return {
        "sha": "0" * 40,
        "filename": name,
        "status": "renamed" if former else "modified",
        **dict.fromkeys(("additions", "deletions", "changes"), 1),
        **dict.fromkeys(("blob_url", "raw_url", "contents_url"), f"{url}/{name}"),
        **({"previous_filename": former} if former else {}),
    }


def user(call: Call, account: Account | None) -> dict[str, Json] | None:
    """Return somebody, or nothing where GitHub knows nobody."""
    return None if account is None else call.documents.user(account)


ROUTES = (
    Route("GET", f"{REPOSITORY}/actions/runs/{{number}}", show_run, sends="WorkflowRun"),
    Route("GET", f"{REPOSITORY}/actions/runs/{{number}}/attempts/{{attempt}}", show_run, sends="WorkflowRun"),
    Route("GET", f"{REPOSITORY}/compare/{{basehead}}", compare, sends="CommitComparison", query=listing.PAGE_QUERY),
    Route("GET", f"{REPOSITORY}/actions/secrets/{{secret}}", show_secret, sends="ActionsSecret"),
    Route(
        "GET",
        f"{REPOSITORY}/environments/{{ref}}/secrets/{{secret}}",
        show_environment_secret,
        sends="ActionsSecret",
    ),
    Route(
        "GET",
        "/orgs/{organization}/actions/secrets/{secret}",
        show_organization_secret,
        sends="OrganizationActionsSecret",
    ),
    Route(
        "GET",
        f"{REPOSITORY}/commits/{{commit}}/pulls",
        list_pulls_of_commit,
        sends="PullRequestSimple[]",
        query=listing.PAGE_QUERY,
    ),
    Route("GET", f"{REPOSITORY}/commits/{{commit}}", show_commit, sends="Commit", query=listing.PAGE_QUERY),
    Route("GET", f"{REPOSITORY}/pulls/{{number}}/commits", list_commits, sends="Commit[]", query=listing.PAGE_QUERY),
    Route(
        "GET",
        f"{REPOSITORY}/pulls/{{number}}/reviews",
        list_reviews,
        sends="PullRequestReview[]",
        query=listing.PAGE_QUERY,
    ),
    Route(
        "GET",
        f"{REPOSITORY}/collaborators/{{login}}/permission",
        show_permission,
        sends="RepositoryCollaboratorPermission",
    ),
)
