"""A plain module put into the folder `models`: no other file is edited, and all contracts hold."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT, python

MODULE = '''"""A GRU that hands its last state over."""

from torch import Tensor, nn

from models import register


@register("my_gru")
class MyGRU(nn.Module):
    """GRU encoder and decoder in one plain module."""

    def __init__(self, source, target, *, hidden: int = 64) -> None:
        super().__init__()
        self.read_source = nn.Embedding(source.size, hidden)
        self.read_target = nn.Embedding(target.size, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True)
        self.decoder_layer = nn.GRU(hidden, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, target.size)

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        """source (batch, source_time), source_length (batch,), target_in (batch, target_time) -> logits"""
        states, _ = self.encoder(self.read_source(source))
        end = (source_length - 1)[:, None, None].expand(-1, 1, states.shape[-1])
        last = states.gather(1, end).transpose(0, 1).contiguous()  # the state before any padding
        outputs, _ = self.decoder_layer(self.read_target(target_in), last)
        return self.readout(outputs)
'''
LISTED = """
from bench.spec.catalogue import Catalogue
entry = Catalogue().entries["model"]["my_gru"]
print(entry.summary, list(entry.settings))
"""


@pytest.mark.slow
def test_a_plain_module_put_into_the_folder_passes_every_contract_test(tmp_path: Path) -> None:
    for folder in ("tasks", "models", "bench", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "models" / "my_gru.py").write_text(MODULE)
    assert python(LISTED, root=tmp_path) == "GRU encoder and decoder in one plain module. ['hidden']\n"
    asked = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "my_gru", "tests/models", "tests/bench/spec"]
    done = subprocess.run(
        [sys.executable, *asked], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    passed = int(done.stdout.splitlines()[-1].split(" passed")[0].split()[-1])
    assert passed >= 15, done.stdout
