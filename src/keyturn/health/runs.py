"""Checks of the workflows: whether the schedule still beats, and whether what they run can be exchanged."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from keyturn.health import unread
from keyturn.health.diagnosis import Diagnosis, Weight
from keyturn.health.facts import Unread
from keyturn.health.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.health.facts import Facts, Pulse

LATE = timedelta(hours=36)
_HOUR = timedelta(hours=1)
_PINNED = re.compile(r"\.\.?/.*|[^@]+@[0-9a-f]{40}|docker://[^@]+@sha256:[0-9a-f]{64}", re.DOTALL)
_STOPPED = {
    "disabled_inactivity": "GitHub stopped it after 60 days without activity in the repository",
    "disabled_manually": "somebody disabled it",
    "disabled_fork": "GitHub disabled it, because this is a fork",
    "deleted": "it was deleted",
}


def heartbeat(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether the schedule has run lately: time alone makes keys due."""
    check, found = "heartbeat", facts.settings.pulses
    if not any(flow.is_ours and flow.is_scheduled for flow in facts.tree.workflows):
        message = "no workflow runs keyturn on a schedule, so nothing becomes due by itself"
        advice = "add a workflow with `on: schedule` that runs `keyturn apply`, such as schedule.yml of this project"
        weight = Weight.INFO if facts.place.tracker == "local" else Weight.WARNING
        yield Diagnosis(check, message, weight, "no-schedule", advice)
    elif isinstance(found, Unread):
        yield unread.diagnosis(check, found)
    else:
        for pulse in found:
            yield _beat(pulse, facts)


def _beat(pulse: Pulse, facts: Facts) -> Diagnosis:
    check, path = "heartbeat", pulse.path
    if pulse.state == "missing":
        message = f"GitHub does not know {path}: it is not on the default branch, or the token may not see it"
        advice = f"merge {path}; or grant the token `Actions: read`"
        return Diagnosis(check, message, Weight.WARNING, "schedule-missing", advice)
    if pulse.state != "active":
        message = f"{path} does not run: {_STOPPED.get(pulse.state, f'its state is {pulse.state}')}"
        advice = f'choose "Enable workflow" for {path} under Actions'
        return Diagnosis(check, message, Weight.ERROR, "schedule-disabled", advice)
    if pulse.started is None:
        message = f"{path} has never run on its schedule"
        advice = "wait for its first hour; on the default branch of a busy GitHub that may take some"
        return Diagnosis(check, message, Weight.WARNING, "schedule-silent", advice)
    since = facts.now - pulse.started
    ago = f"{counted(max(0, since // _HOUR), 'hour')} ago"
    if since > LATE:
        message = f"{path} last ran on its schedule {ago}"
        advice = f"look under Actions why it was dropped, and start {path} by hand meanwhile"
        return Diagnosis(check, message, Weight.WARNING, "heartbeat-late", advice)
    if pulse.conclusion not in {None, "success"}:
        message = f"the last scheduled run of {path}, {ago}, ended as {pulse.conclusion}"
        return Diagnosis(check, message, Weight.WARNING, "schedule-failing", "read the log of that run under Actions")
    return Diagnosis(check, f"{path} last ran on its schedule {ago}")


def pins(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether a tag that moves could change what a workflow runs."""
    check, tree = "pins", facts.tree
    used = [(flow.path, use) for flow in tree.workflows for use in flow.uses]
    loose = tuple(f"{path}:{use.line}: {use.source}" for path, use in used if not _PINNED.fullmatch(use.source))
    if tree.unreadable:
        advice = "write it as plain YAML, without anchors and tags"
        message = f"{counted(len(tree.unreadable), 'workflow')} cannot be read"
        yield Diagnosis(check, message, Weight.UNKNOWN, "workflow-unreadable", advice, tree.unreadable)
    if loose:
        message = f"{len(loose)} of the actions in workflows, {len(used)} in all, may change under their name"
        advice = "write the full commit instead of the tag or branch, with the version in a comment behind it"
        yield Diagnosis(check, message, Weight.WARNING, "action-unpinned", advice, loose)
    elif not tree.unreadable:
        count = counted(len(used), "action")
        yield Diagnosis(check, f"{count} in workflows, each at a full commit" if used else "no workflow uses an action")
