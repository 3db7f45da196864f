"""`keyturn doctor`: what keeps rotations from being looked after, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn import health
from keyturn.commands import decision, examination, showing, workspace
from keyturn.errors import Exit, UsageError, worst
from keyturn.health import Weight
from keyturn.render import doctor
from keyturn.render.days import counted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from keyturn.commands.world import World
    from keyturn.health import Diagnosis
    from keyturn.health.facts import Facts

FORMATS = ("text", "json", "github", "markdown")
EPILOG = """\
examples:
  keyturn doctor                              every check, with what to do
  keyturn doctor --only heartbeat,pins        some checks only; it asks GitHub no more than they need
  keyturn doctor --tracker local              without asking GitHub
  keyturn doctor --today 2027-06-01           how the catalogue will stand on that day
  keyturn doctor --format json | jq '.findings[] | select(.severity != "ok")'

An error gives exit status 1; warnings, and what the token may not read, give 0. It gives 3 where GitHub was to be
asked and did not answer at all. It reads only. docs/how-to/doctor.md explains every check.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add tracker, filter and format."""
    decision.arguments(parser)
    what = f"make some checks only (default: all): {', '.join(health.CHECKS)}"
    parser.add_argument("--only", type=_names, default=tuple(health.CHECKS), metavar="NAME[,NAME]", help=what)
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write it (default: text)")


def _names(text: str) -> tuple[str, ...]:
    words = tuple(text.split(","))
    if unknown := [word for word in words if word not in health.CHECKS]:
        message = f"no check {', '.join(unknown)}; --only takes {','.join(health.CHECKS)}"
        raise UsageError(message)
    return words


def run(world: World, options: argparse.Namespace) -> Exit:
    """Make the checks and show how each stands; fail where one found an error."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    facts = examination.facts(found, options.tracker or found.policy.tracker, options.only, world)
    diagnoses = tuple(health.diagnoses(facts, options.only))
    _show(diagnoses, options.format, world)
    return worst(_status(diagnoses), _reached(facts, diagnoses, world))


def _status(diagnoses: Sequence[Diagnosis]) -> Exit:
    return Exit.CORRECT if any(each.weight is Weight.ERROR for each in diagnoses) else Exit.WELL


def _reached(facts: Facts, diagnoses: Sequence[Diagnosis], world: World) -> Exit:
    """Say so where GitHub was asked and no setting came back, and what was looked at nonetheless."""
    if not health.is_unreachable(facts):
        return Exit.WELL
    made = {each.check for each in diagnoses if each.weight is not Weight.UNKNOWN}
    world.warn(
        f"GitHub did not answer; {counted(len(made), 'check')} made nonetheless: {', '.join(sorted(made)) or 'none'}"
    )
    return Exit.OUTSIDE


def _show(diagnoses: Sequence[Diagnosis], form: str, world: World) -> None:
    page = doctor.markdown(diagnoses)
    if form == "json":
        world.say(showing.as_json(doctor.document(world.today, diagnoses)))
    else:
        lines = {"text": doctor.text, "github": doctor.workflow_commands}.get(form)
        world.say("\n".join(lines(diagnoses)) if lines else page)
    world.summarize(f"## keyturn doctor\n\n{page}\n")
