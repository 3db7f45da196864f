"""How pull requests are opened and changed: the routes that write, with the list that finds the open one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import changes, evidence, listing
from .replies import Json, Reply, not_found, refusal, validation_failed
from .routing import Call, Route
from .state import Access, Commit, Pull
from .views import REPOSITORY

if TYPE_CHECKING:
    from .state import Issue

PULLS = f"{REPOSITORY}/pulls"
COUNTS = ("comments", "review_comments", "commits", "additions", "deletions", "changed_files")


@dataclass(frozen=True, slots=True)
class Ends:
    """From which branch into which."""

    head: str
    base: str


@dataclass(slots=True)
class Proposals:
    """The pull requests of a repository by number; `is_forbidden` plays a repository that lets no workflow open any."""

    is_forbidden: bool = False
    ends: dict[int, Ends] = field(default_factory=dict)

    def routes(self) -> tuple[Route, ...]:
        """Return the routes, to be added to a fake."""
        query = listing.PAGE_QUERY | {"state", "head", "base"}
        sent, changed = "ReposOwnerRepoPullsPostBody", "ReposOwnerRepoPullsPullNumberPatchBody"
        return (
            Route("GET", PULLS, self._list, sends="PullRequestSimple[]", query=query),
            Route("POST", PULLS, self._open, sends="PullRequest", receives=sent),
            Route("PATCH", f"{PULLS}/{{number}}", self._change, sends="PullRequest", receives=changed),
        )

    def _list(self, call: Call) -> Reply:
        owner, _, head = call.query["head"].partition(":")
        wanted = Ends(head, call.query["base"]) if owner == call.parameters["owner"] else None
        found = [number for number, ends in self.ends.items() if ends == wanted]
        issues = [call.repository.issues[number] for number in found]
        shown = [issue for issue in issues if issue.state == call.query["state"]]
        return Reply(200, [self._simple(call, issue) for issue in shown])

    def _open(self, call: Call) -> Reply:
        self._require_permission(call)
        ends = Ends(call.body["head"], call.body["base"])
        if any(known == ends and call.repository.issues[number].state == "open" for number, known in self.ends.items()):
            raise validation_failed({"resource": "PullRequest", "code": "custom", "message": "It exists already."})
        issue = changes.new_issue(
            call.state, call.repository, call.body["title"], call.body.get("body"), call.token.account
        )
        issue.is_pull_request = True
        self.ends[issue.number] = ends
        return Reply(201, self._full(call, issue))

    def _change(self, call: Call) -> Reply:
        self._require_permission(call)
        if int(call.parameters["number"]) not in self.ends:
            raise not_found()
        changes.edit_issue(call.state, call.repository, call.issue, call.body, call.token)
        return Reply(200, self._full(call, call.issue))

    def _require_permission(self, call: Call) -> None:
        if self.is_forbidden:
            raise refusal(403, "GitHub Actions is not permitted to create or approve pull requests.")
        if call.token.access is Access.READ:
            raise refusal(403, "Resource not accessible by integration")

    def _simple(self, call: Call, issue: Issue) -> dict[str, Json]:
        ends = self.ends[issue.number]
        pull = Pull(issue.number, issue.author, [Commit("0" * 40, issue.author, "", "")], None, None, ends.base)
        shown = evidence.pull_document(call, pull)
        head = evidence.branch(call, ends.head, "0" * 40)
        return {**shown, "title": issue.title, "body": issue.body, "state": issue.state, "head": head}

    def _full(self, call: Call, issue: Issue) -> dict[str, Json]:
        more = {"merged": False, "mergeable": None, "mergeable_state": "unknown", "merged_by": None}
        return {**self._simple(call, issue), **more, "maintainer_can_modify": False, **dict.fromkeys(COUNTS, 0)}
