"""Eight minutes on a borrowed GPU: what it is, whether its numbers are the processor's, how fast steps are, a run.

How fast they are is asked of one process (gpu_rates.py beside this file), then of several at once (gpu_crowd.py).

    make gpu OUT=/elsewhere              # or: python tests/support/gpu_session.py --out /elsewhere
    python tests/support/gpu_session.py --out /elsewhere --device cpu --seconds 40    # the same in small, without one

Each part has its own time and its own process; one that fails is told of and the others go on. Four files are written,
and hold at every moment what there is so far: report.txt, whose end is the table, rates.jsonl, log.txt, and
records.tar.gz with the run's records.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SUPPORT = Path(__file__).resolve().parent
TESTS = ("tests/system/test_cuda.py", "tests/tasks/test_contract.py", "tests/models/layers/test_scan.py")
REST = 12.0  # seconds kept for the end
SHARES = {"tests": 0.2, "rates": 0.25, "crowd": 0.15}  # of all seconds; the run has the rest
MOST_TESTERS = 8  # processes that share the tests where there are cores enough
RUNNING = 0.25  # of the run's share, for the jobs that run when none is started any more
GRACE = 6.0  # seconds in which what is interrupted may end
POLL = 5.0  # seconds between two times that records are put by
FACTS = """
import json, os, platform, torch
facts = {"python": platform.python_version(), "torch": torch.__version__, "cores": len(os.sched_getaffinity(0))}
if torch.cuda.is_available():
    card = torch.cuda.get_device_properties(0)
    facts |= {"card": card.name, "memory": f"{card.total_memory / 2**30:.0f} GiB", "multiprocessors":
              card.multi_processor_count, "capability": f"{card.major}.{card.minor}", "cuda": torch.version.cuda,
              "cudnn": torch.backends.cudnn.version()}
print(json.dumps(facts))
"""


@dataclass
class Session:
    """What is written where, until when, and how each part ended."""

    out: Path
    device: str
    seconds: float
    started: float = field(default_factory=time.monotonic)
    lines: list[str] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Seconds left for all parts."""
        return self.seconds - REST * min(1.0, self.seconds / 240) - (time.monotonic() - self.started)

    def say(self, *lines: str) -> None:
        """Add lines to the report."""
        self.lines += lines
        (self.out / "report.txt").write_text("\n".join(self.lines) + "\n")
        print(*lines, sep="\n", flush=True)

    def call(self, name: str, command: list[str], seconds: float, **variables: str) -> tuple[int | None, str]:
        """Run a command for so long at most; its output goes to the log -> exit code, None if cut off, and output."""
        log = self.out / "log.txt"
        with log.open("a") as file:
            file.write(f"\n== {name}: {' '.join(command[:8])}\n")
        begin = log.stat().st_size
        with log.open("a") as file:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **variables},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            code = self.ended(process, seconds)
        return code, log.read_bytes()[begin:].decode(errors="replace")

    def ended(self, process: subprocess.Popen[bytes], seconds: float) -> int | None:
        """Wait for a process; when its time is over interrupt it, then end it and what it started."""
        try:
            return process.wait(max(0.1, seconds))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return None


def facts(session: Session) -> None:
    """Say what the machine is."""
    code, output = session.call("facts", [sys.executable, "-c", FACTS], min(60.0, session.left))
    found = next((line for line in reversed(output.splitlines()) if line.startswith("{")), "{}")
    session.say(*(f"{name}: {value}" for name, value in json.loads(found).items()))
    if code:
        session.say(f"facts: failed, exit code {code}")


