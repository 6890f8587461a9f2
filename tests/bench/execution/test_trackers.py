from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from harness import SHORT, TINY, in_process, pretend, records_in, without

from bench.records.store import Record

RUN = ("run", *TINY, "--tasks", "copy", "--models", "gru,majority", *SHORT, "--set", "train.eval_every=1")
TAGS = ("loss", "held_out_exact_match", "exact_match_by_length")


def checksum(content: bytes) -> int:
    """CRC-32C bit by bit, rotated and shifted as event files want it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Read the one event file of a run: tag -> step -> value."""
    event_format = pytest.importorskip("tensorboardX.proto.event_pb2")
    (file,) = folder.iterdir()
    content, found, events = file.read_bytes(), {}, []
    while content:
        (length,) = struct.unpack_from("<Q", content)
        first, event, second = content[8:12], content[12 : 12 + length], content[12 + length : 16 + length]
        assert struct.unpack("<II", first + second) == (checksum(content[:8]), checksum(event))
        events.append(event_format.Event.FromString(event))
        content = content[16 + length :]
    assert events[0].file_version == "brain.Event:2"
    for event in events[1:]:
        for value in event.summary.value:
            assert event.step not in found.setdefault(value.tag, {})
            found[value.tag][event.step] = value.simple_value
    return found


def wanted(made: Record) -> dict[str, dict[int, float]]:
    """Return what a record's event file is to hold: single precision is what the format has."""
    curve, single = made["curve"], struct.Struct("<f")
    told = {
        "loss": {look["step"]: look["loss"] for look in curve},
        "held_out_exact_match": {look["step"]: look["exact"] for look in curve if look["exact"] is not None},
        "exact_match_by_length": {int(n): score["right"] / score["examples"] for n, score in made["by_length"].items()},
    }
    return {
        tag: {step: single.unpack(single.pack(value))[0] for step, value in points.items()}
        for tag, points in told.items()
        if points
    }


def assert_curves(out: Path) -> None:
    """Hold every event file of a run to its record."""
    for made in records_in(out).values():
        curve = scalars(out / "tensorboard" / made["task"] / made["model"] / f"seed{made['seed']}")
        assert curve == wanted(made)
        assert set(curve) == set(TAGS if made["steps"] else TAGS[2:])
    assert len(list((out / "tensorboard").glob("*/*/*/*"))) == len(records_in(out))


@pytest.mark.slow
def test_event_files_of_two_jobs_hold_the_curve_of_every_record_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboardX")
    outcome = in_process(capsys, *RUN, "--seeds", 2, "--jobs", 2, "--track", "tensorboard", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert len(records_in(tmp_path)) == 4
    assert_curves(tmp_path)


@pytest.mark.slow
def test_tracking_changes_nothing_in_the_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboardX")
    for name, track in (("with", ("--track", "tensorboard")), ("without", ())):
        assert in_process(capsys, *RUN, *track, "--out", tmp_path / name).code == 0
    kept = [
        {name: without(made, "timing") for name, made in records_in(tmp_path / folder).items()}
        for folder in ("with", "without")
    ]
    assert len(kept[0]) == 2
    assert kept[0] == kept[1]
    assert_curves(tmp_path / "with")
    assert not (tmp_path / "without" / "tensorboard").exists()


@pytest.mark.slow
def test_a_job_that_is_trained_again_has_its_new_curve_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboardX")
    asked = (*RUN, "--track", "tensorboard", "--out", tmp_path)
    assert in_process(capsys, *asked).code == 0
    (made,) = (made for made in records_in(tmp_path).values() if made["steps"])
    path = next((tmp_path / "records").glob("copy*gru*.json"))
    path.write_text("{")
    assert in_process(capsys, *asked).code == 0
    assert scalars(tmp_path / "tensorboard" / made["task"] / made["model"] / "seed0") == wanted(made)


@pytest.mark.parametrize(
    ("track", "said"),
    [
        ("tensorbord", "unknown tracker 'tensorbord'; choose from: tensorboard, trackio, wandb"),
        ("", "unknown tracker ''; choose from: tensorboard, trackio, wandb"),
        ("tensorboard", '--track tensorboard needs a package that is not installed: pip install "tensorboardX>=2.6"'),
        ("trackio", '--track trackio needs a package that is not installed: pip install "trackio>=0.40"'),
        ("wandb", '--track wandb needs a package that is not installed: pip install "wandb>=0.20"'),
    ],
)
def test_a_tracker_that_cannot_be_had_is_refused_before_training(
    track: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("tensorboardX", "wandb", "trackio"):
        monkeypatch.setitem(sys.modules, package, None)
    stand_in = pretend(monkeypatch)
    outcome = in_process(capsys, *RUN, "--track", track, "--out", tmp_path / "out")
    assert (outcome.code, outcome.err) == (2, f"error: {said}\n")
    assert not stand_in.jobs
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_goes_on_without_a_tracker_that_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboardX")
    (tmp_path / "tensorboard").write_text("mine")
    outcome = in_process(capsys, *RUN, "--track", "tensorboard", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    said = [line for line in outcome.out.splitlines() if line.startswith("tracker ")]
    assert len(said) == 1
    assert said[0].startswith("tracker tensorboard failed and is left out from here on: ")
    assert len(records_in(tmp_path)) == 2
    assert (tmp_path / "tensorboard").read_text() == "mine"
