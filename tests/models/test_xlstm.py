"""xLSTMs: which layer is of which kind, and that states stay finite and exact from the first step on."""

from __future__ import annotations

import pytest
import torch
from cases import SMALL_TASKS

from models import MODELS, build
from models.layers.mlstm import MLSTMMixer
from models.layers.residual import ResidualLayer
from models.layers.slstm import SLSTMMixer
from models.xlstm import MIXERS, XLSTM

SYMBOLS = SMALL_TASKS["symbols"]
KINDS = {"m": MLSTMMixer, "s": SLSTMMixer}


@pytest.mark.parametrize(
    ("pattern", "layers", "expected"), [("s", 3, "sss"), ("m", 2, "mm"), ("ms", 5, "msmsm"), ("mms", 2, "mm")]
)
@pytest.mark.parametrize("embedding", [0, 6])
def test_a_layer_is_of_the_kind_that_the_pattern_names(
    pattern: str, layers: int, expected: str, embedding: int
) -> None:
    model = build(
        "xlstm", SYMBOLS.source, SYMBOLS.target, hidden=8, embedding=embedding, layers=layers, pattern=pattern
    )
    assert model.encoder.stack is model.decoder.stack
    made = list(model.decoder.stack.layers)
    assert all(isinstance(layer, ResidualLayer) for layer in made)
    assert [type(layer.mixer) for layer in made] == [KINDS[kind] for kind in expected]
    assert [layer.parts for layer in made] == [1 + layer.mixer.parts for layer in made]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_family_builds_its_mixers_with_its_heads(kind: str) -> None:
    mixer = XLSTM(hidden=12, heads=3, pattern=kind).mixer(12)
    assert (type(mixer), mixer.heads) == (MIXERS[kind], 3)


def test_float32_is_near_float64_over_many_steps_and_stays_finite() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(1, 500, 8)
    for kind in KINDS:
        layer = XLSTM(hidden=8, heads=2, pattern=kind).layer(8, 8)
        with torch.no_grad():
            outputs, after = layer(inputs, torch.zeros(layer.parts, 1, 8))
            double, _ = layer.double()(inputs.double(), torch.zeros(layer.parts, 1, 8, dtype=torch.double))
        assert after.isfinite().all()
        torch.testing.assert_close(outputs, double.float(), rtol=1e-3, atol=1e-3)


def test_heads_that_do_not_divide_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^hidden must be a multiple of heads; got 10 and 4$"):
        MODELS["xlstm"](hidden=10)
    with pytest.raises(ValueError, match=r"^sizes must be 1 or more; got heads 0$"):
        MODELS["xlstm"](heads=0)


@pytest.mark.parametrize("pattern", ["", "x", "msx", "M"])
def test_a_pattern_of_other_kinds_is_one_line(pattern: str) -> None:
    with pytest.raises(ValueError, match=rf"^pattern must be one or more of m, s, as in ms; got '{pattern}'$"):
        MODELS["xlstm"](pattern=pattern)
