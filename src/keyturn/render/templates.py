"""Jinja2 templates, which a team may override, in a language that always ends.

A template gets values whose text is inert already, so nothing that it does can bring a value to life. It may show,
choose and repeat, and no more: without calls, assignments and arithmetic no template can grow without bound.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from keyturn.errors import RepositoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Template, nodes
    from jinja2.sandbox import SandboxedEnvironment

ISSUE = "issue.md.jinja"
INCIDENT = "incident.md.jinja"
CATALOGUE = "catalogue.md.jinja"
DASHBOARD = "dashboard.md.jinja"
AUDIT = "audit.html.jinja"

_LARGEST_SOURCE = 64 * 1024  # characters
_LARGEST_TEXT = 2 * 1024 * 1024  # characters
_LARGEST_PAGE = 64 * 1024 * 1024  # the same of a page, which may be about every key that ever was
_DEEPEST_LOOP = 2
_DEEPEST_LOOP_OF_PAGE = 4
_PAGE = ".html.jinja"  # what the names of templates end with whose values are escaped where they are shown
_WORDS = frozenset(
    {
        *("Template", "Output", "TemplateData", "For", "If", "CondExpr", "Name", "Getattr", "Getitem", "Const"),
        *("And", "Or", "Not", "Compare", "Operand", "Test", "Filter"),
    }
)
_FILTERS = frozenset({"first", "join", "last", "length", "lower", "upper"})
_TESTS = frozenset({"defined", "eq", "ne", "none"})


class Templates:
    """The templates of one run, by name; `edition` changes whenever one does that issues are written from."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = dict(sources)
        self._compiled: dict[str, Template] = {}
        of_issues = {name: source for name, source in self._sources.items() if not name.endswith(_PAGE)}
        self.edition = sha256(json.dumps(of_issues, sort_keys=True).encode()).hexdigest()[:12]

    def render(self, name: str, **values: object) -> str:
        """Fill in one template; raise RepositoryError with name and line where it is at fault."""
        from jinja2 import TemplateError, TemplateSyntaxError

        try:
            return self._rendered(name, values)
        except TemplateSyntaxError as error:
            raise _fault(name, error.lineno, error.message or "this is not a template") from error
        except (TemplateError, TypeError, ValueError) as error:
            raise _fault(name, _line(error), str(error)) from error

    def _rendered(self, name: str, values: Mapping[str, object]) -> str:
        if name not in self._compiled:
            environment = _environment(escapes=name.endswith(_PAGE))
            self._compiled[name] = environment.from_string(_checked(environment, name, self._sources.get(name)))
        parts: list[str] = []
        size, largest = 0, _LARGEST_PAGE if name.endswith(_PAGE) else _LARGEST_TEXT
        for part in self._compiled[name].generate(values):
            parts.append(part)
            size += len(part)
            if size > largest:
                raise _fault(name, 1, "its text grows too large; repeat less")
        return "".join(parts)


def _environment(*, escapes: bool) -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    # The values of issues are inert Markdown already; escaping them as HTML once more would spoil them.
    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=escapes,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    return environment


def _checked(environment: SandboxedEnvironment, name: str, source: str | None) -> nodes.Template:
    if source is None:
        raise _fault(name, 1, "there is no such template")
    if len(source) > _LARGEST_SOURCE:
        raise _fault(name, 1, f"it is longer than {_LARGEST_SOURCE // 1024} KiB")
    tree = environment.parse(source, name)
    for node in _walk(tree, _DEEPEST_LOOP_OF_PAGE if name.endswith(_PAGE) else _DEEPEST_LOOP):
        if (wrong := _unwanted(node)) is not None:
            raise _fault(name, node.lineno, f"{wrong} cannot be used here; show, choose and repeat only")
    return tree


def _walk(node: nodes.Node, loops: int) -> Iterator[nodes.Node]:
    from jinja2 import nodes

    is_loop = isinstance(node, nodes.For)
    if is_loop and not loops:
        yield nodes.Continue(lineno=node.lineno)
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child, loops - is_loop)


def _unwanted(node: nodes.Node) -> str | None:
    attributes: Any = node
    kind = type(node).__name__
    if kind == "Filter":
        return None if attributes.name in _FILTERS else f"the filter {attributes.name}"
    if kind == "Test":
        return None if attributes.name in _TESTS else f"the test {attributes.name}"
    if kind == "For" and attributes.recursive:
        return "a recursive loop"
    return None if kind in _WORDS else _NAMES.get(kind, f"this ({kind.lower()})")


_NAMES = {"Call": "a call", "Assign": "an assignment", "Macro": "a macro", "Continue": "a loop in a loop in a loop"}


def _line(error: BaseException) -> int:
    # Jinja2 gives the frames of a template their lines in the template's source.
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _fault(name: str, line: int, message: str) -> RepositoryError:
    return RepositoryError(f"templates/{name}:{line}: {message}")
