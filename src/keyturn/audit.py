"""What became of each version of each key: from what its files said over time, and from its issues."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from keyturn import policy as judge
from keyturn.model import Evidence, Marker, Method, Policy, Status, Truth, Why
from keyturn.model.audit import Ask, End, Ended, Record, Recorded, State, Turn, Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from keyturn.model import Incident, Issue, Part, Rotation, Version
    from keyturn.model.audit import Change, Past, Told


def records(past: Past, issues: Iterable[Issue], today: date) -> tuple[Record, ...]:
    """Tell what became of every key that was ever declared, by id; issues are those of any age."""
    names = _Names.of(past.rotations)
    by_key = defaultdict[str, list[Any]](list)
    for issue in issues:
        by_key[names.last(issue.marker.id)].append(issue)
    lives = _lives(past.rotations, names)
    return tuple(
        _record(id_, states, names, _Scene(past, tuple(by_key[id_]), today)) for id_, states in sorted(lives.items())
    )


def shown(found: Iterable[Record], since: date | None) -> tuple[Record, ...]:
    """Leave out the versions of which nothing happened on or after a day and that were out of use by then."""
    cut = (replace(each, turns=tuple(turn for turn in each.turns if _is_since(turn, since))) for each in found)
    return tuple(each for each in cut if each.turns)


def _is_since(turn: Turn, since: date | None) -> bool:
    if since is None or turn.ended is None:
        return True
    closed = (issue.closed_at for issue in turn.issues if issue.closed_at)
    is_open = any(issue.is_open for issue in turn.issues)
    return is_open or max(*(change.at for change in turn.changes), *closed).date() >= since


def weighed(found: Iterable[Record], told: Told) -> tuple[Record, ...]:
    """Take evidence for what it is worth: a probe whose run was looked at and is none of ours is a person's word."""
    return tuple(replace(each, turns=tuple(_weighed(turn, told) for turn in each.turns)) for each in found)


def _weighed(turn: Turn, told: Told) -> Turn:
    last = turn.evidence[-1] if turn.on_run else None
    statement = told.runs.get((last.change.commit, last.rotation.id)) if last else None
    if statement is None or statement.truth is not Truth.REFUTED:
        return turn
    missing = (f"{part} counts as attested, which does not suffice: {statement.reason}" for part in turn.on_run)
    return replace(turn, missing=(*turn.missing, *missing), proved=None)


# -- which file means which key ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Names:
    """The ids of keys, and what each is called after that."""

    later: Mapping[str, str]

    @classmethod
    def of(cls, states: Iterable[State[Rotation]]) -> _Names:
        now: dict[str, Rotation | None] = {}
        later: dict[str, str] = {}
        for state in states:
            now[state.change.path] = state.value
            if state.value:
                later.update(dict.fromkeys(state.value.formerly, state.value.id))
                later.pop(state.value.id, None)  # what is declared is not a former id, so names lead in no circle
        declared = {rotation.id for rotation in now.values() if rotation}
        return cls({former: id_ for former, id_ in later.items() if former not in declared})

    def last(self, id_: str) -> str:
        """Return the last id that a key had."""
        while id_ in self.later:
            id_ = self.later[id_]
        return id_


def _lives(states: Sequence[State[Rotation]], names: _Names) -> Mapping[str, list[State[Rotation]]]:
    """Sort the states by key; a key is gone with the commit after which no file declares it."""
    found: dict[str, list[State[Rotation]]] = defaultdict(list)
    at, files = dict[str, str](), Counter[str]()
    for _, group in groupby(states, key=lambda state: state.change.order):
        commit = list(group)
        left: dict[str, Change] = {}
        for state in commit:
            if before := at.pop(state.change.path, None):
                files[before] -= 1
                left[before] = state.change
        for state in commit:
            if state.value:
                id_ = names.last(state.value.id)
                at[state.change.path] = id_
                files[id_] += 1
                found[id_].append(state)
        for id_, change in left.items():
            if not files[id_]:
                found[id_].append(State(change, None))
    return found


