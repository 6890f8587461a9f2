"""The runs that the claims read: two that are compared differ in what the claim is about; if in more, it says so."""

from pathlib import Path

from bench.suites.recipes import register_suites

register_suites(Path(__file__).with_suffix(".toml"))
