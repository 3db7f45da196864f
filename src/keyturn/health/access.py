"""Checks of the token: whether it works, whose it is, what it may do, and which tracker it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyturn.health import unread
from keyturn.health.diagnosis import Diagnosis, Weight
from keyturn.health.facts import Home, Kind, Missing, Obstacle, Unread
from keyturn.health.words import counted
from keyturn.model import Status, Tier
from keyturn.plan import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.health.facts import Account, Facts

ACTIONS_BOT = "github-actions[bot]"
WRITERS = ("push", "maintain", "admin")
TOLERANCE = timedelta(minutes=5)
_SOON = timedelta(days=14)
LABELS = (pages.LABEL, *(f"tier: {tier}" for tier in Tier), *(f"{pages.STATUS}{status}" for status in Status))


def token(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether there is a token, and whether GitHub accepts it."""
    check, account = "token", facts.settings.account
    if facts.place.tracker == "local":
        yield unread.diagnosis(check, Unread(Obstacle.LOCAL))
    elif facts.place.objection:
        advice = "set GITHUB_TOKEN to a token that may read and write issues, or say `--tracker local`"
        yield Diagnosis(check, facts.place.objection, Weight.ERROR, "token-missing", advice)
    elif isinstance(account, Unread):
        yield unread.diagnosis(check, account)
    elif not account.is_accepted:
        advice = "make a new token and set it as GITHUB_TOKEN"
        yield Diagnosis(check, f"GitHub does not accept the {account.kind}", Weight.ERROR, "token-rejected", advice)
    else:
        yield _accepted(account, facts)


def _accepted(account: Account, facts: Facts) -> Diagnosis:
    message = f"{account.kind}, accepted"
    if account.expires is None:
        return Diagnosis("token", message)
    message = f"{message} until {account.expires:%Y-%m-%d}"
    if account.expires - facts.now > _SOON:
        return Diagnosis("token", message)
    return Diagnosis("token", message, Weight.WARNING, "token-expires", "make a new token before that day")


