"""`verify` against a scripted provider: which answers prove, contradict or show nothing, and how long is waited."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from shell.desk import OVERDUE, Desk, Ran
from shell.scripted_provider import Heard, reply, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shell.scripted_provider import Service

AT = "2026-11-21T09:00:00Z"
NEW, OLD = "new-" + "n" * 24, "old-" + "o" * 24
ACCEPTED, REJECTED, UNKNOWN = "accepted", "rejected", "unknown"
ANSWERS = {ACCEPTED: reply(200), REJECTED: reply(401), UNKNOWN: reply(418)}
ID = "acme/loader"
USER = {"user": {"kind": "value", "pattern": "^[a-z]+$"}}


@dataclass(slots=True)
class Acme:
    """A provider of the root's own, on loopback; `answers` gives what it says to `control`, `new` and `old` in turn."""

    service: Service
    desk: Desk
    answers: dict[str, list[bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=lambda: {NEW: "new", OLD: "old"})
    before: Callable[[], object] = lambda: None  # called with every question

    def __post_init__(self) -> None:
        self.service.tell(self._answer)
        self.desk.environment |= {"KEYTURN_NEW_TOKEN": NEW, "KEYTURN_OLD_TOKEN": OLD}
        self.offer()
        self.desk.policy(probe={"hosts": [self.origin]})
        self.answer()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.service.port}"

    def offer(self, *fields: Any, auth: dict[str, str] | None = None, **provider: Any) -> None:
        """Describe the provider: its fields, how they are sent, and what else differs."""
        probe = {
            "method": "GET",
            "url": f"{self.origin}/me",
            "auth": auth or {"scheme": "header", "name": "X-Key"},
            "accepted": [200],
            "rejected": [401],
            "confidence": "documented",
            "sources": ["https://docs.acme.example"],
            **provider.pop("probe", {}),
        }
        plain = {"name": "Acme", "strategy": "overlap", "credential": {"fields": list(fields or ("token",))}}
        self.desk.write("providers/acme.yaml", json.dumps({**plain, "probe": probe, **provider}))

    def answer(self, control: str = REJECTED, new: str = ACCEPTED, old: str = REJECTED) -> None:
        self.says(control=[ANSWERS[control]], new=[ANSWERS[new]], old=[ANSWERS[old]])

    def says(self, **answers: list[bytes]) -> None:
        """Say these one after the other, and the last one for good."""
        self.answers |= answers

    def verify(self, *options: str, **streams: Any) -> Ran:
        self.asked.clear()
        return self.desk.keyturn("verify", ID, *options, **streams)

    def document(self, *options: str) -> tuple[int, dict[str, Any]]:
        ran = self.verify("--format", "json", *options)
        return ran.status, json.loads(ran.out)

    def _answer(self, heard: Heard, _connection: socket.socket) -> bytes:
        self.before()
        who = self.known.get(heard.headers.get("x-key", ""), "control")
        self.asked.append(who)
        said = self.answers[who]
        return said.pop(0) if len(said) > 1 else said[0]


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


@pytest.fixture
def acme(service: Service, tmp_path: Path) -> Acme:
    (tmp_path / "root").mkdir()
    desk = Desk(tmp_path / "root")
    desk.declare(ID, OVERDUE)
    return Acme(service, desk)


def verdicts(document: dict[str, Any]) -> tuple[str, str, str]:
    return document["control"], document["new_key"], document["old_key"]


# -- every combination ---------------------------------------------------------------------------------------------


def expected(control: str, new: str, old: str) -> int:
    if control != REJECTED:
        return 3
    if new == REJECTED or old == ACCEPTED:
        return 1
    return 0 if (new, old) == (ACCEPTED, REJECTED) else 3


@pytest.mark.parametrize(("control", "new", "old"), list(product(ANSWERS, repeat=3)), ids=lambda verdict: verdict)
def test_every_combination(acme: Acme, control: str, new: str, old: str) -> None:
    acme.answer(control, new, old)
    status, document = acme.document()

    told = (control, new, old) if control == REJECTED else (control, UNKNOWN, UNKNOWN)
    assert (status, verdicts(document)) == (expected(control, new, old), told)
    assert document["rotation"] == ID
    assert document["proves"] is ((control, new, old) == (REJECTED, ACCEPTED, REJECTED))
    assert acme.asked == (["control", "new", "old"] if control == REJECTED else ["control"])


