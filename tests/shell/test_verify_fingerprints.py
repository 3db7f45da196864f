"""Fingerprints and the baseline: the old value is the key that was in use, or it proves nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any

import pytest
from shell.desk import OVERDUE, Desk
from shell.scripted_provider import serving
from shell.test_verify_verdicts import ACCEPTED, AT, ID, NEW, OLD, REJECTED, UNKNOWN, USER, Acme, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "rotations/acme-loader.yaml"
SALT = "salt" * 8


def mark(text: str, key: str = SALT) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:12]


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    with serving() as service:
        desk = Desk(tmp_path)
        desk.declare(ID, OVERDUE)
        acme = Acme(service, desk)
        desk.environment["KEYTURN_FINGERPRINT_KEY"] = SALT
        yield acme


def last(fingerprint: str) -> dict[str, Any]:
    """Give the evidence of the rotation before."""
    proof = {"method": "probe", "at": "2026-08-01T12:00:00Z", "fingerprint": fingerprint}
    return {"replaces": "2026-05-01", "new_key": proof, "by": "alice"}


# -- the chain -----------------------------------------------------------------------------------------------------

BASELINE = {"at": "2026-11-20T12:00:00Z", "fingerprint": mark(OLD)}
STALE = {"at": "2026-07-01T12:00:00Z", "fingerprint": mark("stale")}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 0),
        ({"evidence": last(mark(OLD))}, 0),
        ({"evidence": last(mark("other"))}, 1),
        ({"evidence": {"replaces": "2026-05-01", "by": "alice"}}, 0),
        ({"baseline": BASELINE}, 0),
        ({"baseline": {**BASELINE, "fingerprint": mark("other")}}, 1),
        ({"baseline": STALE}, 0),
        ({"baseline": BASELINE, "evidence": last(mark("other"))}, 0),
        ({"baseline": STALE, "evidence": last(mark("other"))}, 1),
    ],
    ids=[
        "nothing known",
        "the last one",
        "not the last one",
        "no fingerprint then",
        "the baseline",
        "not the baseline",
        "a baseline of an earlier version",
        "one of both",
        "only the stale one is left out",
    ],
)
def test_the_old_key_must_be_the_one_in_use(acme: Acme, fields: dict[str, Any], status: int) -> None:
    acme.desk.declare(ID, OVERDUE, **fields)
    ran = acme.verify()
    assert ran.status == status
    assert ("The old value is not the key that was in use" in ran.out) is (status == 1)
    assert bool(acme.asked) is (status == 0)


def test_without_a_key_for_fingerprints_nothing_is_compared(acme: Acme) -> None:
    acme.desk.declare(ID, OVERDUE, evidence=last(mark("other")))
    del acme.desk.environment["KEYTURN_FINGERPRINT_KEY"]
    assert acme.verify().status == 0
    acme.desk.environment["KEYTURN_FINGERPRINT_KEY"] = ""
    assert acme.verify().status == 0


def test_a_mismatch_proves_nothing_and_asks_nothing(acme: Acme) -> None:
    acme.desk.declare(ID, OVERDUE, evidence=last(mark("other")))
    status, document = acme.document()
    assert (status, verdicts(document), document["proves"]) == (1, (UNKNOWN,) * 3, False)
    assert document["details"]["control"] == {"status": None, "at": None, "reason": "not-asked"}


# -- the baseline --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("control", "old", "status", "said"),
    [
        (REJECTED, ACCEPTED, 0, "The old key is accepted, and a made-up one rejected."),
        (REJECTED, REJECTED, 1, "The key in use is rejected: check that it is the value in use."),
        (REJECTED, UNKNOWN, 3, "Nothing is known of the old key:"),
        (ACCEPTED, ACCEPTED, 3, "The probe did not reject a made-up key"),
    ],
    ids=["accepted", "rejected", "unknown", "untrustworthy"],
)
def test_a_baseline_asks_about_the_old_key_alone(acme: Acme, control: str, old: str, status: int, said: str) -> None:
    acme.answer(control=control, old=old)
    del acme.desk.environment["KEYTURN_NEW_TOKEN"]
    before = acme.desk.read(PATH)
    ran = acme.verify("--baseline")
    assert (ran.status, said in ran.out) == (status, True)
    assert "new" not in acme.asked
    added = f"baseline: {{at: {AT}, fingerprint: {mark(OLD)}}}\n" if status == 0 else ""
    assert acme.desk.read(PATH).replace('"', "") == (before + added).replace('"', "")
    assert acme.desk.keyturn("validate").status == 0


def test_a_baseline_takes_the_place_of_an_earlier_one(acme: Acme) -> None:
    acme.answer(old=ACCEPTED)
    acme.desk.declare(ID, OVERDUE, baseline={**BASELINE, "fingerprint": mark("other")})
    ran = acme.verify("--baseline")
    assert ran.status == 0
    assert ran.err == (
        "recorded as alice, the first owner; say --by LOGIN where that is wrong\n"
        f"{PATH}: baseline recorded. Commit and merge it before you rotate the key.\n"
    )
    assert mark(OLD) in acme.desk.read(PATH)
    assert mark("other") not in acme.desk.read(PATH)


def test_a_baseline_of_another_key_is_refused(acme: Acme) -> None:
    acme.answer(old=ACCEPTED)
    acme.desk.declare(ID, OVERDUE, evidence=last(mark("other")))
    before = acme.desk.read(PATH)
    assert acme.verify("--baseline").status == 1
    assert acme.desk.read(PATH) == before


def test_a_baseline_needs_a_key_for_fingerprints(acme: Acme) -> None:
    del acme.desk.environment["KEYTURN_FINGERPRINT_KEY"]
    ran = acme.verify("--baseline")
    assert (ran.status, acme.asked) == (2, [])
    assert "the environment lacks KEYTURN_FINGERPRINT_KEY" in ran.err


def test_a_baseline_proves_no_rotation(acme: Acme) -> None:
    acme.answer(old=ACCEPTED)
    before = acme.desk.read(PATH)
    status, document = acme.document("--baseline", "--dry-run")
    assert (status, verdicts(document), document["proves"]) == (0, (REJECTED, UNKNOWN, ACCEPTED), False)
    assert acme.desk.read(PATH) == before


# -- what is recorded with it --------------------------------------------------------------------------------------


def recorded(acme: Acme, **fields: Any) -> list[str]:
    acme.desk.declare(ID, OVERDUE, **fields)
    assert acme.verify("--record", "--by", "bob").status == 0
    return re.findall(r"\w+_key: \{[^}]*\}", acme.desk.read(PATH))


def test_with_a_baseline_the_old_key_is_proved(acme: Acme) -> None:
    assert recorded(acme, baseline=BASELINE) == [
        f"new_key: {{method: probe, at: {AT}, fingerprint: {mark(NEW)}}}",
        f"old_key: {{method: probe, at: {AT}, fingerprint: {mark(OLD)}}}",
    ]


@pytest.mark.parametrize("fields", [{}, {"baseline": STALE}, {"evidence": last(mark(OLD))}])
def test_without_one_it_is_attested(acme: Acme, fields: dict[str, Any]) -> None:
    assert recorded(acme, **fields)[1] == f"old_key: {{method: attested, at: {AT}, fingerprint: {mark(OLD)}}}"


def test_a_baseline_that_nothing_is_compared_with_proves_nothing(acme: Acme) -> None:
    del acme.desk.environment["KEYTURN_FINGERPRINT_KEY"]
    assert recorded(acme, baseline=BASELINE) == [
        f"new_key: {{method: probe, at: {AT}}}",
        f"old_key: {{method: attested, at: {AT}}}",
    ]


def test_several_secrets_have_one_fingerprint(acme: Acme) -> None:
    acme.offer(
        {"name": "user", "secret": False},
        "token",
        "shared",
        auth={"scheme": "header", "name": "X-Key", "format": "{token}"},
        params=USER,
    )
    acme.desk.environment |= {"KEYTURN_NEW_SHARED": "s" * 12, "KEYTURN_OLD_SHARED": "s" * 12}
    shown = recorded(acme, params={"user": "loader"})
    assert mark(f"{NEW}\n{'s' * 12}") in shown[0]
