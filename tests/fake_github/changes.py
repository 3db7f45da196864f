"""How calls and people change issues, by GitHub's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .replies import Json, RefusedError, invalid, not_found, refusal, too_long, validation_failed
from .state import Access, Account, Comment, Issue, Label, Repository, State, Token, issues_disabled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BODY_CHARACTERS = 65_536
TITLE_CHARACTERS = 256
LABEL_CHARACTERS = 50
ASSIGNEES = 10
SUB_ISSUES = 100


def open_issue(state: State, repository: Repository, draft: Mapping[str, Json], token: Token) -> Issue:
    """Open an issue; without push access its labels and assignees are dropped and nothing says so."""
    require_write(token)
    if not repository.has_issues:
        raise issues_disabled()
    allowed = settable(draft, token)
    check_texts(draft)
    assignees = assignable(state, repository, allowed.get("assignees") or ())
    labels = named_labels(state, repository, allowed.get("labels") or ())
    issue = new_issue(state, repository, str(draft["title"]), draft.get("body"), token.account)
    issue.labels, issue.assignees = labels, assignees
    return issue


def new_issue(state: State, repository: Repository, title: str, body: str | None, author: Account) -> Issue:
    """Add an issue under the next number."""
    now = state.now()
    issue = Issue(state.next_id(), max(repository.issues, default=0) + 1, title, body, author, now, now)
    repository.issues[issue.number] = issue
    if state.opened is not None:
        state.opened(issue.id)
    return issue


def edit_issue(state: State, repository: Repository, issue: Issue, changes: Mapping[str, Json], token: Token) -> None:
    """Apply one PATCH as a whole or not at all."""
    require_edit(issue, token)
    allowed = settable(changes, token)
    check_texts(changes)
    new: dict[str, Json] = {name: changes[name] for name in ("title", "body") if name in changes}
    if allowed.get("assignees") is not None:
        new["assignees"] = assignable(state, repository, allowed["assignees"])
    if allowed.get("labels") is not None:
        new["labels"] = named_labels(state, repository, allowed["labels"])
    changed = change_fields(issue, new)
    changed |= change_state(state, issue, changes.get("state"), changes.get("state_reason"), token.account)
    if changed:
        issue.updated_at = state.now()


def change_fields(issue: Issue, new: Mapping[str, Json]) -> bool:
    """Set fields and say whether any of them had another value."""
    changed = [name for name, value in new.items() if getattr(issue, name) != value]
    for name in changed:
        setattr(issue, name, new[name])
    return bool(changed)


def change_state(state: State, issue: Issue, wanted: str | None, reason: str | None, actor: Account) -> bool:
    """Close or reopen; a reason counts only when the state changes."""
    if wanted is None or wanted == issue.state:
        return False
    is_closing = wanted == "closed"
    issue.state = wanted
    issue.state_reason = (reason or "completed") if is_closing else "reopened"
    issue.closed_at = state.now() if is_closing else None
    issue.closed_by = actor if is_closing else None
    issue.updated_at = state.now()
    return True


def add_comment(state: State, issue: Issue, body: str, author: Account) -> Comment:
    """Append a comment."""
    if len(body) > BODY_CHARACTERS:
        raise validation_failed(too_long("IssueComment", "body", BODY_CHARACTERS))
    comment = Comment(state.next_id(), body, author, state.now())
    issue.comments.append(comment)
    issue.updated_at = comment.created_at
    return comment


def add_labels(state: State, repository: Repository, issue: Issue, names: Sequence[Json], token: Token) -> None:
    """Add labels to those an issue has."""
    require_write(token)
    if token.access is not Access.PUSH:
        raise refusal(403, "Must have admin rights to Repository.")
    added = named_labels(state, repository, names)
    if change_fields(issue, {"labels": unique([*issue.labels, *added])}):
        issue.updated_at = state.now()


def add_label(state: State, repository: Repository, fields: Mapping[str, Json], token: Token) -> Label:
    """Add a label to a repository."""
    require_write(token)
    if token.access is not Access.PUSH:
        raise not_found()
    name = label_name(fields)
    if name.lower() in repository.labels:
        raise validation_failed({"resource": "Label", "field": "name", "code": "already_exists"})
    label = Label(state.next_id(), name, fields.get("color") or "ededed", fields.get("description"))
    return repository.labels.setdefault(name.lower(), label)


def add_sub_issue(state: State, repository: Repository, parent: Issue, child_id: int, *, replace: bool) -> None:
    """Put an issue under another one: one parent each, 100 children at most."""
    child = repository.issue_by_id(child_id)
    if child is None:
        raise not_found()
    if child.parent is not None and not replace:
        raise sub_issue_refusal("Sub issue may only have one parent")
    if len(parent.sub_issues) >= SUB_ISSUES:
        raise sub_issue_refusal(f"Parent cannot have more than {SUB_ISSUES} sub-issues")
    if child.parent is not None:
        repository.issues[child.parent].sub_issues.remove(child.number)
    child.parent = parent.number
    parent.sub_issues.append(child.number)
    parent.updated_at = state.now()


def sub_issue_refusal(message: str) -> RefusedError:
    """Return GitHub's answer to a child that does not fit."""
    return validation_failed({"resource": "SubIssue", "field": "sub_issue", "code": "custom", "message": message})


