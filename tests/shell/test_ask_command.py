"""`keyturn ask`: the form of an issue becomes a request; what is no form, by a stranger or hostile becomes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from fake_github import FakeGitHub
from shell.desk import Desk, at_github

from keyturn.commands import ask
from keyturn.model import RequestReason

if TYPE_CHECKING:
    from shell.desk import Ran

FILE = "rotations/mixpanel-loader.yaml"
FORM = Path(__file__).parents[2] / ".github/ISSUE_TEMPLATE/rotation.yml"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.declare("mixpanel/loader", created="2026-08-01")
    return desk


def body(key: str = "mixpanel/loader", reason: str = "leaked", deadline: str = "", note: str = "") -> str:
    """Write an issue as GitHub does for the form."""
    fields = zip(ask.FIELDS, (key, reason, deadline, note), strict=True)
    return "\r\n\r\n".join(f"### {label}\r\n\r\n{text or '_No response_'}" for label, text in fields)


def asked(desk: Desk, text: str | None, association: str = "MEMBER", **more: Any) -> Ran:
    issue = {"number": 7, "user": {"login": "carol"}, "author_association": association, "body": text}
    desk.write("event.json", json.dumps({"issue": {**issue, **more}}))
    return desk.keyturn("ask", "--event", "event.json")


def test_the_form_becomes_a_request(desk: Desk) -> None:
    before = desk.read(FILE)
    ran = asked(desk, body(deadline="2026-12-01", note='In a "notebook": 12:30 #x'))
    assert (ran.status, ran.out) == (0, "")
    assert desk.read(FILE) == before + (
        "request:\n  reason: leaked\n  replaces: 2026-08-01\n  deadline: 2026-12-01\n"
        '  note: "In a \\"notebook\\": 12:30 #x"\n'
    )
    assert desk.keyturn("validate").status == 0


def test_what_is_left_empty_is_as_for_the_command(desk: Desk) -> None:
    assert asked(desk, body(), "OWNER").status == 0
    assert desk.read(FILE).endswith("request:\n  reason: leaked\n  replaces: 2026-08-01\n  deadline: 2026-11-23\n")


@pytest.mark.parametrize("association", ["NONE", "CONTRIBUTOR", "FIRST_TIMER", "", "member"])
def test_a_stranger_is_not_listened_to(desk: Desk, association: str) -> None:
    before = desk.read(FILE)
    ran = asked(desk, body(), association)
    assert (ran.status, "nothing was done" in ran.err) == (0, True)
    assert desk.read(FILE) == before


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "Please rotate mixpanel/loader", "before\n" + body(), body() + "\n### Key\n\nclose/crm"),
        *(body().replace("### Note", "### Hint"), body().replace("### Reason", "## Reason")),
    ],
    ids=["nothing", "empty", "prose", "before", "twice", "other", "level"],
)
def test_what_is_not_exactly_the_form_is_left_alone(desk: Desk, text: str | None) -> None:
    before = desk.read(FILE)
    assert asked(desk, text).status == 0
    assert desk.read(FILE) == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key": "mixpanel/lodaer"}, "no rotation mixpanel/lodaer; did you mean mixpanel/loader?"),
        ({"key": "$(touch x)"}, "the key must be an id"),
        ({"key": "../../etc/passwd"}, "the key must be an id"),
        ({"reason": "because"}, "the reason must be one of leaked, offboarding"),
        ({"deadline": "tomorrow"}, "the deadline must be a day"),
        ({"deadline": "2026-01-01"}, "lies before the version that must go"),
        ({"note": "one\ntwo"}, "the note must be one line"),
        ({"note": "x" * 501}, "the note must be one line"),
        ({"note": "ghp_" + "a1B2" * 9}, "this looks like a credential"),
        ({"note": "a\u202eb"}, "cannot be seen in a review"),
    ],
    ids=["nobody", "shell", "path", "reason", "day", "past", "lines", "long", "credential", "hidden"],
)
def test_what_cannot_be_asked_for_is_answered_and_not_repeated(desk: Desk, fields: dict[str, str], said: str) -> None:
    before = desk.read(FILE)
    ran = asked(desk, body(**fields))
    assert (ran.status, said in ran.err.replace("\\", "")) == (1, True), ran.err
    assert [text for text in fields.values() if text in ran.err and text != "mixpanel/lodaer"] in ([], ["2026-01-01"])
    assert desk.read(FILE) == before


def test_what_is_asked_for_already_is_not_asked_for_twice(desk: Desk) -> None:
    asked(desk, body())
    ran = asked(desk, body(reason="other"))
    assert (ran.status, "is to be rotated already" in ran.err) == (1, True)


@pytest.mark.parametrize("event", ["{", "{}", '{"issue": {"user": {"login": "a b"}}}', None])
def test_only_the_payload_of_an_issue_is_read(desk: Desk, event: str | None) -> None:
    if event is not None:
        desk.write("event.json", event)
    ran = desk.keyturn("ask", "--event", "event.json")
    assert (ran.status, "this is not the payload of an issue" in ran.err) == (2, True)


@pytest.mark.parametrize(("key", "said"), [("mixpanel/loader", "Thank you."), ("@all", "This cannot be asked for: ")])
def test_whoever_asks_is_answered_once_on_github(desk: Desk, key: str, said: str) -> None:
    with FakeGitHub() as fake:
        fake.add_repository("acme/keys")
        wall = at_github(desk, fake)
        number = fake.add_issue("Please rotate a key", body=body(key), author="carol").number
        desk.environment["GITHUB_REPOSITORY"] = "acme/keys"
        ran = asked(desk, body(key), number=number)
        assert ran.status in {0, 1}, ran.err
        (comment,) = wall.issues()[0].comments
    assert said in comment
    assert "@all" not in comment


@pytest.mark.repository
def test_the_form_asks_for_what_is_read_and_labels_nothing() -> None:
    form = yaml.safe_load(FORM.read_text(encoding="utf-8"))
    fields = [each for each in form["body"] if each["type"] != "markdown"]
    assert tuple(each["attributes"]["label"] for each in fields) == ask.FIELDS
    assert [each["attributes"]["options"] for each in fields if each["type"] == "dropdown"] == [
        [*map(str, RequestReason)]
    ]
    assert "labels" not in form
