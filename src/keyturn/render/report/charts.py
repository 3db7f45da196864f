"""Charts as SVG that takes its colours from the page, each with the numbers that it shows as a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # what the library draws with; nothing is read with it

import pygal
from pygal.graph.horizontal import HorizontalGraph
from pygal.style import Style

from keyturn import fleet as facts
from keyturn.render.days import counted

if TYPE_CHECKING:
    from keyturn.fleet import Fleet

_SVG = "http://www.w3.org/2000/svg"
_WIDTH, _HEIGHT = 380, 210
_BAR = 30  # of a chart that lies on its side, for each bar
_MOST_OWNERS = 10
_SHORT = {"366+": ">365", "unknown": "unknown"}
_NOT_RECORDED = "not recorded"
_STYLE = Style(label_font_size=12, value_font_size=12, major_label_font_size=12, font_family="sans-serif")

ET.register_namespace("", _SVG)


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one colour."""

    name: str
    tone: str  # names the colour: a class of the style sheet
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its title, what it shows in one sentence, and its numbers."""

    id: str
    title: str
    summary: str
    heading: str  # of the column of names
    names: tuple[str, ...]
    series: tuple[Series, ...]
    svg: str = ""  # empty where there is nothing to draw

    @property
    def rows(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Give the numbers, a row for every name."""
        return tuple((name, tuple(each.values[at] for each in self.series)) for at, name in enumerate(self.names))


def charts(fleet: Fleet) -> tuple[Chart, ...]:
    """Draw what a report shows of the whole fleet."""
    return _ages(fleet), _late(fleet), _evidence(fleet)


def _ages(fleet: Fleet) -> Chart:
    bands = facts.ages(fleet)
    late = sum(band.late for band in bands)
    series = (
        Series("in time", "calm", tuple(band.total - band.late for band in bands)),
        Series("past their due day", "alarm", tuple(band.late for band in bands)),
    )
    summary = f"{counted(len(fleet.keys), 'key')} by age in days, {late} of them past their due day."
    names = tuple(_SHORT.get(band.name, f"≤{band.name.rpartition('-')[2]}") for band in bands)
    return _drawn(Chart("ages", "Age of the keys in days", summary, "Age in days", names, series), pygal.StackedBar)


def _late(fleet: Fleet) -> Chart:
    counts = list(facts.late_by_owner(fleet).items())
    shown = counts[:_MOST_OWNERS]
    left = len(counts) - len(shown)
    summary = f"{counted(len(counts), 'owner')} with keys past their due day" + (
        f"; the {_MOST_OWNERS} with most are shown." if left else "."
    )
    series = (Series("keys past their due day", "alarm", tuple(count for _, count in shown)),)
    names = tuple(login for login, _ in shown)
    return _drawn(Chart("late", "Overdue by owner", summary, "Owner", names, series), pygal.HorizontalBar)


_TONES = {"probe": "best", "secret-updated": "good", "last-used": "fair", "console": "weak", "attested": "weakest"}
_PARTS = {"new_key": "new key works", "old_key": "old key is dead", "consumers": "consumers switched"}


def _evidence(fleet: Fleet) -> Chart:
    by_part = facts.evidence(fleet.keys)
    parts = tuple(by_part.values())
    series = tuple(
        Series(method, tone, tuple(counts.get(method, 0) for counts in parts))  # type: ignore[call-overload] # a method is its text
        for method, tone in _TONES.items()
    )
    missing = Series(_NOT_RECORDED, "none", tuple(counts.get(None, 0) for counts in parts))
    recorded = sum(each.rotation.evidence is not None for each in fleet.keys)
    summary = f"{counted(recorded, 'key')} of {len(fleet.keys)} with evidence for the version in use, as recorded."
    names = tuple(_PARTS[part] for part in by_part)
    plain = Chart("evidence", "Quality of evidence", summary, "Shown", names, (*series, missing))
    return _drawn(plain, pygal.HorizontalStackedBar)


# -- drawing -------------------------------------------------------------------------------------------------------


def _drawn(chart: Chart, kind: type[pygal.Graph]) -> Chart:
    shown = replace(chart, series=tuple(each for each in chart.series if any(each.values)))
    return replace(shown, svg=_svg(shown, kind)) if shown.series else shown


def _svg(chart: Chart, kind: type[pygal.Graph]) -> str:
    lies = issubclass(kind, HorizontalGraph)
    height = 44 + _BAR * len(chart.names) if lies else _HEIGHT
    drawn = kind(
        width=_WIDTH,
        height=height,
        style=_STYLE,
        css=(),
        js=(),
        margin=6,
        spacing=8,
        show_legend=False,
        print_values=True,
        print_zeroes=False,
        rounded_bars=2,
        max_scale=6,
        min_scale=1,
        truncate_label=24,
        value_formatter=_whole,
    )
    step = -1 if lies else 1  # the library draws what lies on its side from below
    drawn.x_labels = chart.names[::step]
    for each in chart.series:
        drawn.add(each.name, list(each.values[::step]))
    return _cleaned(drawn.render_tree(), chart)


def _whole(value: float) -> str:
    return str(int(value)) if value == int(value) else ""


_KEPT = frozenset({"g", "rect", "path", "text"})


def _cleaned(tree: ET.Element, chart: Chart) -> str:
    """Keep the drawing alone: without the library's style, script, comments and hidden texts, with a name."""
    for parent in list(tree.iter()):
        for child in list(parent):
            if str(child.tag).rpartition("}")[2] not in _KEPT or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
    for element in tree.iter():
        element.attrib.pop("style", None)
        if found := re.search(r"\bcolor-([0-9]+)", element.get("class", "")):
            element.set("class", f"tone-{chart.series[int(found[1])].tone}")
    box = tree.get("viewBox", "")
    tree.attrib.clear()
    tree.attrib |= {"class": "chart", "role": "img", "aria-labelledby": f"chart-{chart.id}", "viewBox": box}
    name = ET.Element("title", {"id": f"chart-{chart.id}"})
    name.text = chart.summary
    tree.insert(0, name)
    return ET.tostring(tree, encoding="unicode")
