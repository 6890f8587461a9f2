"""The key: what of a request is in it, and what of the sources."""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT

from bench.records.key import (
    FIRST,
    LABELS,
    TRIAL,
    Sources,
    asked_of,
    closure,
    fingerprint,
    key_of,
    settings_hash,
    sources_of,
    weights_key,
)
from bench.records.schema import SourceParts
from bench.spec.catalogue import Catalogue, parse
from bench.spec.spec import Spec

PARTS = SourceParts(task="t", model="m", trial="b")
SOURCES = Sources(1, PARTS, {"task_settings": {"symbols": 8, "lengths": (1, 2)}, "model_settings": {"hidden": 64}})
SPEC = Spec("copy", "gru", {"symbols": 3, "eval_lengths": (3, 4)}, {"hidden": 8}, schedule="drop", period=5)
OTHER_VALUES: dict[str, Any] = {
    "schedule": "restarts",
    "optimizer": "rmsprop",
    "ema": 0.5,
    "loss_mask": False,
    "data_seed": 0,
    "task_settings": {},
    "model_settings": {},
}


@dataclass(frozen=True)
class LaterSpec(Spec):
    """A spec with an option that is newer than every record."""

    smoothing: float = 0.1


@pytest.mark.parametrize("field", [field.name for field in fields(Spec)])
def test_every_field_of_the_spec_but_labels_changes_the_key(field: str) -> None:
    now = getattr(SPEC, field)
    other = OTHER_VALUES[field] if field in OTHER_VALUES else now + 1 if isinstance(now, int | float) else f"{now}x"
    assert other != now
    changed = replace(SPEC, **{field: other})
    assert (settings_hash(changed, 0, SOURCES) == settings_hash(SPEC, 0, SOURCES)) == (field in LABELS)
    assert (key_of(changed, 0, SOURCES) == key_of(SPEC, 0, SOURCES)) == (field in LABELS)


def test_seed_version_and_sources_change_the_key() -> None:
    others = [replace(SOURCES, parts={**PARTS, name: "other"}) for name in PARTS]
    keys = [key_of(SPEC, 0, SOURCES), key_of(SPEC, 1, SOURCES), key_of(SPEC, 0, replace(SOURCES, task_version=2))]
    keys += [key_of(SPEC, 0, other) for other in others]
    assert len(set(keys)) == 6


def test_a_new_option_changes_no_key_until_it_is_used() -> None:
    later = LaterSpec(**asdict(SPEC))
    assert key_of(later, 0, SOURCES) == key_of(SPEC, 0, SOURCES)
    assert key_of(replace(later, smoothing=0.2), 0, SOURCES) != key_of(SPEC, 0, SOURCES)


def test_a_changed_default_of_a_spec_counts() -> None:
    """Every field of the first specs is in the key, at its default too."""
    later = {"exhaustive"}
    assert {*FIRST, *LABELS, *later, "task_settings", "model_settings"} == {field.name for field in fields(Spec)}
    assert asked_of(Spec("copy", "gru"), SOURCES).keys() == {*FIRST, "task_settings", "model_settings"}


@pytest.mark.parametrize(
    ("given", "same"),
    [({"symbols": 8}, True), ({"lengths": [1, 2]}, True), ({"lengths": (1, 2, 3)}, False), ({"other": 8}, False)],
)
def test_a_setting_given_as_what_it_is_by_default_is_as_one_not_given(given: dict[str, Any], same: bool) -> None:
    plain = replace(SPEC, task_settings={})
    assert (key_of(replace(plain, task_settings=given), 0, SOURCES) == key_of(plain, 0, SOURCES)) == same


def test_defaults_are_read_from_the_sources_of_task_and_model() -> None:
    sources = sources_of(Spec("copy", "gru"), Catalogue())
    assert sources.defaults["model_settings"]["hidden"] == 64
    assert sources.defaults["task_settings"]["symbols"] == 3
    assert len(set(sources.parts.values())) == 3


