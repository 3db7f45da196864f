"""How a comment is changed: the endpoint that keeps the comment on a pull request up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import changes
from .replies import Reply, not_found, refusal, too_long, validation_failed
from .routing import Call, Route
from .state import Access
from .views import ISSUES

if TYPE_CHECKING:
    from .state import Comment, Issue


def update_comment(call: Call) -> Reply:
    """Change a comment and answer it."""
    issue, comment = found_comment(call)
    changes.require_write(call.token)
    changes.require_unlocked(issue)
    if call.token.access is not Access.PUSH and call.token.account != comment.author:
        raise refusal(403, "Must have admin rights to Repository.")
    body = call.body["body"]
    if len(body) > changes.BODY_CHARACTERS:
        raise validation_failed(too_long("IssueComment", "body", changes.BODY_CHARACTERS))
    comment.body = body
    issue.updated_at = call.state.now()
    return Reply(200, call.documents.comment(call.repository, issue, comment))


def found_comment(call: Call) -> tuple[Issue, Comment]:
    """Return the comment of the path and what it stands under."""
    wanted = int(call.parameters["number"])
    for issue in call.repository.present_issues():
        for comment in issue.comments:
            if comment.id == wanted:
                return issue, comment
    raise not_found()


COMMENT_ROUTES = (
    Route(
        "PATCH",
        f"{ISSUES}/comments/{{number}}",
        update_comment,
        sends="IssueComment",
        receives="ReposOwnerRepoIssuesCommentsCommentIdPatchBody",
    ),
)
