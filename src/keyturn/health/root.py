"""Checks of what the root declares and of what keyturn runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.health.diagnosis import Diagnosis, Weight
from keyturn.health.versions import is_within
from keyturn.health.words import counted
from keyturn.plan import upkeep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.health.facts import Facts, Part

_LONG_AGO = f"last checked more than {upkeep.LASTS.days} days ago"


def files(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether every declared file is in order."""
    if facts.errors:
        message = f"{counted(facts.errors, 'error')} in what this root declares"
        advice = "run `keyturn validate` and correct what it reports"
        yield Diagnosis("files", message, Weight.ERROR, "files-invalid", advice)
    else:
        yield Diagnosis("files", f"no error in {counted(facts.files, 'declared file')}")


def catalogue_age(facts: Facts) -> Iterator[Diagnosis]:
    """Ask when somebody last compared the root's own entries with their sources."""
    check, entries = "catalogue-age", facts.entries
    if not entries:
        yield Diagnosis(check, "no catalogue entries of this root's own")
    elif old := upkeep.stale(entries, facts.today):
        yield Diagnosis(
            check,
            f"{_LONG_AGO}: {len(old)} of {_entries(len(entries))}",
            Weight.WARNING,
            "catalogue-old",
            "compare each with its `sources`, correct what has changed, and set `checked_on` to that day",
            tuple(f"{each.path}, on {each.checked_on}" for each in old),
        )
    else:
        yield Diagnosis(check, f"{_LONG_AGO}: none of {_entries(len(entries))}")


def catalogue_sources(facts: Facts) -> Iterator[Diagnosis]:
    """Ask which entries can never be said to be old."""
    check = "catalogue-sources"
    if bare := upkeep.undated(facts.entries):
        yield Diagnosis(
            check,
            f"without a dated source, so never said to be old: {_entries(len(bare))}",
            Weight.INFO,
            "catalogue-undated",
            "where one repeats what a vendor's page says, add that page to `sources`, with `checked_on`",
            tuple(each.path for each in bare),
        )
    else:
        yield Diagnosis(check, "every entry has a dated source")


def versions(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether keyturn runs on what it is tested with."""
    check, machine = "versions", facts.machine
    found = ", ".join((f"keyturn {machine.keyturn}", *(f"{each.name} {each.version}" for each in machine.parts[:2])))
    odd = tuple(part for part in machine.parts if part.version is None or not is_within(part.version, part.supported))
    if odd:
        message = f"{found}; outside of what it is tested with: {len(odd)} of {len(machine.parts)}"
        advice = "install versions within the ranges, in an environment of their own"
        yield Diagnosis(check, message, Weight.WARNING, "version-untested", advice, tuple(map(_range, odd)))
    elif not machine.has_libyaml:
        message = f"{found}; PyYAML without libyaml reads files slowly"
        yield Diagnosis(
            check, message, Weight.INFO, "no-libyaml", "install PyYAML from a wheel, or build it on libyaml"
        )
    else:
        yield Diagnosis(
            check, f"{found} and {counted(len(machine.parts[2:]), 'library', 'libraries')} within their ranges"
        )


def _range(part: Part) -> str:
    return f"{part.name} {part.version or 'is missing'}, tested with {part.supported}"


def _entries(count: int) -> str:
    return counted(count, "catalogue entry", "catalogue entries")
