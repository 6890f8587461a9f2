"""Report pages of hand-made records, as tests look at them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from harness import record, score

from bench.records.store import Record, write_record
from bench.views.html.page import write_report

VOID = {"meta", "link", "input", "br", "wbr", "img"}
SIGNAL = {"length": 6, "first": 0, "given": [0.5, 0.1], "truth": [0.0, 1.0, 0.0], "written": [0.0, 0.9, None]}


class Page(HTMLParser):
    """A page as a browser would take it apart: elements with their attributes, and the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def found(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [own for name, own in self.elements if name == tag and wanted.items() <= own.items()]


def page_of(folder: Path, *records: Record) -> Page:
    return Page(text_of(folder, *records))


def text_of(folder: Path, *records: Record) -> str:
    for made in records:
        write_record(folder / "records", made)
    return write_report(folder, "mine").read_text(encoding="utf-8")


def some_records() -> list[Record]:
    """A task of symbols, one with a stop symbol, one of values, one of text; a family, a floor, two seeds."""
    stopped = {"length": 3, "first": 0, "given": ["a", "b"], "truth": ["a", "b", "<stop>"], "written": ["b", "<stop>"]}
    waves = {"3": score(90, nrmse=0.02), "6": score(40, nrmse=None)}
    text = {"length": 7999, "first": 0, "given": [], "truth": ["one", ".", "two"], "written": ["one", ".", "ten"]}
    rights = {3: 90, 4: 50, 40: 3}
    return [
        record(rights),
        record(rights, seed=1),
        record(rights, model="floor", curve=[], steps=0, timing=timing()),
        record(rights, task="stopping", samples=[stopped]),
        record({3: 1}, task="wave", kind="values", by_length=waves, samples=[SIGNAL]),
        record({7999: 90, 9999: 2}, task="text", inside=(7999,), kind="stream", samples=[text]),
    ]


def timing(*looks: float) -> dict[str, Any]:
    return record({3: 1})["timing"] | {"look_seconds": list(looks)}