def test_what_the_document_says_of_each(acme: Acme) -> None:
    acme.answer(old=UNKNOWN)
    assert acme.document()[1]["details"] == {
        "control": {"status": 401, "at": AT, "reason": "listed-status"},
        "new_key": {"status": 200, "at": AT, "reason": "listed-status"},
        "old_key": {"status": 418, "at": AT, "reason": "unlisted-status"},
    }


def test_the_text(acme: Acme) -> None:
    acme.answer(old=ACCEPTED)
    ran = acme.verify()
    assert (ran.status, ran.err) == (1, "")
    assert ran.out == (
        f"acme/loader\n"
        f"  made-up key  rejected  401  {AT}  listed-status\n"
        f"  new key      accepted  200  {AT}  listed-status\n"
        f"  old key      accepted  200  {AT}  listed-status\n"
        "The old key is still accepted: revoke it, then run this again.\n"
    )


def test_a_page_for_the_summary_of_the_job(acme: Acme, tmp_path: Path) -> None:
    acme.desk.environment["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary.md")
    ran = acme.verify("--format", "markdown")
    assert ran.out.startswith("## keyturn verify `acme/loader`: complete\n\n| Key |")
    assert (tmp_path / "summary.md").read_text() == ran.out


# -- what shows nothing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(302, Location="https://evil.example/"), "redirect"),
        (reply(200, b"<html>", Content_Type="text/html"), "web-page"),
        (reply(403), "unlisted-status"),
        (reply(404), "unlisted-status"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_odd_answer_is_unknown_and_not_asked_for_again(acme: Acme, answer: bytes, reason: str) -> None:
    acme.says(old=[answer])
    status, document = acme.document()
    assert (status, verdicts(document)) == (3, (REJECTED, ACCEPTED, UNKNOWN))
    assert document["details"]["old_key"]["reason"] == reason
    assert (acme.asked, acme.desk.slept) == (["control", "new", "old"], [])


def test_no_host_gets_a_key_that_the_policy_does_not_list(acme: Acme) -> None:
    acme.desk.policy()
    ran = acme.verify()
    assert (ran.status, acme.asked) == (3, [])
    assert f"to permit it, list the host that {acme.origin}/me leads to in `probe.hosts` of keyturn.yaml" in ran.out


def test_an_overriding_provider_gets_no_key_either(acme: Acme) -> None:
    path = acme.desk.folder / "providers/acme.yaml"
    path.rename(path.with_name("appsflyer.yaml"))
    acme.desk.policy()
    acme.desk.declare("appsflyer/loader", OVERDUE)
    (acme.desk.folder / "rotations/acme-loader.yaml").unlink()
    ran = acme.desk.keyturn("verify", "appsflyer/loader")
    assert (ran.status, acme.asked) == (3, [])
    assert "probe.hosts" in ran.out


def test_a_missing_param_is_named(acme: Acme) -> None:
    acme.offer(params={"account": {"kind": "label"}}, probe={"url": f"{acme.origin}/{{account}}"})
    ran = acme.verify()
    assert (ran.status, acme.asked) == (3, [])
    assert "Nothing was sent: write account into `params` of rotations/acme-loader.yaml." in ran.out


def test_facts_that_are_not_sure_enough_show_nothing(acme: Acme) -> None:
    acme.offer(probe={"confidence": "inferred"})
    ran = acme.verify()
    assert (ran.status, acme.asked) == (3, [])
    assert "the probe of acme is only inferred; to rely on it nevertheless, add inferred to `probe.confidence`" in (
        ran.out.replace("The probe", "the probe")
    )

    acme.desk.policy(probe={"hosts": [acme.origin], "confidence": ["inferred"]})
    assert acme.verify().status == 0


@pytest.mark.parametrize("left_out", ["probe", "credential"])
def test_a_provider_that_cannot_be_asked(acme: Acme, left_out: str) -> None:
    acme.desk.environment.clear()
    plain = json.loads(acme.desk.read("providers/acme.yaml"))
    acme.desk.write("providers/acme.yaml", json.dumps({name: plain[name] for name in plain if name != left_out}))
    ran = acme.verify()
    assert (ran.status, acme.asked) == (3, [])
    assert "The catalogue has no probe for acme; look in its console, then `keyturn record acme/loader`." in ran.out


def test_a_key_that_nothing_can_be_made_up_for(acme: Acme) -> None:
    acme.desk.environment |= {"KEYTURN_NEW_TOKEN": "-" * 5}
    ran = acme.verify()
    assert (ran.status, acme.asked) == (3, [])
    assert "No key of the same shape can be made up to test the probe with" in ran.out


# -- where the values come from ------------------------------------------------------------------------------------


def test_missing_variables_are_named(acme: Acme) -> None:
    acme.desk.environment.clear()
    ran = acme.verify()
    assert (ran.status, ran.out) == (2, "")
    assert "the environment lacks KEYTURN_NEW_TOKEN and KEYTURN_OLD_TOKEN" in ran.err


def test_an_empty_variable_is_missing(acme: Acme) -> None:
    acme.desk.environment["KEYTURN_OLD_TOKEN"] = ""
    ran = acme.verify()
    assert (ran.status, "the environment lacks KEYTURN_OLD_TOKEN" in ran.err) == (2, True)
    assert NEW not in ran.err


def test_other_names_by_the_rotation(acme: Acme) -> None:
    acme.desk.declare(ID, OVERDUE, secrets={"token": {"new": "ACME_NEW"}})
    acme.desk.environment["ACME_NEW"] = acme.desk.environment.pop("KEYTURN_NEW_TOKEN")
    assert acme.verify().status == 0
    del acme.desk.environment["ACME_NEW"]
    assert "the environment lacks ACME_NEW;" in acme.verify().err


@pytest.mark.parametrize(
    "name", ["GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "KEYTURN_FINGERPRINT_KEY", "KEYTURN_SECRETS_TOKEN"]
)
def test_a_rotation_cannot_have_sent_what_is_no_key(acme: Acme, name: str) -> None:
    acme.desk.declare(ID, OVERDUE, secrets={"token": {"old": name}})
    acme.desk.environment[name] = "t" * 24
    ran = acme.verify()
    assert (ran.status, ran.out, acme.asked) == (1, "", [])
    assert f"names {name}, which is never sent to a provider; name the variable that holds the key" in ran.err


def test_the_new_key_must_be_another_one(acme: Acme) -> None:
    acme.desk.environment["KEYTURN_NEW_TOKEN"] = OLD
    ran = acme.verify()
    assert (ran.status, acme.asked) == (2, [])
    assert "the new key is the same as the old one" in ran.err


def test_of_several_secrets_one_may_stay(acme: Acme) -> None:
    acme.offer("token", "shared")
    acme.desk.environment |= {"KEYTURN_NEW_SHARED": "s" * 12, "KEYTURN_OLD_SHARED": "s" * 12}
    assert acme.verify().status == 0


def test_what_is_no_secret_may_stand_in_the_params(acme: Acme) -> None:
    acme.offer(
        {"name": "user", "secret": False},
        "token",
        auth={"scheme": "header", "name": "X-Key", "format": "{token}"},
        params=USER,
    )
    assert "the environment lacks KEYTURN_NEW_USER and KEYTURN_OLD_USER" in acme.verify().err
    acme.desk.declare(ID, OVERDUE, params={"user": "loader"})
    assert acme.verify().status == 0


def test_names_of_users_alone_can_differ_where_nothing_is_secret(acme: Acme) -> None:
    acme.offer({"name": "token", "secret": False})
    assert acme.verify().status == 0


# -- what keeps it from asking -------------------------------------------------------------------------------------


def test_a_policy_that_cannot_be_read_permits_nothing(acme: Acme) -> None:
    acme.desk.write("keyturn.yaml", "probe: 1\n")
    ran = acme.verify()
    assert (ran.status, acme.asked) == (1, [])
    assert "keyturn.yaml has an error, and it says where keys may be sent" in ran.err


def test_a_retired_key_has_no_new_one(acme: Acme) -> None:
    acme.desk.declare(ID, OVERDUE, retired={"since": "2026-11-01", "reason": "Cancelled."})
    ran = acme.verify()
    assert (ran.status, "write down its end with `keyturn record acme/loader`" in ran.err) == (2, True)


# -- patience ------------------------------------------------------------------------------------------------------

LIMITED, FAULTY = reply(429, Retry_After="7"), reply(503)


def test_a_passing_fault_is_waited_for_as_the_provider_asks(acme: Acme) -> None:
    acme.says(control=[LIMITED, FAULTY, ANSWERS[REJECTED]])
    ran = acme.verify()
    assert (ran.status, acme.asked) == (0, ["control"] * 3 + ["new", "old"])
    assert acme.desk.slept == [7, 4]
    assert ran.err == (
        "no verdict yet (rate-limited); asking again in 7 seconds\n"
        "no verdict yet (server-error); asking again in 4 seconds\n"
    )


def test_it_gives_up_after_a_while(acme: Acme) -> None:
    acme.says(old=[FAULTY])
    status, document = acme.document()
    assert (status, verdicts(document)) == (3, (REJECTED, ACCEPTED, UNKNOWN))
    assert acme.desk.slept == [2, 4, 8, 16]


def test_a_provider_that_asks_for_too_much_patience_gets_none(acme: Acme) -> None:
    acme.says(new=[reply(429, Retry_After="121")])
    assert acme.document()[0] == 3
    assert (acme.asked, acme.desk.slept) == (["control", "new", "old"], [])


def test_patience_is_for_all_questions_together(acme: Acme) -> None:
    slow = reply(429, Retry_After="70")
    acme.says(control=[slow, ANSWERS[REJECTED]], new=[slow])
    assert (acme.document()[0], acme.desk.slept) == (3, [70])


def test_a_new_key_gets_its_time_to_become_active(acme: Acme) -> None:
    acme.offer(activation_delay="30m")
    acme.says(new=[ANSWERS[REJECTED]] * 3 + [ANSWERS[ACCEPTED]])
    ran = acme.verify("--wait")
    assert (ran.status, acme.asked) == (0, ["control", *["new"] * 4, "old"])
    assert acme.desk.slept == [180] * 3
    assert ran.err == "the new key is not active yet; asking again in 3 minutes\n" * 3


def test_but_not_more_than_that(acme: Acme) -> None:
    acme.offer(activation_delay="45s")
    acme.answer(new=REJECTED)
    assert (acme.document("--wait")[0], acme.desk.slept) == (1, [10, 10, 10, 10, 5])


@pytest.mark.parametrize(
    ("created", "slept"),
    [("2026-11-21T08:40:00Z", 600), ("2026-11-21T08:00:00Z", 0), ("2026-11-21T10:00:00Z", 1800)],
)
def test_the_time_counts_from_when_the_key_was_created(acme: Acme, created: str, slept: int) -> None:
    acme.offer(activation_delay="30m")
    acme.answer(new=REJECTED)
    assert (acme.document("--wait", "--created", created)[0], sum(acme.desk.slept)) == (1, slept)


def test_a_key_that_works_is_not_waited_for(acme: Acme) -> None:
    acme.offer(activation_delay="30m")
    assert (acme.verify("--wait").status, acme.desk.slept) == (0, [])


def test_a_provider_without_a_delay_is_not_waited_for(acme: Acme) -> None:
    acme.answer(new=REJECTED)
    assert (acme.verify("--wait").status, acme.desk.slept) == (1, [])


def test_without_waiting_it_is_said_that_it_may_help(acme: Acme) -> None:
    acme.offer(activation_delay="30m")
    acme.answer(new=REJECTED)
    ran = acme.verify()
    assert (ran.status, acme.desk.slept) == (1, [])
    assert "A new key of acme works only after 30 minutes; `--wait` gives it the time." in ran.out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar(acme: Acme) -> None:
    acme.offer(activation_delay="30s")
    acme.says(new=[ANSWERS[REJECTED], ANSWERS[ACCEPTED]])
    ran = acme.verify("--wait", stream=Terminal)
    assert (ran.status, acme.desk.slept) == (0, [1] * 10)
    assert "the new key is not active yet" in ran.err
    assert "asking again" not in ran.err


def test_quiet_waits_in_silence(acme: Acme) -> None:
    acme.says(new=[FAULTY, ANSWERS[ACCEPTED]])
    ran = acme.verify("--quiet", stream=Terminal)
    assert (ran.status, ran.err, acme.desk.slept) == (0, "", [2])
