"""`keyturn doctor`: what keeps rotations from being looked after, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from keyturn.commands import showing, workspace
from keyturn.errors import Exit
from keyturn.model import Severity
from keyturn.plan import upkeep
from keyturn.render import doctor
from keyturn.render.days import counted
from keyturn.render.doctor import Diagnosis

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World

    Check: TypeAlias = Callable[[Workspace, World], Iterator[Diagnosis]]

EPILOG = """\
examples:
  keyturn doctor                              every check, with what to do
  keyturn doctor --today 2027-06-01           how it will stand on that day
  keyturn doctor --format json | jq '.findings[] | select(.state != "well")'

An error gives exit status 1; a warning alone gives 0.
"""
_LONG_AGO = f"last checked more than {upkeep.LASTS.days} days ago"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the format."""
    formats = ("text", "json", "markdown")
    parser.add_argument("--format", choices=formats, default="text", help="how to write it (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Make every check and show how each stands; fail where one found an error."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    diagnoses = [diagnosis for check in CHECKS for diagnosis in check(found, world)]
    page = doctor.markdown(diagnoses)
    if options.format == "json":
        world.say(showing.as_json(doctor.document(world.today, diagnoses)))
    else:
        world.say(page if options.format == "markdown" else "\n".join(doctor.text(diagnoses)))
    world.summarize(f"## keyturn doctor\n\n{page}\n")
    return Exit.CORRECT if any(each.severity is Severity.ERROR for each in diagnoses) else Exit.WELL


# -- the checks ----------------------------------------------------------------------------------------------------


def _files(found: Workspace, _: World) -> Iterator[Diagnosis]:
    errors = sum(problem.severity is Severity.ERROR for problem in found.problems)
    if errors:
        advice = "run `keyturn validate` and correct what it reports"
        message = f"{counted(errors, 'error')} in what this root declares"
        yield Diagnosis("files", message, Severity.ERROR, advice)
    else:
        yield Diagnosis("files", f"no error in {counted(len(found.files), 'declared file')}")


def _catalogue_age(found: Workspace, world: World) -> Iterator[Diagnosis]:
    if not found.entries:
        yield Diagnosis("catalogue-age", "no catalogue entries of this root's own")
    elif old := upkeep.stale(found.entries, world.today):
        yield Diagnosis(
            "catalogue-age",
            f"{_LONG_AGO}: {len(old)} of {_entries(len(found.entries))}",
            Severity.WARNING,
            "compare each with its `sources`, correct what has changed, and set `checked_on` to that day",
            tuple(f"{each.path}, on {each.checked_on}" for each in old),
        )
    else:
        yield Diagnosis("catalogue-age", f"{_LONG_AGO}: none of {_entries(len(found.entries))}")


def _catalogue_sources(found: Workspace, _: World) -> Iterator[Diagnosis]:
    if bare := upkeep.undated(found.entries):
        yield Diagnosis(
            "catalogue-sources",
            f"without a dated source, so never said to be old: {_entries(len(bare))}",
            advice="where one repeats what a vendor's page says, add that page to `sources`, with `checked_on`",
            details=tuple(each.path for each in bare),
        )


def _entries(count: int) -> str:
    return f"{count} catalogue {'entry' if count == 1 else 'entries'}"


CHECKS: tuple[Check, ...] = (_files, _catalogue_age, _catalogue_sources)