# -- versions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one key's record is made from beside its own states."""

    past: Past
    issues: tuple[Issue, ...]
    today: date

    def policy(self, change: Change) -> Policy:
        """Return the policy that was in force with a change."""
        known = (state.value for state in self.past.policies if state.change.order <= change.order)
        return ([Policy(), *(each or Policy() for each in known)])[-1]


@dataclass(frozen=True, slots=True)
class _Span:
    """The states in a row that declare one version, and the state that ended it."""

    states: tuple[tuple[Change, Rotation], ...]
    end: State[Rotation] | None

    @property
    def version(self) -> Version:
        return self.last.version

    @property
    def first(self) -> Change:
        return self.states[0][0]

    @property
    def last(self) -> Rotation:
        return self.states[-1][1]

    @property
    def last_change(self) -> Change:
        return self.end.change if self.end else self.states[-1][0]


def _spans(states: Iterable[State[Rotation]]) -> Iterator[_Span]:
    row: list[tuple[Change, Rotation]] = []
    for state in states:
        if row and (state.value is None or state.value.version != row[-1][1].version):
            yield _Span(tuple(row), state)
            row = []
        if state.value:
            row.append((state.change, state.value))
    if row:
        yield _Span(tuple(row), None)


def _record(id_: str, states: Sequence[State[Rotation]], names: _Names, scene: _Scene) -> Record:
    spans = list(_spans(states))
    ids = dict.fromkeys(state.value.id for state in states if state.value)
    declared = {former for state in states if state.value for former in state.value.formerly}
    formerly = [each for each in (*ids, *sorted(declared)) if each != id_ and names.last(each) == id_]
    return Record(
        id=id_,
        formerly=tuple(dict.fromkeys(formerly)),
        path=states[-1].change.path if states[-1].value else None,
        turns=tuple(_turn(span, following, scene) for span, following in pairwise([*spans, None]) if span),
    )


def _turn(span: _Span, following: _Span | None, scene: _Scene) -> Turn:
    issues = tuple(issue for issue in scene.issues if issue.marker.version == span.version)
    ended = _ended(span)
    evidence = tuple(_evidence(span, following, ended))
    missing = tuple(_missing(span, evidence, ended, scene))
    incidents = tuple(_incidents(span, scene.past.incidents))
    due = _due(span, [incident for _, incident in incidents], scene)
    plain = Turn(
        version=span.version,
        declared=span.first,
        asked=(),
        due=issues[-1].marker.due if issues else due,
        is_due_by_issue=bool(issues),
        issues=issues,
        ended=ended,
        is_retired=span.last.retired is not None,
        evidence=evidence,
        missing=missing,
        proved=_proved(evidence[-1]) if evidence and not missing else None,
        on_run=tuple(_on_run(evidence[-1], scene)) if evidence else (),
    )
    return replace(plain, asked=tuple(_asked(span, incidents)) or tuple(_by_calendar(span, plain, scene)))


def _ended(span: _Span) -> Ended | None:
    if span.end is None:
        return None
    if span.end.value is None:
        return Ended(End.DELETED, span.end.change)
    into = span.end.value.version
    return Ended(End.REPLACED if into > span.version else End.CORRECTED, span.end.change, into)


def _due(span: _Span, incidents: Sequence[Incident], scene: _Scene) -> date:
    incident = min(incidents, key=lambda each: each.respond_by, default=None)
    return judge.due(span.last, scene.policy(span.last_change), incident)


# -- who asked -----------------------------------------------------------------------------------------------------


def _asked(span: _Span, incidents: Iterable[tuple[Change, Incident]]) -> Iterator[Ask]:
    known = set()
    for change, rotation in span.states:
        request = rotation.request_in_force
        if request and request not in known:
            known.add(request)
            yield Ask(Way.REQUEST, Why(request.reason.value), change, request.deadline)
    for change, incident in incidents:
        yield Ask(Way.INCIDENT, Why.INCIDENT, change, incident.respond_by, incident.id)
    given_up = [change for change, rotation in span.states if rotation.retired]
    yield from (Ask(Way.RETIREMENT, Why.RETIRED, change) for change in given_up[:1])


