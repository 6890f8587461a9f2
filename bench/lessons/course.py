"""The course: every lesson, in order."""

from __future__ import annotations

from bench.lessons.budgets import BUDGETS
from bench.lessons.claims import Lesson
from bench.lessons.copying import COPYING
from bench.lessons.layers import LAYERS
from bench.lessons.memory import MEMORY
from bench.lessons.padding import PADDING
from bench.lessons.reading import READING
from bench.lessons.sines import SINES

COURSE: tuple[Lesson, ...] = (*SINES, *COPYING, *PADDING, *MEMORY, *READING, *LAYERS, *BUDGETS)
