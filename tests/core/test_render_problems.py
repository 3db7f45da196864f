from __future__ import annotations

from keyturn.model import Problem, Severity
from keyturn.render import problems

ERROR = Problem("rotations/x.yaml", 3, 11, "unknown-provider", "no provider named mixpannel; did you mean mixpanel?")
WARNING = Problem("rotations/a|b.yaml", 1, 1, "leftover-request", "remove it, @alice\x1b", Severity.WARNING)
BOTH = (ERROR, WARNING)


def test_lines_are_in_order_and_warnings_say_so() -> None:
    assert problems.text(BOTH) == [
        "rotations/a|b.yaml:1:1: leftover-request: remove it, @alice\\x1b (warning)",
        "rotations/x.yaml:3:11: unknown-provider: no provider named mixpannel; did you mean mixpanel?",
    ]


def test_the_summary_counts() -> None:
    assert problems.summary(1, ()) == "1 file: no problems"
    assert problems.summary(3, (*BOTH, ERROR)) == "3 files: 2 errors, 1 warning"


def test_the_document_has_the_shape_of_the_design() -> None:
    assert problems.document(2, (ERROR,)) == {
        "files": 2,
        "problems": [
            {
                "path": "rotations/x.yaml",
                "line": 3,
                "column": 11,
                "code": "unknown-provider",
                "message": "no provider named mixpannel; did you mean mixpanel?",
                "severity": "error",
            }
        ],
    }


def test_workflow_commands_cannot_be_forged() -> None:
    forged = Problem("a,b:c.yaml", 1, 2, "x", "50 %\n::error::boo")
    assert problems.workflow_commands((forged, WARNING)) == [
        "::error file=a%2Cb%3Ac.yaml,line=1,col=2,title=x::50 %25%0A\\x3a:error::boo",
        "::warning file=rotations/a|b.yaml,line=1,col=1,title=leftover-request::remove it, @alice\\x1b",
    ]


def test_only_ten_of_each_type_are_annotations_and_the_log_has_them_all() -> None:
    errors = [Problem("x.yaml", line, 1, "x", "::wrong") for line in range(1, 13)]
    lines = problems.workflow_commands([*errors, WARNING])
    assert lines[8:] == [
        "::error file=x.yaml,line=9,col=1,title=x::\\x3a:wrong",
        "::error::and 3 more errors; the log has them all",
        *(f"x.yaml:{line}:1: x: ::wrong" for line in (10, 11, 12)),
        "::warning file=rotations/a|b.yaml,line=1,col=1,title=leftover-request::remove it, @alice\\x1b",
    ]
    assert len(problems.workflow_commands(errors[:10])) == 10


def test_the_table_shows_errors_first() -> None:
    assert problems.markdown(2, ()) == "2 files: no problems."
    assert problems.markdown(2, BOTH) == (
        "2 files: 1 error, 1 warning.\n\n"
        "| Where | What | What to do |\n"
        "| --- | --- | --- |\n"
        "| `rotations/x.yaml:3:11` | `unknown-provider` | no provider named mixpannel; did you mean mixpanel? |\n"
        "| `rotations/a`&#124;`b.yaml:1:1` | `leftover-request` (warning) | remove it, `@alice` |"
    )


def test_a_long_table_says_what_it_leaves_out() -> None:
    many = [Problem("x.yaml", line, 1, "x", "wrong") for line in range(1, 103)]
    assert problems.markdown(1, many).endswith("| `x.yaml:100:1` | `x` | wrong |\n\n… and 2 more")
