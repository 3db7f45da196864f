"""What GitHub says about runs and secrets, over loopback against the stateful fake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fake_github import FakeGitHub, Kind, Run

from keyturn.errors import UnfinishedError
from keyturn.model import (
    NOT_ASKED,
    Consumer,
    Evidence,
    FourEyes,
    Method,
    Part,
    Proof,
    RetirementEvidence,
    Rotation,
    Statement,
    Truth,
    Version,
    moment,
)
from keyturn.trackers.answers import Answer
from keyturn.trackers.confirmations import WORKFLOW, Origin, Origins, Witness
from keyturn.trackers.github import GitHubTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
STARTED, ENDED = NOW - timedelta(minutes=30), NOW - timedelta(minutes=20)
SHOWN = NOW - timedelta(minutes=25)
TIP, SHA = "a" * 40, "b" * 40
ID = "mixpanel/warehouse-loader"
ADDRESS = "https://github.com/acme/keys/actions/runs/1"
YES = Statement(Truth.CONFIRMED)


def evidence(run: str | None = ADDRESS, at: datetime = SHOWN, method: Method = Method.PROBE) -> Evidence:
    parts = {Part.NEW_KEY: Proof(method, SHOWN), Part.OLD_KEY: Proof(method, at)}
    return Evidence(Version.read("2026-08-24"), parts, by="bob", run=run)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=lambda: NOW) as fake:
        fake.add_repository().behind.add(SHA)
        fake.add_repository("mallory/keys")
        yield fake
        assert (fake.violations, fake.unexpected) == ([], [])


def witness(fake: FakeGitHub, *, wait: Callable[[float], object] = lambda _: None, **token: Any) -> Witness:
    tracker = GitHubTracker(
        repository="acme/keys",
        token=fake.add_token(**token),
        scope="acme/keys:.",
        base_url=fake.url,
        now=lambda: NOW,
        wait=wait,
        pause=0,
    )
    return Witness(
        api=tracker.api,
        secrets_api=tracker.api,
        repository="Acme/keys",
        server="https://github.com",
        tip=TIP,
        chain=lambda commit, _: (commit,),
        now=lambda: NOW,
    )


def add_run(fake: FakeGitHub, **changes: Any) -> Run:
    run = Run(1, STARTED, ENDED, SHA, f"Verify {ID}")
    for name, value in changes.items():
        setattr(run, name, value)
    fake.repository("acme/keys").runs[run.id] = run
    return run


# -- the run -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        pytest.param({}, evidence(), id="plain"),
        pytest.param({}, evidence(f"{ADDRESS}/attempts/2"), id="one attempt"),
        pytest.param({}, evidence(ADDRESS.replace("acme", "ACME")), id="case does not matter"),
        pytest.param({"path": f"{WORKFLOW}@main"}, evidence(), id="a path with a branch"),
        pytest.param({"path": f"{WORKFLOW}@refs/heads/main"}, evidence(), id="a path with a ref"),
        pytest.param({"sha": TIP}, evidence(), id="the commit that is judged from"),
        pytest.param({}, evidence(at=STARTED - timedelta(seconds=60)), id="a minute early"),
        pytest.param({}, evidence(at=ENDED + timedelta(seconds=60)), id="a minute late"),
    ],
)
def test_a_run_of_ours_is_confirmed(fake: FakeGitHub, changes: dict[str, Any], given: Evidence) -> None:
    add_run(fake, **changes)
    fake.repository("acme/keys").behind.add(TIP)
    assert witness(fake).run(ID, given) == YES
    assert {request.method for request in fake.requests} == {"GET"}


@pytest.mark.parametrize(
    ("changes", "given", "reason"),
    [
        pytest.param({}, evidence(None), "no run is recorded", id="none"),
        *(
            pytest.param({}, evidence(address), "its run is not the address of a run in Acme/keys", id=address)
            for address in (
                "https://github.com/mallory/keys/actions/runs/1",
                "https://github.com.evil.example/acme/keys/actions/runs/1",
                f"{ADDRESS}/../2",
                f"{ADDRESS}?x",
                "https://github.com/acme/keys/actions/runs/x",
            )
        ),
        pytest.param(
            {"path": ".github/workflows/other.yml"},
            evidence(),
            f"its run is one of another workflow than {WORKFLOW}",
            id="another workflow",
        ),
        pytest.param({"branch": "topic"}, evidence(), "its run was not on main", id="another branch"),
        pytest.param({"path": f"{WORKFLOW}@topic"}, evidence(), "its run was not on main", id="another ref"),
        pytest.param(
            {"sha": "c" * 40},
            evidence(),
            "its run was of a commit that is not on main",
            id="a tag with the name of the branch",
        ),
        pytest.param({"event": "push"}, evidence(), "its run was not started by hand", id="another event"),
        pytest.param({"conclusion": "failure"}, evidence(), "its run did not succeed", id="failed"),
        pytest.param({"conclusion": None}, evidence(), "its run did not succeed", id="still running"),
        pytest.param(
            {"head_repository": "mallory/keys"},
            evidence(),
            "its run belongs to another repository than Acme/keys",
            id="a fork",
        ),
        *(
            pytest.param({"title": title}, evidence(), "its run was for another key", id=title)
            for title in (f"Verify {ID}-2", f"Verify x{ID}", "Verify", ID)
        ),
        pytest.param(
            {},
            evidence(at=STARTED - timedelta(seconds=61)),
            "its run was at another time than old_key",
            id="shown before",
        ),
        pytest.param(
            {}, evidence(at=ENDED + timedelta(seconds=61)), "its run was at another time than old_key", id="shown after"
        ),
        pytest.param(
            {},
            RetirementEvidence({Part.OLD_KEY: Proof(Method.PROBE, SHOWN)}, by="bob"),
            "no run is recorded",
            id="a retirement has none",
        ),
    ],
)
def test_any_other_run_is_refuted(
    fake: FakeGitHub, changes: dict[str, Any], given: Evidence | RetirementEvidence, reason: str
) -> None:
    add_run(fake, **changes)
    assert witness(fake).run(ID, given) == Statement(Truth.REFUTED, reason)


def test_only_what_was_probed_must_lie_within_the_run(fake: FakeGitHub) -> None:
    add_run(fake)
    parts = {**evidence().parts, Part.CONSUMERS: Proof(Method.LAST_USED, NOW)}
    assert witness(fake).run(ID, replace(evidence(), parts=parts)) == YES


def test_a_run_that_is_not_shown_is_unknown(fake: FakeGitHub) -> None:
    reason = "GitHub does not show run 1; grant the token in GITHUB_TOKEN the permission actions: read, if it exists"
    assert witness(fake).run(ID, evidence()) == Statement(Truth.UNKNOWN, reason)


@pytest.mark.parametrize("path", ["/repos/Acme/keys$", "/actions/runs/", "/compare/"])
@pytest.mark.parametrize("kind", [Kind.BAD_GATEWAY, Kind.RESET, Kind.TRUNCATED])
def test_no_answer_is_unknown(fake: FakeGitHub, kind: Kind, path: str) -> None:
    add_run(fake)
    fake.faults.before_effect("GET", path, 1, kind, times=9, seconds=0.2)
    told = witness(fake).run(ID, evidence())
    assert told.truth is Truth.UNKNOWN
    assert told.reason.endswith("; the next run asks again")


class Strange:
    """An API that answers everything in a form of its own."""

    def read(self, _path: str, _query: object) -> Answer:
        return Answer(200, {}, {"message": "Welcome"})


def test_an_answer_of_another_form_is_unknown(fake: FakeGitHub) -> None:
    api: Any = Strange()
    strange = replace(witness(fake), api=api, secrets_api=api)
    expected = Statement(Truth.UNKNOWN, "GitHub answered something else than was asked")
    assert strange.run(ID, evidence()) == expected
    assert strange.secrets(rotation(IN_REPOSITORY)) == {IN_REPOSITORY: expected}
    assert strange.four_eyes(evidence(), Origins(Origin(SHA, "x"))) == FourEyes(expected, barred=("bob",))


# -- secrets -------------------------------------------------------------------------------------------------------

CREATED = "2026-11-20T12:00:00Z"
IN_REPOSITORY = Consumer("github-secret", repository="acme/keys", secret="NAME")  # noqa: S106 - a name
IN_ENVIRONMENT = replace(IN_REPOSITORY, environment="Live & EU/1")
IN_ORGANIZATION = Consumer("github-secret", organization="acme", secret="NAME")  # noqa: S106 - a name


def rotation(*consumers: Consumer) -> Rotation:
    return Rotation(
        "rotations/x.yaml", "mixpanel", "mixpanel", "warehouse-loader", Version.read(CREATED), ("bob",), consumers
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(CREATED, YES, id="as it was created"),
        pytest.param("2026-11-21T09:01:00Z", YES, id="a minute ahead"),
        pytest.param(
            "2026-11-20T11:59:59Z",
            Statement(Truth.REFUTED, "the secret NAME of acme/keys was last written before this version was created"),
            id="before",
        ),
        pytest.param(
            "2026-11-21T09:01:01Z",
            Statement(Truth.REFUTED, "the secret NAME of acme/keys was written in the future"),
            id="in the future",
        ),
    ],
)
def test_a_secret_counts_from_when_the_key_was_created(fake: FakeGitHub, written: str, expected: Statement) -> None:
    fake.repository("acme/keys").secrets["NAME"] = moment(written)
    assert witness(fake).secrets(rotation(IN_REPOSITORY, Consumer("segment"))) == {IN_REPOSITORY: expected}


def test_secrets_are_found_where_they_are(fake: FakeGitHub) -> None:
    fake.repository("acme/keys").secrets["Live & EU/1/NAME"] = NOW
    fake.state.organization_secrets["acme/NAME"] = NOW
    given = rotation(IN_REPOSITORY, IN_ENVIRONMENT, IN_ORGANIZATION)
    told = witness(fake).secrets(given)
    assert {consumer: each.truth for consumer, each in told.items()} == {
        IN_REPOSITORY: Truth.UNKNOWN,
        IN_ENVIRONMENT: Truth.CONFIRMED,
        IN_ORGANIZATION: Truth.CONFIRMED,
    }


@pytest.mark.parametrize(
    ("consumer", "place", "permission"),
    [
        pytest.param(IN_REPOSITORY, "acme/keys", "Secrets: read", id="repository"),
        pytest.param(IN_ENVIRONMENT, "acme/keys", "Environments: read", id="environment"),
        pytest.param(IN_ORGANIZATION, "acme", "Secrets: read", id="organization"),
    ],
)
def test_a_token_that_may_not_see_a_secret_is_told_what_to_grant(
    fake: FakeGitHub, consumer: Consumer, place: str, permission: str
) -> None:
    [told] = witness(fake, installation=True).secrets(rotation(consumer)).values()
    grant = f"grant the token in KEYTURN_SECRETS_TOKEN the permission {permission}, if it exists"
    assert told == Statement(Truth.UNKNOWN, f"GitHub does not show the secret NAME of {place}; {grant}")


# -- all of it -----------------------------------------------------------------------------------------------------


def test_only_what_is_claimed_is_asked(fake: FakeGitHub) -> None:
    told = witness(fake).confirmation(rotation(IN_REPOSITORY), evidence(method=Method.CONSOLE), None)
    assert (told.run, told.secrets, told.four_eyes) == (NOT_ASKED, {}, FourEyes(NOT_ASKED))
    assert fake.requests == []


def test_a_limit_stops_the_run_instead_of_guessing(fake: FakeGitHub) -> None:
    add_run(fake)
    fake.faults.before_effect("GET", "/actions/runs/", 1, Kind.FORBIDDEN_RETRY_AFTER, retry_after=3600)
    with pytest.raises(UnfinishedError):
        witness(fake).run(ID, evidence())
