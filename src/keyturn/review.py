"""What changed between two versions of what a root declares, and what a reviewer should see of it.

Keys are compared by their id, wherever their files lie. Everything is judged by policy and catalogue of the base: what
a change itself brings of those counts only once somebody has merged it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from keyturn import checks, policy as judge
from keyturn.actions import verb
from keyturn.model import Catalogue, Finding, Severity, Tier
from keyturn.plan import its_issue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.actions import Planned
    from keyturn.model import Duration, Issue, Limits, Platform, Policy, Problem, Provider, Rotation
    from keyturn.plan import Plan

A = TypeVar("A", bound="Planned")

_WARNING = Severity.WARNING


@dataclass(frozen=True)
class Change:
    """Every key before and after, those with a fault in their file too, and what they are judged by."""

    before: tuple[Rotation, ...]
    after: tuple[Rotation, ...]
    policy: Policy
    catalogue: Catalogue
    today: date
    is_whole: bool = True  # every file of the change could be read; without it nothing counts as deleted

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Give what is the same key before and after: by its id, or by an id that it had."""
        old = {rotation.id: rotation for rotation in self.before}
        declared = {rotation.id for rotation in self.after}
        return tuple(
            Pair(old[id_], new)
            for new in self.after
            for id_ in (new.id, *(former for former in new.formerly if former not in declared))
            if id_ in old
        )

    @cached_property
    def added(self) -> tuple[Rotation, ...]:
        """Give the keys that were not there before."""
        known = {pair.new.id for pair in self.pairs}
        return tuple(rotation for rotation in self.after if rotation.id not in known)

    @cached_property
    def gone(self) -> tuple[Rotation, ...]:
        """Give the keys that no file declares or succeeds any more."""
        kept = {pair.old.id for pair in self.pairs}
        return tuple(rotation for rotation in self.before if rotation.id not in kept) if self.is_whole else ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One key before and after."""

    old: Rotation
    new: Rotation

    @property
    def is_changed(self) -> bool:
        """Tell whether more than the place of the file is another one."""
        return replace(self.old, path=self.new.path) != self.new

    @property
    def is_later(self) -> bool:
        """Tell whether the version in use is said to have been replaced."""
        return self.new.version > self.old.version


def findings(change: Change, issues: Sequence[Issue] | None, past: Collection[str] | None) -> Iterator[Finding]:
    """Find what a reviewer should see of the keys that were changed, added or deleted.

    `issues` are those of the tracker, `past` the ids that once were declared in files deleted since; None where nobody
    could look. A finding about a deleted file names that file.
    """
    own = list(_own(change, issues, past))
    yield from own
    said = {(finding.path, finding.pointer, finding.code) for finding in own}
    yield from (each for each in _by_base(change) if (each.path, each.pointer, each.code) not in said)


def _own(change: Change, issues: Sequence[Issue] | None, past: Collection[str] | None) -> Iterator[Finding]:
    for pair in change.pairs:
        if pair.is_changed:
            for rule in _RULES:
                yield from rule(pair, change.policy)
    renamed = _renamed(change)
    yield from (_id_changed(pair) for pair in renamed)
    known = {pair.old.id for pair in renamed}
    yield from _deletions([old for old in change.gone if old.id not in known], issues)
    yield from _reuses(change, past)


def _by_base(change: Change) -> Iterator[Finding]:
    """Hold the keys of changed files to the rules between files, as the base would."""
    paths = {pair.new.path for pair in change.pairs if pair.is_changed} | {added.path for added in change.added}
    found = checks.findings(change.after, (), change.catalogue, change.policy, change.today)
    yield from (finding for finding in found if finding.path in paths)


# -- one key -------------------------------------------------------------------------------------------------------


def _created(pair: Pair, _: Policy) -> Iterator[Finding]:
    old, new = pair.old, pair.new
    if new.version < old.version:
        message = f"`created` goes back from {old.version} to {new.version}; this is right for a correction only"
        yield Finding(new.path, ("created",), "created-backwards", message, _WARNING)
    elif pair.is_later and (new.evidence is None or new.evidence.replaces < old.version):
        message = (
            f"`created` moves from {old.version} to {new.version}, but nothing shows that the old key is out of use; "
            f"add `evidence` that replaces {old.version} (`keyturn record {new.id}` writes it)"
        )
        yield Finding(new.path, ("created",), "created-without-evidence", message)


def _expires(pair: Pair, _: Policy) -> Iterator[Finding]:
    if pair.is_later and pair.new.expires and pair.new.expires == pair.old.expires:
        message = "this is when the old key expires; write when the new one does, or take `expires` out"
        yield Finding(pair.new.path, ("expires",), "expires-of-old-key", message)


def _evidence(pair: Pair, _: Policy) -> Iterator[Finding]:
    new, evidence = pair.new, pair.new.evidence
    if evidence is None or (evidence == pair.old.evidence and new.version == pair.old.version):
        return
    for part, proof in evidence.parts.items():
        if proof.at < new.version.at:
            message = f"{part} was shown before `created`; show it again for the new key and write when that was"
            yield Finding(new.path, ("evidence", part.value, "at"), "evidence-stale", message)


def _leak(pair: Pair, _: Policy) -> Iterator[Finding]:
    if judge.is_leaked(pair.old) and not judge.is_leaked(pair.new) and not pair.is_later:
        message = "a key that leaked stays leaked; keep the `request` until the key is rotated, and record that"
        yield Finding(pair.new.path, ("request",), "leak-withdrawn", message, on_key=True)


def _tier(pair: Pair, policy: Policy) -> Iterator[Finding]:
    before, after = judge.tier(pair.old, policy), judge.tier(pair.new, policy)
    if list(Tier).index(after) > list(Tier).index(before):
        message = f"the tier goes down from {before} to {after}; say in the pull request why less harm is possible now"
        yield Finding(pair.new.path, ("tier",), "tier-lowered", message, _WARNING)


def _cadence(pair: Pair, policy: Policy) -> Iterator[Finding]:
    # What a lower tier changes is said of the tier.
    before = judge.cadence(pair.old, policy)
    after = judge.cadence(replace(pair.new, tier=judge.tier(pair.old, policy)), policy)
    if after.nominal_days > before.nominal_days:
        message = f"the key is to be rotated every {after} instead of every {before}; say in the pull request why"
        yield Finding(pair.new.path, ("rotate_every",), "cadence-loosened", message, _WARNING)


def _owners(pair: Pair, _: Policy) -> Iterator[Finding]:
    before, after = ({login.lower() for login in each.owners} for each in (pair.old, pair.new))
    if before.isdisjoint(after):
        message = f"every owner is another one ({', '.join(pair.old.owners)} before); let one of them approve this"
        yield Finding(pair.new.path, ("owners",), "owners-replaced", message, _WARNING)


_Rule: TypeAlias = "Callable[[Pair, Policy], Iterator[Finding]]"
_RULES: tuple[_Rule, ...] = (_created, _expires, _evidence, _leak, _tier, _cadence, _owners)


# -- ids -----------------------------------------------------------------------------------------------------------


def _renamed(change: Change) -> list[Pair]:
    """Pair the keys that are gone with added ones that look like them: the same file, or nothing but the id differs."""
    found = ((old, next((new for new in change.added if _is_same(old, new)), None)) for old in change.gone)
    return [Pair(old, new) for old, new in found if new]


def _is_same(old: Rotation, new: Rotation) -> bool:
    if old.path == new.path:
        return True
    if old.version != new.version or old.owners != new.owners:
        return False  # most pairs differ here already
    named = replace(old, path=new.path, provider=new.provider, slug=new.slug, key=new.key, formerly=new.formerly)
    return named == new


def _id_changed(pair: Pair) -> Finding:
    name = "provider" if pair.old.provider != pair.new.provider else "key"
    message = (
        f"{pair.old.id} becomes {pair.new.id} and would lose its issue and its history; add "
        f"`formerly: [{pair.old.id}]`. If it is another key, keep the file of {pair.old.id} and say `retired` there"
    )
    return Finding(pair.new.path, (name,), "id-changed", message)


def _deletions(gone: Sequence[Rotation], issues: Sequence[Issue] | None) -> Iterator[Finding]:
    for rotation in gone:
        names = {rotation.id, *rotation.formerly}
        issue = its_issue([issue for issue in issues or () if issue.marker.id in names])
        if judge.is_leaked(rotation):
            message = f"{rotation.id} leaked and is not rotated yet; bring the file back and keep its `request`"
            yield Finding(rotation.path, (), "leak-withdrawn", message)
        elif issue and issue.is_open:
            message = (
                f"the file of {rotation.id} is deleted while its issue #{issue.number} is open; bring it back and say "
                "`retired` in it, so that the issue closes when the old key is shown to be dead"
            )
            yield Finding(rotation.path, (), "deleted-while-open", message)
        elif issues is None:
            message = f"{rotation.id} is deleted; look whether its issue is open, since the issues could not be read"
            yield Finding(rotation.path, (), "deletion-unchecked", message, _WARNING)


def _reuses(change: Change, past: Collection[str] | None) -> Iterator[Finding]:
    known = {rotation.id for rotation in change.before}
    for rotation in change.after:
        if past is not None and rotation.id in past and rotation.id not in known:
            message = f"{rotation.id} was another key once, and its history would become this one's; choose a new name"
            yield Finding(rotation.path, ("key",), "id-reused", message)
        elif past is None and rotation.id not in known:
            message = f"whether {rotation.id} was used before cannot be seen in a shallow clone; use `fetch-depth: 0`"
            yield Finding(rotation.path, ("key",), "history-unchecked", message, _WARNING)


# -- what keys are judged by ---------------------------------------------------------------------------------------


def judging(base: Catalogue, head: Catalogue) -> Catalogue:
    """Return the catalogue of the base with what the head adds; what the head says differently does not count."""
    providers, platforms = (_additions(getattr(base, kind), getattr(head, kind)) for kind in ("providers", "platforms"))
    added: dict[str, Provider] = {slug: each for slug, each in providers.items() if slug not in base.aliases}
    if not added and not platforms:
        return base
    aliases = {alias: slug for slug, provider in added.items() for alias in provider.aliases}
    every: Mapping[str, Platform] = {**base.platforms, **platforms}
    return Catalogue({**base.providers, **added}, every, {**aliases, **base.aliases})


def _additions(base: Mapping[str, Any], head: Mapping[str, Any]) -> dict[str, Any]:
    known = set(base)
    return {slug: head[slug] for slug in head if slug not in known}


def overrides(
    changed: Collection[str], known: Mapping[str, Collection[str]], base: Catalogue, head: Catalogue
) -> Iterator[Finding]:
    """Find the changed files of the catalogue that take a name which is taken already.

    `known` has the slugs of the base for `providers` and `platforms`.
    """
    for path in sorted(changed):
        folder, _, name = path.rpartition("/")
        slug = name.rpartition(".")[0]
        if slug in known.get(folder, ()) or (folder == "providers" and _takes_name(slug, known[folder], base, head)):
            message = (
                f"{slug} stands in the catalogue already, and this changes what every rotation that names it is told "
                "to do; it counts only after the merge: compare its steps and its probe with the provider's own words"
            )
            yield Finding(path, (), "catalogue-overridden", message, _WARNING)


def _takes_name(slug: str, known: Collection[str], base: Catalogue, head: Catalogue) -> bool:
    """Tell whether a provider has a name by which the base means another one."""
    aliases = head.providers[slug].aliases if slug in head.providers else ()
    return any(base.aliases.get(name, slug) != slug for name in (slug, *aliases)) or bool({*aliases} & {*known})


def weakened(path: str, before: Policy, after: Policy) -> Iterator[Finding]:
    """Find what a changed policy asks less of."""
    for pointer, is_weaker in _STRENGTHS.items():
        old, new = (reduce(getattr, pointer, each) for each in (before, after))
        if is_weaker(old, new):
            message = (
                f"`{'.'.join(pointer)}` would ask for less or allow more; this change itself is still judged by what "
                "the base says"
            )
            yield Finding(path, pointer, "policy-weakened", message, _WARNING)


def _is_longer(before: Duration, after: Duration) -> bool:
    return after.nominal_days > before.nominal_days


def _is_shorter(before: Duration, after: Duration) -> bool:
    return _is_longer(after, before)


def _has_more(before: Collection[str], after: Collection[str]) -> bool:
    return not set(after) <= set(before)


def _has_fewer(before: Collection[str], after: Collection[str]) -> bool:
    return _has_more(after, before)


def _differs(before: object, after: object) -> bool:
    return before != after


def _is_more(before: int, after: int) -> bool:
    return after > before


def _is_less(before: int, after: int) -> bool:
    return after < before


# Whatever has no order counts as weaker where it differs at all.
_STRENGTHS: Mapping[tuple[str, ...], Callable[[Any, Any], bool]] = {
    ("tracker",): _differs,
    ("identity",): _differs,
    ("cadence", "critical"): _is_longer,
    ("cadence", "standard"): _is_longer,
    ("cadence", "low"): _is_longer,
    ("cadence", "max"): _is_longer,
    ("rules",): _differs,
    ("unknown_within",): _is_longer,
    ("expiry_margin",): _is_shorter,
    ("max_hold",): _is_longer,
    ("max_waiver",): _is_longer,
    ("limits", "max_close_count"): _is_more,
    ("limits", "max_close_percent"): _is_more,
    ("evidence", "require"): _has_fewer,
    ("evidence", "methods"): _differs,
    ("evidence", "four_eyes"): _is_less,
    ("probe", "hosts"): _has_more,
    ("probe", "confidence"): _has_more,
}


# -- what merging brings -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What a merge changes about the next run."""

    plan: Plan  # what only happens after it
    averted: tuple[Planned, ...]  # what no longer happens after it


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that a reviewer is shown."""

    base: str  # the commit that judges
    tracker: str
    problems: tuple[Problem, ...]
    effect: Effect | None  # None where the issues could not be read
    notes: tuple[str, ...] = ()  # what could not be looked at, and why

    @property
    def has_errors(self) -> bool:
        """Tell whether something stands against merging."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def effect(before: Plan, after: Plan) -> Effect:
    """Compare the plans that two versions of the files bring, made from the same issues on the same day."""
    plan = replace(
        after,
        actions=tuple(_without(after.actions, before.actions)),
        waiting=tuple(_without(after.waiting, before.waiting)),
    )
    kept = {_gist(action) for action in (*after.actions, *after.waiting)}
    averted = (action for action in (*before.actions, *before.waiting) if _gist(action) not in kept)
    return Effect(plan, tuple(averted))


