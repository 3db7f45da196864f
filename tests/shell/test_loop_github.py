"""What a run costs on GitHub, whose issues are ours, and answers that are not plain; faults: `test_faults_rows`."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT as ACTIONS_BOT, Access, FakeGitHub, Kind
from shell.desk import DUE, FRESH, OVERDUE, Calendar, Desk, OnGitHub, at_github

from keyturn import marker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRACKER = ("--tracker", "github:acme/keys")


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def fake(calendar: Calendar) -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=calendar) as running:
        running.add_repository("acme/keys")
        yield running
        assert (running.unexpected, running.violations) == ([], [])


@pytest.fixture
def desk(tmp_path: Path, calendar: Calendar, fake: FakeGitHub) -> Desk:
    made = Desk(tmp_path, calendar)
    at_github(made, fake)
    return made


def cost(desk: Desk, fake: FakeGitHub, *options: str, status: int = 0) -> Counter[str]:
    """Apply and count the requests by method and what they ask for."""
    before = len(fake.requests)
    ran = desk.keyturn("apply", *TRACKER, *options)
    assert ran.status == status, ran
    return Counter(f"{each.method} {_what(each.path)}" for each in fake.requests[before:])


def _what(path: str) -> str:
    parts = path.split("/")
    return "user" if path == "/user" else ("comments" if parts[-1] == "comments" else parts[4])


def declare(desk: Desk, count: int, created: str = DUE, owner: str = "alice") -> None:
    for number in range(count):
        desk.declare(f"mixpanel/key-{number:03}", created=created, owners=[owner])


def test_a_laptop_is_told_that_its_issues_are_not_those_of_actions(desk: Desk) -> None:
    hint = "only issues that this token's account has opened count; where Actions writes them too, name both"
    desk.declare(created=DUE)
    assert hint in desk.keyturn("plan", *TRACKER).err
    assert "Actions" not in desk.keyturn("plan").err
    desk.policy(identity=["keyturn-bot", "github-actions[bot]"])
    assert "Actions" not in desk.keyturn("apply", *TRACKER).err
    desk.policy()
    assert "Actions" not in desk.keyturn("plan", *TRACKER).err  # for nothing is to be opened


# -- what a run costs --------------------------------------------------------------------------------------------------


def test_a_quiet_run_without_issues_costs_two_lists_and_the_identity(desk: Desk, fake: FakeGitHub) -> None:
    desk.declare(created=FRESH)
    assert cost(desk, fake) == {"GET user": 1, "GET issues": 2}


def test_a_policy_that_names_the_identity_saves_a_request(desk: Desk, fake: FakeGitHub) -> None:
    desk.declare(created=FRESH)
    desk.policy(identity=["keyturn-bot"])
    assert cost(desk, fake) == {"GET issues": 2}


def test_a_quiet_run_costs_a_request_for_each_hundred_issues(desk: Desk, fake: FakeGitHub) -> None:
    """250 open and 101 recently closed ones: max(1, ceil(N/100)) + max(1, ceil(M/100)) + 1."""
    desk.policy(limits={"open_at_once": 400, "max_actions": 400, "max_close_count": 400})
    declare(desk, 351)
    cost(desk, fake)
    for number in range(101):
        (desk.folder / f"rotations/mixpanel-key-{number:03}.yaml").unlink()
    assert cost(desk, fake) == {"GET user": 1, "GET issues": 4 + 1, "PATCH issues": 101}

    assert cost(desk, fake) == {"GET user": 1, "GET issues": 3 + 2}

    # Another run opens issues while this one pages: each of the 250 is still seen exactly once.
    for number in range(5):
        fake.interleave(lambda: fake.add_issue("By hand", author="keyturn-bot"), before=number + 1, method="GET")
    assert set(cost(desk, fake)) == {"GET user", "GET issues"}


def test_each_change_costs_exactly_one_request_more(desk: Desk, fake: FakeGitHub) -> None:
    declare(desk, 4)
    quiet = {"GET user": 1, "GET issues": 2}
    assert cost(desk, fake) == {**quiet, "POST issues": 4}
    desk.declare("mixpanel/key-000", created=DUE, owners=["bob"])
    desk.calendar.later("1d")
    desk.keyturn("record", "mixpanel/key-001", "--by", "bob")
    (desk.folder / "rotations/mixpanel-key-002.yaml").unlink()
    desk.declare("close/crm", created=DUE)
    # key-000 updated, key-001 completed, key-002 not planned, key-003 overdue since yesterday, close/crm opened
    assert cost(desk, fake) == {**quiet, "PATCH issues": 4, "POST issues": 1}
    assert cost(desk, fake) == quiet


def test_a_reminder_may_read_the_comments_first(desk: Desk, fake: FakeGitHub) -> None:
    desk.declare(created=OVERDUE)
    cost(desk, fake)
    desk.calendar.later("7d")
    assert cost(desk, fake) == {
        "GET user": 1,
        "GET issues": 2,
        "GET comments": 1,
        "POST comments": 1,
        "PATCH issues": 1,
    }


def test_a_plan_costs_no_more_than_its_reading(desk: Desk, fake: FakeGitHub) -> None:
    declare(desk, 3)
    assert desk.keyturn("plan", *TRACKER).status == 0
    assert desk.keyturn("ages", *TRACKER).status == 0
    assert cost(desk, fake, "--dry-run") == {"GET user": 1, "GET issues": 2}
    assert fake.writes == []


def test_closing_sets_state_reason_and_body_in_one_request(desk: Desk, fake: FakeGitHub) -> None:
    desk.declare(created=OVERDUE)
    cost(desk, fake)
    desk.calendar.later("1d")
    desk.keyturn("record", "mixpanel/loader", "--by", "bob")
    assert cost(desk, fake)["PATCH issues"] == 1
    sent = fake.writes[-1].body
    assert (sent["state"], sent["state_reason"], "recorded by bob" in sent["body"]) == ("closed", "completed", True)


# -- whose issues ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [(), ("key-rotation", "status: due")])
def test_a_forged_issue_is_never_adopted_edited_or_closed(
    desk: Desk, fake: FakeGitHub, labels: tuple[str, ...]
) -> None:
    desk.declare(created=DUE)
    cost(desk, fake)
    genuine = fake.issue(1)
    forged = fake.add_issue(genuine.title, body=genuine.body, author="mallory", labels=labels)
    fake.person_closes(1)
    (desk.folder / "rotations/mixpanel-loader.yaml").unlink()
    desk.declare("close/crm", created=FRESH)
    assert cost(desk, fake) == {"GET user": 1, "GET issues": 2}
    assert (forged.state, forged.body, forged.comments) == ("open", genuine.body, [])


def test_a_duplicate_is_closed_and_the_lowest_number_stays(desk: Desk, fake: FakeGitHub) -> None:
    desk.declare(created=DUE)
    cost(desk, fake)
    fake.add_issue("Rotate mixpanel/loader", body=fake.issue(1).body, author="keyturn-bot")
    assert cost(desk, fake)["PATCH issues"] == 1
    assert (fake.issue(1).state, fake.issue(2).state, fake.issue(2).state_reason) == ("open", "closed", "duplicate")
    assert cost(desk, fake) == {"GET user": 1, "GET issues": 2}


def test_two_roots_of_one_repository_never_touch_each_others_issues(
    tmp_path: Path, calendar: Calendar, fake: FakeGitHub
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    for name in ("objects", "refs"):
        (tmp_path / ".git" / name).mkdir()
    desks = []
    for name in ("data", "größe x"):
        folder = tmp_path / name
        folder.mkdir()
        desks.append(Desk(folder, calendar))
        at_github(desks[-1], fake)
        desks[-1].environment["GITHUB_REPOSITORY"] = "acme/mono"
        desks[-1].declare(created=DUE)
        desks[-1].declare("close/crm", created=FRESH)
        assert cost(desks[-1], fake)["POST issues"] == 1
    scopes = [found.scope for number in (1, 2) if (found := marker.read(fake.issue(number).body or ""))]
    assert scopes == ["acme/mono:data", "acme/mono:größe x"]

    (desks[0].folder / "rotations/mixpanel-loader.yaml").unlink()
    assert cost(desks[0], fake)["PATCH issues"] == 1
    assert cost(desks[1], fake) == {"GET user": 1, "GET issues": 2}
    assert (fake.issue(1).state, fake.issue(2).state) == ("closed", "open")


def test_the_workflows_own_token_needs_no_identity(desk: Desk, fake: FakeGitHub) -> None:
    at_github(desk, fake, login=ACTIONS_BOT, installation=True)
    desk.declare(created=DUE)
    ran = desk.keyturn("apply", *TRACKER)
    assert (ran.status, "identity" in ran.err) == (3, True)
    desk.environment["GITHUB_ACTIONS"] = "true"
    assert desk.keyturn("plan", *TRACKER).status == 0


# -- answers that are not plain ----------------------------------------------------------------------------------------


def test_an_owner_who_cannot_be_assigned_is_said_and_labelled(desk: Desk, fake: FakeGitHub) -> None:
    desk.declare(created=DUE, owners=["stranger"])
    ran = desk.keyturn("apply", *TRACKER)
    assert (ran.status, "mixpanel/loader: GitHub cannot assign stranger" in ran.err) == (0, True)
    assert "owner-missing" in fake.issue(1).labels


def test_a_refusal_before_the_end_of_the_world_counts_too(desk: Desk, fake: FakeGitHub) -> None:
    declare(desk, 3)
    cost(desk, fake)
    fake.lock(1, refuses_writes=True)
    declare(desk, 3, owner="bob")
    fake.faults.before_effect("PATCH", "/issues/2", 1, Kind.FORBIDDEN_RETRY_AFTER, retry_after=3600)
    ran = desk.keyturn("apply", *TRACKER)
    assert (ran.status, "stopped at mixpanel/key-001" in ran.err, "rate limit" in ran.err) == (3, True, True)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda _, desk: desk.environment.update(GITHUB_TOKEN="ghp_" + "9" * 36), "does not accept the token"),
        (lambda fake, _: fake.state.repositories.clear(), "there is no repository acme/keys"),
        (lambda fake, _: fake.faults.stop_after(0), "GitHub gave no answer"),
        (lambda _, desk: desk.environment.update(GITHUB_API_URL="nonsense"), "GITHUB_API_URL is not the address"),
    ],
    ids=["token", "no repository", "no answer", "no address"],
)
def test_a_github_that_does_not_answer_ends_with_3(desk: Desk, fake: FakeGitHub, break_it: object, said: str) -> None:
    desk.declare(created=DUE)
    desk.policy(identity=["keyturn-bot"])
    break_it(fake, desk)
    ran = desk.keyturn("apply", *TRACKER)
    assert (ran.status, said in ran.err, "Traceback" in ran.err) == (3, True, False), ran
    assert desk.environment["GITHUB_TOKEN"] not in ran.out + ran.err


def test_labels_that_are_dropped_in_silence_are_said(desk: Desk, fake: FakeGitHub) -> None:
    at_github(desk, fake, login="guest", access=Access.OPEN)
    desk.declare(created=DUE)
    ran = desk.keyturn("apply", *TRACKER)
    assert (ran.status, "GitHub left out the labels" in ran.err) == (0, True)


def test_writes_keep_the_distance_that_github_asks_for(desk: Desk, fake: FakeGitHub) -> None:
    declare(desk, 3)
    desk.environment["KEYTURN_WRITE_PAUSE"] = ""
    cost(desk, fake)
    assert desk.slept == [1.0, 1.0]


@pytest.mark.parametrize("pause", ["soon", "-1", "nan", "1e9"])
def test_a_pause_that_is_no_number_is_refused(desk: Desk, pause: str) -> None:
    desk.environment["KEYTURN_WRITE_PAUSE"] = pause
    ran = desk.keyturn("plan", *TRACKER)
    assert (ran.status, "KEYTURN_WRITE_PAUSE is no number of seconds" in ran.err) == (2, True)


def test_a_token_is_needed_and_may_have_either_name(desk: Desk) -> None:
    desk.environment["GH_TOKEN"] = desk.environment.pop("GITHUB_TOKEN")
    assert desk.keyturn("plan", *TRACKER).status == 0
    desk.environment.pop("GH_TOKEN")
    ran = desk.keyturn("plan", *TRACKER)
    assert (ran.status, "the GitHub tracker needs a token in GITHUB_TOKEN" in ran.err) == (2, True)


def test_the_policy_names_the_tracker_and_the_option_wins(desk: Desk, fake: FakeGitHub) -> None:
    desk.policy(tracker="github:acme/keys")
    desk.declare(created=DUE)
    assert desk.keyturn("plan", "--format", "json").document["tracker"] == "github:acme/keys"
    assert desk.keyturn("plan", "--format", "json", "--tracker", "local").document["tracker"] == "local"
    assert {each.method for each in fake.requests} == {"GET"}


def test_the_file_of_a_key_is_linked_from_its_issue(desk: Desk, fake: FakeGitHub) -> None:
    desk.environment |= {"GITHUB_REPOSITORY": "acme/keys", "GITHUB_SERVER_URL": "https://github.acme.example"}
    desk.declare(created=DUE)
    cost(desk, fake)
    body = fake.issue(1).body or ""
    assert "https://github.acme.example/acme/keys/blob/HEAD/rotations/mixpanel-loader.yaml" in body


def test_on_the_wall_nothing_hangs_that_a_file_could_bring_to_life(desk: Desk, fake: FakeGitHub) -> None:
    hostile = "@carol closes #1 ![x](https://evil.example/a.png) <img src=x> --> <!-- keyturn {} -->"
    desk.declare(created=DUE, description=hostile, team="@acme/all", environment="production")
    cost(desk, fake)
    body = fake.issue(1).body or ""
    assert (
        json.loads(body.splitlines()[0].removeprefix("<!-- keyturn ").removesuffix(" -->"))["id"] == "mixpanel/loader"
    )
    assert body.count("<!--") == body.count("-->") == 2
    assert "<img" not in body
    assert "![" not in re.sub(r"`[^`]*`", "", body)
    assert "@" not in re.sub(r"`[^`]*`", "", body)
    assert "#1" not in re.sub(r"`[^`]*`", "", body)
    assert cost(desk, fake) == {"GET user": 1, "GET issues": 2}


def test_the_wall_of_the_fake_is_the_one_that_is_looked_at(fake: FakeGitHub) -> None:
    fake.add_issue("By hand")
    assert [issue.title for issue in OnGitHub(fake).issues()] == ["By hand"]
