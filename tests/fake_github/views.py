"""What each endpoint answers, and the table of the endpoints that the tracker needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import changes, documents, listing
from .replies import Json, Reply, moved, not_found, refusal
from .routing import Call, Route
from .state import Access, Issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPOSITORY = "/repos/{owner}/{name}"
ISSUES = f"{REPOSITORY}/issues"
ISSUE = f"{ISSUES}/{{number}}"


def show_user(call: Call) -> Reply:
    """Answer who the token belongs to; an installation token belongs to nobody."""
    if call.token.installation:
        raise refusal(403, "Resource not accessible by integration")
    return Reply(200, call.documents.own_user(call.token.account, call.state.now()))


def show_rate_limit(call: Call) -> Reply:
    """Answer what is left of the hour."""
    return Reply(200, documents.rate_limits(call.token, call.state.now()))


def show_repository(call: Call) -> Reply:
    """Answer one repository."""
    return Reply(200, call.documents.repository(call.repository, push=call.token.access is Access.PUSH))


def show_commit(call: Call) -> Reply:
    """Answer the commit of a branch or a hash."""
    refs, wanted = call.repository.refs, call.parameters["ref"]
    sha = refs.get(wanted.removeprefix("heads/")) or (wanted if wanted in refs.values() else None)
    if sha is None:
        raise refusal(422, f"No commit found for SHA: {wanted}")
    return Reply(200, call.documents.commit(call.repository, sha))


def list_issues(call: Call) -> Reply:
    """Answer one page of issues and pull requests."""
    repository = call.repository
    visible = (issue for issue in repository.present_issues() if issue.id not in call.hidden)
    page = listing.issue_page(visible, call.query)
    shown = [call.documents.issue(repository, issue, with_closer=False) for issue in page.issues]
    return Reply(200, shown, listing.link_header(f"{call.documents.repository_url(repository)}/issues", page.links))


def create_issue(call: Call) -> Reply:
    """Open an issue and answer it."""
    issue = changes.open_issue(call.state, call.repository, call.body, call.token)
    return Reply(201, issue_document(call, issue), {"Location": call.documents.issue_url(call.repository, issue)})


def show_issue(call: Call) -> Reply:
    """Answer one issue."""
    return Reply(200, issue_document(call, reachable_issue(call)))


def update_issue(call: Call) -> Reply:
    """Change an issue and answer it."""
    issue = reachable_issue(call)
    changes.edit_issue(call.state, call.repository, issue, call.body, call.token)
    return Reply(200, issue_document(call, issue))


def list_comments(call: Call) -> Reply:
    """Answer one page of comments, oldest first."""
    issue = reachable_issue(call)
    since = listing.since_moment(call.query)
    found = [comment for comment in issue.comments if since is None or comment.created_at >= since]
    shown, links = listing.numbered_page(found, call.query)
    comments = [call.documents.comment(call.repository, issue, comment) for comment in shown]
    return Reply(200, comments, issue_link_header(call, issue, "comments", links))


def create_comment(call: Call) -> Reply:
    """Add a comment and answer it."""
    issue = reachable_issue(call)
    changes.require_write(call.token)
    changes.require_unlocked(issue)
    comment = changes.add_comment(call.state, issue, call.body["body"], call.token.account)
    return Reply(201, call.documents.comment(call.repository, issue, comment))


def list_issue_labels(call: Call) -> Reply:
    """Answer the labels of an issue."""
    issue = reachable_issue(call)
    shown, links = listing.numbered_page(issue.labels, call.query)
    return Reply(200, label_documents(call, shown), issue_link_header(call, issue, "labels", links))


def add_issue_labels(call: Call) -> Reply:
    """Add labels to an issue and answer all it has."""
    issue = reachable_issue(call)
    entries = call.body.get("labels", []) if isinstance(call.body, dict) else call.body
    changes.add_labels(call.state, call.repository, issue, entries, call.token)
    return Reply(200, label_documents(call, issue.labels))


def list_labels(call: Call) -> Reply:
    """Answer one page of a repository's labels."""
    shown, links = listing.numbered_page(list(call.repository.labels), call.query)
    url = f"{call.documents.repository_url(call.repository)}/labels"
    return Reply(200, label_documents(call, shown), listing.link_header(url, links))


def create_label(call: Call) -> Reply:
    """Add a label and answer it."""
    label = changes.add_label(call.state, call.repository, call.body, call.token)
    return Reply(201, call.documents.label(call.repository, label))


