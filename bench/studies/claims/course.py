"""The course: every lesson, in order."""

from __future__ import annotations

from bench.studies.claims.budgets import BUDGETS
from bench.studies.claims.claims import Lesson
from bench.studies.claims.copying import COPYING
from bench.studies.claims.layers import LAYERS
from bench.studies.claims.memory import MEMORY
from bench.studies.claims.padding import PADDING
from bench.studies.claims.reading import READING
from bench.studies.claims.sines import SINES

COURSE: tuple[Lesson, ...] = (*SINES, *COPYING, *PADDING, *MEMORY, *READING, *LAYERS, *BUDGETS)
