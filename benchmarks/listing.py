"""List 10,000 open issues: keyturn's tracker beside the objects of PyGithub, both from the fake GitHub on loopback."""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

from measure import Contender, timed

RUNS = 7
ISSUES = 10_000
TESTS = Path(__file__).resolve().parent.parent / "tests"
BOT = "keyturn-bot"

LOADED = (
    "import sys; import github; from keyturn.trackers.github import GitHubTracker; url, token, count = sys.argv[1:]"
)
OBJECTS = f"""\
{LOADED}
from github import Auth, Github
server = Github(auth=Auth.Token(token), base_url=url, per_page=100, seconds_between_requests=0)
found = list(server.get_repo("acme/keys").get_issues(state="open", creator="{BOT}", sort="created", direction="asc"))
seen = [(each.number, each.title, each.body, each.state, each.closed_at, each.html_url) for each in found]
people = [([label.name for label in each.labels], [one.login for one in each.assignees]) for each in found]
assert len(seen) == len(people) == int(count)
"""
VALUES = f"""\
{LOADED}
from datetime import UTC, date, datetime
tracker = GitHubTracker(repository="acme/keys", token=token, scope="acme/keys:.", identity=("{BOT}",), base_url=url,
                        now=lambda: datetime.now(UTC), wait=lambda _: None)
assert len(tracker.issues(date(2026, 11, 1))) == int(count)
"""


class Row(NamedTuple):
    """What one way took beyond loading PyGithub: seconds of processor time, and MiB at the peak."""

    what: str
    seconds: float
    mebibytes: float


def serve(count: int) -> None:
    """Fill a fake GitHub with issues as keyturn opens them, say where it is, and serve until the input ends."""
    sys.path.insert(0, str(TESTS))
    from fake_github import FakeGitHub

    from keyturn import marker
    from keyturn.model import Marker, Status, Version, Why

    steps = "\n".join(f"- [ ] Open **Settings**, choose **Tokens** and do what step {step} says." for step in range(25))
    with FakeGitHub() as fake:
        fake.add_repository("acme/keys")
        for number in range(count):
            id_, day = f"mixpanel/key-{number}", date(2026, 11, 21)
            known = Marker("acme/keys:.", id_, Version.read("2026-07-01"), day, Why.DUE, Status.OVERDUE, day)
            body = f"{marker.line(known)}\n\n{steps}\n\n{marker.END}\n"
            fake.add_issue(f"Rotate {id_}", author=BOT, body=body, labels=["key-rotation", "status: overdue"])
        print(fake.url, fake.add_token(), flush=True)
        sys.stdin.read()


def rows(count: int = ISSUES) -> list[Row]:
    """Measure both ways by turns and keep the cheapest of each."""
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with server:
        url, token = server.stdout.readline().split()  # type: ignore[union-attr] # there is a pipe
        ways = {"loaded": LOADED, "PyGithub's objects": OBJECTS, "keyturn's tracker": VALUES}
        runs = [{what: _cost(code, url, token, str(count)) for what, code in ways.items()} for _ in range(RUNS)]
    least = {what: tuple(map(min, zip(*(run[what] for run in runs), strict=True))) for what in ways}
    loaded = least.pop("loaded")
    return [Row(what, seconds - loaded[0], peak - loaded[1]) for what, (seconds, peak) in least.items()]


def _cost(code: str, *arguments: str) -> tuple[float, float]:
    run = timed(Contender("a way to list", (sys.executable, "-c", code, *arguments)), Path.cwd())
    return run.cpu, run.peak


def main() -> None:
    """Print a table: time and memory beyond loading the client, and how many times less they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("issues", nargs="?", type=int, default=ISSUES, help="open issues (default: 10000)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.issues)
        return
    found = rows(given.issues)
    print(f"{'':<20} {'CPU s':>7} {'MiB':>6} {'faster':>7} {'leaner':>7}")
    for row in found:
        faster, leaner = found[0].seconds / row.seconds, found[0].mebibytes / row.mebibytes
        print(f"{row.what:<20} {row.seconds:>7.2f} {row.mebibytes:>6.0f} {faster:>6.1f}x {leaner:>6.1f}x")


if __name__ == "__main__":
    main()
