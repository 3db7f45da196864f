"""How commits came into the default branch, as GitHub tells it: by which pull request, and who approved that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keyturn.model.audit import Approval, Landed, Landing
from keyturn.trackers.confirmations import STRANGE, DoubtError, Subject, Witness, insist

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]

_UNPROCESSABLE = 422  # what it says of a commit that it does not have
_OPINIONS = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})  # a comment takes nothing back


@dataclass(kw_only=True)
class Registrar(Witness):
    """Looks pull requests up by commit: one request for a commit, one for each pull request.

    Another one for a commit that is not the one which GitHub names as merged: a rebase brings several.
    """

    _known: dict[int, Landing] = field(init=False, default_factory=dict)

    def landed(self, commit: str) -> Landed:
        """Say which pull request brought a commit; no answer is said as one, and nothing is assumed."""
        try:
            return self._landed(commit)
        except DoubtError as doubt:
            return Landed(None, str(doubt), is_known=False)
        except STRANGE:
            return Landed(None, "GitHub answered something else than was asked", is_known=False)

    def _landed(self, commit: str) -> Landed:
        subject = Subject(f"the pull request of commit {commit[:7]}", "pull-requests: read")
        answer = self.api.read(f"{self._home}/commits/{commit}/pulls", {"per_page": "100"})
        if answer.status == _UNPROCESSABLE:
            return Landed(None, f"GitHub has no commit {commit[:7]}; push it first", is_known=False)
        insist(answer, subject)
        found: list[Document] = answer.document
        merged = sorted(filter(self._is_in, found), key=lambda each: each["merge_commit_sha"] != commit)
        pull = next((each for each in merged if self._brings(each, commit)), None)
        return Landed(self._landing(pull)) if pull else Landed(None, "no pull request brought this commit")

    def _brings(self, pull: Document, commit: str) -> bool:
        """Tell whether a pull request was merged as a commit, or as several with this one among them."""
        if pull["merge_commit_sha"] == commit:
            return True
        subject = Subject(f"pull request {pull['number']}", "pull-requests: read")
        commits = self._list(f"{self._home}/pulls/{pull['number']}/commits", subject)
        return commit in self.chain(pull["merge_commit_sha"], max(1, len(commits)))

    def _landing(self, pull: Document) -> Landing:
        number = pull["number"]
        if number not in self._known:
            subject = Subject(f"pull request {number}", "pull-requests: read")
            reviews = self._list(f"{self._home}/pulls/{number}/reviews", subject)
            self._known[number] = Landing(number, _login(pull["user"]), _approvals(reviews, pull), _url(pull))
        return self._known[number]


def _approvals(reviews: list[Document], pull: Document) -> tuple[Approval, ...]:
    last = {_login(each["user"]): each for each in reviews if each["state"] in _OPINIONS}
    tip = pull["head"]["sha"]
    return tuple(
        Approval(login, is_of_last_commit=each["commit_id"] == tip)
        for login, each in last.items()
        if login and each["state"] == "APPROVED"
    )


def _login(account: Document | None) -> str | None:
    return account["login"] if account else None


def _url(pull: Document) -> str | None:
    return pull.get("html_url")