def excess(path: str, before: Plan, after: Plan, limits: Limits) -> Iterator[Finding]:
    """Find that the change has the next run close more issues than it may, so that it would do nothing at all."""
    if after.is_excessive(limits) and not before.is_excessive(limits):
        message = (
            f"after the merge {after.dropped} of {after.issues_open} open issues would be closed as not planned, which "
            "is more than `limits` lets a run do, so it would do nothing at all; make several smaller changes of this"
        )
        yield Finding(path, ("limits",), "closes-too-much", message)


def _without(actions: Sequence[A], others: Sequence[A]) -> Iterator[A]:
    same = defaultdict[tuple[str, str], list[A]](list)
    for other in others:
        same[_gist(other)].append(other)
    yield from (action for action in actions if action not in same[_gist(action)])


def _gist(action: Planned) -> tuple[str, str]:
    return verb(action), action.subject.rotation


def reviewed(own: Collection[Problem], of_head: Collection[Problem]) -> tuple[Problem, ...]:
    """Join what was found twice: at one place a code is said once, as the review says it."""
    said = {_spot(problem) for problem in own}
    return tuple(sorted({*own, *(problem for problem in of_head if _spot(problem) not in said)}))


def _spot(problem: Problem) -> tuple[str, int, int, str]:
    return problem.path, problem.line, problem.column, problem.code
