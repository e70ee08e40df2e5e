"""Charts as SVG that takes its colours from the page: drawn by pygal, without its script and style.

pygal is imported when the first chart is drawn: a run without a report does without it.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

_WIDTH: Final = 420
_HEIGHT: Final = 170
_ROW: Final = 34
_SERIES: Final = re.compile(r"series serie-(\d+) ")
_LINE: Final = 0.07  # width of a limit's line, in bins


class Series(NamedTuple):
    """Bars of one colour.

    Attributes:
      style: the colour class.
      values: the bars.
      titles: what each says when it is pointed at; as many as there are values.
    """

    style: str
    values: Sequence[Any]
    titles: Sequence[str]


class Limit(NamedTuple):
    """A line across a histogram.

    Attributes:
      at: where, in bins.
      title: what it says when it is pointed at.
      applied: whether pages were dropped by it.
    """

    at: float
    title: str
    applied: bool


def figure(chart: str, caption: str, said: str, note: str = "") -> str:
    """Returns a chart as a figure.

    Args:
      chart: its SVG.
      caption: HTML above it.
      said: what the picture shows, for those who do not see it: text.
      note: HTML below it.
    """
    below = f'<p class="soft">{note}</p>' if note else ""
    return (
        f"<figure><figcaption>{caption}</figcaption>"
        f'<div role="img" aria-label="{escape(said)}">{chart}</div>{below}</figure>'
    )


def histogram(
    series: Sequence[Series], ticks: Sequence[tuple[float, str]], limits: Sequence[Limit]
) -> str:
    """Returns a histogram.

    Args:
      series: heights of the bins; a later series stands in front of those before.
      ticks: labels of the axis: where, in bins, and the text.
      limits: lines across.
    """
    import pygal

    chart = _chart(pygal.Histogram, _HEIGHT)
    highest = max((max(one.values, default=0) for one in series), default=0) or 1
    drawn = list(series)
    for one in series:
        chart.add(one.style, [(height, n, n + 1) for n, height in enumerate(one.values)])
    for limit in limits:
        line = (highest, limit.at - _LINE / 2, limit.at + _LINE / 2)
        chart.add("limit", [line])
        style = "fill-limit" if limit.applied else "fill-limit unapplied"
        drawn.append(Series(style, [line], [limit.title]))
    chart.x_labels = [{"label": label, "value": at} for at, label in ticks]
    chart.xrange = (0, max((len(one.values) for one in series), default=1))
    return _svg(chart, drawn)


def columns(one: Series, labels: Sequence[str]) -> str:
    """Returns a chart of columns, a label below each; "" for a column without."""
    import pygal

    chart = _chart(pygal.Bar, _HEIGHT, spacing=4)
    chart.x_labels = list(labels)
    chart.add(one.style, list(one.values))
    return _svg(chart, [one], width=_WIDTH * 2)


def bars_side_by_side(series: Sequence[Series], labels: Sequence[str]) -> str:
    """Returns a chart of horizontal bars, side by side for each label; the first label on top."""
    import pygal

    chart = _chart(pygal.HorizontalBar, 30 + _ROW * len(labels), spacing=8)
    chart.x_labels = list(reversed(labels))
    turned = [
        Series(one.style, list(reversed(one.values)), list(reversed(one.titles))) for one in series
    ]
    for one in turned:
        chart.add(one.style, list(one.values))
    return _svg(chart, turned, width=_WIDTH * 2)


def _chart(kind: Any, height: int, spacing: int = 10) -> Any:
    from pygal.etree import etree
    from pygal.style import Style

    etree.to_etree()  # pygal would take lxml where it is installed, and its elements are others
    font = Style(label_font_size=11, major_label_font_size=11, font_family="sans-serif")
    return kind(
        js=(),
        css=(),
        style=font,
        width=_WIDTH,
        height=height,
        margin=4,
        spacing=spacing,
        show_legend=False,
        show_x_guides=False,
        truncate_label=-1,
        max_scale=5,
        min_scale=2,
        explicit_size=False,
        disable_xml_declaration=True,
        value_formatter=_amount,
    )


def _amount(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def _svg(chart: Any, drawn: Sequence[Series], width: int = _WIDTH) -> str:
    chart.width = width
    root: Element = chart.render_tree()
    del root.attrib["id"]  # is random
    root.set("class", "chart")
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
    _prune(root)
    for group in list(root.iter("g")):
        number = _SERIES.match(group.get("class", ""))
        if number:
            _colour(group, drawn[int(number[1])])
    return tostring(root, encoding="unicode")


def _colour(group: Element, series: Series) -> None:
    titles = iter(series.titles)
    group.attrib.pop("class")
    for bar in group.iter("rect"):
        bar.attrib = {k: v for k, v in bar.attrib.items() if k in {"x", "y", "width", "height"}}
        bar.set("class", series.style)
        said = next(titles, "")
        if said:
            SubElement(bar, "title").text = said


def _prune(element: Element) -> None:
    """Takes out what only pygal's script and style need."""
    for child in list(element):
        if (
            not isinstance(child.tag, str)
            or child.tag in {"defs", "desc", "title"}
            or "overlay" in child.get("class", "")
            or child.get("class") == "titles"
        ):
            element.remove(child)
        else:
            _shorten(child.attrib)
            _prune(child)


def _shorten(attributes: dict[str, str]) -> None:
    for name in ("x", "y", "width", "height"):
        if name in attributes:
            attributes[name] = f"{float(attributes[name]):.2f}".rstrip("0").rstrip(".")
    if attributes.get("class") == "":
        del attributes["class"]
