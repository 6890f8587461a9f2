"""The schema of records: what is in one, part by part, as msgspec checks it; docs/records.md shows it as a table."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

SCHEMA = 3
SCORED, ELSEWHERE = "scored", "elsewhere"  # status and device of answers that another program wrote
LARGEST = 2**53  # whole numbers up to here are the same as floating-point ones

Count = Annotated[int, Meta(ge=0, le=LARGEST)]
Positive = Annotated[int, Meta(ge=1, le=LARGEST)]
Seed = Annotated[int, Meta(ge=0)]
Number = Count | Annotated[float, Meta(ge=0)]
Signed = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)] | float
Share = Annotated[int, Meta(ge=0, le=1)] | Annotated[float, Meta(ge=0, le=1)]
Lengths = Annotated[list[Positive], Meta(min_length=1)]
Length = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,14}\Z", title="LENGTH")]
Kind = Annotated[str, Meta(min_length=1, title="KIND")]
Plain = bool | Signed | str | None
Settings = dict[str, Plain | list[Plain]]
Sequence = list[str | Signed | None]  # tokens by name, or numbers and None where one overflowed: `is_sequence`


def about(meaning: str, unit: str = "") -> Meta:
    """Say what a field means and in which unit it is, for docs/records.md."""
    return Meta(description=meaning, extra={"unit": unit})


class SourceParts(TypedDict):
    """Hashes of the sources that make a result, apart."""

    task: Annotated[str, about("the task's file, and what it imports and reads here")]
    model: Annotated[str, about("the model's file, likewise")]
    trial: Annotated[str, about("training and evaluation, likewise")]


class SpecPart(TypedDict):
    """What was asked for: the fields of `Spec`, which says what each of them means."""

    task: Annotated[str, about("the registered task")]
    model: Annotated[str, about("the registered family")]
    task_settings: Annotated[Settings, about("the task's settings where they depart from its defaults")]
    model_settings: Annotated[Settings, about("the model's, likewise")]
    steps: Annotated[Count, about("optimiser steps at most", "steps")]
    batch: Annotated[Count, about("examples a step; for a text, rows or windows read at once", "examples")]
    learning_rate: Annotated[Number, about("the highest learning rate")]
    weight_decay: Annotated[Number, about("the optimiser's weight decay")]
    warmup: Annotated[Count, about("steps of linear warm-up", "steps")]
    schedule: Annotated[str, about("`constant`, `cosine` (to zero at the last step), `drop`, `one_cycle`, `restarts`")]
    period: NotRequired[Annotated[Count, about("of `restarts`: its first cycle; of `drop`: up to it", "steps")]]
    optimizer: NotRequired[Annotated[str, about("`adamw`, `rmsprop` or `lbfgs` (all steps on the first batch)")]]
    seconds: NotRequired[Annotated[Number, about("training ends after so many; 0: no limit", "seconds")]]
    curriculum: NotRequired[Annotated[Number, about("share of the steps over which lengths grow to all", "share")]]
    same_length_batches: NotRequired[Annotated[bool, about("every batch holds strings of a single length")]]
    ema: NotRequired[Annotated[Number, about("decay of the weights' moving average (EMA); 0: none")]]
    grad_clip: Annotated[Number, about("the gradient's norm at most")]
    eval_every: Annotated[Count, about("steps between two validation points", "steps")]
    patience: Annotated[Count, about("so many validation points all right end training; 0: never")]
    examples: Annotated[Count, about("examples a length in the final evaluation", "examples")]
    adversarial: NotRequired[Annotated[Count, about("of each adversarial kind at each length; 0: none", "examples")]]
    fits: Annotated[Count, about("examples that a trivial baseline is fitted to", "examples")]
    loss_mask: Annotated[bool, about("false lets padding count in the loss, an ablation")]
    data_seed: Annotated[Seed | None, about("names the training data's stream; null: `seed` does")]
    exhaustive: NotRequired[Annotated[bool, about("all strings of every length were judged, none left out by a rule")]]
    row: Annotated[str, about("equals `task` of the record")]
    column: Annotated[str, about("equals `model` of the record")]


class CountsPart(TypedDict):
    """The evaluation on one set of examples."""

    examples: Annotated[Positive, about("examples scored; of a `stream` its lines, of a `text` its tokens", "examples")]
    right: Annotated[Count, about("all right in free running, EOS included; values: NRMSE in tolerance", "examples")]
    stopped_wrong: Annotated[Count, about("of the wrong ones, those right once the length is forced", "examples")]


class ScorePart(CountsPart):
    """The evaluation at one length."""

    tokens: Annotated[Positive | None, about("tokens (values: steps) of the targets; null: none was judged", "tokens")]
    tokens_right: Annotated[Count | None, about("right given true ones before; values: within tolerance", "tokens")]
    unseen: Annotated[bool, about("false where there are too few examples to hold some out of training")]
    chance: Annotated[Share, about("probability that a guess that knows the length alone is right", "share")]
    nrmse: Annotated[Number | None, about("values: free-running error; null elsewhere, or overflowed", "deviations")]
    next_step_nrmse: Annotated[Number | None, about("the same given the true past", "standard deviations")]
    errors_at: Annotated[
        list[Number | None],
        Meta(min_length=1),
        about(
            "share of tokens wrong given those before (values: NRMSE) in 24 equal spans at most; null: none", "share"
        ),
    ]
    rule: NotRequired[
        Annotated[str, about("`lost`, `held`: few judged; `skipped`: none, these are a shorter length's")]
    ]
    nats: NotRequired[Annotated[Number | None, about("of a text, mean cross-entropy; null elsewhere", "nats a token")]]


class PointPart(TypedDict):
    """A validation point of the learning curve."""

    step: Annotated[Positive, about("the step; ascending", "steps")]
    loss: Annotated[Number | None, about("mean training loss since the point before; null: no number", "nats a token")]
    exact: Annotated[Share | None, about("exact match, held-out examples of training lengths; null: a text", "share")]


class SamplePart(TypedDict):
    """A held-out example and the model's answer, as people read them."""

    length: Annotated[Positive, about("the example's length", "as `train_lengths`")]
    first: Annotated[Count, about("steps of the target before the first one kept", "steps")]
    given: Annotated[Sequence, about("what the model read")]
    truth: Annotated[Sequence, about("what was asked for; null for a number that overflowed")]
    written: Annotated[Sequence, about("the model's answer, maybe longer or shorter; of a text, what it predicts")]


