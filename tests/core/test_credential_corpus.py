"""How much of a corpus is found, and how much is taken for a credential that is none: exact counts."""

from __future__ import annotations

import pytest
from core.credential_corpus import ANNOUNCED, LEAKED, ORDINARY, positives

from keyturn import credentials

PLACES = ("note: {}", "key: x # {}", "{}", "# ({})", 'params: {{subdomain: "{}"}}')


def is_found(line: str) -> bool:
    return next(credentials.findings(line), None) is not None


def test_the_corpus_is_large_enough_to_say_something() -> None:
    assert (len(LEAKED), len(ANNOUNCED), len(positives()), len(ORDINARY)) == (62, 12, 125, 72)


@pytest.mark.parametrize("place", PLACES)
def test_every_credential_is_found(place: str) -> None:
    missed = [name for name, value in positives().items() if not is_found(place.format(value))]
    assert missed == []


def test_nothing_ordinary_is_taken_for_a_credential() -> None:
    places = ("{}", "a: {} # {}", "# {}")
    taken = [name for name, line in ORDINARY.items() for place in places if is_found(place.replace("{}", line))]
    assert taken == []


@pytest.mark.parametrize("vendor", LEAKED)
def test_a_finding_names_its_detector_and_not_the_value(vendor: str) -> None:
    for value in LEAKED[vendor]:
        found = list(credentials.findings(f"note: {value}"))
        assert all(value[8:24] not in detector for _line, _column, detector in found)
        assert {line for line, _column, _detector in found} == {1}
