"""`keyturn discover`: names of secrets become proposals; no value appears anywhere; what is declared is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_github import FakeGitHub
from fake_github.listing import PAGE_QUERY
from fake_github.replies import Reply, refusal
from fake_github.routing import Route
from git import Repo
from shell.desk import Desk, at_github

from keyturn.commands.recognition import Guess, Names
from keyturn.commands.shelf import shelved
from keyturn.files.mentions import is_credential, mentions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_github.routing import Call

CANARY = "c4n4ry" * 6
WORKFLOW = """\
on: push
jobs:
  load:
    steps:
      - run: load
        env:
          A: ${{ secrets.MIXPANEL_SERVICE_ACCOUNT }}
          B: ${{ secrets['AWS_ACCESS_KEY_ID'] }}
          C: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
          D: ${{ secrets.GITHUB_TOKEN }} ${{ secrets.KEYTURN_TOKEN }}
          E: ${{ secrets.ACME_LOGIN }}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(".github/workflows/load.yml", WORKFLOW)
    return desk


def found(desk: Desk, *arguments: str) -> dict[str, Any]:
    ran = desk.keyturn("discover", "--format", "json", *arguments)
    assert ran.status == 0, ran.err
    return {each["rotation"] or each["key"]: each for each in ran.document["keys"]}


def names(each: dict[str, Any]) -> list[str]:
    return [one["name"] for one in each["secrets"]]


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MIXPANEL_SERVICE_ACCOUNT", ("mixpanel", "service-account", "sure")),
        ("MIXPANEL_SECRET", ("mixpanel", "main", "sure")),
        ("APPS_FLYER_API_TOKEN", ("appsflyer", "main", "sure")),
        ("PROD_MIXPANEL_API_KEY", ("mixpanel", "prod", "likely")),
        ("AWS_ACCESS_KEY_ID", ("aws-iam-access-key", "main", "sure")),
        ("AWS_SECRET_ACCESS_KEY", ("aws-iam-access-key", "main", "sure")),
        ("STAGING_AWS_SECRET_ACCESS_KEY", ("aws-iam-access-key", "staging", "likely")),
        ("GLOBEX_REPORT_TOKEN", ("globex-warehouse", "report", "likely")),
        ("DATADOG_API_KEY", ("datadog-api-key", "main", "sure")),
        ("ACME_LOGIN_TOKEN", (None, "acme-login-token", "unknown")),
        ("__", (None, "main", "unknown")),
    ],
)
def test_a_name_says_whose_key_it_is(desk: Desk, name: str, expected: tuple[str | None, str, str]) -> None:
    desk.write("providers/globex-warehouse.yaml", "name: Warehouse of Globex\nstrategy: reset\n")
    assert Names(shelved(desk.folder, ())).guess(name) == Guess(*expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("API_KEY", True), ("apikey", True), ("ACME_TOKEN_1", True), ("MONKEY", False), ("PORT", False)],
)
def test_only_some_variables_are_secret(name: str, *, expected: bool) -> None:
    assert is_credential(name) is expected