class MaskPart(TypedDict):
    """What the loss counts in the first rows of the first step."""

    width: Annotated[Positive, about("the padded width", "steps")]
    lengths: Annotated[list[Count], about("each row's true length, EOS included", "steps")]
    counted: Annotated[list[Count], about("each row's tokens in the loss: none of a held-out row", "tokens")]


class FactsPart(TypedDict):
    """What is known of a text without a model."""

    training_symbols: Annotated[Positive, about("tokens that training reads", "tokens")]
    judged_symbols: Annotated[Positive, about("tokens that are evaluated at the longest length", "tokens")]
    vocabulary: Annotated[Positive, about("ids that a model chooses among", "tokens")]
    unknown: NotRequired[Annotated[Share | None, about("evaluated tokens out of the vocabulary; null: none can be")]]
    gzip: Annotated[Signed, about("what the evaluated text adds to the training text, deflated", "bits a token")]
    xz: Annotated[Signed, about("the same by xz, preset 9", "bits a token")]


class PaddingPart(TypedDict):
    """What counting padding would do, on held-out strings of mixed training lengths."""

    symbols: Annotated[Positive, about("their tokens", "tokens")]
    symbols_right: Annotated[Count, about("of these right given the true ones before", "tokens")]
    cells: Annotated[Positive, about("their tokens and the padding behind them", "tokens")]
    cells_right: Annotated[Count, about("of these right, as if padding were asked for", "tokens")]


class TracePart(TypedDict):
    """What a memory did while one example was written."""

    length: Annotated[Positive, about("the example's length", "as `train_lengths`")]
    source: Annotated[Sequence, about("what the model read")]
    written: Annotated[Sequence, about("what it wrote, given the true tokens before")]
    series: Annotated[
        dict[str, list[Signed | None]],
        about("by name, a number after each decoding step: the `place` attended to, a stack's `depth`"),
    ]


