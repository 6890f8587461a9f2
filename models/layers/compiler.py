"""The recurrences of recurrence.c, compiled once for this processor; without a C compiler, torch does their work."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import torch

SOURCE = Path(__file__).with_name("recurrence.c")
# No -ffast-math: it turns denormals off for the whole process and swallows NaN, so that divergence passes as training.
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
SWITCH = "LENGTHWISE_COMPILED"  # 0 switches the compiled recurrences off
BLAS = "libtorch_cpu.so"  # which carries the matrix product that torch itself uses


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled recurrences, made at first use; None where they are switched off or cannot be had."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if os.environ.get(SWITCH) == "0" or not compiler or sgemm() is None:
        return None
    file = cache_folder() / f"recurrence-{fingerprint(compiler)}.so"
    try:
        if not file.exists():
            print(f"compiling {SOURCE.name} for this processor into {file.parent} (once)", file=sys.stderr)
            build(compiler, file)
        loaded = ctypes.CDLL(str(file))
    except (OSError, subprocess.SubprocessError) as error:
        reason = str(getattr(error, "stderr", None) or error).strip().split("\n")[0]
        print(f"{SOURCE.name} cannot be compiled, so torch does its work: {reason}", file=sys.stderr)
        return None
    loaded.run_forward.restype, loaded.run_backward.restype = ctypes.c_int, None
    return loaded


@cache
def sgemm() -> int | None:
    """Return the address of torch's single-precision matrix product, None where it is not to be found."""
    file = Path(torch.__file__).parent / "lib" / BLAS
    try:
        return ctypes.cast(ctypes.CDLL(str(file)).sgemm_, ctypes.c_void_p).value
    except (OSError, AttributeError):
        return None


def build(compiler: str, file: Path) -> None:
    """Compile the source to a file; another process that does the same meanwhile does no harm."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        made = Path(folder) / file.name
        command = [compiler, *FLAGS, str(SOURCE), "-o", str(made)]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        made.replace(file)


def cache_folder() -> Path:
    """Return the user's cache folder for this project."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lengthwise"


def fingerprint(compiler: str) -> str:
    """Name what a build hangs on: the source, the compiler and its flags, the processor."""
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    parts = [SOURCE.read_text(), version, " ".join(FLAGS), platform.machine(), processor()]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def processor() -> str:
    """Return what the processor can do, as the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
