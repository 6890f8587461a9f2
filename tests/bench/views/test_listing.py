"""What exists, as text: names in a column, lines no wider than the screen."""

from __future__ import annotations

import pytest

from bench.spec.catalogue import Catalogue
from bench.views.listing import Listing, beside, listing, listing_text


@pytest.fixture(scope="module")
def found() -> Listing:
    return listing(Catalogue())


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_screen_and_no_word_is_lost(width: int, found: Listing) -> None:
    whole, broken = listing_text(found), listing_text(found, width)
    assert max(map(len, broken.splitlines())) <= width < max(map(len, whole.splitlines()))
    assert broken.split() == whole.split()


def test_texts_begin_at_one_column(found: Listing) -> None:
    for kind, entries in found.items():
        shown = listing_text({kind: entries}, 80).splitlines()[1:]
        longest = max(len(entry["name"]) for entry in entries)
        assert all(line[: longest + 3].endswith(" ") and line[longest + 3] != " " for line in shown)
        assert [line.split()[0] for line in shown if line[2] != " "] == [entry["name"] for entry in entries]


def test_a_name_without_a_text_is_there_and_nothing_is_no_line() -> None:
    assert [beside("  mine ", "", width) for width in (None, 80)] == [["  mine"]] * 2
    assert [beside("       ", "", width) for width in (None, 80)] == [[], []]
    assert beside("  mine ", "a b", 1) == ["  mine a b"]
