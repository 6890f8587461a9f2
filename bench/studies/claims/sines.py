"""Lessons on sines: a linear network needs two units for each frequency."""

from __future__ import annotations

from bench.studies.claims.charts import ByLength, Dots, Series
from bench.studies.claims.claims import Better, Claim, Lesson, Level
from bench.studies.claims.measures import CONTINUED, SIGNAL_ERROR, nrmse
from bench.studies.claims.progress import Signals

ONE, TWO = ("sine", "linear_rnn(hidden=1)"), ("sine", "linear_rnn(hidden=2)")
MIXED = {units: ("sine(two frequencies)", f"linear_rnn(hidden={units})") for units in (2, 3, 4)}
ONE_SINE = (Series("1 unit", ONE), Series("2 units", TWO))
MIXED_SINES = tuple(Series(f"{units} units", pair) for units, pair in MIXED.items())
ERROR = "free-running NRMSE"

SINES = (
    Lesson(
        "sine-units",
        "A sine needs two numbers of memory",
        (
            Claim("one-unit", "One hidden unit continues no sine.", CONTINUED, ONE, Level(0.01, reached=False)),
            Claim("two-units", "Two hidden units continue every sine.", CONTINUED, TWO, Level(0.99, reached=True)),
            Claim("two-beat-one", "Two units leave a smaller error than one.", SIGNAL_ERROR, TWO, Better(ONE)),
        ),
        "Left to itself, one linear unit can only scale its state by a fixed factor at each step and shift it: what it "
        "writes runs off, fades or alternates, and none of these is a wave. Two units can turn a point around a circle "
        "by the same angle at every step, and the shadow of that point on an axis is a sine. The two numbers are where "
        "the wave stands and how fast it moves; from the first alone, one cannot tell rising from falling.",
        (
            Signals("the first 50 steps of one signal", ONE_SINE, 50),
            ByLength("error by horizon", ONE_SINE, nrmse, ERROR, "horizon (steps)", False, is_logarithmic=True),
        ),
    ),
    Lesson(
        "two-frequencies",
        "Two frequencies need two units each",
        (
            Claim(
                "mixed-two-units",
                "Two units continue no sum of two sines.",
                CONTINUED,
                MIXED[2],
                Level(0.01, reached=False),
            ),
            Claim(
                "mixed-three-units",
                "Three units continue no sum of two sines.",
                CONTINUED,
                MIXED[3],
                Level(0.01, reached=False),
            ),
            Claim(
                "mixed-four-units",
                "Four units continue every sum of two sines.",
                CONTINUED,
                MIXED[4],
                Level(0.99, reached=True),
            ),
            Claim(
                "mixed-four-beat-three",
                "Four units leave a smaller error than three.",
                SIGNAL_ERROR,
                MIXED[4],
                Better(MIXED[3]),
            ),
        ),
        "Each frequency is a rotation of its own and wants a plane of its own to turn in, so two frequencies want four "
        "dimensions. That four units suffice is algebra: a matrix with two rotations in it is exact. Whether gradient "
        "descent finds this matrix within its budget, from every seed, is another question, and that is what the runs "
        "answer.",
        (
            Dots("error at the training horizon", MIXED_SINES, SIGNAL_ERROR, ERROR, is_logarithmic=True),
            ByLength("error by horizon", MIXED_SINES, nrmse, ERROR, "horizon (steps)", False, is_logarithmic=True),
        ),
    ),
)
