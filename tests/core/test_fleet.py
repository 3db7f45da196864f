"""The facts of a report: how keys are put in order, counted, and paired with incidents and with their past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from core.fleet_samples import fleet, key
from core.samples import DUE, DUE_SOON, FRESH, OVERDUE, TODAY, day, evidence, incident, leak, pause, request, retired

from keyturn import fleet as facts
from keyturn.fleet import Band
from keyturn.fleet.past import Snapshot, pasts
from keyturn.model import Duration, Match, Method, Part, Retirement, Rotation, Status, Tier, Version, moment

# -- order and counts ------------------------------------------------------------------------------------------------


def test_the_most_urgent_come_first_by_their_day() -> None:
    found = fleet(
        key("mixpanel/fresh", FRESH),
        key("mixpanel/waived", OVERDUE, waiver=pause("2027-06-30")),
        key("mixpanel/soon", DUE_SOON),
        key("mixpanel/late", OVERDUE),
        key("mixpanel/leaked", FRESH, request=leak(FRESH)),
        key("mixpanel/held", OVERDUE, hold=pause("2026-12-10")),
    )
    assert [each.rotation.key for each in found.keys] == ["leaked", "late", "soon", "held", "fresh", "waived"]


@pytest.mark.parametrize(
    ("days", "band"),
    [(0, "0-30"), (30, "0-30"), (31, "31-60"), (90, "61-90"), (91, "91-180"), (181, "181-365"), (366, "366+")],
)
def test_an_age_falls_into_one_band(days: int, band: str) -> None:
    found = facts.ages(fleet(key(created=(TODAY - timedelta(days)).isoformat())))
    assert [each.name for each in found if each.total] == [band]


def test_ages_count_who_is_late_and_who_is_of_unknown_age() -> None:
    late = key("mixpanel/late", OVERDUE)
    given_up = key("mixpanel/over", OVERDUE, retired=retired("2026-11-01", "2026-11-02"))
    unknown = key("mixpanel/unknown", "unknown", enrolled=TODAY)
    found = [each for each in facts.ages(fleet(late, given_up, unknown)) if each.total]
    assert found == [Band("91-180", 2, 1), Band("unknown", 1, 0)]


def test_statuses_are_counted_in_their_order() -> None:
    found = facts.statuses([key(created=FRESH), key(created=OVERDUE), key(created=FRESH)])
    assert list(found.items()) == [(Status.OVERDUE, 1), (Status.FRESH, 2)]


def test_the_calendar_holds_what_falls_due_from_today_on_and_is_expected() -> None:
    found = facts.due_days(
        fleet(
            key("mixpanel/b", DUE),
            key("mixpanel/a", DUE),
            key("mixpanel/late", OVERDUE),
            key("mixpanel/last", (TODAY - timedelta(0)).isoformat()),
            key("mixpanel/beyond", "2026-11-22"),
            key("mixpanel/waived", DUE, waiver=pause("2027-06-30")),
        )
    )
    names = {due.isoformat(): [each.rotation.key for each in keys] for due, keys in found.items()}
    assert names == {"2026-11-21": ["a", "b"], "2027-02-19": ["last"]}


def test_owners_are_one_whatever_their_case_and_providers_go_by_slug() -> None:
    one, two = key("close/one", owners=("Alice", "bob")), key("mixpanel/two", owners=("alice", "ALICE"))
    assert {login: len(keys) for login, keys in facts.owners([one, two]).items()} == {"alice": 2, "bob": 1}
    assert {slug: len(keys) for slug, keys in facts.providers([one, two]).items()} == {"close": 1, "mixpanel": 1}


def test_who_has_most_past_its_day_comes_first() -> None:
    keys = [key(f"mixpanel/{at}", OVERDUE, owners=("bob",)) for at in range(2)]
    found = facts.late_by_owner(fleet(*keys, key("close/x", OVERDUE, owners=("alice",)), key("close/y", FRESH)))
    assert list(found.items()) == [("bob", 2), ("alice", 1)]


def test_evidence_is_counted_by_part_and_method() -> None:
    proved = key(created=FRESH, evidence=evidence(OVERDUE, "2026-11-02", new_key=Method.PROBE))
    found = facts.evidence([proved, key(created=FRESH)])
    assert found[Part.NEW_KEY] == {Method.PROBE: 1, None: 1}
    assert list(found) == list(Part)


# -- incidents -------------------------------------------------------------------------------------------------------


def test_an_incident_parts_what_is_to_be_replaced_from_what_has_been() -> None:
    vendor = incident(match=Match(frozenset({"mixpanel"})), exposed_until=moment("2026-11-10"))
    old, new, other = key("mixpanel/old", FRESH), key("mixpanel/new", "2026-11-15"), key("close/other", FRESH)
    (watch,) = facts.watches([vendor], [old, new, other], TODAY)
    assert (watch.exposed, watch.replaced) == ((old,), (new,))


# -- the past --------------------------------------------------------------------------------------------------------

PLAIN = key(created=OVERDUE).rotation


def snapshots(*rotations: Rotation) -> list[Snapshot]:
    return [Snapshot(f"c{at}", moment(f"2026-11-{at:02}"), "alice", each) for at, each in enumerate(rotations, start=1)]


def said(*rotations: Rotation) -> list[tuple[str, ...]]:
    found = pasts([rotations[-1]], snapshots(*rotations))
    return [change.said for change in found[rotations[-1].id].changes]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"owners": ("carol",)}, "owners: carol instead of alice"),
        ({"rotate_every": Duration.read("60d")}, "rotated every 60d instead of policy"),
        ({"tier": Tier.LOW}, "tier low instead of by policy"),
        ({"request": request(OVERDUE, "2026-11-25")}, "rotation requested by 2026-11-25: policy"),
        ({"hold": pause("2026-12-10")}, "hold until 2026-12-10"),
        ({"waiver": pause("2027-01-10")}, "waiver until 2027-01-10"),
        ({"retired": Retirement(day("2026-12-01"), "Over.")}, "retired since 2026-12-01"),
        ({"version": Version.read("2026-07-01")}, "created corrected from 2026-08-01 to 2026-07-01"),
        ({"version": Version.read(FRESH)}, f"rotated: {FRESH} replaces 2026-08-01"),
        ({"key": "renamed", "formerly": (PLAIN.id,)}, f"renamed from {PLAIN.id}"),
    ],
)
def test_a_change_is_told_in_words(change: dict[str, Any], told: str) -> None:
    after = replace(PLAIN, **change)
    assert said(PLAIN, after) == [(told,), ("declared, created 2026-08-01",)]


def test_what_ends_is_told_too_and_what_stays_is_not() -> None:
    held = replace(PLAIN, hold=pause("2026-12-10"), request=request(OVERDUE, "2026-11-25"))
    assert said(held, held, PLAIN)[0] == ("request withdrawn", "hold ended")
    assert len(said(held, held, PLAIN)) == 2


def test_texts_of_the_past_are_not_told() -> None:
    before = replace(PLAIN, description="the key is in the drawer", hold=pause("2026-12-10"))
    assert "drawer" not in str(said(before, PLAIN))
    assert "Because" not in str(said(before, PLAIN))


def test_each_version_has_its_life_with_the_last_evidence() -> None:
    rotated = replace(PLAIN, version=Version.read(FRESH))
    proved = replace(rotated, evidence=evidence(OVERDUE, "2026-11-02"))
    found = pasts([proved], snapshots(PLAIN, rotated, proved))[proved.id]
    assert [(life.version.text, life.commit, str(life.until)) for life in found.lives] == [
        (FRESH, "c2", "None"),
        (OVERDUE, "c1", FRESH),
    ]
    assert found.lives[0].evidence == proved.evidence
    assert found.changes[0].said[0].startswith("evidence recorded by ")


def test_a_declared_key_keeps_its_own_past_though_another_claims_its_id() -> None:
    other = replace(PLAIN, key="other", formerly=(PLAIN.id,))
    found = pasts([PLAIN, other], snapshots(PLAIN, other))
    assert {id_: len(past.changes) for id_, past in found.items()} == {PLAIN.id: 1, other.id: 1}


def test_what_is_not_declared_any_more_has_no_page() -> None:
    assert pasts([], snapshots(PLAIN)) == {}
