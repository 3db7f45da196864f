"""`keyturn verify`: ask the provider whether the new key is accepted and the old one rejected."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from keyturn import files
from keyturn.commands import editing, pair, proof, proposal, recording, showing, waiting, workspace
from keyturn.commands.proof import Case, Fingerprints
from keyturn.commands.questions import Asker
from keyturn.errors import Exit, RepositoryError, UsageError
from keyturn.model import Outcome, Reason
from keyturn.model.verification import Conclusion, Verification
from keyturn.probes import Network, Question
from keyturn.render import verdicts

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from keyturn.commands.pair import Pair
    from keyturn.commands.world import World
    from keyturn.model import Part, Probe, Provider

EPILOG = """\
examples:
  keyturn verify appsflyer/attribution --baseline   before the rotation: the key in use is accepted
  keyturn verify appsflyer/attribution --wait       is the new key accepted, once it is active, and the old one not
  keyturn verify appsflyer/attribution --record     the same, and a pull request with the evidence

The values come from the environment alone: KEYTURN_NEW_<FIELD> and KEYTURN_OLD_<FIELD>, with the fields that the
provider's `credential` names, or the variables that `secrets` of the rotation names. They are sent to the provider
and shown nowhere. With KEYTURN_FINGERPRINT_KEY a key can be known again.