def test_a_spec_read_back_from_json_has_the_same_key() -> None:
    again = Spec(**json.loads(json.dumps(asdict(SPEC))))
    assert key_of(again, 0, SOURCES) == key_of(SPEC, 0, SOURCES)
    reordered = replace(SPEC, task_settings=dict(reversed(SPEC.task_settings.items())))
    assert key_of(reordered, 0, SOURCES) == key_of(SPEC, 0, SOURCES)


def test_weights_do_not_hang_on_how_many_examples_evaluate_them() -> None:
    key = weights_key(SPEC, 0, SOURCES)
    assert weights_key(replace(SPEC, examples=7, adversarial=5), 0, SOURCES) == key
    others = [weights_key(replace(SPEC, steps=5), 0, SOURCES), weights_key(SPEC, 1, SOURCES)]
    assert key not in [*others, weights_key(SPEC, 0, replace(SOURCES, task_version=2))]


MODULE = '''"""What it is."""

import math  # a comment
import os

RATE = 0.5


@register("mine")
class Mine:
    """Docstring."""

    name = "a # b"
    paper = "Mine 2026"
    automaton: ClassVar[str] = "regular"

    def forward(self, inputs, scale=2):
        """Docstring of two lines.

        The second.
        """
        # a comment of its own
        if not scale:
            print(scale)
            raise ValueError("no scale") from SystemExit(2)
        return inputs * scale  # and one behind


TEXT = """first
# no comment

last"""
'''
UNSEEN_EDITS = {
    "comment changed": ("# a comment of its own", "# another"),
    "comment removed": ("  # a comment\n", "\n"),
    "comment added": ("RATE = 0.5", "RATE = 0.5  # added"),
    "comment line added": ("RATE = 0.5", "# added\nRATE = 0.5"),
    "docstring of the module": ("What it is.", "What it really is."),
    "docstring of a class removed": ('    """Docstring."""\n\n', ""),
    "docstring of a function": ("The second.", "The second one."),
    "docstring of a function shorter": ("\n\n        The second.\n        ", ""),
    "blank lines": ("\n\n\n@register", "\n\n\n\n\n@register"),
    "blank line removed": ("import os\n\nRATE", "import os\nRATE"),
    "space behind a line": ("RATE = 0.5", "RATE = 0.5   "),
    "layout": ("return inputs * scale  # and one behind", "return (\n            inputs * scale\n        )"),
    "an import for types alone": ("RATE = 0.5", "if TYPE_CHECKING:\n    from fractions import Fraction\n\nRATE = 0.5"),
    "text of an error": ('"no scale"', 'f"no scale: {scale}"'),
    "what a class says of itself": ('"Mine 2026"', '"Mine, 2026"'),
    "what a class says of itself, with a type": ('"regular"', '"context-free"'),
    "order of imports": ("import math  # a comment\nimport os", "import os\nimport math"),
}
SEEN_EDITS = {
    "number": ("RATE = 0.5", "RATE = 0.6"),
    "operator": ("inputs * scale", "inputs + scale"),
    "string with a number sign": ('"a # b"', '"a # c"'),
    "string behind a number sign removed": ('"a # b"', '"a "'),
    "decorator": ('@register("mine")', '@register("yours")'),
    "decorator removed": ('@register("mine")\n', ""),
    "default": ("scale=2", "scale=3"),
    "import": ("import math", "import cmath"),
    "indentation": ("            raise", "        raise"),
    "statement commented out": ("RATE = 0.5", "# RATE = 0.5"),
    "text in a string of lines": ("first", "fist"),
    "line in a string that looks like a comment": ("# no comment", "# no remark"),
    "blank line in a string removed": ("# no comment\n\n", "# no comment\n"),
    "space at a line's end in a string": ("first\n", "first \n"),
    "kind of an error": ('ValueError("no scale")', 'TypeError("no scale")'),
    "number of an error": ("SystemExit(2)", "SystemExit(3)"),
    "name of an import": ("import math", "import math as maths"),
}


