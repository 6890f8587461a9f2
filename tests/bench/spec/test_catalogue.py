"""What exists, read from source text: names, settings, what a class says of itself, files in any encoding."""

from __future__ import annotations

import inspect
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from harness import OWN_MODELS, OWN_TASKS, python

from bench.spec.catalogue import Catalogue, Entry, Setting, parse, registered
from bench.spec.errors import RequestError
from bench.spec.settings import read, written
from bench.suites.suites import SUITES
from models import MODELS
from tasks import TASKS


def test_the_catalogue_names_what_the_registries_hold() -> None:
    entries = Catalogue().entries
    assert sorted(entries["task"]) == OWN_TASKS
    assert sorted(entries["model"]) == OWN_MODELS
    for kind, registry in (("task", TASKS), ("model", MODELS)):
        for name, entry in entries[kind].items():
            assert entry.file == Path(inspect.getfile(registry[name]))
            assert entry.summary == (inspect.getdoc(registry[name]) or "").splitlines()[0]


@pytest.mark.parametrize("name", OWN_TASKS)
def test_a_tasks_version_and_settings_are_read(name: str) -> None:
    entry, task = Catalogue().entries["task"][name], TASKS[name]
    assert entry.version == task.version
    agrees_with_the_fields(entry, task)


@pytest.mark.parametrize("name", OWN_MODELS)
def test_a_familys_settings_and_what_it_says_are_read(name: str) -> None:
    entry, family = Catalogue().entries["model"][name], MODELS[name]
    assert entry.paper == family.paper
    assert entry.inductive_bias({}) == family.inductive_bias
    assert entry.literals.get("inductive_biases", {}) == family.inductive_biases
    agrees_with_the_fields(entry, family)


def agrees_with_the_fields(entry: Entry, registered_class: type) -> None:
    """Check that the settings read are the dataclass's fields, in order, with their types and defaults."""
    settable = [field for field in fields(registered_class) if field.init]
    assert list(entry.settings) == [field.name for field in settable]
    scope = {name: value for base in reversed(registered_class.__mro__) for name, value in module_of(base).items()}
    for field in settable:
        assert field.default is not MISSING
        declared = field.type.__name__ if isinstance(field.type, type) else str(field.type)
        assert entry.settings[field.name].type == declared
        assert eval(entry.settings[field.name].default, scope) == field.default
        assert read(written(field.default), entry.settings[field.name].type, field.name) == field.default


def module_of(each: type) -> dict[str, object]:
    return vars(sys.modules[each.__module__])


@pytest.mark.parametrize("name", sorted({spec.model for suite in SUITES.values() for spec in suite.specs}))
def test_every_family_of_a_suite_says_what_structure_it_brings_along(name: str) -> None:
    assert Catalogue().entries["model"][name].inductive_bias({})


def test_an_inductive_bias_follows_the_settings_that_decide_it() -> None:
    models = Catalogue().entries["model"]
    assert models["transformer"].inductive_bias({"positions": "none", "hidden": 8}) == "attention by content"
    assert models["transformer"].inductive_bias({"positions": "rotary"}) == "attention by content and place"
    walking = {"start": "after", "move": "convolution"}
    assert models["location_attention"].inductive_bias(walking) == (
        "heads move by one place, from the delimiters on; attention placed by where it stood"
    )
    assert models["gru"].inductive_bias({"hidden": 9}) == "none: a state of fixed size"


def test_reading_the_catalogue_imports_no_torch() -> None:
    code = "import sys; from bench.spec.catalogue import Catalogue; Catalogue(); print('torch' in sys.modules)"
    assert python(code).strip() == "False"


def test_a_parsed_tree_is_the_callers_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(PLAIN.format(first=""))
    parse(file).body.clear()  # as one does who takes out of it what moves no number
    (entry,) = registered(file)
    assert entry.summary == "Größe und Maß."


FAMILY = '''
from dataclasses import dataclass, field
from typing import ClassVar
{imports}

@{register}
@dataclass(frozen=True, kw_only=True)
class Mine({base}):
    """What it is.

    And more.
    """

    paper = "Somebody 1999"
    inductive_biases: ClassVar[dict[str, str]] = {{"rate=0.5": "half"}}
    rate: float = 0.5
    sizes: tuple[int, ...] = field(default=(1, 2))
    parts: tuple[int, ...] = field(default_factory=tuple)
    fixed: int = field(default=3, init=False)
    needed: int
    count: ClassVar[int] = 4

    def build(self, source, target): ...
'''


