"""The frozen values that every room speaks in; the words are those of the design.

A module of values is imported when one of its names is first asked for: to make them all takes longer than to check
a hundred files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.model.catalogue import (
        Catalogue,
        Connection,
        Credential,
        CredentialField,
        Param,
        Phase,
        Platform,
        Provider,
        Step,
        Steps,
        Strategy,
    )
    from keyturn.model.confirmation import NOT_ASKED, Confirmation, FourEyes, Statement, Truth
    from keyturn.model.entry import ENTRIES, Entry
    from keyturn.model.faults import Finding, Pointer, Problem, Severity
    from keyturn.model.incident import INCIDENTS, Incident, Match
    from keyturn.model.issue import MOST_ASSIGNEES, OWNER_MISSING, Issue, Marker, Status, Why
    from keyturn.model.moments import moment
    from keyturn.model.policy import EVERY_METHOD, Cadence, Escalation, EvidenceRules, Limits, Policy, ProbeRules, Rule
    from keyturn.model.probe import Auth, ClientAuth, Confidence, Marks, Outcome, Probe, Reason, Scheme, Verdict
    from keyturn.model.rotation import (
        Baseline,
        Consumer,
        Evidence,
        Method,
        Part,
        Pause,
        Proof,
        Request,
        RequestReason,
        Retirement,
        RetirementEvidence,
        Rotation,
        Tier,
    )
    from keyturn.model.time import UNKNOWN, Duration, Version

__all__ = [
    "ENTRIES",
    "EVERY_METHOD",
    "INCIDENTS",
    "MOST_ASSIGNEES",
    "NOT_ASKED",
    "OWNER_MISSING",
    "UNKNOWN",
    "Auth",
    "Baseline",
    "Cadence",
    "Catalogue",
    "ClientAuth",
    "Confidence",
    "Confirmation",
    "Connection",
    "Consumer",
    "Credential",
    "CredentialField",
    "Duration",
    "Entry",
    "Escalation",
    "Evidence",
    "EvidenceRules",
    "Finding",
    "FourEyes",
    "Incident",
    "Issue",
    "Limits",
    "Marker",
    "Marks",
    "Match",
    "Method",
    "Outcome",
    "Param",
    "Part",
    "Pause",
    "Phase",
    "Platform",
    "Pointer",
    "Policy",
    "Probe",
    "ProbeRules",
    "Problem",
    "Proof",
    "Provider",
    "Reason",
    "Request",
    "RequestReason",
    "Retirement",
    "RetirementEvidence",
    "Rotation",
    "Rule",
    "Scheme",
    "Severity",
    "Statement",
    "Status",
    "Step",
    "Steps",
    "Strategy",
    "Tier",
    "Truth",
    "Verdict",
    "Version",
    "Why",
    "moment",
]

_MODULES = {
    **dict.fromkeys(
        (
            "Catalogue",
            "Connection",
            "Credential",
            "CredentialField",
            "Param",
            "Phase",
            "Platform",
            "Provider",
            "Step",
            "Steps",
            "Strategy",
        ),
        "catalogue",
    ),
    **dict.fromkeys(("NOT_ASKED", "Confirmation", "FourEyes", "Statement", "Truth"), "confirmation"),
    **dict.fromkeys(("ENTRIES", "Entry"), "entry"),
    **dict.fromkeys(("Finding", "Pointer", "Problem", "Severity"), "faults"),
    **dict.fromkeys(("INCIDENTS", "Incident", "Match"), "incident"),
    **dict.fromkeys(("MOST_ASSIGNEES", "OWNER_MISSING", "Issue", "Marker", "Status", "Why"), "issue"),
    **dict.fromkeys(
        ("EVERY_METHOD", "Cadence", "Escalation", "EvidenceRules", "Limits", "Policy", "ProbeRules", "Rule"), "policy"
    ),
    **dict.fromkeys(
        ("Auth", "ClientAuth", "Confidence", "Marks", "Outcome", "Probe", "Reason", "Scheme", "Verdict"), "probe"
    ),
    **dict.fromkeys(
        (
            "Baseline",
            "Consumer",
            "Evidence",
            "Method",
            "Part",
            "Pause",
            "Proof",
            "Request",
            "RequestReason",
            "Retirement",
            "RetirementEvidence",
            "Rotation",
            "Tier",
        ),
        "rotation",
    ),
    **dict.fromkeys(("moment",), "moments"),
    **dict.fromkeys(("UNKNOWN", "Duration", "Version"), "time"),
}


def __getattr__(name: str) -> object:
    """Import what is asked for from the module that defines it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
