"""An audit as data; docs/how-to/evidence.md says what each field means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keyturn.model import Evidence, Method
from keyturn.model.moments import written
from keyturn.render.audits.columns import POINTS
from keyturn.render.audits.facts import address

if TYPE_CHECKING:
    from datetime import date, datetime

    from keyturn.model import Issue, Proof
    from keyturn.model.audit import Ask, Change, Deposit, Landed, Record, Recorded, Report, Told, Turn


def document(report: Report) -> dict[str, Any]:
    """Give the JSON document of an audit."""
    return {
        "format": 1,
        "made_at": _moment(report.made_at),
        "commit": report.commit,
        "committed_at": _moment(report.commit_at),
        "scope": report.scope,
        "tracker": report.tracker,
        "since": _day(report.since),
        "standards": _standards(),
        "rotations": [_record(record, report.told) for record in report.records],
        "files": [_file(each) for each in report.files],
        "notes": list(report.notes),
    }


def _standards() -> list[dict[str, Any]]:
    return [
        {
            "column": column.value.lower(),
            "points": [{"standard": each.standard, "section": each.section, "about": each.about} for each in points],
        }
        for column, points in POINTS.items()
    ]


def _record(record: Record, told: Told) -> dict[str, Any]:
    return {
        "rotation": record.id,
        "formerly": list(record.formerly),
        "path": record.path,
        "versions": [_turn(turn, told) for turn in record.turns],
    }


def _turn(turn: Turn, told: Told) -> dict[str, Any]:
    return {
        "version": turn.version.text,
        "declared": _change(turn.declared, told),
        "asked": [_ask(ask, told) for ask in turn.asked],
        "due": {"day": turn.due.isoformat(), "by": "issue" if turn.is_due_by_issue else "policy"},
        "issues": [_issue(issue) for issue in turn.issues],
        "evidence": [_recorded(each, told) for each in turn.evidence],
        "missing": list(turn.missing),
        "proved_at": _moment(turn.proved),
        "in_time": turn.is_in_time,
        "retired": turn.is_retired,
        "ended": _ended(turn, told),
    }


def _ended(turn: Turn, told: Told) -> dict[str, Any] | None:
    if turn.ended is None:
        return None
    into = turn.ended.into.text if turn.ended.into else None
    return {"how": turn.ended.how.value, "into": into, "change": _change(turn.ended.change, told)}


def _ask(ask: Ask, told: Told) -> dict[str, Any]:
    return {
        "how": ask.way.value,
        "reason": ask.why.value if ask.why else None,
        "deadline": _day(ask.deadline),
        "incident": ask.incident,
        "change": _change(ask.change, told) if ask.change else None,
    }


def _change(change: Change, told: Told) -> dict[str, Any]:
    landed = told.landed.get(change.commit)
    return {
        "commit": change.commit,
        "at": _moment(change.at),
        "authors": list(change.makers),
        "path": change.path,
        "blob": change.blob,
        "pull_request": _pull(landed),
        "unknown": told.silence or None if landed is None else None if landed.is_known else landed.reason,
    }


def _pull(landed: Landed | None) -> dict[str, Any] | None:
    if landed is None or landed.pull is None:
        return None
    return {
        "number": landed.pull.number,
        "url": landed.pull.url,
        "opened_by": landed.pull.opener,
        "approvals": [{"by": each.by, "of_last_commit": each.is_of_last_commit} for each in landed.pull.approvals],
    }


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "number": issue.number,
        "url": address(issue.url),
        "reason": issue.marker.why.value,
        "incident": issue.marker.incident,
        "opened_at": _moment(issue.opened_at) or issue.marker.opened.isoformat(),
        "closed_at": _moment(issue.closed_at),
        "closed": None if issue.is_open else issue.marker.closed or "by a person",
    }


def _recorded(recorded: Recorded, told: Told) -> dict[str, Any]:
    evidence = recorded.evidence
    whole = evidence if isinstance(evidence, Evidence) else None
    return {
        "change": _change(recorded.change, told),
        "rotation": recorded.rotation.id,
        "replaces": whole.replaces.text if whole else None,
        "parts": {part.value: _proof(proof, recorded, told) for part, proof in evidence.parts.items()},
        "by": evidence.by,
        "confirmed_by": whole.confirmed_by if whole else None,
        "run": whole.run if whole else None,
    }


def _proof(proof: Proof, recorded: Recorded, told: Told) -> dict[str, Any]:
    statement = told.runs.get((recorded.change.commit, recorded.rotation.id)) if proof.method is Method.PROBE else None
    return {
        "method": proof.method.value,
        "at": _moment(proof.at),
        "fingerprint": proof.fingerprint,
        "run": {"verdict": statement.truth.value, "reason": statement.reason or None} if statement else None,
    }


def _file(each: Deposit) -> dict[str, Any]:
    return {"path": each.path, "rotation": each.rotation, "blob": each.blob, "sha256": each.sha256}


def _moment(moment: datetime | None) -> str | None:
    return written(moment) if moment else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