def identity(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether keyturn would know the issues again that this token opens."""
    account = facts.settings.account
    if isinstance(account, Unread):
        yield unread.diagnosis("identity", account)
    elif not account.is_accepted:
        yield unread.diagnosis("identity", Unread(Obstacle.REFUSED))
    elif (login := account.login or (ACTIONS_BOT if facts.place.in_actions else None)) is None:
        yield _nameless(facts.policy.identity)
    else:
        yield _named(login, facts.policy.identity)


def _nameless(configured: tuple[str, ...]) -> Diagnosis:
    if configured:
        message = f"the token does not tell whose it is; `identity` names {', '.join(configured)}"
        advice = "look in an issue of this run whether its author is one of them"
        return Diagnosis("identity", message, Weight.UNKNOWN, "identity-untold", advice)
    advice = 'name the login that opens the issues in keyturn.yaml, for example `identity: ["my-app[bot]"]`'
    message = "the token does not tell whose it is, and keyturn.yaml does not either"
    return Diagnosis("identity", message, Weight.ERROR, "identity-unknown", advice)


def _named(login: str, configured: tuple[str, ...]) -> Diagnosis:
    check = "identity"
    if not configured:
        return _alone(login)
    if login.lower() in {each.lower() for each in configured}:
        others = len(configured) - 1
        return Diagnosis(check, f"{login}, one of `identity`" if others else f"{login}, as `identity` says")
    message = f"the token is of {login}, but `identity` names {', '.join(configured)}"
    advice = "add the login to `identity` in keyturn.yaml, or use the token of one that it names"
    return Diagnosis(check, message, Weight.ERROR, "identity-differs", advice)


def _alone(login: str) -> Diagnosis:
    message = f"{login}, the only one whose issues count"
    if login == ACTIONS_BOT:
        return Diagnosis("identity", message)
    advice = f'where several tokens write issues, name all: `identity: ["{ACTIONS_BOT}", "{login}"]`'
    return Diagnosis("identity", message, Weight.INFO, "identity-alone", advice)


def clock(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether this machine's clock agrees with GitHub's."""
    account = facts.settings.account
    if isinstance(account, Unread):
        yield unread.diagnosis("clock", account)
    elif account.skew is None:
        yield unread.diagnosis("clock", Unread(Obstacle.SILENT))
    elif abs(account.skew) > TOLERANCE:
        minutes = counted(int(abs(account.skew).total_seconds() // 60), "minute")
        message = f"this clock is {minutes} {'ahead of' if account.skew > timedelta(0) else 'behind'} GitHub's"
        yield Diagnosis("clock", message, Weight.WARNING, "clock-skewed", "let the machine set its clock by NTP")
    else:
        yield Diagnosis("clock", "agrees with GitHub's to within five minutes")


def tracker(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether issues can live where they are to live."""
    check, place, found = "tracker", facts.place, facts.settings.tracker
    if place.tracker == "local":
        yield _local(place.in_actions)
    elif isinstance(found, Unread):
        yield unread.diagnosis(check, found)
    elif isinstance(found, Missing):
        yield _absent(found)
    elif found.is_archived:
        advice = "unarchive it in its settings, or write another `tracker`"
        yield Diagnosis(check, f"{found.name} is archived", Weight.ERROR, "tracker-archived", advice)
    elif not found.has_issues:
        advice = "switch on Settings, General, Features, Issues there, or write another `tracker`"
        yield Diagnosis(check, f"issues are disabled in {found.name}", Weight.ERROR, "issues-disabled", advice)
    else:
        yield _present(facts, found)


def _local(in_actions: bool) -> Diagnosis:  # noqa: FBT001 - the one thing that it depends on
    if not in_actions:
        return Diagnosis("tracker", "local, in .keyturn/issues/")
    advice = "write `tracker: github:OWNER/REPO` in keyturn.yaml, or pass `--tracker`"
    message = "local, so the issues are gone with the runner"
    return Diagnosis("tracker", message, Weight.WARNING, "tracker-local", advice)


def _absent(found: Missing) -> Diagnosis:
    if found.is_moved:
        advice = "write its name of today as `tracker` in keyturn.yaml"
        return Diagnosis("tracker", f"{found.name} was renamed or moved", Weight.ERROR, "tracker-moved", advice)
    message = f"there is no repository {found.name}, or the token may not see it"
    advice = "correct `tracker` in keyturn.yaml, or give the token access to the repository"
    return Diagnosis("tracker", message, Weight.ERROR, "tracker-missing", advice)


def _present(facts: Facts, found: Home) -> Diagnosis:
    home = facts.place.home
    if home is None or home.lower() == found.name.lower():
        return Diagnosis("tracker", f"{found.name}, with issues enabled")
    message = f"issues live in {found.name}, the files in {home}"
    if facts.place.in_actions:
        advice = f"give the workflow a token that may write issues in {found.name}; its own reaches only {home}"
        return Diagnosis("tracker", message, Weight.WARNING, "tracker-elsewhere", advice)
    return Diagnosis("tracker", message, Weight.INFO, "tracker-elsewhere")


def permissions(facts: Facts) -> Iterator[Diagnosis]:
    """Ask what the token may do with issues and secrets, as far as GitHub tells without a write."""
    yield _listing(facts)
    if facts.settings.issues is True:
        yield from _writing(facts)
        yield _secrets(facts)


def _listing(facts: Facts) -> Diagnosis:
    found = facts.settings.issues
    if found is True:
        return Diagnosis("permissions", "the token may list the issues")
    if isinstance(found, Unread) and found.obstacle is not Obstacle.DENIED:
        return unread.diagnosis("permissions", found)
    advice = "grant the token in GITHUB_TOKEN `Issues: read and write` (`issues: write` in a workflow)"
    return Diagnosis("permissions", "the token may not list the issues", Weight.ERROR, "issues-unread", advice)


def _writing(facts: Facts) -> Iterator[Diagnosis]:
    account, found = facts.settings.account, facts.settings.tracker
    if isinstance(account, Unread) or not isinstance(found, Home):
        return
    advice = "grant the token in GITHUB_TOKEN `Issues: read and write` (`issues: write` in a workflow)"
    if account.kind not in {Kind.INSTALLATION, Kind.OTHER} and found.role not in WRITERS:
        message = f"{account.login} has the role {found.role or 'none'} in {found.name}: labels and assignees get lost"
        yield Diagnosis("permissions", message, Weight.ERROR, "role-too-low", f"give {account.login} the role Write")
    elif account.scopes is None:
        message = "whether it may open issues, GitHub tells only when it does"
        yield Diagnosis("permissions", message, Weight.UNKNOWN, "write-untold", f"see to it: {advice}")
    elif {"repo", *(() if found.is_private else ("public_repo",))} & account.scopes:
        yield Diagnosis("permissions", "the token may open and change issues")
    else:
        wanted = "repo" if found.is_private else "public_repo"
        message = f"the token may not open issues: its scopes are {', '.join(sorted(account.scopes)) or 'none'}"
        yield Diagnosis("permissions", message, Weight.ERROR, "scope-missing", f"give the token the scope `{wanted}`")


def _secrets(facts: Facts) -> Diagnosis:
    found = facts.settings.secrets
    if found is True:
        return Diagnosis("permissions", "the token may see when secrets were written")
    if isinstance(found, Unread) and found.obstacle is not Obstacle.DENIED:
        return unread.diagnosis("permissions", found)
    message = "the token may not see when secrets were written, which evidence `secret-updated` rests on"
    advice = "where that is used, set KEYTURN_SECRETS_TOKEN to a token with `Secrets: read`"
    return Diagnosis("permissions", message, Weight.INFO, "secrets-unread", advice)


def labels(facts: Facts) -> Iterator[Diagnosis]:
    """Ask which of our labels exist; GitHub makes the others with the first issue, for whoever may write."""
    found = facts.settings.labels
    if isinstance(found, Unread):
        yield unread.diagnosis("labels", found)
    elif missing := tuple(label for label in LABELS if label not in found):
        message = f"{len(missing)} of {len(LABELS)} are not there yet"
        advice = "nothing: GitHub makes each with the first issue that carries it, where the token may write"
        yield Diagnosis("labels", message, Weight.INFO, "labels-missing", advice, missing)
    else:
        yield Diagnosis("labels", f"all {len(LABELS)} are there")


def writers(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether the rule of four eyes fits the number of people who may write."""
    found, four_eyes = facts.settings.writers, facts.policy.evidence.four_eyes
    if isinstance(found, Unread):
        yield unread.diagnosis("writers", found)
    elif len(found) > 1 and not four_eyes:
        message = f"{len(found)} people may write, and one of them alone may record that a key is dead"
        advice = "write `evidence: {four_eyes: true}` in keyturn.yaml"
        yield Diagnosis("writers", message, Weight.INFO, "four-eyes-off", advice)
    elif len(found) < 2 and four_eyes:  # noqa: PLR2004 - four eyes are two people
        advice = "give a second person the role Write, or write `evidence: {four_eyes: false}` in keyturn.yaml"
        message = "the policy asks for four eyes, but nobody else may approve"
        yield Diagnosis("writers", message, Weight.ERROR, "four-eyes-alone", advice)
    else:
        yield Diagnosis(
            "writers",
            f"{counted(len(found), 'person', 'people')} may write, four eyes are {'on' if four_eyes else 'off'}",
        )