def require_write(token: Token) -> None:
    """Refuse a token that may only read."""
    if token.access is Access.READ:
        subject = "integration" if token.installation else "personal access token"
        raise refusal(403, f"Resource not accessible by {subject}")


def require_edit(issue: Issue, token: Token) -> None:
    """Refuse whoever is neither the author nor has push access."""
    require_write(token)
    require_unlocked(issue)
    if token.access is not Access.PUSH and token.account != issue.author:
        raise refusal(403, "Must have admin rights to Repository.")


def require_unlocked(issue: Issue) -> None:
    """Refuse where a test has scripted that the lock holds."""
    if issue.refuses_writes:
        raise refusal(403, "Unable to write because the issue is locked.")


def settable(fields: Mapping[str, Json], token: Token) -> Mapping[str, Json]:
    """Return the fields that only push access may set: all of them, or none."""
    return fields if token.access is Access.PUSH else {}


def check_texts(fields: Mapping[str, Json]) -> None:
    """Refuse an empty title and texts over their limits."""
    title, body = fields.get("title"), fields.get("body")
    if "title" in fields and not str(title or "").strip():
        raise validation_failed({"resource": "Issue", "field": "title", "code": "missing_field"})
    if len(str(title)) > TITLE_CHARACTERS:
        raise validation_failed(too_long("Issue", "title", TITLE_CHARACTERS))
    if body is not None and len(body) > BODY_CHARACTERS:
        raise validation_failed(too_long("Issue", "body", BODY_CHARACTERS))


def assignable(state: State, repository: Repository, wanted: Sequence[Json]) -> list[Account]:
    """Return the accounts to assign; one without access refuses the whole call."""
    logins = [entry if isinstance(entry, str) else entry["login"] for entry in wanted]
    strangers = [login for login in logins if login.lower() not in repository.collaborators]
    if strangers or len(logins) > ASSIGNEES:
        raise validation_failed(*(invalid("Issue", "assignees", login) for login in strangers or logins[ASSIGNEES:]))
    return list(dict.fromkeys(state.account(login) for login in logins))


def named_labels(state: State, repository: Repository, wanted: Sequence[Json]) -> list[str]:
    """Return label names as the repository writes them, adding the ones it lacks."""
    names = [label_name(entry) for entry in wanted]
    for name in names:
        repository.labels.setdefault(name.lower(), Label(state.next_id(), name))
    return unique(repository.labels[name.lower()].name for name in names)


def label_name(entry: Json) -> str:
    """Return the name in a label given as text or as an object."""
    name = entry if isinstance(entry, str) else str(entry.get("name") or "")
    if not name.strip():
        raise validation_failed({"resource": "Label", "field": "name", "code": "missing_field"})
    if len(name) > LABEL_CHARACTERS:
        raise validation_failed(too_long("Label", "name", LABEL_CHARACTERS))
    return name


def unique(names: Iterable[str]) -> list[str]:
    """Return the names once each in their first order."""
    return list(dict.fromkeys(names))
