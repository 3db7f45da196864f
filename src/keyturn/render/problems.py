"""Problems as lines, JSON, annotations of GitHub and a Markdown table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keyturn.render.days import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from keyturn.model import Problem, Severity

MOST_ANNOTATIONS = 10  # of one type that GitHub shows for a step


def text(problems: Sequence[Problem]) -> list[str]:
    """Write `path:line:column: code: message` for each, in order; a warning says so at its end."""
    return [_line(problem) for problem in sorted(problems)]


def summary(files: int, problems: Sequence[Problem]) -> str:
    """Say in one line how many files were read and what was found."""
    if not problems:  # most runs: they need none of what is imported below
        return f"{counted(files, 'file')}: no problems"
    from keyturn.model import Severity

    errors = _of(problems, Severity.ERROR)
    warnings = _of(problems, Severity.WARNING)
    found = (counted(len(each), noun) for each, noun in ((errors, "error"), (warnings, "warning")) if each)
    return f"{counted(files, 'file')}: {', '.join(found)}"


def document(files: int, problems: Sequence[Problem]) -> dict[str, Any]:
    """Give the JSON document of `validate`."""
    return {"files": files, "problems": entries(problems)}


def entries(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Give every problem as a JSON object, in order."""
    return [
        {
            "path": problem.path,
            "line": problem.line,
            "column": problem.column,
            "code": problem.code,
            "message": problem.message,
            "severity": problem.severity.value,
        }
        for problem in sorted(problems)
    ]


def workflow_commands(problems: Sequence[Problem]) -> list[str]:
    """Write workflow commands, at most ten of each type, and the rest as lines; the last command says how many."""
    from keyturn.model import Severity

    return [line for severity in Severity for line in _commands(_of(problems, severity), severity)]


def markdown(files: int, problems: Sequence[Problem]) -> str:
    """Write a table for a job's summary, errors first."""
    if not problems:
        return f"{summary(files, problems)}."
    from keyturn.model import Severity
    from keyturn.render import escape, tables

    ordered = [*_of(problems, Severity.ERROR), *_of(problems, Severity.WARNING)]
    rows = [(escape.code(_place(each)), _kind(each), escape.markdown(each.message)) for each in ordered]
    return f"{summary(files, problems)}.\n\n{tables.markdown(('Where', 'What', 'What to do'), rows)}"


def _of(problems: Sequence[Problem], severity: Severity) -> list[Problem]:
    return sorted(problem for problem in problems if problem.severity is severity)


def _line(problem: Problem) -> str:
    from keyturn.model import Severity
    from keyturn.render import escape

    line = escape.terminal(f"{_place(problem)}: {problem.code}: {problem.message}")
    return f"{line} (warning)" if problem.severity is Severity.WARNING else line


def _place(problem: Problem) -> str:
    return f"{problem.path}:{problem.line}:{problem.column}"


def _kind(problem: Problem) -> str:
    from keyturn.model import Severity
    from keyturn.render import escape

    kind = escape.code(problem.code)
    return f"{kind} (warning)" if problem.severity is Severity.WARNING else kind


def _commands(problems: Sequence[Problem], severity: Severity) -> Iterator[str]:
    from keyturn.render import escape

    shown = problems if len(problems) <= MOST_ANNOTATIONS else problems[: MOST_ANNOTATIONS - 1]
    for problem in shown:
        path, title = escape.workflow_property(problem.path), escape.workflow_property(problem.code)
        place = f"file={path},line={problem.line},col={problem.column},title={title}"
        yield f"::{severity.value} {place}::{escape.workflow_data(problem.message)}"
    if rest := problems[len(shown) :]:
        yield f"::{severity.value}::and {counted(len(rest), 'more ' + severity.value)}; the log has them all"
        yield from text(rest)
