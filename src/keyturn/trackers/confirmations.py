"""What GitHub says about recorded evidence: its run, its secrets, and who approved it. Nothing here writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from keyturn.model import Confirmation, Evidence, FourEyes, Method, Part, Statement, Truth, moment
from keyturn.trackers.answers import FORBIDDEN, NOT_FOUND, UNAUTHORIZED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from keyturn.model import Consumer, RetirementEvidence, Rotation
    from keyturn.trackers.answers import Answer
    from keyturn.trackers.api import Api

    Document = Mapping[str, Any]

WORKFLOW = ".github/workflows/verify.yml"
TITLE = "Verify {}"  # what `run-name` of that workflow gives, with the id of the rotation
SECRETS_TOKEN = "KEYTURN_SECRETS_TOKEN"  # noqa: S105 - the name of a variable, not a password

_TOLERANCE = timedelta(minutes=1)  # between GitHub's clock and the one that the evidence was written by
_PAGE = {"per_page": "100"}
_MOST_COMMITS, _MOST_FILES = 250, 3_000  # what GitHub lists of a pull request, and of a commit
_WRITERS = frozenset({"admin", "maintain", "write"})
_OPINIONS = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})  # a comment takes nothing back
_CO_AUTHOR = re.compile(r"^co-authored-by:.*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)
_NO_REPLY = re.compile(r"(?:[0-9]+\+)?([A-Za-z0-9_-]+(?:\[bot\])?)@users\.noreply\.[a-z0-9.-]+", re.IGNORECASE)
STRANGE = (AttributeError, KeyError, TypeError, ValueError, OverflowError)  # what a document of another form leads to


class DoubtError(Exception):
    """There is no answer that proves anything; says what would help."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The commit on the default branch that brought something into a file."""

    commit: str
    path: str  # from the top of the repository
    is_cut: bool = False  # the history at hand ends there


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the evidence came from, and `confirmed_by`; None for what was never committed."""

    evidence: Origin | None = None
    release: Origin | None = None


@dataclass(frozen=True, slots=True)
class _Pull:
    """A merged pull request: who made it, of which commits, and what people said about it."""

    number: int
    commits: tuple[str, ...]
    makers: tuple[str, ...]
    reviews: tuple[Document, ...]  # the last one of each reviewer


@dataclass(kw_only=True)
class Witness:
    """Asks about the evidence of one repository; `chain` gives a commit and so many of its first parents."""

    api: Api
    secrets_api: Api
    repository: str
    server: str  # where browsers find it
    tip: str | None  # the commit that is judged from
    chain: Callable[[str, int], Collection[str]]
    now: Callable[[], datetime]

    def confirmation(
        self, rotation: Rotation, evidence: Evidence | RetirementEvidence, origins: Origins | None
    ) -> Confirmation:
        """Ask about everything that the evidence of one rotation rests on; without origins not about four eyes."""
        plain = Confirmation()
        is_probed = any(proof.method is Method.PROBE for proof in evidence.parts.values())
        shown = evidence.parts.get(Part.CONSUMERS)
        is_dated = shown is not None and shown.method is Method.SECRET_UPDATED
        return Confirmation(
            run=self.run(rotation.id, evidence) if is_probed else plain.run,
            secrets=self.secrets(rotation) if is_dated else plain.secrets,
            four_eyes=self.four_eyes(evidence, origins) if origins else plain.four_eyes,
        )

    # -- the run -------------------------------------------------------------------------------------------------------

    def run(self, id_: str, evidence: Evidence | RetirementEvidence) -> Statement:
        """Say whether our workflow has verified this key, on the default branch, when the evidence says so."""
        address = evidence.run if isinstance(evidence, Evidence) else None
        if address is None:
            return _refuted("no run is recorded")
        place = re.escape(f"{self.server}/{self.repository}")
        found = re.fullmatch(
            rf"{place}/actions/runs/([0-9]{{1,20}}(?:/attempts/[0-9]{{1,5}})?)", address, re.IGNORECASE
        )
        if found is None:
            return _refuted(f"its run is not the address of a run in {self.repository}")
        return _told(partial(self._run, found[1], id_, evidence))

    def _run(self, number: str, id_: str, evidence: Evidence | RetirementEvidence) -> Statement:
        run = self._document(f"{self._home}/actions/runs/{number}", Subject(f"run {number}", "actions: read"))
        fault = next(iter((*self._faults_of_origin(run), *_faults_of_course(run, id_, evidence))), None)
        if fault is None and not self._is_part(run["head_sha"]):
            fault = f"was of a commit that is not on {self._branch}"
        return _refuted(f"its run {fault}") if fault else Statement(Truth.CONFIRMED)

    def _faults_of_origin(self, run: Document) -> Iterator[str]:
        path, _, ref = run["path"].partition("@")
        homes = {run["repository"]["full_name"].lower(), run["head_repository"]["full_name"].lower()}
        if homes != {self.repository.lower()}:
            yield f"belongs to another repository than {self.repository}"
        if path != WORKFLOW:
            yield f"is one of another workflow than {WORKFLOW}"
        if {run["head_branch"], ref.removeprefix("refs/heads/") or self._branch} != {self._branch}:
            yield f"was not on {self._branch}"

    def _is_part(self, commit: str) -> bool:
        """Tell whether a commit belongs to the default branch: a tag can have the name of a branch."""
        subject = Subject(f"commit {commit[:7]}", "contents: read")
        query = {"per_page": "1"}
        compared = self._document(f"{self._home}/compare/{self.tip}...{quote(commit, safe='')}", subject, query)
        return compared["status"] in {"behind", "identical"}

    # -- secrets -------------------------------------------------------------------------------------------------------

    def secrets(self, rotation: Rotation) -> Mapping[Consumer, Statement]:
        """Say of each consumer that is a GitHub secret whether it was written since the key was created."""
        return {
            consumer: _told(partial(self._secret, consumer, rotation.version.at))
            for consumer in rotation.consumers
            if consumer.secret is not None
        }

    def _secret(self, consumer: Consumer, created: datetime) -> Statement:
        answer = self.secrets_api.read(_secret_path(consumer), {})
        name = f"the secret {consumer.secret} of {consumer.organization or consumer.repository}"
        permission = "Environments: read" if consumer.environment else "Secrets: read"
        insist(answer, Subject(name, permission, SECRETS_TOKEN))
        written = moment(answer.document["updated_at"])
        if written < created:
            return _refuted(f"{name} was last written before this version was created")
        if written > self.now() + _TOLERANCE:
            return _refuted(f"{name} was written in the future")
        return Statement(Truth.CONFIRMED)

    # -- four eyes -----------------------------------------------------------------------------------------------------

    def four_eyes(self, evidence: Evidence | RetirementEvidence, origins: Origins) -> FourEyes:
        """Say who else approved the evidence, or later its `confirmed_by`."""
        first = self._seen(origins.evidence, evidence.by)
        confirmed_by = evidence.confirmed_by if isinstance(evidence, Evidence) else None
        if first.statement.is_confirming or confirmed_by is None or origins.release in {None, origins.evidence}:
            return first
        if confirmed_by.lower() == evidence.by.lower():
            return FourEyes(_refuted("confirmed_by names who recorded it"), barred=first.barred)
        return self._seen(origins.release, evidence.by)

    def _seen(self, origin: Origin | None, by: str) -> FourEyes:
        """Say who approved what a commit brought."""
        try:
            return self._approved(origin, by)
        except DoubtError as doubt:
            return FourEyes(Statement(Truth.UNKNOWN, str(doubt)), barred=(by,))
        except STRANGE:
            return FourEyes(_STRANGE_ANSWER, barred=(by,))

    def _approved(self, origin: Origin | None, by: str) -> FourEyes:
        if origin is None:
            return FourEyes(_refuted("the evidence is not committed yet"), barred=(by,))
        if origin.is_cut:
            message = "this clone is too shallow to tell where the evidence came from; check out with fetch-depth: 0"
            raise DoubtError(message)
        pull = self._pull(origin)
        if pull is None:
            reason = f"commit {origin.commit[:7]} brought the evidence without a pull request"
            return FourEyes(_refuted(reason), barred=(by,))
        barred = tuple(dict.fromkeys((*pull.makers, by)))
        objections = []
        for review in pull.reviews:
            if (objection := self._objection(review, pull, origin, barred)) is None:
                return FourEyes(Statement(Truth.CONFIRMED), review["user"]["login"], pull.number, barred)
            objections.append(f"{review['user']['login']} {objection}")
        details = f" ({'; '.join(objections)})" if objections else ""
        reason = f"pull request {pull.number} has no approval that counts{details}"
        return FourEyes(_refuted(reason), pull=pull.number, barred=barred)

    def _objection(self, review: Document, pull: _Pull, origin: Origin, barred: Sequence[str]) -> str | None:
        """Say why a review is no approval by somebody else, or None where it is one."""
        login = review["user"]["login"]
        if review["state"] != "APPROVED":
            return "has not approved it, or no longer does"
        if review["user"]["type"] == "Bot":
            return "is no person"
        if login.lower() in {each.lower() for each in barred}:
            return "made or recorded it"
        if not self._is_late(review["commit_id"], pull, origin):
            return "approved it before its last change"
        return None if self._may_write(login) else "may not write"

    def _is_late(self, commit: str | None, pull: _Pull, origin: Origin) -> bool:
        """Tell whether no later commit of the pull request touches the file."""
        if commit not in pull.commits:
            return False
        later = pull.commits[pull.commits.index(commit) + 1 :]
        return not any(self._touches(each, origin.path) for each in reversed(later))

    def _touches(self, commit: str, path: str) -> bool:
        subject = Subject(f"commit {commit[:7]}", "contents: read")
        files = [file for page in self._pages(f"{self._home}/commits/{commit}", subject) for file in page["files"]]
        named = {file.get(name) for file in files for name in ("filename", "previous_filename")}
        return path in named or len(files) >= _MOST_FILES

    def _may_write(self, login: str) -> bool:
        subject = Subject(f"what {login} may do in {self.repository}", "metadata: read")
        path = f"{self._home}/collaborators/{quote(login, safe='')}/permission"
        return self._document(path, subject)["permission"] in _WRITERS

    def _pull(self, origin: Origin) -> _Pull | None:
        """Return the pull request that brought a commit into the default branch."""
        subject = Subject(f"the pull request of commit {origin.commit[:7]}", "pull-requests: read")
        merged = [
            each for each in self._list(f"{self._home}/commits/{origin.commit}/pulls", subject) if self._is_in(each)
        ]
        for document in sorted(merged, key=lambda each: each["merge_commit_sha"] != origin.commit):
            found = self._read_pull(document)
            if origin.commit in self.chain(document["merge_commit_sha"], max(1, len(found.commits))):
                return found
        return None

    def _is_in(self, pull: Document) -> bool:
        base = pull["base"]
        is_ours = base["repo"]["full_name"].lower() == self.repository.lower() and base["ref"] == self._branch
        return is_ours and pull["merged_at"] is not None

    def _read_pull(self, document: Document) -> _Pull:
        number = document["number"]
        path, subject = f"{self._home}/pulls/{number}", Subject(f"pull request {number}", "pull-requests: read")
        commits = self._list(f"{path}/commits", subject)
        if len(commits) >= _MOST_COMMITS:
            message = f"pull request {number} has more commits than GitHub lists"
            raise DoubtError(message)
        makers = dict.fromkeys(filter(None, (_login(document["user"]), *_authors(commits))))
        reviews = {
            login: review
            for review in self._list(f"{path}/reviews", subject)
            if (login := _login(review["user"])) and review["state"] in _OPINIONS
        }
        return _Pull(number, tuple(each["sha"] for each in commits), tuple(makers), tuple(reviews.values()))

    # -- asking --------------------------------------------------------------------------------------------------------

    @property
    def _home(self) -> str:
        return f"/repos/{self.repository}"

    @cached_property
    def _branch(self) -> str:
        return str(self._document(self._home, Subject(self.repository, "metadata: read"))["default_branch"])

    def _document(self, path: str, subject: Subject, query: Mapping[str, str] | None = None) -> Document:
        answer = self.api.read(path, query or {})
        insist(answer, subject)
        found: Document = answer.document
        return found

    def _list(self, path: str, subject: Subject) -> list[Document]:
        return [entry for page in self._pages(path, subject) for entry in page]

    def _pages(self, path: str, subject: Subject) -> Iterator[Any]:
        following: Mapping[str, str] | None = _PAGE
        while following is not None:
            answer = self.api.read(path, following)
            insist(answer, subject)
            yield answer.document
            following = answer.following


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about, and what a token needs to see it."""

    name: str
    permission: str
    token: str = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable, not a password


