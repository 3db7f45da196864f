"""What an audit says of one version, in words: the same facts for lines, Markdown and the page.

Only ids, dates, logins, addresses and words of ours are said. A text that once stood in a file was perhaps taken out
with reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.model import Evidence, Method, Truth
from keyturn.model.audit import End, Way
from keyturn.render.audits.columns import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from keyturn.model import Issue, Proof
    from keyturn.model.audit import Ask, Change, Landed, Recorded, Report, Told, Turn

SHORT = 12  # characters of a commit's name
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is said, with an address to look at."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Everything that one column says of a version."""

    column: Column
    items: tuple[Item, ...]


def facts(turn: Turn, report: Report) -> tuple[Fact, ...]:
    """Say everything about one version, a fact for every column."""
    return tuple(Fact(column, tuple(said(turn, report))) for column, said in _COLUMNS.items())


def title(turn: Turn) -> str:
    """Name a version and what became of it."""
    if turn.ended and turn.ended.into:
        return f"{turn.version} → {turn.ended.into}"
    return str(turn.version)


def outcome(turn: Turn) -> str:
    """Say in a word or two how a version went."""
    if turn.ended and turn.ended.how is End.CORRECTED:
        return "corrected"
    if turn.is_over:
        return "proved" if turn.proved else "not proved"
    return "in use"


