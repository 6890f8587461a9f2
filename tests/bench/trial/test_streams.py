"""Random streams are named: other names share no number."""

from __future__ import annotations

import itertools

import pytest
import torch

from bench.trial.streams import number, stream


@pytest.mark.parametrize("identities", [[(1, "train"), (2, "train"), (1, "weights"), ("evaluate", "copy", 1, 10)]])
def test_streams_of_other_names_share_no_number(identities: list[tuple[object, ...]]) -> None:
    assert len({number(*identity) for identity in identities}) == len(identities)
    drawn = [set(torch.randint(2**60, (5000,), generator=stream("cpu", *each)).tolist()) for each in identities]
    assert all(not one & other for one, other in itertools.combinations(drawn, 2))
