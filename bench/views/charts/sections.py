"""What is shown of every task, declared once: the sections of the page and the figures beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.colors import to_hex

from bench.views.charts.cost import GAINS, cost_panels
from bench.views.charts.curves import curve_panels, learners
from bench.views.charts.errors import PARTS, eos_panels, position_panels
from bench.views.charts.lengths import length_panels
from bench.views.charts.mask import PARTS as MASKED
from bench.views.charts.mask import mask_panels
from bench.views.charts.material import EXACT, NATS, NRMSE, Run
from bench.views.charts.panel import Panel
from bench.views.charts.signals import signal_panels
from bench.views.charts.style import SeriesStyle, right_map

Styles = Mapping[str, SeriesStyle]


@dataclass(frozen=True)
class Section:
    """One kind of chart: `name` is its place on the page, `file` what its figures' files begin with ("": no figures).

    titles, captions: by metric, EXACT standing for all but nats; a metric that is not there has no such section
    panels: of a task; styles: those that a legend explains; nothing: what stands where a task has no panels
    columns: of a figure; width: of the page's panels; beside: how the tasks stand on the page
    key: what its colours mean, each with a CSS background
    """

    name: str
    file: str
    titles: Mapping[str, str]
    captions: Mapping[str, str]
    panels: Callable[[Run, str], list[Panel]]
    styles: Callable[[Run, str], Styles] = lambda run, task: {}
    shown: Callable[[Run, str], bool] = lambda run, task: True
    nothing: str = ""
    columns: int = 4
    width: str = "small"
    beside: str = ""
    key: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def metric(self, run: Run, task: str) -> str:
        """Return by which metric's titles and captions a task is shown."""
        return NATS if run.metric(task) == NATS else EXACT

    def tasks(self, run: Run) -> list[str]:
        """Return the tasks that have such a section."""
        return [task for task in run.tasks if self.metric(run, task) in self.titles and self.shown(run, task)]

    def metrics(self, run: Run) -> list[str]:
        """Return the metrics by which its tasks are shown."""
        found = {self.metric(run, task) for task in self.tasks(run)}
        return [metric for metric in self.titles if metric in found]

    def title(self, run: Run) -> str:
        """Return its heading on a page."""
        said = ", ".join(dict.fromkeys(self.titles[metric] for metric in self.metrics(run)))
        return said[:1].upper() + said[1:]


def both(said: str) -> dict[str, str]:
    """Return a title that holds for every metric."""
    return {EXACT: said, NATS: said}


def learner_styles(run: Run, task: str) -> Styles:
    """Return the styles of the families that were trained step by step."""
    return {model: run.styles[model] for model in sorted(learners(run.records(task)))}


def stripes(colour: str, hatch: str) -> str:
    """Return a CSS background that is hatched where a chart's is."""
    return f"repeating-linear-gradient(135deg, {colour} 0 3px, #fff 3px 5px)" if hatch else colour


def scale() -> str:
    """Return the colours from always wrong to never wrong as a CSS background."""
    return f"linear-gradient(to right, {', '.join(to_hex(right_map()(share / 8)) for share in range(9))})"


SECTIONS = (
    Section(
        "lengths",
        "length",
        {EXACT: "exact match by length", NATS: "nats per token by context"},
        {
            EXACT: "Exact match against length, mean over seeds with 95 % intervals; training lengths shaded. A family "
            "that has learnt the rule stays up to the right of them; one that has learnt its training lengths by heart "
            "falls at their edge.",
            NATS: "Nats per token against context, mean over seeds with 95 % intervals: the lower the better; training "
            "windows shaded. Each context is read from a fresh state and its second half is scored; where a family was "
            "trained on windows, the last token alone. The single points at the right are the whole text, read once "
            "with the state carried. Dotted lines are what compressors reach behind the training text; arrows name "
            "those that lie farther up or down. What is much worse than an even guess is cut off.",
        },
        length_panels,
        Run.styles_in,
        columns=1,
        width="",
        beside="blocks",
    ),
    Section(
        "stops",
        "stops",
        {EXACT: "EOS errors and token errors"},
        {
            EXACT: "An answer can be wrong in its tokens, or only in where it ends. Each is decoded again with the "
            "true length forced: what is then right was wrong by its EOS alone (an EOS error, hatched); all else that "
            "is wrong is a token error (dark). Lengths right of the dashed line are longer than any trained."
        },
        eos_panels,
        shown=Run.has_eos,
        key=[(name, stripes(*drawn)) for name, drawn in PARTS.items()],
    ),
    Section(
        "places",
        "places",
        {EXACT: "errors by position"},
        {
            EXACT: "A row is a length, from left to right goes the target from its first token to its last; dark is "
            "often wrong, bright is right. Errors that start at one position in every row have to do with distance; "
            "errors that fill whole rows with length. Lengths above the dashed line are longer than any trained. "
            "Tokens are scored given the true ones before them, real values in free running."
        },
        position_panels,
        key=[("always wrong (NRMSE 1 or more) to never wrong (NRMSE 0); crossed out: no number", scale())],
    ),
    Section(
        "signals",
        "signal",
        {EXACT: "free-running signals"},
        {
            EXACT: "The broad pale line is the truth, the thin one what the model writes when it reads only its own "
            "output. A small error a step grows: a signal that keeps its height and drifts has the wrong frequency, "
            "one that dies out has lost energy."
        },
        signal_panels,
        shown=lambda run, task: run.metric(task) == NRMSE,
        nothing="The records kept no signal.",
    ),
    Section(
        "curves",
        "curves",
        both("learning curves"),
        {
            EXACT: "A line is one seed: held-out exact match at training lengths, and training loss, against the step. "
            "Training ends early once exact match stays perfect. Lines of one family that part say that luck matters.",
            NATS: "A line is one seed: training loss in nats per token against the step. Where models are trained on "
            "windows of different lengths or modes, their losses are not of the same tokens.",
        },
        curve_panels,
        learner_styles,
        nothing="Nothing here was trained step by step.",
        columns=2,
        width="",
    ),
    Section(
        "costs",
        "cost",
        both("cost against quality"),
        {
            EXACT: "What the accuracy took, in seconds of training and in learned parameters: the best are up and to "
            "the left. Area is the mean accuracy over log length, from the shortest evaluated to the longest.",
            NATS: "What the nats per token of the whole text took: the best are down and to the left.",
        },
        cost_panels,
        Run.styles_in,
        columns=len(GAINS),
        width="thirds",
    ),
    Section(
        "masks",
        "",
        both("what the loss counts"),
        {
            EXACT: "The first rows of one training batch. Padding after a sequence's end must never count, and "
            "examples that are held out for evaluation count nothing at all.",
            NATS: "Of a text that is cut into windows, the last token of each alone counts, the others are read.",
        },
        mask_panels,
        nothing="The record kept no rows.",
        width="",
        beside="thirds",
        key=list(MASKED.values()),
    ),
)