class TimingPart(TypedDict):
    """What took how long."""

    train_seconds: Annotated[Number, about("training without validation points, nor others' turns", "seconds")]
    train_cpu_seconds: NotRequired[
        Annotated[Number, about("of them, those of a processor, all threads together", "seconds")]
    ]
    look_seconds: Annotated[list[Number], about("training up to each validation point of `curve`", "seconds")]
    evaluation_seconds: Annotated[Number, about("the final evaluation", "seconds")]
    tokens_per_second: Annotated[Number | None, about("target tokens trained on, with padding; null: none", "tokens/s")]


class Record(TypedDict):
    """All that one trained (task, model, seed) leaves behind."""

    schema: Annotated[int, about("version of this schema")]
    task: Annotated[str, about("the task's name in the tables, a label: `addition(reversed)`")]
    model: Annotated[str, about("the model's name in the tables, a label: `gru(hidden=64)`")]
    family: NotRequired[Annotated[str, about("the model's family")]]
    variant: NotRequired[Annotated[Settings, about("the settings that set the column apart from its family")]]
    seed: Annotated[Seed, about("names every random stream")]
    task_version: Annotated[Count, about("raised whenever the task's data change")]
    spec: Annotated[SpecPart, about("settings and budget")]
    spec_hash: Annotated[str, about("hash of what was asked: settings, seed, task's version")]
    sources: Annotated[str, about("hash of the sources that make the result")]
    source_parts: NotRequired[Annotated[SourceParts, about("its parts, which tell what has moved")]]
    key: Annotated[str, about("hash of `spec_hash` and `sources`: equal keys, equal numbers")]
    status: Annotated[
        str,
        about("`trained`, `fitted` (a trivial baseline), `diverged` (a loss was no number), `scored` (see `score`)"),
    ]
    kind: Annotated[str, Meta(min_length=1), about("what is predicted: `symbols`, `values`, `stream` or `text`")]
    train_lengths: Annotated[Lengths, about("lengths drawn in training, repeated where drawn more often", "steps")]
    inside_lengths: Annotated[Lengths, about("the same, each once and ascending: in distribution", "steps")]
    parameters: Annotated[Count, about("numbers that are trained")]
    state: Annotated[Count, about("numbers that the decoder carries for one example, at the longest training length")]
    steps: Annotated[Count, about("optimiser steps taken", "steps")]
    by_length: Annotated[dict[Length, ScorePart], Meta(min_length=1), about("a score for each evaluated length")]
    failed: NotRequired[Annotated[dict[Length, str], about("lengths that could not be evaluated, and why")]]
    adversarial: NotRequired[
        Annotated[dict[Length, dict[Kind, CountsPart]], about("scores of sets of examples that random ones hardly are")]
    ]
    curve: Annotated[list[PointPart], about("the learning curve")]
    first_batch: Annotated[MaskPart, about("what the loss counts in the first rows of the first step")]
    samples: Annotated[list[SamplePart], about("held-out examples and the model's answers")]
    disagreement: NotRequired[Annotated[str, about("where real decoding is not what the scored pass says")]]
    traces: NotRequired[Annotated[list[TracePart], about("what a memory did while two examples were written")]]
    text: NotRequired[Annotated[FactsPart, about("what is known of a text without a model")]]
    padding: NotRequired[Annotated[PaddingPart, about("what counting padding would do")]]
    evaluation_hash: Annotated[str, about("hash of all that evaluation reads, the same on every machine")]
    commit: Annotated[str | None, about("the checkout's commit; null outside a git checkout")]
    dirty: Annotated[bool | None, about("whether the code differed from that commit")]
    versions: Annotated[dict[str, str], about("of Python and of the packages that make numbers")]
    device: Annotated[str, about("`cpu`, or the GPU's name; `elsewhere`: not trained here")]
    instruction_set: NotRequired[Annotated[str, about("of the processor, as torch uses it: `AVX2`")]]
    threads: Annotated[Positive, about("threads that training was given")]
    precision: NotRequired[
        Annotated[str, about("of the numbers that are trained; on a GPU whether products are TF32's")]
    ]
    kernels: NotRequired[Annotated[str, about("what ran recurrences and attention: `compiled` (C) or `torch`")]]
    seeds_at_once: NotRequired[
        Annotated[Positive, about("seeds that took turns, each the same as alone but for rounding; absent: one")]
    ]
    timing: Annotated[TimingPart, about("what took how long")]