def show_label(call: Call) -> Reply:
    """Answer one label."""
    name = call.parameters["label"].lower()
    if name not in call.repository.labels:
        raise not_found()
    return Reply(200, label_documents(call, [name])[0])


def list_sub_issues(call: Call) -> Reply:
    """Answer one page of the issues under an issue."""
    parent = reachable_issue(call)
    shown, links = listing.numbered_page(parent.sub_issues, call.query)
    children = [call.repository.issues[number] for number in shown]
    listed = [call.documents.issue(call.repository, child, with_closer=False) for child in children]
    return Reply(200, listed, issue_link_header(call, parent, "sub_issues", links))


def create_sub_issue(call: Call) -> Reply:
    """Put an issue under another and answer the parent."""
    parent = reachable_issue(call)
    changes.require_edit(parent, call.token)
    child, replace = call.body["sub_issue_id"], bool(call.body.get("replace_parent"))
    changes.add_sub_issue(call.state, call.repository, parent, child, replace=replace)
    return Reply(201, issue_document(call, parent))


def reachable_issue(call: Call) -> Issue:
    """Return the issue of the path; 301 when it was transferred."""
    issue = call.issue
    if issue.moved_to is not None:
        full_name, number = issue.moved_to
        target = call.state.repository(full_name)
        raise moved(call.documents.issue_url(target, target.issues[number]))
    return issue


def issue_document(call: Call, issue: Issue) -> dict[str, Json]:
    """Return an issue in full."""
    return call.documents.issue(call.repository, issue, with_closer=True)


def label_documents(call: Call, names: Sequence[str]) -> list[Json]:
    """Return labels by name."""
    repository = call.repository
    return [call.documents.label(repository, repository.labels[name.lower()]) for name in names]


def issue_link_header(call: Call, issue: Issue, what: str, links: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the Link header of a list under an issue."""
    return listing.link_header(f"{call.documents.issue_url(call.repository, issue)}/{what}", links)


ROUTES = (
    Route("GET", "/user", show_user, sends="PublicUser"),
    Route("GET", "/rate_limit", show_rate_limit, sends="RateLimitOverview", is_free=True),
    Route("GET", REPOSITORY, show_repository, sends="FullRepository"),
    Route("GET", f"{REPOSITORY}/commits/{{ref}}", show_commit, sends="Commit", query=listing.PAGE_QUERY),
    Route("GET", f"{REPOSITORY}/labels", list_labels, sends="Label[]", query=listing.PAGE_QUERY),
    Route("POST", f"{REPOSITORY}/labels", create_label, sends="Label", receives="ReposOwnerRepoLabelsPostBody"),
    Route("GET", f"{REPOSITORY}/labels/{{label}}", show_label, sends="Label"),
    Route("GET", ISSUES, list_issues, sends="Issue[]", query=listing.ISSUE_QUERY, is_issue_list=True),
    Route("POST", ISSUES, create_issue, sends="Issue", receives="ReposOwnerRepoIssuesPostBody"),
    Route("GET", ISSUE, show_issue, sends="Issue"),
    Route("PATCH", ISSUE, update_issue, sends="Issue", receives="ReposOwnerRepoIssuesIssueNumberPatchBody"),
    Route(
        "GET",
        f"{ISSUE}/comments",
        list_comments,
        sends="IssueComment[]",
        query=listing.PAGE_QUERY | {"since"},
    ),
    Route(
        "POST",
        f"{ISSUE}/comments",
        create_comment,
        sends="IssueComment",
        receives="ReposOwnerRepoIssuesIssueNumberCommentsPostBody",
    ),
    Route("GET", f"{ISSUE}/labels", list_issue_labels, sends="Label[]", query=listing.PAGE_QUERY),
    Route(
        "POST",
        f"{ISSUE}/labels",
        add_issue_labels,
        sends="Label[]",
        receives="ReposOwnerRepoIssuesIssueNumberLabelsPostBodyOneof0 | str[]",
    ),
    Route("GET", f"{ISSUE}/sub_issues", list_sub_issues, sends="Issue[]", query=listing.PAGE_QUERY),
    Route(
        "POST",
        f"{ISSUE}/sub_issues",
        create_sub_issue,
        sends="Issue",
        receives="ReposOwnerRepoIssuesIssueNumberSubIssuesPostBody",
    ),
)
