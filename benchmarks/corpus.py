"""Repositories to measure with: rotations of realistic shape, one in a hundred with an error, and their history.

Everything follows from the number of a key, so that two corpora of one size are equal to the byte.
"""

from __future__ import annotations

import argparse
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TODAY = "2026-11-21"
SIZES = (100, 1_000, 10_000, 100_000)
ONE_IN = 100  # files with an error
_FOLDER = 500  # files in a folder
_EPOCH = 1_750_000_000  # when the first commit was made

POLICY = """\
tracker: local
cadence: {critical: 90d, standard: 180d, low: 365d}
rules:
  - match: {tags: [pii]}
    rotate_every: 90d
escalate: {after: 14d, to: [carol]}
"""

_PROVIDERS = (
    "mixpanel", "appsflyer", "stripe", "segment", "plausible", "snowflake", "sendgrid", "hubspot", "datadog-api-key",
    "openai", "cloudflare", "twilio-api-key", "mailchimp", "intercom", "linear", "sentry",
)  # fmt: skip
_WORDS = ("warehouse", "billing", "campaign", "catalogue", "checkout", "consent", "export", "identity", "import")
_ROLES = ("loader", "sync", "webhook", "report", "reader", "writer", "backfill")
_TEAMS = ("data-platform", "growth", "payments", "web", "mobile", "support")
_OWNERS = ("alice", "bob", "carol")
_TAGS = ("pii", "etl", "billing", "external", "legacy")
_CONSUMERS = (
    "{{platform: supermetrics, name: {word} to BigQuery}}",
    "{{platform: segment, name: {word}, at: destination, connection: api_key}}",
    "{{platform: github-secret, repository: acme/{word}, secret: {upper}_KEY}}",
    "{{platform: manual, name: The {word} job in the scheduler}}",
)
_COMMENTS = (
    "",
    "# Asked for in the review of the quarter; see the page of the team.\n",
    "# Only the scheduler uses this one, nobody signs in with it.\n\n",
)


class Written(NamedTuple):
    """A corpus as it lies on disk."""

    root: Path
    files: tuple[Path, ...]
    faulty: tuple[Path, ...]