def _incidents(span: _Span, states: Iterable[State[Incident]]) -> Iterator[tuple[Change, Incident]]:
    """Find the incidents that touched a version while it was declared, as they last stood then."""
    by_path = defaultdict[str, list[State[Any]]](list)
    for state in states:
        by_path[state.change.path].append(state)
    for same in by_path.values():
        during = [
            (state.change, state.value)
            for state, following in pairwise([*same, None])
            if state and state.value and _is_during(state, following, span)
        ]
        if during and during[-1][1].affects(span.last):
            yield during[0][0], during[-1][1]


def _is_during(state: State[Incident], following: State[Incident] | None, span: _Span) -> bool:
    is_before_end = span.end is None or state.change.order < span.end.change.order
    is_after_start = following is None or following.change.order > span.first.order
    return is_before_end and is_after_start


def _by_calendar(span: _Span, turn: Turn, scene: _Scene) -> Iterator[Ask]:
    """Say that the calendar asked, or that nobody did."""
    if turn.issues:
        yield Ask(Way.SCHEDULE, turn.issues[-1].marker.why)
        return
    day = turn.ended.change.at.date() if turn.ended else scene.today
    if day >= judge.notice_from(span.last, scene.policy(span.last_change), turn.due):
        yield Ask(Way.SCHEDULE, Why.DUE)
    elif turn.ended and turn.ended.how is End.REPLACED:
        yield Ask(Way.NOBODY)


# -- what shows that it is dead ------------------------------------------------------------------------------------


def _evidence(span: _Span, following: _Span | None, ended: Ended | None) -> Iterator[Recorded]:
    """Find every block of evidence that said how this version went: of its retirement, or in its successor's states."""
    last: Any = None
    for change, rotation in span.states:
        found = rotation.retired.evidence if rotation.retired else None
        if found and found != last:
            last = found
            yield Recorded(change, rotation, found)
    if following and ended and ended.how is End.REPLACED:
        yield from _replacing(span.last.evidence, following)


def _replacing(stale: Evidence | None, following: _Span) -> Iterator[Recorded]:
    """Leave out the block that stood there before `created` was moved: it is about an earlier version."""
    last = stale
    for change, rotation in following.states:
        if rotation.evidence and rotation.evidence != last:
            yield Recorded(change, rotation, rotation.evidence)
        last = rotation.evidence or last


def _missing(span: _Span, evidence: Sequence[Recorded], ended: Ended | None, scene: _Scene) -> Iterator[str]:
    is_over = ended is not None or span.last.retired is not None
    if not is_over or (ended and ended.how is End.CORRECTED):
        return
    if not evidence:
        yield "no evidence is recorded"
        return
    last = evidence[-1]
    policy = scene.policy(last.change)
    if isinstance(last.evidence, Evidence):
        plain = replace(last.rotation, retired=None)
        yield from judge.standing(plain, _asking(plain.id, span.version), policy, (), scene.today).missing
    else:
        yield from judge.standing(last.rotation, None, policy, (), date.max).missing


def _on_run(last: Recorded, scene: _Scene) -> Iterator[Part]:
    """Name the parts for which a person's word would not have been enough."""
    policy = scene.policy(last.change)
    tier = judge.tier(last.rotation, policy)
    for part, proof in last.evidence.parts.items():
        is_weaker = not policy.evidence.suffices(tier, part, Method.ATTESTED)
        if proof.method is Method.PROBE and part in policy.evidence.require and is_weaker:
            yield part


def _proved(last: Recorded) -> datetime:
    """Return when the last part was shown; a policy may ask for none."""
    return max((proof.at for proof in last.evidence.parts.values()), default=last.change.at)


def _asking(id_: str, version: Version) -> Marker:
    """Stand in for the marker of an issue about this version, which may be gone."""
    return Marker("", id_, version, date.min, Why.DUE, Status.DUE, date.min)