_STRANGE_ANSWER = Statement(Truth.UNKNOWN, "GitHub answered something else than was asked")


def insist(answer: Answer, subject: Subject) -> None:
    """Raise DoubtError where an answer tells nothing."""
    if answer.status in {UNAUTHORIZED, FORBIDDEN, NOT_FOUND}:
        grant = f"grant the token in {subject.token} the permission {subject.permission}"
        message = f"GitHub does not show {subject.name}; {grant}, if it exists"
        raise DoubtError(message)
    if not answer.is_well:
        message = f"GitHub did not answer about {subject.name}; the next run asks again"
        raise DoubtError(message)


def _refuted(reason: str) -> Statement:
    return Statement(Truth.REFUTED, reason)


def _told(asked: Callable[[], Statement]) -> Statement:
    """Return what came of asking; no answer proves nothing."""
    try:
        return asked()
    except DoubtError as doubt:
        return Statement(Truth.UNKNOWN, str(doubt))
    except STRANGE:
        return _STRANGE_ANSWER


def _faults_of_course(run: Document, id_: str, evidence: Evidence | RetirementEvidence) -> Iterator[str]:
    if run["event"] != "workflow_dispatch":
        yield "was not started by hand"
    if run["conclusion"] != "success":
        yield "did not succeed"
    if TITLE.format(id_) not in {run["display_title"], run.get("name")}:
        yield "was for another key"
    first, last = moment(run["run_started_at"]) - _TOLERANCE, moment(run["updated_at"]) + _TOLERANCE
    for part, proof in evidence.parts.items():
        if proof.method is Method.PROBE and not first <= proof.at <= last:
            yield f"was at another time than {part}"


def _secret_path(consumer: Consumer) -> str:
    name = quote(consumer.secret or "", safe="")
    if consumer.organization:
        return f"/orgs/{quote(consumer.organization, safe='')}/actions/secrets/{name}"
    home = f"/repos/{quote(consumer.repository or '', safe='/')}"
    if consumer.environment:
        return f"{home}/environments/{quote(consumer.environment, safe='')}/secrets/{name}"
    return f"{home}/actions/secrets/{name}"


def _authors(commits: Sequence[Document]) -> Iterator[str | None]:
    """Give the logins of authors and co-authors, as far as GitHub knows them."""
    known = {each["commit"]["author"]["email"].lower(): _login(each["author"]) for each in commits if each["author"]}
    for each in commits:
        yield _login(each["author"])
        for address in (each["commit"]["author"]["email"], *_CO_AUTHOR.findall(each["commit"]["message"])):
            private = _NO_REPLY.fullmatch(address)
            yield private[1] if private else known.get(address.lower())


def _login(account: Document | None) -> str | None:
    return account.get("login") if account else None