def declare(root: Path, count: int, one_in: int = ONE_IN) -> Written:
    """Write a policy and that many rotations below `root`; every `one_in`th is faulty, none where that is 0."""
    (root / "keyturn.yaml").write_text(POLICY, encoding="utf-8")
    files, faulty = [], []
    for number in range(count):
        path = root / place(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        is_faulty = bool(one_in) and number % one_in == one_in // 2
        path.write_text(_spoiled(number // one_in, rotation(number)) if is_faulty else rotation(number), "utf-8")
        files.append(path)
        faulty += [path] if is_faulty else []
    return Written(root, tuple(files), tuple(faulty))


def place(number: int) -> str:
    """Return where the rotation of this number stands, below the root."""
    return f"rotations/{_TEAMS[number // _FOLDER % len(_TEAMS)]}/{number // _FOLDER:03}/{_key(number)}.yaml"


def rotation(number: int) -> str:
    """Return the text of one rotation: twelve to thirty lines, some with evidence, a request or a hold."""
    created = date(2026, 11, 20) - timedelta(days=number * 7 % 170)
    lines = [
        _COMMENTS[number % 3] + f"provider: {_PROVIDERS[number % len(_PROVIDERS)]}",
        f"key: {_key(number)}",
        f"description: Serves the {_word(number)} of team {_TEAMS[number % len(_TEAMS)]}, written in {created.year}.",
        f"owners: [{', '.join(_OWNERS[number % 3 : number % 3 + 2])}]",
        f"team: acme/{_TEAMS[number % len(_TEAMS)]}",
        f"tags: [{', '.join(_TAGS[number % 4 : number % 4 + 2])}]",
        f"tier: {('standard', 'critical', 'low')[number % 3]}",
        "environment: production" + ("" if number % 4 else "  # staging has a key of its own"),
        f"created: {created}",
        *(block for every, block in _OPTIONAL if number % every == 0),
        "consumers:",
        *(f"  - {_consumer(number + step)}" for step in range(1 + number % 3)),
    ]
    blocks = [write(created) for every, write in _BLOCKS if number % every == 0]
    return "\n".join([*lines, *blocks]) + "\n"


def _key(number: int) -> str:
    return f"{_word(number)}-{_ROLES[number % len(_ROLES)]}-{number}"


def _word(number: int) -> str:
    return _WORDS[number % len(_WORDS)]


def _consumer(number: int) -> str:
    word = _word(number)
    return _CONSUMERS[number % len(_CONSUMERS)].format(word=word, upper=word.upper())


def _evidence(created: date) -> str:
    return (
        f"evidence:\n  replaces: {created - timedelta(days=90)}\n"
        f"  new_key: {{method: probe, at: {created}T15:18:02Z}}\n"
        f"  old_key: {{method: console, at: {created}T15:40:10Z}}\n"
        f"  consumers: {{method: last-used, at: {created}T16:02:00Z}}\n"
        "  by: bob"
    )


def _request(created: date) -> str:
    return f"request:\n  reason: offboarding\n  replaces: {created}\n  deadline: 2026-12-18"


def _hold(_created: date) -> str:
    return "hold: {until: 2026-12-15, reason: Freeze during the holiday sale.}"


_OPTIONAL = ((5, "rotate_every: 60d"), (7, "expires: 2027-08-24"))
_BLOCKS: tuple[tuple[int, Callable[[date], str]], ...] = ((4, _evidence), (33, _request), (41, _hold))


# -- faults --------------------------------------------------------------------------------------------------------

_FAULTS: tuple[tuple[str, str], ...] = (
    ("tier: ", "tier: very "),  # wrong-value
    ("owners: ", "owner: "),  # unknown-field and missing-field
    ("provider: ", "provider: no-"),  # unknown-provider
    ("created: 2026-", "created: 2026-13-"),  # wrong-format
    ("consumers:\n", "consumers: [\n"),  # yaml-syntax
    ("environment: production", "environment: yes"),  # ambiguous-scalar
    ("team: ", "tier: low\nteam: "),  # duplicate-key
)


def _spoiled(turn: int, text: str) -> str:
    return text.replace(*_FAULTS[turn % len(_FAULTS)], 1)


# -- history -------------------------------------------------------------------------------------------------------


def commit(written: Written, commits: int = 1) -> None:
    """Put a corpus under git: a first commit with all of it, then others that each date some keys anew."""
    _git(written.root, "init", "--quiet", "--initial-branch=main")
    text = b"".join(_stream(written, commits))
    _git(written.root, "fast-import", "--quiet", "--force", given=text)
    _git(written.root, "reset", "--quiet", "--hard", "main")


def _stream(written: Written, commits: int) -> Iterator[bytes]:
    """Give what `git fast-import` reads; with the last commit every file is as it lies on disk."""
    share = max(1, len(written.files) // commits)
    last = [(number * share, written.files[number * share :][:share]) for number in range(commits - 1)]
    later = {path for _, paths in last for path in paths}
    yield _commit(
        0, [(written.root / "keyturn.yaml", 0), *((path, int(path in later)) for path in written.files)], written
    )
    for number, (_, paths) in enumerate(last, start=1):
        yield _commit(number, [(path, 0) for path in paths], written)


def _commit(number: int, files: list[tuple[Path, int]], written: Written) -> bytes:
    when = f"{_EPOCH + number * 3600} +0000"
    subject = b"Declare keys" if number == 0 else b"Rotate keys"
    head = (
        f"commit refs/heads/main\nauthor Alice <alice@example.com> {when}\ncommitter Alice <alice@example.com> {when}\n"
    )
    parts = [head.encode(), b"data %d\n%b\n" % (len(subject), subject)]
    for path, age in files:
        content = path.read_bytes().replace(b"created: 2026-", b"created: 2025-" if age else b"created: 2026-", 1)
        name = path.relative_to(written.root).as_posix().encode()
        parts.append(b"M 100644 inline %b\ndata %d\n%b\n" % (name, len(content), content))
    return b"".join(parts)


def _git(root: Path, *arguments: str, given: bytes | None = None) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, input=given)  # noqa: S607 - git of the PATH


def main() -> None:
    """Write a corpus into an empty folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--commits", type=int, default=0, help="put it under git with so many commits")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    written = declare(options.folder, options.count)
    if options.commits:
        commit(written, options.commits)


if __name__ == "__main__":
    main()