def at(moment: datetime) -> str:
    """Write a moment in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


# -- columns -------------------------------------------------------------------------------------------------------


def _version(turn: Turn, _: Report) -> Iterator[Item]:
    yield Item(f"declared {_by(turn.declared)}")
    if turn.ended:
        word = _ENDS[turn.ended.how]
        into = f" {turn.ended.into}" if turn.ended.into else ""
        yield Item(f"{word}{into} {_by(turn.ended.change)}")
    elif turn.is_retired:
        yield Item("retired")
    else:
        yield Item("in use")


_ENDS = {End.REPLACED: "replaced by", End.CORRECTED: "corrected to", End.DELETED: "its file was deleted"}


def _asked(turn: Turn, report: Report) -> Iterator[Item]:
    if not turn.asked:
        yield Item("nobody has asked yet" if not turn.is_over else "nobody asked")
    for ask in turn.asked:
        brought = f" {_by(ask.change)} ({_pull(ask.change, report.told)})" if ask.change else ""
        yield Item(f"{_why(ask)}{brought}", _pull_url(ask.change, report))


def _why(ask: Ask) -> str:
    deadline = f", by {ask.deadline}" if ask.deadline else ""
    words = {
        Way.REQUEST: f"request ({ask.why}){deadline},",
        Way.INCIDENT: f"{ask.incident}{deadline},",
        Way.RETIREMENT: "retirement",
        Way.SCHEDULE: f"schedule ({ask.why}), by the policy",
        Way.NOBODY: "nobody: it was replaced ahead of its day",
    }
    return words[ask.way]


def _approved(turn: Turn, report: Report) -> Iterator[Item]:
    parts = [("what asked for it", ask.change) for ask in turn.asked if ask.change]
    parts += [("the evidence", each.change) for each in turn.evidence]
    if turn.ended and not turn.evidence:
        parts.append(("what ended it", turn.ended.change))
    for (what, _), change in {(what, change.commit): change for what, change in parts}.items():
        yield Item(f"{what}: {_approval(change, report.told)}", _pull_url(change, report))
    if not parts:
        yield Item("nothing to approve yet")


def _approval(change: Change, told: Told) -> str:
    landed = told.landed.get(change.commit)
    if landed is None or landed.pull is None:
        return _unseen(landed, told)
    names = [
        each.by + ("" if each.is_of_last_commit else " (before its last commit)") for each in landed.pull.approvals
    ]
    return f"{', '.join(names) or 'nobody'}, pull request #{landed.pull.number}"


def _unseen(landed: Landed | None, told: Told) -> str:
    if landed is None:
        return f"unknown ({told.silence})"
    return f"unknown ({landed.reason})" if not landed.is_known else f"nobody ({landed.reason})"


def _due(turn: Turn, _: Report) -> Iterator[Item]:
    source = "as its issue says" if turn.is_due_by_issue else "by the policy of the time"
    yield Item(f"{turn.due}, {source}")


def _opened(turn: Turn, report: Report) -> Iterator[Item]:
    for issue in turn.issues:
        yield Item(
            f"#{issue.number} on {at(issue.opened_at) if issue.opened_at else issue.marker.opened}", address(issue.url)
        )
    if not turn.issues:
        yield Item("no issue is known" if report.tracker else f"unknown ({report.told.silence})")


def _evidence(turn: Turn, report: Report) -> Iterator[Item]:
    for count, recorded in enumerate(reversed(turn.evidence)):
        if count:
            yield Item("before that:")
        yield from _recorded(recorded, report)
    if not turn.evidence:
        yield Item("none is recorded" if turn.is_over else "none yet")


def _recorded(recorded: Recorded, report: Report) -> Iterator[Item]:
    for part, proof in recorded.evidence.parts.items():
        print_ = f", fingerprint {proof.fingerprint}" if proof.fingerprint else ""
        yield Item(f"{part}: {proof.method} at {at(proof.at)}{print_}{_confirmed(proof, recorded, report.told)}")
    evidence = recorded.evidence
    confirmed = evidence.confirmed_by if isinstance(evidence, Evidence) else None
    yield Item(f"recorded by {evidence.by}" + (f", confirmed by {confirmed}" if confirmed else ""))
    if isinstance(evidence, Evidence) and evidence.run:
        yield Item(f"run {evidence.run}", address(evidence.run))


def _confirmed(proof: Proof, recorded: Recorded, told: Told) -> str:
    """Say what a probe counts for: a file alone can say anything."""
    if proof.method is not Method.PROBE:
        return ""
    statement = told.runs.get((recorded.change.commit, recorded.rotation.id))
    if statement is None:
        return " (as written; its run was not looked at)"
    if statement.is_confirming:
        return ", confirmed by its run"
    word = "counts as attested" if statement.truth is Truth.REFUTED else "not confirmed"
    return f" ({word}: {statement.reason})"


def _proved(turn: Turn, _: Report) -> Iterator[Item]:
    if turn.proved:
        yield Item(f"{at(turn.proved)}, {'in time' if turn.is_in_time else 'late'}")
    yield from (Item(missing) for missing in turn.missing)
    if not turn.proved and not turn.missing:
        yield Item("nothing to prove" if turn.is_over else "not yet")


def _closed(turn: Turn, report: Report) -> Iterator[Item]:
    for issue in turn.issues:
        yield Item(f"#{issue.number} {closing(issue)}", address(issue.url))
    if not turn.issues:
        yield Item("no issue is known" if report.tracker else f"unknown ({report.told.silence})")


def closing(issue: Issue) -> str:
    """Say how an issue was closed, if it was."""
    if issue.is_open:
        return "is open"
    when = f" on {at(issue.closed_at)}" if issue.closed_at else ""
    return f"{f'as {issue.marker.closed}' if issue.marker.closed else 'by a person'}{when}"


def _commits(turn: Turn, report: Report) -> Iterator[Item]:
    known = {change.commit: change for change in turn.changes}
    for change in sorted(known.values(), key=lambda each: each.order):
        blob = f"blob {change.blob[:SHORT]}" if change.blob else "deleted"
        url = f"{report.home}/commit/{change.commit}" if report.home else None
        yield Item(f"{change.commit[:SHORT]} {change.path} ({blob}), {_pull(change, report.told)}", url)


_COLUMNS: Mapping[Column, Callable[[Turn, Report], Iterator[Item]]] = {
    Column.VERSION: _version,
    Column.ASKED: _asked,
    Column.APPROVED: _approved,
    Column.DUE: _due,
    Column.OPENED: _opened,
    Column.EVIDENCE: _evidence,
    Column.PROVED: _proved,
    Column.CLOSED: _closed,
    Column.COMMITS: _commits,
}


# -- words ---------------------------------------------------------------------------------------------------------


def _by(change: Change) -> str:
    return f"by {', '.join(change.makers)} on {at(change.at)}"


def _pull(change: Change, told: Told) -> str:
    landed = told.landed.get(change.commit)
    if landed is None or landed.pull is None:
        is_pushed = landed is not None and landed.is_known
        return "no pull request" if is_pushed else "pull request unknown"
    opener = f" opened by {landed.pull.opener}" if landed.pull.opener else ""
    return f"pull request #{landed.pull.number}{opener}"


def _pull_url(change: Change | None, report: Report) -> str | None:
    landed = report.told.landed.get(change.commit) if change else None
    return address(landed.pull.url) if landed and landed.pull else None


def address(url: str | None) -> str | None:
    """Return what a browser may follow: an http or https address with a plain host; else nothing."""
    return url if url and _ADDRESS.fullmatch(url) else None
