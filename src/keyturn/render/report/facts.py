"""The facts of a report as data: `report.json` for programs, and `keys.js` for the script of the pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from keyturn import fleet as counted
from keyturn.render.plans import entry

if TYPE_CHECKING:
    from keyturn.fleet import Fleet, Key, Watch
    from keyturn.fleet.past import Life


def document(fleet: Fleet) -> dict[str, Any]:
    """Give the JSON document of a report; docs/report.md says what each field means."""
    return {
        "today": fleet.today.isoformat(),
        "scope": fleet.scope,
        "complete": fleet.is_answered and not fleet.errors,
        "summary": summary(fleet),
        "keys": [_key(key) for key in fleet.keys],
        "incidents": [_incident(watch) for watch in fleet.watches],
        "waiting": [entry(action, fleet.today) for action in fleet.waiting],
    }


def summary(fleet: Fleet) -> dict[str, Any]:
    """Count the fleet."""
    evidence = counted.evidence(fleet.keys)
    return {
        "keys": len(fleet.keys),
        "overdue": sum(key.is_late(fleet.today) for key in fleet.keys),
        "status": {status.value: count for status, count in counted.statuses(fleet.keys).items()},
        "age_days": {band.name: {"total": band.total, "overdue": band.late} for band in counted.ages(fleet)},
        "overdue_by_owner": dict(counted.late_by_owner(fleet)),
        "due": {day.isoformat(): [key.rotation.id for key in keys] for day, keys in counted.due_days(fleet).items()},
        "evidence": {
            part.value: {method.value if method else "none": count for method, count in sorted_methods(counts)}
            for part, counts in evidence.items()
        },
    }


def sorted_methods(counts: Any) -> list[tuple[Any, int]]:  # noqa: ANN401 - methods, and None where nothing is recorded
    """Put methods in the order of their names, what is not recorded last."""
    return sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or ""))


def _key(key: Key) -> dict[str, Any]:
    rotation, stands = key.rotation, key.standing
    return {
        "rotation": rotation.id,
        "provider": rotation.slug,
        "strategy": key.provider.strategy.value,
        "status": stands.status.value,
        "reason": stands.why.value,
        "tier": stands.tier.value,
        "owners": list(rotation.owners),
        "team": rotation.team,
        "tags": list(rotation.tags),
        "environment": rotation.environment,
        "created": rotation.version.text,
        "age_days": key.age_days,
        "rotate_every": str(key.cadence),
        "due": stands.due.isoformat(),
        "issue": key.issue,
        "path": rotation.path,
        "missing": list(stands.missing),
        "versions": [_life(life) for life in key.past.lives],
    }


def _life(life: Life) -> dict[str, Any]:
    recorded = life.evidence
    return {
        "created": life.version.text,
        "until": life.until.text if life.until else None,
        "commit": life.commit,
        "author": life.author,
        "evidence": {part.value: proof.method.value for part, proof in recorded.parts.items()} if recorded else None,
        "by": recorded.by if recorded else None,
    }


def _incident(watch: Watch) -> dict[str, Any]:
    return {
        "incident": watch.incident.id,
        "summary": watch.incident.summary,
        "respond_by": watch.incident.respond_by.isoformat(),
        "exposed": [key.rotation.id for key in watch.exposed],
        "replaced": [key.rotation.id for key in watch.replaced],
    }


def table(fleet: Fleet, issues: str | None) -> str:
    """Write what the pages' table shows of every key as a script, since a page from disk may fetch nothing.

    `issues` is the address below which they lie. Every name stands once and is meant by its place, so that ten
    thousand keys are a megabyte.
    """
    names = _Names()
    rows = [_row(key, names) for key in fleet.keys]
    data = {"today": fleet.today.isoformat(), "issues": issues, "names": names.all, "keys": rows}
    # Without characters that some reader takes for the end of a line, a string or an element.
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    return f"const KEYTURN = {text};\n"


class _Names:
    """Words in the order in which they were first met."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def __getitem__(self, word: str) -> int:
        return self._places.setdefault(word, len(self._places))

    @property
    def all(self) -> list[str]:
        """Give every word at its place."""
        return list(self._places)


def _row(key: Key, names: _Names) -> list[Any]:
    rotation, stands = key.rotation, key.standing
    return [
        rotation.id,
        names[rotation.slug],
        names[stands.status],
        names[stands.tier],
        names[key.provider.strategy],
        [names[login] for login in rotation.owners],
        [names[tag] for tag in rotation.tags],
        key.age_days,
        stands.due.isoformat(),
        key.issue,
    ]
