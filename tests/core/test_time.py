"""Spans on the calendar, and the moments that name versions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from keyturn.model import UNKNOWN, Duration, Version, moment

SPANS = st.builds(Duration, st.integers(0, 9999), st.sampled_from("dwmy"))
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))  # noqa: DTZ001 - offsets are added by the tests


@pytest.mark.parametrize(
    ("span", "day", "expected"),
    [
        pytest.param("90d", "2026-08-24", "2026-11-22", id="days"),
        pytest.param("2w", "2026-12-25", "2027-01-08", id="weeks over a new year"),
        pytest.param("1m", "2026-01-31", "2026-02-28", id="a month without that day gives its last"),
        pytest.param("1m", "2028-01-31", "2028-02-29", id="the last day of a leap February"),
        pytest.param("1m", "2026-12-15", "2027-01-15", id="a month over a new year"),
        pytest.param("13m", "2026-11-30", "2027-12-30", id="more than a year of months"),
        pytest.param("1y", "2028-02-29", "2029-02-28", id="a year from a leap day"),
        pytest.param("4y", "2028-02-29", "2032-02-29", id="four years from a leap day"),
        pytest.param("1y", "2099-02-28", "2100-02-28", id="2100 has no leap day"),
        pytest.param("0d", "2026-11-21", "2026-11-21", id="nothing"),
        pytest.param("1m", "9999-12-01", "9999-12-31", id="months past the end of the calendar"),
        pytest.param("9999y", "2026-11-21", "9999-12-31", id="years past the end of the calendar"),
        pytest.param("2d", "9999-12-30", "9999-12-31", id="days past the end of the calendar"),
    ],
)
def test_after(span: str, day: str, expected: str) -> None:
    assert Duration.read(span).after(date.fromisoformat(day)) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("span", "day", "expected"),
    [
        pytest.param("7d", "2026-03-03", "2026-02-24", id="days"),
        pytest.param("1m", "2026-03-31", "2026-02-28", id="a month without that day gives its last"),
        pytest.param("1y", "2028-02-29", "2027-02-28", id="a year from a leap day"),
        pytest.param("1m", "2026-01-15", "2025-12-15", id="a month over a new year"),
        pytest.param("2d", "0001-01-02", "0001-01-01", id="days before the calendar begins"),
        pytest.param("1m", "0001-01-31", "0001-01-01", id="months before the calendar begins"),
    ],
)
def test_before(span: str, day: str, expected: str) -> None:
    assert Duration.read(span).before(date.fromisoformat(day)) == date.fromisoformat(expected)


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5d", "90 d", "90D", "10000d", "1h", "٣d", "90d\n"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        Duration.read(text)


@pytest.mark.parametrize(
    ("span", "days"), [("3d", 3), ("2w", 14), ("2m", 60), ("2y", 730)], ids=["days", "weeks", "months", "years"]
)
def test_nominal_days(span: str, days: int) -> None:
    assert Duration.read(span).nominal_days == days


@given(SPANS)
def test_a_duration_reads_what_it_writes(span: Duration) -> None:
    assert Duration.read(str(span)) == span


@given(SPANS, st.dates(), st.dates())
def test_a_later_start_never_ends_earlier(span: Duration, one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert span.after(first) <= span.after(second)
    assert span.before(first) <= span.before(second)


@given(st.sampled_from("dwmy"), st.integers(0, 9999), st.integers(0, 9999), st.dates())
def test_a_longer_span_never_ends_earlier(unit: str, one: int, other: int, day: date) -> None:
    shorter, longer = (Duration(count, unit) for count in sorted((one, other)))
    assert longer.before(day) <= shorter.before(day) <= day <= shorter.after(day) <= longer.after(day)


@given(st.integers(0, 9999), st.dates())
def test_a_span_of_days_is_that_many_days(days: int, day: date) -> None:
    after = Duration(days, "d").after(day)
    assert after == date.max or after - day == timedelta(days)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("2026-08-24", "2026-08-24T00:00:00Z", id="a date is its first moment in UTC"),
        pytest.param("2026-08-24T02:00:00+02:00", "2026-08-24", id="offsets are converted"),
        pytest.param("2026-08-23T19:00:00-05:00", "2026-08-24T00:00:00.000Z", id="over midnight"),
        pytest.param("2026-08-24t00:00:00z", "2026-08-24T00:00:00Z", id="lower-case letters"),
        pytest.param("unknown", "unknown", id="unknown"),
    ],
)
def test_spellings_of_one_version(one: str, other: str) -> None:
    assert Version.read(one) == Version.read(other)
    assert hash(Version.read(one)) == hash(Version.read(other))
    assert str(Version.read(one)) == one


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param("unknown", "1970-01-01", id="unknown comes before all"),
        pytest.param("2026-08-24", "2026-08-24T00:00:01Z", id="a second later"),
        pytest.param("2026-08-24T23:59:59-01:00", "2026-08-25T01:00:00Z", id="offsets are converted first"),
        pytest.param("2028-02-29", "2028-03-01", id="leap day"),
    ],
)
def test_versions_are_ordered_by_moment(earlier: str, later: str) -> None:
    assert Version.read(earlier) < Version.read(later)


def test_unknown_is_the_version_that_is_read_so() -> None:
    assert Version.read("unknown") == UNKNOWN
    assert UNKNOWN.is_unknown
    assert not Version.read("2026-08-24").is_unknown


def test_the_day_of_a_version_is_that_in_utc() -> None:
    assert Version.read("2026-08-24T23:30:00-01:00").day == date(2026, 8, 25)


@given(st.dates(date(1, 1, 2)))
def test_a_date_and_its_first_moment_are_one_version(day: date) -> None:
    assert Version.read(day.isoformat()) == Version.read(f"{day.isoformat()}T00:00:00Z")


@given(MOMENTS, st.integers(-1439, 1439))
def test_an_offset_changes_the_spelling_and_not_the_moment(plain: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = moment(f"{plain.isoformat()}{sign}{hours:02}:{rest:02}")
    assert local == moment(f"{plain.isoformat()}Z") - timedelta(minutes=minutes)
    assert local.tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_offset_that_leads_out_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(OverflowError):
        moment(text)


def test_a_moment_without_an_offset_is_refused_because_nobody_can_tell_when_it_was() -> None:
    with pytest.raises(ValueError, match="offset"):
        moment("2026-08-24T15:17:00")
