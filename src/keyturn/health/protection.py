"""Checks of what keeps one person from changing what every key is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.health import owners as code_owners, unread
from keyturn.health.diagnosis import Diagnosis, Weight
from keyturn.health.facts import PROTECTED, Home, Unread
from keyturn.health.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from keyturn.health.facts import Environment, Facts, Owners, Protection

_RULES = "Settings, Rules, Rulesets; for a private repository that may take another plan"


def workflow_permissions(facts: Facts) -> Iterator[Diagnosis]:
    """Ask what a workflow may do that does not say it, and whether it may open a pull request."""
    check, found = "workflow-permissions", facts.settings.defaults
    if isinstance(found, Unread):
        yield unread.diagnosis(check, found)
        return
    setting = "in Settings, Actions, General, Workflow permissions"
    if found.is_writing:
        message = "a workflow that names no permissions may write everything"
        advice = f'choose "Read repository contents and packages permissions" {setting}'
        yield Diagnosis(check, message, Weight.WARNING, "workflows-write", advice)
    else:
        yield Diagnosis(check, "a workflow that names no permissions may only read")
    if found.may_open_pulls:
        yield Diagnosis(check, "Actions may create pull requests")
    else:
        message = "Actions may not create pull requests: `verify --record` pushes a branch and gives an address instead"
        advice = f'tick "Allow GitHub Actions to create and approve pull requests" {setting}, or set KEYTURN_TOKEN'
        yield Diagnosis(check, message, Weight.INFO, "pulls-forbidden", advice)


# -- the default branch --------------------------------------------------------------------------------------------


def branch_protection(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether a change of the default branch needs a pull request that its owners approve."""
    check, found = "branch-protection", facts.settings.protection
    if isinstance(found, Unread):
        yield unread.diagnosis(check, found)
        return
    faults = tuple(_faults(found))
    if faults and not found.is_certain:
        message = "not all rules of the default branch may be read; those that may do not say it all"
        advice = "grant the token in GITHUB_TOKEN the permission `Administration: read`, or look at Settings, Branches"
        yield Diagnosis(check, message, Weight.UNKNOWN, "unread", advice, tuple(fault.message for fault in faults))
    elif faults:
        yield from faults
    else:
        message = f"pull requests need {counted(max(found.approvals, 1), 'approval')} and their code owners"
        yield Diagnosis(check, message)


def _faults(found: Protection) -> Iterator[Diagnosis]:
    return (fault for is_given, fault in _FAULTS if is_given(found))


def _fault(weight: Weight, code: str, message: str, advice: str) -> Diagnosis:
    return Diagnosis(
        "branch-protection", message, weight, code, f"{advice} in the rule of the default branch ({_RULES})"
    )


_FAULTS: tuple[tuple[Callable[[Protection], bool], Diagnosis], ...] = (
    (
        lambda found: not found.needs_pull,
        _fault(
            Weight.ERROR,
            "branch-unprotected",
            "the default branch takes changes without a pull request",
            'tick "Require a pull request before merging"',
        ),
    ),
    (
        lambda found: not found.needs_owners,
        _fault(
            Weight.ERROR,
            "owners-not-required",
            "nobody has to ask the code owners",
            'tick "Require review from Code Owners"',
        ),
    ),
    (
        lambda found: found.needs_pull and not found.approvals,
        _fault(
            Weight.WARNING,
            "approvals-missing",
            "a pull request needs no approval, so whoever rotates a key may confirm it alone",
            'set "Required approvals" to 1',
        ),
    ),
    (
        lambda found: not found.checks,
        _fault(
            Weight.WARNING,
            "checks-not-required",
            "a pull request may be merged before the declared files are checked",
            'name the job of the check under "Require status checks to pass"',
        ),
    ),
    (
        lambda found: not found.refuses_force,
        _fault(
            Weight.WARNING,
            "force-push-allowed",
            "the history of the default branch may be written anew",
            'tick "Block force pushes"',
        ),
    ),
)


# -- owners --------------------------------------------------------------------------------------------------------


