"""Settings and names written as text."""

from __future__ import annotations

import pytest

from bench.spec.settings import split_names


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("a,b", (), ["a", "b"]),
        (" a , b ,", (), ["a", "b"]),
        (",", (), []),
        ("lstm(layers=2,hidden=8),gru", (), ["lstm(layers=2,hidden=8)", "gru"]),
        ("x,y,z", ("x,y",), ["x,y", "z"]),
        ("z, x,y", ("x,y", "x,y,w"), ["z", "x,y"]),
        ("x,y,w,z", ("x,y", "x,y,w"), ["x,y,w", "z"]),
        ("ax,y", ("x,y",), ["ax", "y"]),
        ('"x,y",z', (), ["x,y", "z"]),
        ("z,'x,y(1'", (), ["z", "x,y(1"]),
        ("it's,o'clock", (), ["it's", "o'clock"]),
    ],
)
def test_a_list_of_names_is_split_at_the_commas_between_them(
    text: str, known: tuple[str, ...], expected: list[str]
) -> None:
    assert split_names(text, known) == expected