def entry_of(folder: Path, register: str, imports: str, base: str = "models.Family") -> Entry:
    file = folder / f"mine{len(list(folder.iterdir()))}.py"
    file.write_text(FAMILY.format(register=register, imports=imports, base=base))
    (entry,) = registered(file)
    return entry


@pytest.mark.parametrize(
    ("register", "imports"),
    [
        ('register("mine")', "from models import register"),
        ('register(name="mine")', "from models import register"),
        ('models.register("mine")', "import models"),
        ('models.register(name="mine")', "import models"),
        ('models.registry.register("mine")', "import models.registry"),
        ('add("mine")', "from models.registry import register as add"),
        ('m.register(name="mine")', "import models as m"),
    ],
)
def test_a_family_is_found_however_it_is_registered(register: str, imports: str, tmp_path: Path) -> None:
    entry = entry_of(tmp_path, register, imports)
    assert (entry.kind, entry.name, entry.summary) == ("model", "mine", "What it is.")


def test_fields_are_read_as_dataclasses_mean_them(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, 'register("mine")', "from models import Family, register", "Family")
    assert entry.settings == {
        "rate": Setting("float", "0.5"),
        "sizes": Setting("tuple[int, ...]", "(1, 2)"),
        "parts": Setting("tuple[int, ...]", "tuple()"),
        "needed": Setting("int", ""),
    }
    assert (entry.paper, entry.inductive_bias({"rate": 0.5}), entry.inductive_bias({})) == ("Somebody 1999", "half", "")
    assert entry.literals["count"] == 4


def test_a_field_that_is_not_init_hides_the_setting_that_it_inherits(tmp_path: Path) -> None:
    base = tmp_path / "shared_settings.py"
    base.write_text(
        "from dataclasses import dataclass\nfrom models import Family\n\n"
        "@dataclass(frozen=True, kw_only=True)\nclass Shared(Family):\n"
        "    inductive_bias = 'shared'\n    version = 7\n    fixed: int = 1\n    own: int = 2\n    rate: float = 0.25\n"
    )
    imports = "from models import register\nfrom shared_settings import Shared"
    entry = entry_of(tmp_path, 'register("mine")', imports, "Shared")
    assert list(entry.settings) == ["own", "rate", "sizes", "parts", "needed"]  # inherited ones first, from beside it
    assert entry.settings["rate"].default == "0.5"
    assert (entry.inductive_bias({}), entry.version) == ("shared", 7)


def test_a_property_stands_for_what_it_inherits(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, 'register("mine")', "from models.gru import GRU\nfrom models import register", "GRU")
    assert entry.inductive_bias({}) == "none: a state of fixed size"
    file = tmp_path / "other.py"
    file.write_text(
        "from models.gru import GRU\nfrom models import register\n\n@register('other')\nclass Other(GRU):\n"
        "    @property\n    def inductive_bias(self):\n        return 'computed'\n"
    )
    (other,) = registered(file)
    assert other.inductive_bias({}) == ""
    assert list(other.settings)[:3] == ["hidden", "embedding", "layers"]


PLAIN = '''{first}
"""Größe."""
from torch import nn
from models import register


@register("mine")
class Mine(nn.Module):
    """Größe und Maß."""

    def __init__(self, source, target, *, hidden: int = 4, size="x"):
        super().__init__()
'''


@pytest.mark.parametrize(
    ("first", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("# -*- coding: latin-1 -*-", "latin-1"),
        ("# vim: fileencoding=cp1252", "cp1252"),
    ],
    ids=["plain", "byte order mark", "cookie", "another cookie"],
)
def test_a_file_is_read_in_the_encoding_that_python_reads_it_in(first: str, encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(PLAIN.format(first=first).encode(encoding))
    (entry,) = registered(file)
    assert entry.summary == "Größe und Maß."
    assert entry.settings == {"hidden": Setting("int", "4"), "size": Setting("str", "'x'")}


@pytest.mark.parametrize(
    "content", [b"# coding: klingon\n", b"\xff\xfe", b"def broken(:\n", b"\x00", "x = 'ö'\n".encode("latin-1")]
)
def test_a_file_that_is_no_python_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(content)
    with pytest.raises(RequestError, match=r"mine\.py' is not Python that can be read"):
        registered(file)