def hash_of(folder: Path, text: str) -> str:
    """Return the fingerprint of a new file with this text."""
    file = folder / f"module{len(list(folder.iterdir()))}.py"
    file.write_text(text, encoding="utf-8")
    return fingerprint(file)


@pytest.mark.parametrize("edit", UNSEEN_EDITS)
def test_what_moves_no_number_is_not_hashed(edit: str, tmp_path: Path) -> None:
    old, new = UNSEEN_EDITS[edit]
    assert old in MODULE
    assert hash_of(tmp_path, MODULE.replace(old, new)) == hash_of(tmp_path, MODULE)


@pytest.mark.parametrize("edit", SEEN_EDITS)
def test_code_is_hashed(edit: str, tmp_path: Path) -> None:
    old, new = SEEN_EDITS[edit]
    assert old in MODULE
    text = MODULE.replace(old, new)
    assert text != MODULE
    assert hash_of(tmp_path, text) != hash_of(tmp_path, MODULE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('def rate(): "Docstring."; return 1\n', 'def rate(): "Docstring."; return 2\n'),
        ('def rate(x=1): "Docstring."\n', 'def rate(x=2): "Docstring."\n'),
        ('class Rate(int): "Docstring."\n', 'class Rate(float): "Docstring."\n'),
        ("x = 1\n\x0c\ny = 3\n# comment\n", "x = 1\n\x0c\ny = 4\n# comment\n"),
        ('x = "\u2028"\ny = 3\n# comment\n', 'x = "\u2028"\ny = 4\n# comment\n'),
        ("x = 'é' + 'a'  # é\n", "x = 'é' + 'b'  # é\n"),
    ],
    ids=["statement behind", "default before", "base before", "form feed", "line separator", "other letters"],
)
def test_code_is_seen_beside_docstrings_and_odd_characters(one: str, other: str, tmp_path: Path) -> None:
    assert hash_of(tmp_path, one) != hash_of(tmp_path, other)


def test_hashing_a_source_leaves_what_others_read_of_it_as_it_was() -> None:
    entry = Catalogue().find("task", "reverse")
    before = ast.dump(parse(entry.file))
    fingerprint.__wrapped__(entry.file)
    assert ast.dump(parse(entry.file)) == before


def test_closure_follows_imports_at_any_depth_and_stays_in_the_project() -> None:
    found = {file.relative_to(ROOT).as_posix() for file in closure(ROOT / "tasks" / "strings" / "reverse.py")}
    assert found == {
        *(f"tasks/{name}.py" for name in ("__init__", "base", "checks")),
        *(f"tasks/strings/{name}.py" for name in ("__init__", "adversarial", "draw", "ends", "copy", "reverse")),
    }


def test_closure_of_the_trial_is_what_trains_and_evaluates() -> None:
    found = {file.relative_to(ROOT).as_posix() for file in closure(TRIAL)}
    expected = "trial train losses streams holdout evaluation_sets metrics decode optimisers".split()
    expected += [f"protocols/{name}" for name in ("base", "strings", "signals", "text")]
    assert {f"bench/trial/{name}.py" for name in expected} <= found
    assert not [name for name in found if name.startswith("bench/") and not name.startswith("bench/trial/")]
    models = {f"models/{name}.py" for name in ("__init__", "base", "registry")}
    assert {file for file in found if file.startswith("models/")} == models


def test_closure_of_a_plugin_reaches_what_it_imports_here(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text("import torch\nfrom models import gru\nimport models.layers.attention as attention\n")
    found = closure(plugin)
    assert plugin in found
    assert {ROOT / "models" / f"{name}.py" for name in ("gru", "layers/recurrent", "layers/attention", "base")} <= found
    assert all(file == plugin or file.is_relative_to(ROOT) for file in found)
