"""Plug-in files: what they may import beside them, and how they are written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import TINY, in_process, records_in, registries_restored

from bench.trial.build import load_plugin
from models import MODELS, build
from tasks.base import Symbols

PLUGIN = '''{first}
"""Größe."""
from torch import nn
from models import register
{imports}

@register({name})
class Net(nn.Module):
    """Größe."""

    def __init__(self, source, target, *, hidden: int = 4):
        super().__init__()
        self.embed, self.head = nn.Embedding(source.size, hidden * {width}), nn.Linear(hidden * {width}, target.size)

    def forward(self, source, source_length, target_in):
        return self.head(self.embed(target_in))
'''


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    path = list(sys.path)
    with registries_restored():
        yield
    assert sys.path == path


def plugin(
    folder: Path, name: str, width: str = "1", imports: str = "", first: str = "", encoding: str = "utf-8"
) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "net.py"
    text = PLUGIN.format(first=first, imports=imports, name=name, width=width)
    file.write_bytes(text.encode(encoding))
    return file


def width_of(name: str) -> int:
    return build(name, Symbols(3), Symbols(3)).get_parameter("module.embed.weight").shape[1]


@pytest.mark.parametrize("helper", ["sizes.py", "sizes/__init__.py", "sizes/deep/inner.py"])
def test_two_plugins_each_import_the_module_beside_them(helper: str, tmp_path: Path) -> None:
    module = "sizes" if helper.count("/") < 2 else "sizes.deep.inner"
    for number, name in ((2, "one"), (5, "other")):
        file = plugin(tmp_path / name, f'"{name}"', "WIDTH", f"from {module} import WIDTH")
        (file.parent / helper).parent.mkdir(parents=True, exist_ok=True)
        (file.parent / helper).write_text(f"WIDTH = {number}\n")
        load_plugin(file)
    assert (width_of("one"), width_of("other")) == (8, 20)
    assert not {name for name in sys.modules if name.split(".")[0] == "sizes"}


def test_plugins_of_one_folder_share_what_lies_beside_them(tmp_path: Path) -> None:
    (tmp_path / "sizes.py").write_text("COUNT = []\n")
    for name in ("first", "second"):
        file = plugin(tmp_path, f'"{name}"', "len(COUNT)", "from sizes import COUNT\nCOUNT.append(1)")
        load_plugin(file.rename(tmp_path / f"{name}.py"))
    assert (width_of("first"), width_of("second")) == (8, 8)


def test_a_module_beside_a_plugin_stands_behind_no_module_of_this_project(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise OSError('not this one')\n")
    (tmp_path / "bench.py").write_text("raise OSError('nor this one')\n")
    load_plugin(plugin(tmp_path, '"net"', imports="import bench.trial.losses"))
    assert "bench.trial.losses" in sys.modules
    assert "net" in MODELS


WRITTEN = {
    "byte order mark": {"encoding": "utf-8-sig"},
    "coding cookie": {"first": "# -*- coding: latin-1 -*-", "encoding": "latin-1"},
    "name as a keyword": {"name": 'name="net"'},
    "comma in the name": {"name": '"net, wide"'},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WRITTEN)
@pytest.mark.parametrize("quoted", [False, True])
def test_a_plugin_runs_however_it_is_written(
    case: str, quoted: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    how = {"name": '"net"', **WRITTEN[case]}
    file = plugin(tmp_path / "plug", imports="from sizes import WIDTH", width="WIDTH", **how)
    (file.parent / "sizes.py").write_text("WIDTH = 2\n")
    name = how["name"].partition("=")[2] or how["name"]
    asked = ("--models", name if quoted else name.strip('"'), "--plugin", file, "--out", tmp_path / "out")
    outcome = in_process(capsys, "run", *TINY, "--tasks", "copy", "--set", "task.eval_lengths=5", *asked)
    assert (outcome.code, outcome.err) == (0, "")
    (made,) = records_in(tmp_path / "out").values()
    assert made["spec"]["model"] == name.strip('"')
    assert made["parameters"] == 6 * 8 + 8 * 6 + 6
