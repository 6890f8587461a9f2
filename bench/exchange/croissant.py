"""Croissant: a description of held-out sets that data tools and search engines read (MLCommons, version 1.1).

MLCommons' own library makes it and checks it; it is an extra, `lengthwise[croissant]`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.exchange.examples import ExampleSet
from bench.exchange.files import examples_of, json_lines
from bench.spec.errors import RequestError
from bench.spec.settings import written
from bench.spec.spec import Spec
from tasks.base import Task

EXTRA, PACKAGE = "croissant", "mlcroissant"
CONFORMS = "http://mlcommons.org/croissant/1.1"
LICENCE = "https://opensource.org/license/mit"
LENGTHS = {"train_lengths", "eval_lengths"}  # settings that are told apart
FIELDS = {  # of each example: what it is, whether a list
    "id": ("names the example: length, set, number, hash of the set", False),
    "length": ("length of the string, as the row counts lengths", False),
    "set": ("random, or the kind of adversarial set", False),
    "source": ("what is read: symbols by name, or numbers", True),
    "target": ("the right answer: symbols by name, <stop> at its end where the stop is scored, or numbers", True),
}


@dataclass(frozen=True)
class Described:
    """A row's file: its name, the lines in it, and what to say of it."""

    row: str
    file: str
    content: bytes
    said: str
    real: bool

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self.content).hexdigest()


def described(task: Task, spec: Spec, sets: Sequence[ExampleSet], file: str) -> Described:
    """Make the file of a row's held-out sets, a line an example, and what the description says of it."""
    settings = {name: value for name, value in spec.task_settings.items() if name not in LENGTHS}
    told = ", ".join(f"{name} {written(value)}" for name, value in settings.items())
    kinds = sorted({each.kind for each in sets})
    train, judged = (written(tuple(sorted({*lengths}))) for lengths in (task.train_lengths, task.eval_lengths))
    said = (
        f"Task {spec.task} (version {task.version}{'; ' + told if told else ''}). Trained at lengths "
        f"{train}, judged at {judged}; sets: {', '.join(kinds)}."
    )
    real = bool(sets) and sets[0].batch.target.is_floating_point()
    return Described(spec.row, file, json_lines(examples_of(task, sets)), said, real)


def description(name: str, parts: Sequence[Described], version: str) -> bytes:
    """Return croissant.json: each row's file, and what its lines hold; what the library rejects is a RequestError."""
    library = mlcroissant()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends what only a published data set has, such as its address
        try:
            metadata = library.Metadata(
                name=name,
                description="Held-out strings that show how far past its training lengths a sequence model holds.",
                conforms_to=[CONFORMS],
                license=[LICENCE],
                cite_as=f"The Lengthwise maintainers: Lengthwise, version {version}.",
                version=version,
                keywords=["length generalisation", "sequence models", "synthetic tasks"],
                distribution=[file_of(library, part) for part in parts],
                record_sets=[record_set(library, part) for part in parts],
            )
            found = metadata.to_json()
        except (library.ValidationError, ValueError) as error:
            raise RequestError(f"the sets cannot be described: {' '.join(str(error).split())}") from error
    return (json.dumps(found, indent=1, default=str) + "\n").encode()


def file_of(library: Any, part: Described) -> Any:
    """Describe a file, which lies beside the description."""
    return library.FileObject(
        id=part.file,
        name=part.file,
        content_url=part.file,
        content_size=f"{len(part.content)} B",
        encoding_formats=["application/jsonlines"],
        sha256=part.sha256,
    )


def record_set(library: Any, part: Described) -> Any:
    """Describe the examples of a file."""
    return library.RecordSet(id=part.row, name=part.row, description=part.said, fields=list(fields(library, part)))


def fields(library: Any, part: Described) -> Iterator[Any]:
    """Describe what is in an example."""
    items = library.DataType.FLOAT if part.real else library.DataType.TEXT
    types = {"length": library.DataType.INTEGER, "source": items, "target": items}
    for name, (said, is_list) in FIELDS.items():
        source = library.Source(file_object=part.file, extract=library.Extract(column=name))
        yield library.Field(
            id=f"{part.row}/{name}",
            name=name,
            description=said,
            data_types=types.get(name, library.DataType.TEXT),
            source=source,
            **({"is_array": True, "array_shape": "-1"} if is_list else {}),
        )


def mlcroissant() -> Any:
    """Return MLCommons' library, or say what brings it."""
    try:
        return importlib.import_module(PACKAGE)
    except ImportError as error:
        raise RequestError(
            f"a description needs {PACKAGE}, which is not installed: pip install 'lengthwise[{EXTRA}]'"
        ) from error
