"""Pull requests: the one that we open for a branch, and the one comment of ours that always says the latest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keyturn.errors import OutsideError
from keyturn.trackers import answers
from keyturn.trackers.github import GitHubTracker

if TYPE_CHECKING:
    from keyturn.trackers.answers import Answer

_WHAT = "write the comment on the pull request"
_ONE = {"per_page": "1"}
_MAY_NOT = frozenset({403, 404})  # GitHub hides from some tokens that there is something they may not do


class DeniedError(OutsideError):
    """The token may not do this, as that of a fork's pull request may not comment."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request: from which branch of the repository into which, and what it says."""

    branch: str
    into: str
    title: str
    body: str


@dataclass(kw_only=True)
class Conversation(GitHubTracker):
    """The pull requests of one repository; `identity` holds the logins whose comments are ours."""

    def keep(self, number: int, mark: str, text: str) -> bool:
        """Make the one comment of ours that begins with `mark` say this; tells whether that took a write.

        Raises DeniedError where the token may not do it, and whatever a tracker raises.
        """
        body = f"{mark}\n{text}"
        found = self._kept(number, mark)
        if found is None:
            self._put("POST", f"/issues/{number}/comments", body)
        elif _lines(found.get("body")) != _lines(body):
            self._put("PATCH", f"/issues/comments/{found.get('id')}", body)
        else:
            return False
        return True

    def propose(self, proposal: Proposal) -> tuple[str, bool]:
        """Open the pull request of a branch, or bring its open one up to date; gives its address and if it is new.

        Raises DeniedError where nobody let the token do it, and whatever a tracker raises.
        """
        owner = self.repository.partition("/")[0]
        query = {"state": "open", "head": f"{owner}:{proposal.branch}", "base": proposal.into, **_ONE}
        answer = self._api.read(f"/repos/{self.repository}/pulls", query)
        if not answer.is_well or not isinstance(answer.document, list):
            raise _unproposed(answer, self.repository)
        said = {"title": proposal.title, "body": proposal.body}
        if answer.document:
            return self._proposed("PATCH", f"/pulls/{answer.document[0].get('number')}", said), False
        return self._proposed("POST", "/pulls", {**said, "head": proposal.branch, "base": proposal.into}), True

    def _proposed(self, verb: str, path: str, fields: dict[str, str]) -> str:
        answer = self._api.write(verb, f"/repos/{self.repository}{path}", fields)
        if answer.is_ambiguous:
            raise answers.ambiguity("write the pull request")
        if not answer.is_well:
            raise _unproposed(answer, self.repository)
        return str(answer.document.get("html_url"))

    def _kept(self, number: int, mark: str) -> dict[str, Any] | None:
        comments = self._comments(number)
        ours = (each for each in comments if _lines(each.get("body"))[:1] == [mark] and self._is_ours(each))
        return next(ours, None)

    def _put(self, verb: str, path: str, body: str) -> None:
        answer = self._api.write(verb, f"/repos/{self.repository}{path}", {"body": body})
        if answer.is_ambiguous:
            raise answers.ambiguity(_WHAT)
        if not answer.is_well:
            raise self._unlisted(answer, None)
        self._require_identity(answer.document, "the comment was written")

    def _unlisted(self, answer: Answer, number: int | None) -> OutsideError:
        del number
        if answer.status in _MAY_NOT:
            return DeniedError("the token may not comment on the pull request (`pull-requests: write` in a workflow)")
        return answers.failure(answer, self.repository)


def _unproposed(answer: Answer, repository: str) -> OutsideError:
    if answer.status in _MAY_NOT:
        return DeniedError(
            "the token may not open pull requests; grant `pull-requests: write`, allow GitHub Actions to create them "
            "in the settings of the repository, or give an app's token"
        )
    return answers.failure(answer, repository)


def _lines(body: str | None) -> list[str]:
    """Return what a body says; GitHub may change line ends and what stands around."""
    return (body or "").strip().splitlines()
