"""What is said of a verification, as lines, JSON, a page and a pull request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from keyturn.model import Outcome, Reason, Verdict
from keyturn.model.verification import Conclusion, Verification
from keyturn.render import verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping

AT = datetime(2026, 11, 21, 9, 0, 0, 999, tzinfo=UTC)
A, R, U = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNKNOWN
_STATUSES = {A: 200, R: 401, U: None}


def verdict(outcome: Outcome, reason: Reason | None = None) -> Verdict:
    return Verdict(
        outcome, reason or (Reason.TIMED_OUT if outcome is U else Reason.LISTED_STATUS), AT, _STATUSES[outcome]
    )


def verification(control: Outcome = R, new: Outcome = A, old: Outcome = R, **more: Any) -> Verification:
    return Verification("acme/loader", verdict(control), verdict(new), verdict(old), **more)


# -- what follows --------------------------------------------------------------------------------------------------

CONCLUSIONS: Mapping[tuple[Outcome, Outcome], Conclusion] = {
    (A, A): Conclusion.CONTRADICTED,
    (A, R): Conclusion.COMPLETE,
    (A, U): Conclusion.UNKNOWN,
    (R, A): Conclusion.CONTRADICTED,
    (R, R): Conclusion.CONTRADICTED,
    (R, U): Conclusion.CONTRADICTED,
    (U, A): Conclusion.CONTRADICTED,
    (U, R): Conclusion.UNKNOWN,
    (U, U): Conclusion.UNKNOWN,
}


@pytest.mark.parametrize(("control", "new", "old"), list(product(Outcome, repeat=3)), ids=str)
def test_one_combination_proves(control: Outcome, new: Outcome, old: Outcome) -> None:
    shown = verification(control, new, old)
    assert shown.conclusion is (CONCLUSIONS[new, old] if control is R else Conclusion.UNKNOWN)
    assert shown.proves is ((control, new, old) == (R, A, R))
    assert shown.outcomes == ((R, new, old) if control is R else (control, U, U))


@pytest.mark.parametrize(
    ("control", "old", "conclusion"),
    [
        (R, A, Conclusion.COMPLETE),
        (R, R, Conclusion.CONTRADICTED),
        (R, U, Conclusion.UNKNOWN),
        (A, A, Conclusion.UNKNOWN),
        (U, R, Conclusion.UNKNOWN),
    ],
    ids=str,
)
def test_a_baseline_proves_no_rotation(control: Outcome, old: Outcome, conclusion: Conclusion) -> None:
    shown = Verification("acme/loader", verdict(control), None, verdict(old), is_baseline=True)
    assert (shown.conclusion, shown.proves) == (conclusion, False)


def test_a_mismatch_contradicts_whatever_was_answered() -> None:
    assert verification(is_mismatch=True).conclusion is Conclusion.CONTRADICTED
    assert not verification(is_mismatch=True).proves


# -- words ---------------------------------------------------------------------------------------------------------

BASELINE = {"is_baseline": True}


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (verification(), "The new key is accepted and the old one rejected, and a made-up one rejected."),
        (verification(R, U, A, **BASELINE), "The old key is accepted, and a made-up one rejected."),
        (
            verification(R, R, R),
            "The new key is rejected: check that it is the new one, and that it has been activated.",
        ),
        (
            verification(R, R, R, hint="wait a little"),
            "The new key is rejected: check that it is the new one, and that it has been activated. Wait a little.",
        ),
        (verification(R, A, A), "The old key is still accepted: revoke it, then run this again."),
        (verification(R, R, A), "The new key is rejected and the old one accepted: are they the wrong way round?"),
        (verification(R, U, R, **BASELINE), "The key in use is rejected: check that it is the value in use."),
        (verification(A), "The probe did not reject a made-up key, so it shows nothing about the real ones."),
        (
            verification(U),
            "Nothing is known of the made-up key: no answer in time; check the network, and run it again.",
        ),
        (
            verification(R, A, U),
            "Nothing is known of the old key: no answer in time; check the network, and run it again.",
        ),
        (
            verification(R, U, R),
            "Nothing is known of the new key: no answer in time; check the network, and run it again.",
        ),
        (Verification("acme/loader", hint="no probe"), "No probe."),
        (Verification("acme/loader"), "Nothing was asked."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_follows_in_words(shown: Verification, said: str) -> None:
    assert verdicts.summary(shown) == said
    assert verdicts.text(shown)[-1] == said


def test_a_mismatch_in_words() -> None:
    said = verdicts.summary(verification(is_mismatch=True))
    assert said.startswith("The old value is not the key that was in use: its fingerprint is neither")


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.LISTED_STATUS])
def test_every_reason_for_a_doubt_says_what_to_do(reason: Reason) -> None:
    shown = Verification("acme/loader", verdict(U, reason))
    said = verdicts.summary(shown)
    assert said.startswith("Nothing is known of the made-up key: ")
    assert len(said) < 200
    assert any(word in said for word in (" run ", "check ", "correct ", "list ", "write ", "paste ", "ask ", "asks "))


# -- forms ---------------------------------------------------------------------------------------------------------


def test_the_lines() -> None:
    assert verdicts.text(verification(R, A, U)) == [
        "acme/loader",
        "  made-up key  rejected  401  2026-11-21T09:00:00Z  listed-status",
        "  new key      accepted  200  2026-11-21T09:00:00Z  listed-status",
        "  old key      unknown        2026-11-21T09:00:00Z  timed-out",
        "Nothing is known of the old key: no answer in time; check the network, and run it again.",
    ]


def test_the_document() -> None:
    east = timezone(timedelta(hours=2))
    new = Verdict(A, Reason.LISTED_STATUS, datetime(2026, 11, 21, 11, tzinfo=east), 200)
    shown = Verification("acme/loader", verdict(R), new, None)
    assert verdicts.document(shown) == {
        "rotation": "acme/loader",
        "control": "rejected",
        "new_key": "accepted",
        "old_key": "unknown",
        "proves": False,
        "conclusion": "unknown",
        "message": "Nothing was asked.",
        "details": {
            "control": {"status": 401, "at": "2026-11-21T09:00:00Z", "reason": "listed-status"},
            "new_key": {"status": 200, "at": "2026-11-21T09:00:00Z", "reason": "listed-status"},
            "old_key": {"status": None, "at": None, "reason": "not-asked"},
        },
    }


def test_a_baseline_says_nothing_of_a_new_key() -> None:
    shown = Verification("acme/loader", verdict(R), None, verdict(A), is_baseline=True)
    assert [line[:13].strip() for line in verdicts.text(shown)[1:-1]] == ["made-up key", "old key"]
    assert verdicts.document(shown)["details"].keys() == {"control", "old_key"}
    assert verdicts.title(shown) == "Record the baseline of acme/loader"


def test_the_summary_of_a_job() -> None:
    assert verdicts.markdown(verification(R, A, A)) == (
        "## keyturn verify `acme/loader`: contradicted\n\n"
        "| Key | Verdict | Status | At | Reason |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| made-up key | rejected | 401 | `2026-11-21T09:00:00Z` | listed-status |\n"
        "| new key | accepted | 200 | `2026-11-21T09:00:00Z` | listed-status |\n"
        "| old key | accepted | 200 | `2026-11-21T09:00:00Z` | listed-status |\n\n"
        "The old key is still accepted: revoke it, then run this again.\n"
    )


def test_a_pull_request_is_inert_whatever_the_run_is_called() -> None:
    shown = verification()
    page = verdicts.page(shown, [("new_key", "probe", "now", "81c2d90be3aa")], ["Verified by @alice, closes #1"])
    assert verdicts.title(shown) == "Record the rotation of acme/loader"
    assert "| new_key | probe | now | `81c2d90be3aa` |" in page
    assert page.endswith("Verified by `@alice`, closes `#1`\n")
