"""What an audit says of each version, and which point of which standard that answers.

Named are sections that were looked up; `about` is our own short word for them. Where only the subject of a section
could be confirmed, and not its number, the section is named by its heading.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Column(StrEnum):
    """What is said of a version."""

    VERSION = "Version"
    ASKED = "Asked"
    APPROVED = "Approved"
    DUE = "Due"
    OPENED = "Opened"
    EVIDENCE = "Evidence"
    PROVED = "Proved"
    CLOSED = "Closed"
    COMMITS = "Commits"


@dataclass(frozen=True, slots=True)
class Point:
    """A section of a standard, and what it wants to know."""

    standard: str
    section: str
    about: str


_NIST = "NIST SP 800-57 Part 1 Rev. 5"
_PCI = "PCI DSS v4.0"
_SECRETS = "OWASP Secrets Management Cheat Sheet"
_KEYS = "OWASP Key Management Cheat Sheet"

POINTS: Mapping[Column, tuple[Point, ...]] = {
    Column.VERSION: (
        Point(_NIST, "7", "the states that a key passes through"),
        Point(_SECRETS, "2.11", "when a secret was made, and by whom"),
    ),
    Column.ASKED: (
        Point(_PCI, "8.6.3", "a change periodically, and as soon as a compromise is suspected"),
        Point(_SECRETS, "2.6", "who asked"),
        Point(_SECRETS, "9.2", "an exposed key is revoked and replaced at once"),
    ),
    Column.APPROVED: (
        Point(_SECRETS, "2.6", "whether it was approved"),
        Point(_KEYS, "Cryptoperiods and Rotation", "on whose authority a key was rotated by hand"),
    ),
    Column.DUE: (
        Point(_NIST, "5.3", "how long a key may be in use"),
        Point(_PCI, "8.6.3", "the frequency that the targeted risk analysis (12.3.1) sets"),
        Point(_SECRETS, "2.7.2", "regular rotation"),
        Point(_SECRETS, "2.7.4", "an end that is known beforehand"),
    ),
    Column.OPENED: (Point(_SECRETS, "2.11", "when a secret that is rotated by hand has to be"),),
    Column.EVIDENCE: (
        Point(_SECRETS, "2.6", "when a secret was changed, and by whom"),
        Point(_KEYS, "Cryptoperiods and Rotation", "the time of a rotation by hand, and who did it"),
    ),
    Column.PROVED: (
        Point(_NIST, "7", "that the old key has reached its last state"),
        Point(_PCI, "8.6.3", "that the change has been made"),
        Point(_SECRETS, "2.7.3", "revocation of what is not needed any more, or exposed"),
    ),
    Column.CLOSED: (
        Point(_NIST, "5.5.2", "recovery from a compromise, followed until it is complete"),
        Point(_KEYS, "Key Compromise and Recovery", "replacing all affected keys is watched over"),
    ),
    Column.COMMITS: (
        Point(_SECRETS, "2.6", "records that show whether somebody has tampered with them"),
        Point(_KEYS, "Accountability and Audit", "who had a hand in it, and when"),
    ),
}