def tests(session: Session) -> None:
    """Run the tests that need a GPU; what is configured for developers' machines is left out."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "cuda", "-W", "default", "-p", "no:cacheprovider"]
    command += ["-o", "addopts=--import-mode=importlib", "--tb=short", "--maxfail=40", *TESTS]
    testers = min(MOST_TESTERS, len(os.sched_getaffinity(0)) // 2)
    if testers > 1 and find_spec("xdist"):
        command += ["-n", str(testers), "--dist", "worksteal"]
    seconds = min(SHARES["tests"] * session.seconds, session.left)
    code, output = session.call("tests", command, seconds, LENGTHWISE_TEST_DEVICE=session.device)
    told = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
    last = next(
        (line for line in reversed(output.splitlines()) if " passed" in line or " failed" in line), "no summary"
    )
    session.say(
        f"tests: {last.strip('= ')}{'' if code is not None else f', cut off after {seconds:.0f} s'}", *told[:20]
    )


def rates(session: Session) -> None:
    """Time steps; a process whose device is lost is followed by another."""
    until = min(SHARES["rates"] * session.seconds, session.left)
    begun, code = time.monotonic(), 1
    each = "0.5" if session.device != "cpu" else "0.1"
    while code and (left := until - (time.monotonic() - begun)) > 2:
        command = [sys.executable, str(SUPPORT / "gpu_rates.py"), str(session.out / "rates.jsonl")]
        command += ["--device", session.device, "--seconds", str(left - 1), "--each", each]
        found, _ = session.call("rates", command, left)
        code = 0 if found is None else found
        if code not in (0, 3):
            session.say(f"rates: a process ended with exit code {code}")
            break
    session.say("rates: done" if not code else "rates: stopped early")


def crowd(session: Session) -> None:
    """Time steps of several processes at once."""
    seconds, each = min(SHARES["crowd"] * session.seconds, session.left), "1" if session.device != "cpu" else "0.1"
    command = [sys.executable, str(SUPPORT / "gpu_crowd.py"), str(session.out / "rates.jsonl"), "--each", each]
    code, _ = session.call("crowd", [*command, "--device", session.device, "--seconds", str(seconds - 1)], seconds)
    session.say(f"crowd: {'cut off' if code is None else f'exit code {code}'}")


def run(session: Session, options: argparse.Namespace) -> None:
    """Train a suite as long as there is time; records are put by meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = session.left
        minutes = max(0.05, (1 - RUNNING) * seconds / 60) if options.minutes is None else options.minutes
        command = [sys.executable, "-m", "bench", "run", "--suite", options.suite, "--device", session.device]
        command += ["--minutes", f"{minutes:.2f}", "--out", folder, *options.run.split()]
        begun = time.monotonic()
        keeper = subprocess.Popen(
            [sys.executable, __file__, "--keep", folder, "--out", str(session.out)], start_new_session=True
        )
        code, output = session.call("run", command, seconds)
        keeper.terminate()
        keeper.wait()
        kept = keep(Path(folder), session.out)
        told = [
            line for line in output.splitlines() if " jobs " in line or line.startswith(("failed", "error", "note"))
        ]
        ended = "cut off" if code is None else f"exit code {code}"
        session.say(f"run: {kept} records in {time.monotonic() - begun:.0f} s, {ended}", *told[:12])


def keep(folder: Path, out: Path) -> int:
    """Put a run's records into the archive, whole or not at all; return how many."""
    records = sorted((folder / "records").glob("*.json"))
    fresh = out / "records.tar.gz.new"
    with tarfile.open(fresh, "w:gz") as archive:
        for path in records:
            archive.add(path, f"records/{path.name}")
    fresh.replace(out / "records.tar.gz")
    return len(records)


def table(session: Session) -> list[str]:
    """Return steps a second by family and batch, and of several seeds at once those of all."""
    file = session.out / "rates.jsonl"
    found = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    shown: dict[tuple[int, str], dict[str, str]] = {}
    for each in found:
        asked = each["asked"]
        row = shown.setdefault((asked["batch"], asked["family"]), {})
        column = column_of(**asked)
        row[column] = f"{each['rate']:.1f}" if "rate" in each else each.get("error", "-")[:40]
    columns = list(dict.fromkeys(["cpu", "plain", "graph", *(column for row in shown.values() for column in row)]))
    lines = [f"{'steps a second':<22} {'batch':>6} " + " ".join(f"{column:>{width(column)}}" for column in columns)]
    for (batch, family), row in shown.items():
        lines.append(
            f"{family:<22} {batch:>6} " + " ".join(f"{row.get(column, ''):>{width(column)}}" for column in columns)
        )
    return lines


def width(column: str) -> int:
    """Return how wide a column of the table is."""
    return max(9, len(column))


def column_of(way: str, seeds: int, processes: int = 1, **_: object) -> str:
    """Name a column of the table."""
    at_once = [f"{processes} jobs"] if processes > 1 else []
    return " x ".join(at_once + ([f"{seeds} seeds"] if seeds > 1 else [])) or way


def main() -> int:
    """Do all parts, whatever becomes of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=480.0)
    parser.add_argument("--suite", default="full")
    parser.add_argument("--minutes", type=float, help="of the run; default: what is left, less what running jobs take")
    parser.add_argument("--run", default="", help="further options of the run")
    parser.add_argument("--keep", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    while options.keep:
        keep(options.keep, options.out)
        time.sleep(POLL)
    session = Session(options.out.resolve(), options.device, options.seconds)
    parts = {"facts": facts, "tests": tests, "rates": rates, "crowd": crowd, "run": lambda one: run(one, options)}
    for name, part in parts.items():
        try:
            part(session)
        except Exception as error:
            session.say(f"{name}: {type(error).__name__}: {error}")
    session.say("", *table(session), f"{time.monotonic() - session.started:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