exit status of the verdicts: 0 complete, 1 contradicted, 3 unknown; only a complete one is recorded
"""

FORMATS = ("text", "json", "markdown")
_EXITS = {Conclusion.COMPLETE: Exit.WELL, Conclusion.CONTRADICTED: Exit.CORRECT, Conclusion.UNKNOWN: Exit.OUTSIDE}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is asked, how long is waited, and what is recorded."""
    editing.arguments(parser)
    parser.add_argument("--wait", action="store_true", help="give a new key the provider's time to become active")
    parser.add_argument("--baseline", action="store_true", help="before the rotation: record that the old key works")
    parser.add_argument("--record", action="store_true", help="open a pull request with what was shown")
    parser.add_argument(
        "--consumers", choices=recording.METHODS, help="how you know of the consumers (default: attested)"
    )
    recording.arguments(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write the result (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Ask, show the verdicts, and record them where they are complete and that is asked for."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    case = Case(found, editing.rotation(found, options.id), options, world, world.now())
    _insist(case)
    shown, prints, hidden = _verified(case, Verification(case.subject.id, is_baseline=options.baseline))
    _show(shown, options.format, world)
    if shown.conclusion is Conclusion.COMPLETE and (options.record or options.baseline):
        return _recorded(case, shown, prints, hidden)
    if options.record:
        world.tell("nothing is recorded, since nothing is complete")
    return _EXITS[shown.conclusion]


def _insist(case: Case) -> None:
    """Refuse, before anything is asked, what makes no sense or could not be recorded."""
    subject, options = case.subject, case.options
    if not case.found.is_judgeable:
        message = "keyturn.yaml has an error, and it says where keys may be sent; run `keyturn validate` and correct it"
        raise RepositoryError(message)
    if subject.retired and subject.retired.since <= case.world.today:
        message = f"{subject.id} is retired and has no new key; write down its end with `keyturn record {subject.id}`"
        raise UsageError(message)
    if options.baseline and not case.world.environment.get(pair.FINGERPRINT_KEY):
        message = (
            f"a baseline is a fingerprint, and the environment lacks {pair.FINGERPRINT_KEY}; set it to a long random "
            "text that you keep, and give the same one to every `keyturn verify`"
        )
        raise UsageError(message)
    if options.record and not options.baseline:
        proof.insist_on_recordable(case)


# -- asking --------------------------------------------------------------------------------------------------------


def _verified(case: Case, blank: Verification) -> tuple[Verification, Fingerprints, tuple[str, ...]]:
    """Return the verdicts, the fingerprints of the keys, and the variables that nobody else may see."""
    subject, environment = case.subject, case.world.environment
    provider = case.found.catalogue.providers[subject.slug].variant(subject.variant)
    fields = provider.credential.fields if provider.credential else ()
    if provider.probe is None or not fields:
        hint = f"the catalogue has no probe for {subject.slug}; look in its console, then `keyturn record {subject.id}`"
        return replace(blank, hint=hint), Fingerprints(), ()
    if doubt := _doubt(provider.probe, case):
        return replace(blank, hint=doubt), Fingerprints(), ()
    keys = pair.read(subject, fields, environment, is_baseline=blank.is_baseline)
    prints, hidden = proof.fingerprints(keys, environment), tuple(pair.hidden(subject, fields, environment))
    if proof.is_mismatch(subject, prints, is_baseline=blank.is_baseline):
        return replace(blank, is_mismatch=True), prints, hidden
    asker = Asker(case.world, Network(case.world.now))
    shown = asker.verification(blank, _question(provider.probe, keys, case), keys, _activation(provider, case))
    return replace(shown, hint=shown.hint or _hint(shown, provider, case)), prints, hidden


def _doubt(probe: Probe, case: Case) -> str | None:
    """Say why a probe's facts are not sure enough for the policy."""
    if probe.confidence in case.found.policy.probe.confidence:
        return None
    return (
        f"the probe of {case.subject.slug} is only {probe.confidence}; to rely on it nevertheless, add "
        f"{probe.confidence} to `probe.confidence` in keyturn.yaml"
    )


def _question(probe: Probe, keys: Pair, case: Case) -> Question:
    slug = case.subject.slug
    return Question(
        probe=probe,
        params=case.subject.params,
        values=keys.old,
        hosts=case.found.policy.probe.hosts,
        is_shipped=slug in files.slugs("providers") and not files.is_override("providers", slug, case.found.root),
    )


def _activation(provider: Provider, case: Case) -> float:
    """Return how many seconds the new key may still take to become active; none where nobody wants to wait."""
    if not case.options.wait or provider.activation_delay is None:
        return 0
    age = max(case.started - proof.created(case), timedelta(0))
    return (provider.activation_delay - age).total_seconds()


def _hint(shown: Verification, provider: Provider, case: Case) -> str | None:
    """Say more exactly than a reason can what stands in the way."""
    reason = shown.control.reason if shown.control else None
    if provider.probe and reason is Reason.PARAM_MISSING:
        missing = sorted(provider.probe.params.keys() - case.subject.params.keys())
        return f"nothing was sent: write {' and '.join(missing)} into `params` of {case.subject.path}"
    if provider.probe and reason is Reason.HOST_NOT_PERMITTED:
        url = provider.probe.url
        return f"nothing was sent: to permit it, list the host that {url} leads to in `probe.hosts` of keyturn.yaml"
    is_early = shown.outcomes[1] is Outcome.REJECTED and provider.activation_delay and not case.options.wait
    if is_early and provider.activation_delay:
        span = waiting.span(provider.activation_delay.total_seconds())
        return f"a new key of {case.subject.slug} works only after {span}; `--wait` gives it the time"
    return None


# -- showing and recording -----------------------------------------------------------------------------------------


def _show(shown: Verification, form: str, world: World) -> None:
    page = verdicts.markdown(shown)
    if form == "json":
        world.say(showing.as_json(verdicts.document(shown)))
    else:
        world.say(page if form == "markdown" else "\n".join(verdicts.text(shown)))
    world.summarize(page)


def _recorded(case: Case, shown: Verification, prints: Fingerprints, hidden: tuple[str, ...]) -> Exit:
    by = recording.recorder(case.options.by, case.subject, case.found, case.world)
    evidence = proof.baseline(shown, prints) if shown.is_baseline else proof.parts(case, shown, prints)
    changes = proof.changes(case, evidence, by)
    if case.options.dry_run or not case.options.record:
        # A document stays one document: beside JSON the diff is for people only.
        world = case.world._replace(out=case.world.err) if case.options.format == "json" else case.world
        editing.change(case.found, case.subject, changes, world, is_dry=case.options.dry_run)
        if not case.options.dry_run:
            case.world.tell(f"{case.subject.path}: baseline recorded. Commit and merge it before you rotate the key.")
        return Exit.WELL
    words = proposal.Words(
        branch=_branch(shown),
        title=verdicts.title(shown),
        body=verdicts.page(shown, _rows(evidence), list(_notes(shown, by, case.world))),
        hidden=hidden,
    )
    return proposal.propose(case.found, case.subject, changes, words, case.world)


def _branch(shown: Verification) -> str:
    return f"keyturn/{'baseline/' if shown.is_baseline else ''}{shown.rotation.replace('/', '-')}"


def _rows(evidence: Mapping[Part, Mapping[str, str]]) -> list[tuple[str, str, str, str]]:
    return [
        (part.value, proved.get("method", "baseline"), proved["at"], proved.get("fingerprint", ""))
        for part, proved in evidence.items()
    ]


def _notes(shown: Verification, by: str, world: World) -> Iterator[str]:
    yield f"Recorded by {by}." if shown.is_baseline else f"Rotated by {by}. Merging this closes the issue."
    if address := proof.run(world):
        yield f"Verified by {address}"