def test_no_more_than_names_is_read_of_files_with_values(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    lines = [
        *("# A_KEY=1", f"export ACME_TOKEN = {CANARY}", f'ACME_KEY="{CANARY}', f"{CANARY.upper()}KEY==", '"'),
        *("AFTER_SECRET='x'", "not a setting", f"ACME_PASSWORD='{CANARY}"),
    ]
    desk.write("app/.env.example", "\ufeff" + "\n".join(lines))
    desk.write("node_modules/x/.env", "OTHER_KEY=1")
    (tmp_path / "app/.env.sample").symlink_to(tmp_path / "app/.env.example")
    seen = [(each.name, each.path) for each in mentions(tmp_path)]
    assert seen == [(name, "app/.env.example") for name in ("ACME_TOKEN", "ACME_KEY", "AFTER_SECRET", "ACME_PASSWORD")]


# -- what is found -----------------------------------------------------------------------------------------------------


def test_the_parts_of_one_key_are_one_proposal(desk: Desk) -> None:
    keys = found(desk)
    assert set(keys) == {"mixpanel/service-account", "aws-iam-access-key/main", "acme-login"}
    assert names(keys["aws-iam-access-key/main"]) == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    assert keys["mixpanel/service-account"]["consumers"] == [
        {"platform": "manual", "name": "MIXPANEL_SERVICE_ACCOUNT in .github/workflows/load.yml"}
    ]
    assert keys["acme-login"]["provider"] is None


def test_what_is_declared_is_left_out(desk: Desk) -> None:
    desk.write(".env.template", "CLOSE_API_KEY=\n")
    assert "close/main" in found(desk)
    place = {"platform": "github-secret", "organization": "acme", "secret": "MIXPANEL_SERVICE_ACCOUNT"}
    desk.declare("mixpanel/loader", consumers=[place])
    desk.declare("aws-iam-access-key/a", secrets={"secret_access_key": {"new": "AWS_SECRET_ACCESS_KEY", "old": "OLD"}})
    desk.declare("close/crm", consumers=[{"platform": "manual", "name": "CLOSE_API_KEY in .env.template"}])
    keys = found(desk)
    assert set(keys) == {"aws-iam-access-key/main", "acme-login"}
    assert names(keys["aws-iam-access-key/main"]) == ["AWS_ACCESS_KEY_ID"]


def test_each_format_names_the_same_keys(desk: Desk) -> None:
    text, markdown = desk.keyturn("discover"), desk.keyturn("discover", "--format", "markdown")
    assert "mixpanel/service-account  (sure)\n  MIXPANEL_SERVICE_ACCOUNT  .github/workflows/load.yml\n" in text.out
    assert "| `mixpanel/service-account` | sure | `MIXPANEL_SERVICE_ACCOUNT` (" in markdown.out
    assert "?/acme-login  (unknown)" in text.out
    assert "GitHub's own list was not read: that needs KEYTURN_SECRETS_TOKEN" in text.err


def test_where_all_is_declared_or_nothing_is_named_that_is_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for said in (
        "no workflow and no .env file here names a secret",
        "every name of a secret that was found is declared",
    ):
        for form, out in (("text", ""), ("markdown", ""), ("json", '{\n  "keys": []\n}\n')):
            ran = desk.keyturn("discover", "--no-github", "--format", form)
            assert (ran.status, ran.out, ran.err.startswith(said)) == (0, out, True)
        desk.write(".env.example", "MIXPANEL_SERVICE_ACCOUNT=\n")
        desk.keyturn("discover", "--no-github", "--write", "--owner", "alice")


def test_the_value_of_a_variable_appears_nowhere(desk: Desk) -> None:
    desk.write(".env", f"STRIPE_API_KEY={CANARY}\nACME_SECRET='{CANARY}\n{CANARY}'\n")
    said = "".join(
        text
        for form in ("text", "json", "markdown")
        for ran in [desk.keyturn("discover", "--format", form, "--write", "--owner", "alice")]
        for text in (ran.out, ran.err)
    )
    written = "".join(path.read_text(encoding="utf-8") for path in (desk.folder / "rotations").iterdir())
    assert "STRIPE_API_KEY" in said
    assert CANARY not in said
    assert CANARY not in written


# -- writing -----------------------------------------------------------------------------------------------------------


def test_proposals_are_written_valid_and_not_proposed_again(desk: Desk) -> None:
    with Repo.init(desk.folder) as repo:
        repo.create_remote("origin", "https://github.com/acme/etl.git")
    ran = desk.keyturn("discover", "--write", "--owner", "alice")
    assert ran.status == 0
    assert "?/acme-login: no provider is recognized; declare it with `keyturn new`" in ran.err
    assert desk.read("rotations/mixpanel-service-account.yaml") == (
        "provider: mixpanel\nkey: service-account\nowners: [alice]\ncreated: unknown\nenrolled: 2026-11-21\n"
        "consumers:\n  - {platform: github-secret, repository: acme/etl, secret: MIXPANEL_SERVICE_ACCOUNT}\n"
    )
    assert desk.keyturn("validate").out == "2 files: no problems\n"
    assert set(found(desk)) == {"acme-login"}


def test_nobody_is_made_an_owner_unasked(desk: Desk) -> None:
    ran = desk.keyturn("discover", "--write")
    assert (ran.status, "say --owner LOGIN" in ran.err) == (2, True)


def test_a_file_that_is_there_stays(desk: Desk) -> None:
    desk.declare("mixpanel/other", path="rotations/mixpanel-service-account.yaml")
    before = desk.read("rotations/mixpanel-service-account.yaml")
    ran = desk.keyturn("discover", "--write", "--owner", "alice")
    assert ran.status == 1
    assert "mixpanel-service-account.yaml was not written: there is a file of this name already" in ran.err
    assert desk.read("rotations/mixpanel-service-account.yaml") == before


# -- GitHub ------------------------------------------------------------------------------------------------------------

HOME = "/repos/{owner}/{repo}"
DATES = {"created_at": "2025-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z"}


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        running.add_repository("acme/keys")
        yield running


def lists(fake: FakeGitHub, path: str, sends: str, name: str, *rows: dict[str, Any]) -> None:
    """Let the fake answer a list, or refuse it where it is None."""

    def view(_: Call) -> Reply:
        return Reply(200, {"total_count": len(rows), name: list(rows)})

    fake.routes.add(Route("GET", path, view, sends=sends, query=PAGE_QUERY))


def refused(_: Call) -> Reply:
    raise refusal(403, "Resource not accessible by personal access token")


def secret(name: str, **more: str) -> dict[str, Any]:
    return {"name": name, **DATES, **more}


def environment(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "node_id": "EN_1", "name": name, "url": fake_url(name), "html_url": fake_url(name), **DATES}


def fake_url(name: str) -> str:
    return f"https://github.example/acme/keys/{name}"


def test_github_lists_its_secrets_with_their_dates(desk: Desk, fake: FakeGitHub) -> None:
    at_github(desk, fake)
    desk.environment |= {"GITHUB_REPOSITORY": "acme/keys", "KEYTURN_SECRETS_TOKEN": desk.environment["GITHUB_TOKEN"]}
    of, own = "ReposOwnerRepo", "ReposOwnerRepoEnvironmentsEnvironmentNameSecretsGetResponse200"
    lists(fake, f"{HOME}/actions/secrets", f"{of}ActionsSecretsGetResponse200", "secrets", secret("CLOSE_API_KEY"))
    lists(
        *(fake, f"{HOME}/actions/organization-secrets", f"{of}ActionsOrganizationSecretsGetResponse200", "secrets"),
        secret("CLOSE_TOKEN"),
    )
    places = (environment(1, "live"), environment(2, "test"))
    lists(fake, f"{HOME}/environments", f"{of}EnvironmentsGetResponse200", "environments", *places)
    lists(fake, f"{HOME}/environments/live/secrets", own, "secrets", secret("CLOSE_SECRET"))
    fake.routes.add(Route("GET", f"{HOME}/environments/test/secrets", refused, sends=own, query=PAGE_QUERY))
    ran = desk.keyturn("discover", "--format", "json")
    (close,) = [each for each in ran.document["keys"] if each["provider"] == "close"]
    assert [(one["name"], one["where"], one["updated_at"]) for one in close["secrets"]] == [
        ("CLOSE_API_KEY", "GitHub acme/keys", DATES["updated_at"]),
        ("CLOSE_TOKEN", "GitHub acme", DATES["updated_at"]),
        ("CLOSE_SECRET", "GitHub live", DATES["updated_at"]),
    ]
    assert close["consumers"] == [
        {"platform": "github-secret", "repository": "acme/keys", "secret": "CLOSE_API_KEY"},
        {"platform": "github-secret", "organization": "acme", "secret": "CLOSE_TOKEN"},
        {"platform": "github-secret", "repository": "acme/keys", "secret": "CLOSE_SECRET", "environment": "live"},
    ]
    assert "environments/test/secrets could not be read (status 403); the token needs `Environments: read`" in ran.err
    assert "CLOSE_API_KEY  GitHub acme/keys, written 2026-01-02" in desk.keyturn("discover").out
    assert desk.keyturn("discover", "--write", "--owner", "alice").status == 0
    assert desk.keyturn("validate").status == 0
    assert (fake.writes, fake.violations) == ([], [])


def test_a_silent_github_stops_nothing(desk: Desk, fake: FakeGitHub) -> None:
    at_github(desk, fake)
    desk.environment |= {"GITHUB_REPOSITORY": "acme/keys", "GITHUB_API_URL": "http://127.0.0.1:1"}
    ran = desk.keyturn("discover", "--format", "json")
    assert (ran.status, len(ran.document["keys"])) == (0, 3)
    assert ran.err.count("could not be read (no answer)") == 3