def owners(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether CODEOWNERS covers what every key is judged by."""
    check, found = "owners", facts.tree.owners
    if found is None:
        advice = (
            f"write .github/CODEOWNERS with a line for each of {', '.join(each.name for each in facts.tree.grounds)}"
        )
        yield Diagnosis(check, "there is no CODEOWNERS", Weight.ERROR, "no-owners", advice)
        return
    yield _coverage(facts, found)
    yield from _complaints(facts, found)


def _coverage(facts: Facts, found: Owners) -> Diagnosis:
    known = code_owners.rules(found.text)
    bare = {each.name: _bare(each.samples, known) for each in facts.tree.grounds}
    details = tuple(_detail(name, paths) for name, paths in bare.items() if paths)
    if not details:
        return Diagnosis("owners", f"{found.path} covers {counted(len(bare), 'path')} that must have owners")
    message = f"{found.path} leaves {len(details)} of {counted(len(bare), 'path')} without owners"
    advice = f"add a line for each to {found.path}, below the others, such as `/keyturn.yaml @OWNER`"
    return Diagnosis("owners", message, Weight.ERROR, "owners-incomplete", advice, details)


def _bare(samples: Sequence[str], known: Sequence[code_owners.Rule]) -> list[str]:
    return [path for path in samples if not code_owners.owners_of(path, known)]


def _detail(name: str, paths: Sequence[str]) -> str:
    return f"{name}, for example {paths[0]}" if paths[0] != name else name


def _complaints(facts: Facts, found: Owners) -> Iterator[Diagnosis]:
    told = facts.settings.complaints
    if isinstance(told, Unread):
        yield unread.diagnosis("owners", told)
    elif told.lines is None:
        message = f"{found.path} is not on the default branch yet, or the token may not see it"
        yield Diagnosis("owners", message, Weight.WARNING, "owners-unmerged", f"merge {found.path}")
    elif told.lines:
        message = f"GitHub does not accept {counted(len(told.lines), 'line')} of it, so they own nothing"
        advice = "correct them: each owner must exist and be able to write here"
        yield Diagnosis("owners", message, Weight.ERROR, "owners-invalid", advice, told.lines)
    else:
        yield Diagnosis("owners", "GitHub accepts every line of it")


# -- environments --------------------------------------------------------------------------------------------------


def environments(facts: Facts) -> Iterator[Diagnosis]:
    """Ask whether the values of keys that a workflow verifies are guarded."""
    check, found, home = "environments", facts.settings.environments, facts.settings.home
    wanted = [(flow.path, name) for flow in facts.tree.workflows for name in flow.environments]
    if not wanted:
        yield Diagnosis(check, "no workflow verifies keys")
    elif isinstance(found, Unread):
        yield unread.diagnosis(check, found)
    elif isinstance(home, Unread):
        yield unread.diagnosis(check, home)
    else:
        known = {each.name.lower(): each for each in found}
        default = home.branch if isinstance(home, Home) else None
        for path, name in wanted:
            yield _guarded(path, name, known.get((name or "").lower()), default)


def _guarded(path: str, name: str | None, found: Environment | None, default: str | None) -> Diagnosis:
    check = "environments"
    if name is None:
        message = f"{path} verifies keys outside of any environment: every workflow may read their values"
        advice = "write `environment: keyturn-verify` in that job, and keep the secrets there"
        return Diagnosis(check, message, Weight.ERROR, "verify-unguarded", advice)
    place = f"in Settings, Environments, {name}"
    if found is None:
        message = f"the environment {name} of {path} does not exist: GitHub makes it without protection"
        advice = f'make it {place}, with "Deployment branches and tags" limited to the default branch'
        return Diagnosis(check, message, Weight.WARNING, "environment-missing", advice)
    if not _is_narrow(found, default):
        message = f"workflows of other branches than the default one may use the environment {name}"
        advice = f'limit "Deployment branches and tags" to the default branch {place}'
        return Diagnosis(check, message, Weight.ERROR, "environment-open", advice)
    if not found.has_reviewers:
        message = f"the environment {name} is limited to the default branch, and nobody has to approve its use"
        advice = f'where the plan allows it, tick "Required reviewers" {place}'
        return Diagnosis(check, message, Weight.INFO, "environment-unreviewed", advice)
    return Diagnosis(check, f"the environment {name} is limited to the default branch and needs an approval")


def _is_narrow(found: Environment, default: str | None) -> bool:
    return found.branches is not None and {PROTECTED, default}.issuperset(found.branches)
