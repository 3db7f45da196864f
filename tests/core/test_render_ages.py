from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from core.render_samples import ROTATION

from keyturn.model import UNKNOWN, Policy, Status
from keyturn.policy import standing
from keyturn.render import ages

TODAY = date(2026, 11, 21)
ROUTINE = ages.age(standing(ROTATION, None, Policy(), (), TODAY), 12, TODAY)
LEAKED = replace(
    ROUTINE, rotation="examplary/a|b", age_days=None, status=Status.LEAKED, due=date(2026, 11, 23), issue=None
)


def test_an_age_is_counted_from_the_version_in_use() -> None:
    assert (
        ages.Age(
            rotation="examplary/loader",
            provider="examplary",
            age_days=89,
            due=date(2026, 11, 22),
            days_left=1,
            status=Status.DUE_SOON,
            owners=("alice", "bob"),
            issue=12,
        )
        == ROUTINE
    )
    unknown = replace(ROTATION, version=UNKNOWN, enrolled=TODAY)
    assert ages.age(standing(unknown, None, Policy(), (), TODAY), None, TODAY).age_days is None


def test_the_document_has_the_shape_of_the_design() -> None:
    assert ages.document(TODAY, (ROUTINE,)) == {
        "today": "2026-11-21",
        "keys": [
            {
                "rotation": "examplary/loader",
                "provider": "examplary",
                "age_days": 89,
                "due": "2026-11-22",
                "days_left": 1,
                "status": "due-soon",
                "owners": ["alice", "bob"],
                "issue": 12,
            }
        ],
    }


def test_what_git_tells_stands_beside_the_rest() -> None:
    dated = replace(ROUTINE, changed=datetime(2026, 11, 2, 9, tzinfo=UTC))
    assert ages.document(TODAY, (dated,))["keys"][0]["changed"] == "2026-11-02T09:00:00+00:00"
    assert ages.text(TODAY, (dated, LEAKED)) == [
        "KEY               STATUS    AGE      DUE                     OWNERS      ISSUE  CHANGED",
        "examplary/a|b     leaked    unknown  2026-11-23 (in 2 days)  alice, bob  -      -",
        "examplary/loader  due-soon  89 days  2026-11-22 (in 1 day)   alice, bob  #12    2026-11-02",
    ]
    assert ages.markdown(TODAY, (dated,)).splitlines()[-1].endswith("| #12 | 2026-11-02 |")


def test_lines_show_what_is_urgent_first() -> None:
    assert ages.text(TODAY, (ROUTINE, LEAKED)) == [
        "KEY               STATUS    AGE      DUE                     OWNERS      ISSUE",
        "examplary/a|b     leaked    unknown  2026-11-23 (in 2 days)  alice, bob  -",
        "examplary/loader  due-soon  89 days  2026-11-22 (in 1 day)   alice, bob  #12",
    ]
    assert ages.text(TODAY, ()) == ["no keys"]


def test_the_table_mentions_nobody() -> None:
    assert ages.markdown(TODAY, (ROUTINE, LEAKED)) == (
        "| Key | Status | Age | Due | Owners | Issue |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| `examplary/a`&#124;`b` | leaked | unknown | 2026-11-23 (in 2 days) | `alice`, `bob` |  |\n"
        "| `examplary/loader` | due-soon | 89 days | 2026-11-22 (in 1 day) | `alice`, `bob` | #12 |"
    )
    assert ages.markdown(TODAY, ()) == "No keys."
