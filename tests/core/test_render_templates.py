from __future__ import annotations

import pytest

from keyturn.errors import RepositoryError
from keyturn.render.templates import ISSUE, Templates


def rendered(source: str, **values: object) -> str:
    return Templates({ISSUE: source}).render(ISSUE, **values)


def test_a_template_shows_chooses_and_repeats() -> None:
    source = "{% for each in items if each != 'b' %}{{ each | upper }}{% if not loop.last %}, {% endif %}{% endfor %}\n"
    assert rendered(source, items=("a", "b", "c")) == "A, C"


FAULTS = {
    "syntax": ("a\n{% if %}", "2: Expected an expression, got 'end of statement block'"),
    "unknown value": ("a\n\n{{ nothing }}", "3: 'nothing' is undefined"),
    "unknown attribute": ("\n{{ a.nothing }}", "2: 'str object' has no attribute 'nothing'"),
    "private attribute": ("{{ a.__class__ }}", "1: access to attribute '__class__' of 'str' object is unsafe."),
    "not a list": ("{% for x in n %}{% endfor %}", "1: 'int' object is not iterable"),
    "call": ("\n{{ a.upper() }}", "2: a call cannot be used here; show, choose and repeat only"),
    "range": ("{% for i in range(9) %}{% endfor %}", "1: a call cannot be used here; show, choose and repeat only"),
    "product": ("{{ a * 9 }}", "1: this (mul) cannot be used here; show, choose and repeat only"),
    "assignment": ("{% set a = 1 %}", "1: an assignment cannot be used here; show, choose and repeat only"),
    "macro": ("{% macro a() %}{% endmacro %}", "1: a macro cannot be used here; show, choose and repeat only"),
    "include": ("{% include 'x' %}", "1: this (include) cannot be used here; show, choose and repeat only"),
    "filter": ("{{ a | center(999999999) }}", "1: the filter center cannot be used here; show, choose and repeat only"),
    "test": ("{{ a is callable }}", "1: the test callable cannot be used here; show, choose and repeat only"),
    "recursive loop": (
        "{% for x in a recursive %}{% endfor %}",
        "1: a recursive loop cannot be used here; show, choose and repeat only",
    ),
    "deep loops": (
        "{% for x in a %}{% for y in a %}\n{% for z in a %}{% endfor %}{% endfor %}{% endfor %}",
        "2: a loop in a loop in a loop cannot be used here; show, choose and repeat only",
    ),
    "large source": (" " * 70_000, "1: it is longer than 64 KiB"),
    "large text": (
        "{% for x in many %}{% for y in many %}{{ many }}{% endfor %}{% endfor %}",
        "1: its text grows too large; repeat less",
    ),
}


@pytest.mark.parametrize(("source", "message"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_template_is_named_with_its_line(source: str, message: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        rendered(source, a="text", n=1, many="x" * 1000)
    assert str(caught.value) == f"templates/{ISSUE}:{message}"


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(RepositoryError, match=r"^templates/issue\.md\.jinja:1: there is no such template$"):
        Templates({}).render(ISSUE)


def test_the_edition_changes_with_the_templates_only() -> None:
    one, same, other = Templates({"a": "x", "b": "y"}), Templates({"b": "y", "a": "x"}), Templates({"a": "x"})
    assert one.edition == same.edition != other.edition
