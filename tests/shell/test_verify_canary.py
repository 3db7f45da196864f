"""A value of a key is nowhere but at its provider: whatever goes wrong, wherever one looks."""

from __future__ import annotations

import base64
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from fake_github import FakeGitHub
from fake_github.pulls import Proposals
from shell.desk import OVERDUE, Calendar, Desk
from shell.scripted_provider import Heard, reply, serving
from shell.test_review_history import git
from shell.test_verify_fingerprints import SALT
from shell.test_verify_record import script
from shell.test_verify_verdicts import ID, NEW, OLD, Acme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.scripted_provider import Script

SECRETS = [
    form
    for value in (NEW, OLD, SALT)
    for form in (value, quote(value), base64.b64encode(value.encode()).decode(), value[:12], value[-12:])
]


def leaks(*texts: str) -> list[str]:
    return [secret for secret in SECRETS for text in texts if secret in text]


def files(folder: Path) -> Iterator[str]:
    """Give what every file holds, and its name."""
    for path in folder.rglob("*"):
        yield path.name
        if path.is_file():
            yield path.read_bytes().decode("latin-1")


def echoing(status: int) -> Script:
    """Say everything again that was heard, in headers and body."""

    def echo(heard: Heard, _connection: socket.socket) -> bytes:
        said = f"{heard.target} {heard.headers}".replace("\n", " ")
        return reply(status, said.encode() + heard.body, X_Echo=said, Location=f"http://127.0.0.1:1/{said}")

    return echo


def silent(_heard: Heard, connection: socket.socket) -> bytes:
    connection.shutdown(socket.SHUT_RDWR)
    return b""


def nonsense(heard: Heard, _connection: socket.socket) -> bytes:
    return f"HTTP/1.1 what {heard.headers}\r\n{heard.headers}\r\n\r\n".encode()


def torn(heard: Heard, connection: socket.socket) -> bytes:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + str(heard.headers).encode())
    return b""


FAULTS = {
    "200": echoing(200),
    "302": echoing(302),
    "401": echoing(401),
    "404": echoing(404),
    "429": echoing(429),
    "500": echoing(500),
    "silent": silent,
    "nonsense": nonsense,
    "torn": torn,
}
AUTHS = {
    "header": {"scheme": "header", "name": "X-Key"},
    "bearer": {"scheme": "bearer"},
    "query": {"scheme": "query", "name": "key"},
    "basic": {"scheme": "basic", "username": "{token}", "password": "{token}"},
    "body": {"scheme": "body", "name": "key"},
}


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    with serving() as service:
        desk = Desk(tmp_path / "work")
        desk.declare(ID, OVERDUE)
        desk.environment |= {
            "KEYTURN_FINGERPRINT_KEY": SALT,
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        }
        yield Acme(service, desk)


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize("fault", FAULTS)
def test_no_answer_brings_a_value_to_light(
    acme: Acme, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str, auth: str
) -> None:
    caplog.set_level(logging.DEBUG)
    method = "POST" if auth == "body" else "GET"
    acme.offer(auth=AUTHS[auth], probe={"method": method})
    acme.service.tell(FAULTS[fault])
    said = []
    for options in (["--record"], ["--format", "json", "--wait"], ["--baseline", "--format", "markdown"]):
        ran = acme.verify(*options)
        said += [ran.out, ran.err]
    assert acme.service.heard  # something was sent
    assert leaks(*said, caplog.text, *files(tmp_path)) == []


@pytest.mark.parametrize("broken", ["\r\nX-Evil: 1", "\x00", "é", "\udcff", " "], ids=ascii)
@pytest.mark.parametrize("auth", AUTHS)
def test_no_value_that_cannot_be_sent_is_quoted(acme: Acme, tmp_path: Path, broken: str, auth: str) -> None:
    acme.offer(auth=AUTHS[auth], probe={"method": "POST" if auth == "body" else "GET"})
    acme.desk.environment |= {"KEYTURN_NEW_TOKEN": NEW + broken, "KEYTURN_OLD_TOKEN": OLD + broken}
    ran = acme.verify("--record")
    assert ran.status == 3
    assert leaks(ran.out, ran.err, *files(tmp_path)) == []
    assert not any(heard.headers.get("x-evil") for heard in acme.service.heard)


@pytest.mark.parametrize(
    "environment",
    [
        {"KEYTURN_NEW_TOKEN": ""},
        {"KEYTURN_OLD_TOKEN": NEW},
        {"KEYTURN_OLD_TOKEN": ""},
    ],
    ids=["no new one", "the same", "no old one"],
)
def test_no_wrong_usage_quotes_a_value(acme: Acme, environment: dict[str, str]) -> None:
    acme.desk.environment |= environment
    ran = acme.verify()
    assert (ran.status, leaks(ran.out, ran.err)) == (2, [])


def test_our_own_bug_quotes_no_value(acme: Acme) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    class Sleepless(list[float]):
        def append(self, _seconds: float) -> None:
            broken()

    acme.desk.slept = Sleepless()
    acme.says(control=[reply(503)])
    ran = acme.verify()
    assert (ran.status, "please report it" in ran.err) == (4, True)
    assert leaks(ran.out, ran.err) == []


# -- a process of its own: what the machine sees -------------------------------------------------------------------


@pytest.mark.parametrize("is_verbose", [False, True], ids=["plain", "with every log on"])
def test_neither_git_nor_the_process_list_sees_a_value(acme: Acme, tmp_path: Path, is_verbose: bool) -> None:  # noqa: FBT001 # a case of the table
    origin, seen = tmp_path / "origin.git", tmp_path / "seen"
    origin.mkdir()
    git(origin, "init", "--quiet", "--bare", "--initial-branch", "main")
    work = acme.desk.folder
    git(work, "init", "--quiet", "--initial-branch", "main")
    git(work, "remote", "add", "origin", str(origin))
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message", "Declare")
    git(work, "push", "--quiet", "origin", "main")
    # A hook that runs in the middle of it sees what every program of this machine could.
    script(work / ".git/hooks/pre-push", f"env > '{seen}'", f"cat /proc/[0-9]*/cmdline >> '{seen}' 2>/dev/null || true")
    with FakeGitHub(clock=Calendar()) as fake:
        fake.add_repository("acme/keys")
        fake.routes.add(*Proposals().routes())
        ran = subprocess.run(
            [sys.executable, "-c", LOUD if is_verbose else QUIET, "verify", ID, "--record", "--by", "bob"],
            cwd=work,
            env={
                "PATH": os.environ["PATH"],  # noqa: TID251 # the process needs git
                "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
                "HOME": str(tmp_path),
                **acme.desk.environment,
                "GITHUB_TOKEN": fake.add_token("alice"),
                "GITHUB_API_URL": fake.url,
                "GITHUB_REPOSITORY": "acme/keys",
                "GITHUB_ACTOR": "bob",
                "KEYTURN_WRITE_PAUSE": "0",
            },
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        assert "pull request opened" in ran.stderr
        assert "GITHUB_REPOSITORY=acme/keys" in seen.read_text(errors="replace")
        history = git(origin, "log", "-p", "--all")
        assert leaks(ran.stdout, ran.stderr, history, str(fake.requests), *files(tmp_path)) == []


QUIET = "import sys; from keyturn.cli import main; sys.exit(main())"
LOUD = (
    "import logging, http.client; logging.basicConfig(level=logging.DEBUG); http.client.HTTPConnection.debuglevel = 1; "
    + QUIET
)
