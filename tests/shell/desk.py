"""A root with its calendar and its tracker, worked at as a person does: write a file, run a command, look at issues."""

from __future__ import annotations

import contextlib
import io
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Protocol

from keyturn import cli
from keyturn.commands.world import World
from keyturn.model import Duration, moment
from keyturn.trackers import front

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fake_github import FakeGitHub

TODAY = "2026-11-21"
BOT = "keyturn-bot"

# A standard key is rotated every 90 days, with 14 days of notice; on TODAY these stand for:
FRESH, DUE_SOON, DUE, OVERDUE = "2026-11-01", "2026-08-30", "2026-08-23", "2026-08-01"


@dataclass(slots=True)
class Calendar:
    """A clock that stands at nine in the morning of a day until it is moved."""

    now: datetime = field(default_factory=lambda: datetime.combine(moment(TODAY).date(), time(9), UTC))

    def __call__(self) -> datetime:
        return self.now

    def go_to(self, day: str) -> None:
        self.now = datetime.combine(moment(day).date(), time(9), UTC)

    def later(self, span: str) -> str:
        """Move on by some days and return the new day."""
        self.go_to(Duration.read(span).after(self.now.date()).isoformat())
        return self.now.date().isoformat()


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: its status and what it said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def actions(self) -> list[tuple[str, str]]:
        """Return action and rotation of a plan in JSON."""
        return [(each["action"], each["rotation"]) for each in self.document["actions"]]


@dataclass(slots=True)
class Desk:
    """A root in a folder; `keyturn` runs a command there with the calendar's day."""

    folder: Path
    calendar: Calendar = field(default_factory=Calendar)
    environment: dict[str, str] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.write("keyturn.yaml", "")

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file

    def policy(self, **fields: object) -> None:
        self.write("keyturn.yaml", _yaml(fields))

    def declare(self, key: str = "mixpanel/loader", created: str = FRESH, path: str = "", **fields: object) -> str:
        """Declare a key and return the path of its file."""
        provider, name = key.split("/")
        plain = {"provider": provider, "key": name, "owners": ["alice", "bob"], "created": created, "consumers": []}
        path = path or f"rotations/{provider}-{name}.yaml"
        self.write(path, _yaml({**plain, **fields}))
        return path

    def read(self, path: str) -> str:
        return (self.folder / path).read_bytes().decode()

    def keyturn(
        self, *arguments: str, folder: str = ".", world: type[World] = World, stream: type[io.StringIO] = io.StringIO
    ) -> Ran:
        out, err = stream(), stream()

        def made(options: argparse.Namespace) -> World:
            return world(
                folder=self.folder / folder,
                today=options.today or self.calendar.now.date(),
                now=self.calendar,
                sleep=self.slept.append,
                environment=self.environment,
                out=out,
                err=err,
                is_quiet=options.quiet,
            )

        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(arguments, made)
        return Ran(status, out.getvalue(), err.getvalue())


def _yaml(fields: Mapping[str, object]) -> str:
    """Write fields as YAML, one on each line; what YAML reads as text stands without quotes."""
    return "".join(f"{name}: {_value(value)}\n" for name, value in fields.items())


def _value(value: object) -> str:
    is_bare = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 :+/_-]*", value) and ": " not in value
    return str(value) if is_bare else json.dumps(value)


# -- issues as people see them ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue as it stands in its tracker."""

    number: int
    title: str
    is_open: bool
    state_reason: str | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    body: str
    comments: tuple[str, ...]


class Wall(Protocol):
    """Where a desk's issues hang, and what people do there."""

    option: str

    def issues(self) -> list[Seen]: ...

    def writes(self) -> list[str]:
        """Return what was written since the last look: `create`, `edit`, `comment`."""

    def rewrite(self, number: int, edited: Callable[[str], str]) -> None:
        """Change the body as a person does."""

    def comment(self, number: int, body: str) -> None: ...

    def close(self, number: int) -> None: ...


@dataclass(slots=True)
class Files:
    """The local tracker's folder."""

    folder: Path
    option: str = "local"
    _known: dict[str, str] = field(default_factory=dict)

    def issues(self) -> list[Seen]:
        return [_seen(front.read(path.read_text(encoding="utf-8"))) for path in self._paths()]

    def writes(self) -> list[str]:
        now = {path.name: path.read_text(encoding="utf-8") for path in self._paths()}
        before, self._known = self._known, now
        return list(_changes(before, now))

    def rewrite(self, number: int, edited: Callable[[str], str]) -> None:
        path = self._path(number)
        path.write_text(edited(path.read_text(encoding="utf-8")), encoding="utf-8")
        self.writes()

    def comment(self, number: int, body: str) -> None:
        head = '<!-- keyturn:comment {"author": "carol", "at": "2026-11-21T09:00:00Z"} -->'
        self.rewrite(number, lambda text: f"{text}\n{head}\n{body}\n")

    def close(self, number: int) -> None:
        self.rewrite(number, lambda text: text.replace('state: "open"', "state: closed"))

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.md"))

    def _path(self, number: int) -> Path:
        return next(path for path in self._paths() if path.name.startswith(f"{number:04d}-"))


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name, text in now.items():
        if name not in before:
            yield "create"
            continue
        old, new = front.read(before[name]), front.read(text)
        yield from ["comment"] * (len(new.comments) - len(old.comments))
        quiet = {"updated_at"}
        if old.body != new.body or any(old.fields[key] != new.fields[key] for key in new.fields if key not in quiet):
            yield "edit"


def _seen(page: front.Page) -> Seen:
    return Seen(
        number=int(page.text("number") or 0),
        title=page.text("title") or "",
        is_open=page.text("state") == "open",
        state_reason=page.text("state_reason"),
        labels=page.texts("labels"),
        assignees=page.texts("assignees"),
        body=page.body,
        comments=tuple(comment.body for comment in page.comments),
    )


_VERBS = {"PATCH": "edit", "POST": "create"}


@dataclass(slots=True)
class OnGitHub:
    """The issues of a fake GitHub's first repository."""

    fake: FakeGitHub
    option: str = "github:acme/keys"
    _seen: int = 0

    def issues(self) -> list[Seen]:
        return [self._issue(number) for number in sorted(self.fake.repository().issues)]

    def writes(self) -> list[str]:
        new, self._seen = self.fake.writes[self._seen :], len(self.fake.writes)
        return ["comment" if each.path.endswith("/comments") else _VERBS[each.method] for each in new]

    def rewrite(self, number: int, edited: Callable[[str], str]) -> None:
        self.fake.person_edits(number, body=edited(self.fake.issue(number).body or ""))

    def comment(self, number: int, body: str) -> None:
        self.fake.comment_as("carol", number, body)

    def close(self, number: int) -> None:
        self.fake.person_closes(number)

    def _issue(self, number: int) -> Seen:
        issue = self.fake.issue(number)
        return Seen(
            number=number,
            title=issue.title,
            is_open=issue.state == "open",
            state_reason=issue.state_reason,
            labels=tuple(issue.labels),
            assignees=tuple(account.login for account in issue.assignees),
            body=issue.body or "",
            comments=tuple(comment.body for comment in issue.comments),
        )


def at_github(desk: Desk, fake: FakeGitHub, **token: Any) -> OnGitHub:
    """Let a desk's commands speak to a fake GitHub, with a token of its own."""
    value = fake.add_token(**token)
    desk.environment |= {"GITHUB_TOKEN": value, "GITHUB_API_URL": fake.url, "KEYTURN_WRITE_PAUSE": "0"}
    return OnGitHub(fake)
