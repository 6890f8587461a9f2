"""A chart within a page: small, in the page's own colours, with no name that another chart on it has too."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Tree

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.views.charts.panel import Panel, Tips, axes_of, saved
from bench.views.charts.style import INK, SeriesStyle, printable, styled

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?![\d.]*e)")
REFERRED = re.compile(r"[a-z][0-9a-f]{10}")  # clip paths, markers and hatches: matplotlib names them by their contents
SWATCH = (0.5, 0.17)  # inches
FAMILY = re.compile(r"family-(\d+)\.")
ROUNDED = ("d", "x", "y", "width", "height", "viewBox")


@styled()
def inlined(task: str, panel: Panel, salt: str) -> Markup:
    """Return a panel, without its title, as an element of a page; `salt` is the page's name for it and no other's."""
    figure = Figure(figsize=panel.size)
    tips = panel.draw(axes_of(figure, panel))
    said = printable(f"{task}, {panel.title}. {panel.alt_text}")
    return element(figure, salt, tips, {"role": "img", "aria-label": said})


@styled()
def swatch(style: SeriesStyle, salt: str) -> Markup:
    """Return a family's line and marker in small."""
    figure = Figure(figsize=SWATCH)
    figure.add_artist(Line2D([0.02, 0.98], [0.5, 0.5], **style.line))
    figure.add_artist(Line2D([0.5], [0.5], **style.point | {"markersize": 6}))
    return element(figure, salt, {}, {})


def element(figure: Figure, salt: str, tips: Tips, attributes: dict[str, str]) -> Markup:
    """Return a figure as an element, without a background; the tree escapes its text."""
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(bool(axes.patch.get_hatch()))
    root = Tree.fromstring(saved(figure, "svg", salt))
    for part in root.findall(f"{SVG}metadata"):
        root.remove(part)
    for group in root.iter(f"{SVG}g"):  # say of each family's group whose it is, of each of its points what it shows
        name = group.get("id", "")
        if family := FAMILY.match(name):
            group.set("data-family", family[1])
        for point, tip in zip(group.iter(f"{SVG}use"), tips[name], strict=True) if name in tips else ():
            Tree.SubElement(point, f"{SVG}title").text = printable(tip)
    for each in root.iter():
        link = each.attrib.pop(LINK, None)
        if link is not None:
            each.set("href", link)
        if not REFERRED.fullmatch(each.get("id", "")):  # the salt makes names that something refers to this chart's own
            each.attrib.pop("id", None)
        shorten(each)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= attributes
    Tree.register_namespace("", SVG.strip("{}"))
    return Markup(Tree.tostring(root, encoding="unicode"))


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
