"""Kernels in plain C, compiled once for this processor; without a C compiler, torch does their work."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

DATA_FILES = (  # by this name they count as sources of a result
    "kernels.h",
    "product.h",
    "product.c",
    "recurrence.c",
    "attention.c",
    "dot_product.c",
    "linear.c",
    "dropout.c",
)
# No -ffast-math: it turns denormals off for the whole process and swallows NaN, so that divergence passes as training.
FLAGS = (
    *("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math"),
    *("-shared", "-fPIC"),
)
SWITCH = "LENGTHWISE_COMPILED"  # 0 switches the compiled kernels off
LINE, DEEP = 16, 256  # as in product.h

asleep = 0  # how many blocks of `switched_off` this is in


@contextmanager
def switched_off() -> Iterator[None]:
    """Let torch do the kernels' work meanwhile; what began before goes back by the body that it began with."""
    global asleep
    asleep += 1
    try:
        yield
    finally:
        asleep -= 1


def suit(*tensors: Tensor) -> bool:
    """Whether the kernels are there and can take such tensors: float32, on a CPU."""
    fit = not asleep and all(each.dtype == torch.float32 and each.device.type == "cpu" for each in tensors)
    return fit and library() is not None


def call(name: str, arguments: ctypes.Structure) -> int:
    """Call a kernel; the tensors whose addresses it is given must outlive the call."""
    kernels = library()
    assert kernels is not None
    found: int = getattr(kernels, name)(ctypes.byref(arguments))
    return found


def structure(name: str, *fields: tuple[type, Sequence[str]]) -> type[ctypes.Structure]:
    """Return the mirror of a C structure: its fields in order, some of a type at a time."""
    members = [(field, kind) for kind, names in fields for field in names]
    return type(name, (ctypes.Structure,), {"_fields_": members, "__doc__": f"The structure `{name}` of the kernels."})


def addresses(tensors: Mapping[str, Tensor | None]) -> dict[str, int]:
    """Return where tensors lie, without those that are None."""
    return {name: each.data_ptr() for name, each in tensors.items() if each is not None}


def columns(count: int) -> int:
    """Return how many columns a matrix of so many has where it is packed for a product."""
    return -(-count // (2 * LINE)) * 2 * LINE


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled kernels, made at first use; None where they are switched off or cannot be had."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if os.environ.get(SWITCH) == "0" or not compiler:
        return None
    file = cache_folder() / f"kernels-{fingerprint(compiler)}.so"
    try:
        if not file.exists():
            print(f"compiling kernels for this processor into {file.parent} (once)", file=sys.stderr)
            build(compiler, file)
        loaded = ctypes.CDLL(str(file))
    except (OSError, subprocess.SubprocessError) as error:
        reason = str(getattr(error, "stderr", None) or error).strip().split("\n")[0]
        print(f"kernels cannot be compiled, so torch does its work: {reason}", file=sys.stderr)
        return None
    return loaded


def build(compiler: str, file: Path) -> None:
    """Compile the sources to a file; another process that does the same meanwhile does no harm."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        made = Path(folder) / file.name
        command = [compiler, *FLAGS, *(str(file) for file in files() if file.suffix == ".c"), "-o", str(made)]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        made.replace(file)


def files() -> list[Path]:
    """Return the sources, headers and all."""
    return [Path(__file__).with_name(name) for name in DATA_FILES]


def cache_folder() -> Path:
    """Return the user's cache folder for this project."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lengthwise"


def fingerprint(compiler: str) -> str:
    """Name what a build hangs on: the sources, the compiler and its flags, the processor."""
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    parts = [*(file.read_text() for file in files()), version, " ".join(FLAGS), platform.machine(), processor()]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def processor() -> str:
    """Return what the processor can do, as the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
