"""The conversation of a pull request, in which one comment is ours and always says the latest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keyturn.errors import OutsideError
from keyturn.trackers import answers
from keyturn.trackers.github import GitHubTracker

if TYPE_CHECKING:
    from keyturn.trackers.answers import Answer

_WHAT = "write the comment on the pull request"
_MAY_NOT = frozenset({403, 404})  # GitHub hides from some tokens that there is something they may not do


class DeniedError(OutsideError):
    """The token may not comment here, as that of a fork's pull request never may."""


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

    def _kept(self, number: int, mark: str) -> dict[str, Any] | None:
        comments = self._pages(f"/issues/{number}/comments", {}, number)
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


def _lines(body: str | None) -> list[str]:
    """Return what a body says; GitHub may change line ends and what stands around."""
    return (body or "").strip().splitlines()
