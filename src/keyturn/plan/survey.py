"""Every key judged once, beside its issue: what plans, tables of ages and look-ups all rest on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyturn import policy as judge
from keyturn.actions import StateReason
from keyturn.plan.case import Case, File, kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyturn.model import Confirmation, Issue, Rotation
    from keyturn.plan.case import Setting
    from keyturn.policy import Standing

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Survey:
    """All declared keys as they stand today, and all issues."""

    setting: Setting
    cases: Mapping[str, Case]  # of every declared key, by id
    issues: Sequence[Issue]
    by_id: Mapping[str, Sequence[Issue]]  # without those that are about no key; under the id of today

    @property
    def standings(self) -> Iterator[tuple[Standing, int | None]]:
        """Give how every key stands, with the number of its issue where that is open."""
        for case in self.cases.values():
            yield case.declared, case.issue.number if case.issue and case.issue.is_open else None

    @property
    def awaiting(self) -> Iterator[Rotation]:
        """Give the keys whose issue would be closed by their evidence as it is written: only they are looked into."""
        waiting = (case.declared for case in self.cases.values() if case.issue and kind(case.standing) is File.PROVED)
        return (standing.rotation for standing in waiting)

    def confirmed(self, confirmations: Mapping[str, Confirmation]) -> Survey:
        """Judge anew what counts as proved by what is written alone; for what nobody was asked nothing is confirmed."""
        setting = replace(self.setting, confirmations=confirmations)
        again = {
            id_: judged(case.declared.rotation, case.issue, setting)
            for id_, case in self.cases.items()
            if case.issue and case.declared.is_proved
        }
        return replace(self, setting=setting, cases={**self.cases, **again})


def survey(rotations: Sequence[Rotation], issues: Sequence[Issue], setting: Setting) -> Survey:
    """Judge every rotation with its issue."""
    by_id = _by_id(rotations, issues)
    # An empty folder says nothing about the keys whose issues stand open; it is taken for unreadable.
    whole = replace(setting, is_whole=setting.is_whole and bool(rotations))
    cases = {each.id: judged(each, its_issue(by_id.get(each.id, ())), whole) for each in rotations}
    return Survey(whole, cases, issues, by_id)


def judged(rotation: Rotation, issue: Issue | None, setting: Setting) -> Case:
    """Judge one rotation with an issue, or without one."""
    known, told = issue.marker if issue else None, setting.confirmation(rotation, issue)
    standing = judge.standing(rotation, known, setting.policy, setting.incidents, setting.today, confirmation=told)
    return Case(setting, standing, issue)


def _by_id(rotations: Sequence[Rotation], issues: Sequence[Issue]) -> Mapping[str, Sequence[Issue]]:
    declared = {rotation.id for rotation in rotations}
    adopted = {former: rotation.id for rotation in rotations for former in rotation.formerly if former not in declared}
    found: defaultdict[str, list[Issue]] = defaultdict(list)
    keyed = (issue for issue in issues if not issue.marker.why.is_apart)  # a key may have the id of such a one
    for issue in sorted(keyed, key=lambda issue: issue.number):
        found[adopted.get(issue.marker.id, issue.marker.id)].append(issue)
    return found


def its_issue(issues: Sequence[Issue]) -> Issue | None:
    """Choose an id's issue: the lowest open one, else the latest that a person closed."""
    if not issues:
        return None
    first_open = min((issue for issue in issues if issue.is_open), key=lambda issue: issue.number, default=None)
    return first_open or _latest_that_counts(issues)


def _latest_that_counts(issues: Sequence[Issue]) -> Issue | None:
    originals = (issue for issue in issues if issue.marker.closed != StateReason.DUPLICATE)
    latest = max(originals, key=lambda issue: (issue.closed_at or _NEVER, issue.number), default=None)
    return None if latest is None or latest.marker.closed else latest
