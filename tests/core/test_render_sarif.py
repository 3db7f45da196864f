"""What `validate --format sarif` writes, held to the official schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from keyturn.model import Problem, Severity
from keyturn.render import sarif

PACKAGE = Path(__file__).parents[1] / "browser/node_modules/@microsoft/jest-sarif"
SCHEMA = PACKAGE / "lib/schemas/sarif-2.1.0-rtm.5.json"

NAME = "no provider named mixpannel; did you mean mixpanel?"
ERROR = Problem("rotations/x.yaml", 3, 11, "unknown-provider", NAME)
BELOW = Problem("rotations/x.yaml", 9, 11, "unknown-provider", NAME)
WARNING = Problem("rotations/a b%é:#.yaml", 1, 1, "leftover-request", "take it out", Severity.WARNING)


def results(*problems: Problem) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sarif.document(problems)["runs"][0]["results"]
    return found


def test_a_result_names_the_rule_the_level_and_the_place() -> None:
    (result,) = results(ERROR)
    prints = result.pop("partialFingerprints")
    assert result == {
        "ruleId": "unknown-provider",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": NAME},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "rotations/x.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 3, "startColumn": 11},
                }
            }
        ],
    }
    assert list(prints) == ["keyturnProblem/v1"]


def test_every_result_points_to_the_rule_of_its_code() -> None:
    (run,) = sarif.document([ERROR, WARNING, BELOW])["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["leftover-request", "unknown-provider"]
    assert [rules[each["ruleIndex"]] for each in run["results"]] == [each["ruleId"] for each in run["results"]]


def test_a_path_is_an_address_relative_to_the_root() -> None:
    (result,) = results(WARNING)
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (place["uri"], result["level"]) == ("rotations/a%20b%25%C3%A9%3A%23.yaml", "warning")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param("[win](https://evil.example)", r"\[win\](https://evil.example)", id="link"),
        pytest.param("write {until: DAY}", "write {{until: DAY}}", id="blank"),
        pytest.param(r"a\b", r"a\\b", id="backslash"),
        pytest.param("a\u202eb\x1b[0m", r"ab\[0m", id="hidden"),
    ],
)
def test_a_message_is_read_as_it_stands(message: str, shown: str) -> None:
    (result,) = results(Problem("x.yaml", 1, 1, "x", message))
    assert result["message"]["text"] == shown


def test_a_fingerprint_stays_when_lines_move_and_tells_twins_apart() -> None:
    first, second = (each["partialFingerprints"]["keyturnProblem/v1"] for each in results(ERROR, BELOW))
    moved = results(Problem(ERROR.path, 40, 2, ERROR.code, ERROR.message))[0]["partialFingerprints"]
    assert moved == {"keyturnProblem/v1": first}
    assert (first.endswith(":1"), second.endswith(":2"), first[:16] == second[:16]) == (True, True, True)


@pytest.fixture(scope="module")
def official() -> jsonschema.Draft4Validator:
    if not SCHEMA.is_file():
        reason = "there is no official schema of SARIF here; run .ci/browser"
        if os.environ.get("CI") == "true":  # noqa: TID251 - set where nothing may be left out
            pytest.fail(reason)
        pytest.skip(reason)
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.repository
@pytest.mark.parametrize(
    "problems",
    [pytest.param((), id="none"), pytest.param((ERROR, WARNING, BELOW), id="some")],
)
def test_the_official_schema_is_kept(official: jsonschema.Draft4Validator, problems: tuple[Problem, ...]) -> None:
    assert [fault.message for fault in official.iter_errors(sarif.document(problems))] == []


@pytest.mark.repository
def test_the_official_schema_refuses_what_is_wrong(official: jsonschema.Draft4Validator) -> None:
    log = sarif.document([ERROR])
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not official.is_valid(log)
