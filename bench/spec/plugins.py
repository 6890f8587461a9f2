"""Tasks and models of other packages: files that an installed package names by entry points."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from bench.spec.errors import RequestError

GROUPS = ("lengthwise.tasks", "lengthwise.models")


def installed_plugins() -> list[Path]:
    """Return the files of the modules that installed packages name, each once; one that is not there is an error."""
    found: dict[Path, None] = {}
    for group in GROUPS:
        for point in sorted(metadata.entry_points(group=group)):
            found[file_of(point)] = None
    return list(found)


def file_of(point: metadata.EntryPoint) -> Path:
    """Return the file of the module that an entry point names; its packages are imported, it is not."""
    try:
        spec = find_spec(point.module)
    except ImportError:
        spec = None
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        raise RequestError(
            f"entry point {point.name!r} of {point.group} names {point.value!r}: there is no such module"
        )
    return Path(spec.origin)
