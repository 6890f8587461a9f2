"""A chart within a page: small, in the page's own colours, with no name that another chart on it has too."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Tree

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.views.charts.panel import Panel, Tips, alone, svg_of
from bench.views.charts.style import INK, SeriesStyle, printable, styled

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?![\d.]*e)")
REFERRED = re.compile(r"[a-z][0-9a-f]{10}")  # clip paths, markers and hatches: matplotlib names them by their contents
SWATCH = (0.5, 0.17)  # inches
FAMILY = re.compile(r"family-(\d+)\.")
ROUNDED = ("d", "x", "y", "width", "height", "viewBox")


@styled()
def inlined(task: str, panel: Panel, salt: str) -> Markup:
    """Return a panel as an element of a page; `salt` is the page's name for it and no other's."""
    figure, tips = alone(panel)
    root = element_of(figure, salt, tips)
    root.attrib |= {"role": "img", "aria-label": printable(f"{task}, {panel.title}. {panel.alt_text}")}
    return written(root)


@styled()
def swatch(style: SeriesStyle, salt: str) -> Markup:
    """Return a family's line and marker in small."""
    figure = Figure(figsize=SWATCH)
    figure.add_artist(Line2D([0.02, 0.98], [0.5, 0.5], **style.line))
    figure.add_artist(Line2D([0.5], [0.5], **style.point | {"markersize": 6}))
    return written(element_of(figure, salt, {}))


def element_of(figure: Figure, salt: str, tips: Tips) -> Tree.Element:
    """Return a figure as an element, without a background."""
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(bool(axes.patch.get_hatch()))
    root = Tree.fromstring(svg_of(figure, salt))
    for part in [part for part in root if part.tag.endswith("metadata")]:
        root.remove(part)
    mark_series(root, tips)
    keep_names(root)
    for element in root.iter():
        shorten(element)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    return root


def written(root: Tree.Element) -> Markup:
    """Write an element; the tree escapes its text."""
    Tree.register_namespace("", SVG.strip("{}"))
    return Markup(Tree.tostring(root, encoding="unicode"))


def mark_series(root: Tree.Element, tips: Tips) -> None:
    """Say of each family's group whose it is, and of each of its points what it shows."""
    for group in root.iter(f"{SVG}g"):
        found = FAMILY.match(group.get("id", ""))
        if not found:
            continue
        group.set("data-family", found[1])
        said = tips.get(group.get("id", ""))
        for point, tip in zip(group.iter(f"{SVG}use"), said, strict=True) if said else ():
            Tree.SubElement(point, f"{SVG}title").text = printable(tip)


def keep_names(root: Tree.Element) -> None:
    """Keep only the names that something refers to, which the salt makes this chart's own."""
    for element in root.iter():
        link = element.attrib.pop(LINK, None)
        if link is not None:
            element.set("href", link)
        if not REFERRED.fullmatch(element.get("id", "")):
            element.attrib.pop("id", None)


def shorten(element: Tree.Element) -> None:
    """Write numbers with two digits, colours as the page's, one style once for all markers of a line."""
    for name in ROUNDED:
        if name in element.attrib:
            element.set(name, LONG_NUMBER.sub(lambda match: f"{float(match[0]):.2f}", element.attrib[name]))
    if "style" in element.attrib:
        style = re.sub(r"font-family: [^;]*;? ?|(?<=font: )([\d.]+px) [^;]*", r"\1", element.attrib["style"])
        style = re.sub(r"\bfont: (?=[\d.]+px)", "font-size: ", style)
        element.set("style", style.replace(INK, "currentColor").replace(": ", ":").replace("; ", ";"))
    markers = [child for child in element if child.tag == f"{SVG}use"]
    styles = {child.get("style", "").replace(INK, "currentColor") for child in markers}
    if len(markers) == len(element) > 1 and len(styles) == 1 and "style" not in element.attrib:
        element.set("style", styles.pop().replace(": ", ":").replace("; ", ";"))
        for child in markers:
            child.attrib.pop("style", None)
    if element.tag != f"{SVG}text" and element.text and not element.text.strip():
        element.text = None
    if element.tail and not element.tail.strip():
        element.tail = None
