"""What the page says in words: what is measured, what each family was given, why a row is held or lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLE = "# Families that extrapolate"
INTRODUCTION = """\
How far past its training lengths does each family hold, and why? Every family is trained on short strings alone and
then answers strings many times as long. An answer counts where it is right in every symbol, the family's own symbols
fed back, and stops where it should. Judged strings of training lengths were held out where a length has enough."""
READING = """How to read the tables:

- *Horizon*, L99: the longest evaluated length up to which 99 % of the answers are right, in the mean over seeds, from
  the shortest training length on, with its multiple of the longest training length. `>=`: the longest evaluated length
  still holds, so the horizon lies there or beyond; -: no length holds. Brackets: 95 % intervals, of horizons the
  percentile bootstrap over seeds, of accuracies on each side the wider of that and of Wilson's on the pooled counts.
- *Random* strings are drawn as in training, only longer. *Adversarial* sets are examples that random ones hardly ever
  are (one symbol over and over, palindromes, carries through the whole number): a short cut that is good enough for
  random strings fails there. Their exact match is a mean over the kinds, each alike.
- *Solved* counts seeds with 99 % or more of the random strings. *Best* is the family with the farthest horizon on
  random strings, then on adversarial sets, then with the fewest parameters.
- *Given* says what structure a family brings along, beyond a state of fixed size, before it has seen an example.
- Of real values an answer is right where its error stays within the tolerance; the error itself is shown, NRMSE: root
  mean square over the signal's standard deviation. Of a text its lines count, each word given the true ones before.
- In the pictures lines are means over seeds, shaded from the worst to the best; grey marks the training lengths."""
COLUMNS_OF_ERRORS = """\
Past training: *stopped wrong* are right once the true length is forced, *content wrong* all others that are wrong, in
percent; *worst set* is the adversarial kind with the least right at that length."""
TRAINING = """\
The same rows trained on shorter and on longer strings. Dotted lines: the horizon is the longest training length, ten
times that, a hundred times that. An arrow marks a horizon that lies at the longest evaluated length or beyond, a cross
at the bottom a family that holds nowhere."""
MEMORY = """\
What attention, stack or tape does after every step of decoding, the true symbols fed back: on the left an example as
long as the longest trained one, on the right one far beyond. Of each family the row with the farthest horizon, and the
row with the nearest where that is another one; the first seed."""

FIXED = "none: a state of fixed size"
STRUCTURE = {  # by family, or by family and the value of one of its settings
    **dict.fromkeys(("elman", "rnn", "irnn", "gru", "gru_cell", "lstm", "min_gru"), FIXED),
    "linear_rnn": "a linear recurrence",
    "lru": "a linear recurrence",
    "selective_ssm": "a linear recurrence gated by the input",
    "ridge": "a linear recurrence, fitted in closed form",
    "lstm_attention": "attention by content",
    "transformer": "attention by content and place",
    "transformer none": "attention by content",
    "decoder_only": "attention by content and place",
    "decoder_only none": "attention by content",
    "decoder_only windowed": "attention, some heads over few tokens",
    "decoder_only relative": "attention by content and distance",
    "decoder_only coupled": "which tokens belong together",
    "decoder_only abacus": "the place of each digit in its number",
    "stack_rnn": "a stack",
    "tape_rnn": "a tape with two moving heads",
    "location_attention": "attention moves by one place",
    "location_attention convolution": "attention placed by where it stood",
    "location_attention after": "heads move by one place, from the delimiters on",
    "location_attention before": "heads move by one place, from the delimiters on",
    "transducer": "input and output advance together",
    "pointer": "it can copy what followed before",
    "markov": "counts of what followed the last symbols",
    "majority": "a floor: the commonest answer",
    "neighbour": "a floor: the nearest training string",
}
SAME_MOVES = (
    "A head that moves by one place reads the source itself: nothing is stored, every step is the same at every "
    "length, and the mark behind the source says where to stop."
)
FINITE = (
    "A state of fixed size (`gru`, `lstm`, `lru`, `min_gru`, `selective_ssm`) has only so many values that a "
    "readout can tell apart, and there are more strings than that as soon as they are long."
)
WHY = {  # by row
    "copy": (
        f"Every symbol must be kept until it is written, first in, first out. {SAME_MOVES} A tape does the same with "
        "what was written on it; ids that tell which tokens belong together let attention by content do it. A stack "
        "gives back what was read last, and cannot copy more than its controller remembers."
    ),
    "copy(train_lengths=1-10)": (
        "Strings short enough for most families to learn nearly all that they were trained at. "
        f"{FINITE} Attention that knows places by number (`sinusoidal`, `learned`, `rotary`) meets numbers that it "
        "never saw and fails at once. "
        "Without places, or with a price on distance (`none`, `alibi`, `windowed`), it finds its place by the symbols "
        "just before, which come again the more often the longer a string is: it fades. An encoder's attention by "
        "content (`lstm_attention`) leans on what the encoder's state says of places, and fails with it."
    ),
    "reverse": (
        "What was read last is written first, so a stack gives the answer by popping and is empty when it is time "
        f"to stop. {FINITE} A head that moves by one place walks back from the end of the source and needs no stack."
    ),
    "variable_copy": f"As in copy, and the answer must stop by itself. {FINITE} {SAME_MOVES}",
    "selective_copy": (
        "What is to be kept is told by content, not by place: a memory has to let no blank in, as a tape can. "
        f"{FINITE} A head that moves by one place at most for each symbol that is written cannot pass a run of blanks."
    ),
    "repeat_symbol": (
        "What to write never changes, so that counting is all there is: a counter must go up by the same amount at "
        "every symbol read and down by the same amount at every symbol written. A moving head counts by where it is; a "
        "state of fixed size counts as far as its numbers stay apart. A stack could count too, but its controller "
        "has to learn to rely on it, and in this budget does so in part."
    ),
    "sort": (
        "One counter for each symbol is enough, and a state that adds up can hold them. To write the answer each "
        "count must be told from the next one, also where it is far larger than any in training, and on strings of few "
        "symbols (the adversarial sets) it is so from the start."
    ),
    "parity": (
        "One bit of state is enough, flipped by every one that is read: a nonlinear recurrence that was taught short "
        "strings first holds it at any length. Gates that keep most of a state drift where nothing happens: `gru` and "
        "`lstm` are right on random strings of any length and lose the bit in a long run of zeros (`single_one`), "
        "where the plain `elman` does not. `min_gru` has gates between 0 and 1 that see the input alone, and cannot "
        "flip a bit that it holds. Attention with bounded scores takes a mean over all places, in which a single bit "
        "counts the less the longer the string is."
    ),
    "missing_symbol": (
        "The answer stands in the first copy at the place where the blank stands in the second: by place, that is "
        "recall from a memory that grows. Where the copies are sure to agree, the sum of all symbols modulo their "
        "number tells it as well, with a state of fixed size. In this budget no family learnt either, not even inside "
        "training; heads that move only while they write never reach the place at all."
    ),
    "brackets": (
        "The open brackets must be closed innermost first: a stack holds them, as deep as it has to be. A state of "
        "fixed size holds a bounded depth alone. Random prefixes get deep slowly, as the square root of their "
        "length; those that only open get deep at once."
    ),
    "addition(aligned)": (
        "With the digits of one place side by side, lowest first, the carry is all that has to be kept: one bit, a "
        "regular task. As each digit that was written is read again, the carry can be worked out from the column "
        "before and its digit of the sum, so that a linear recurrence, which remembers that much, holds as far as a "
        "gated one."
    ),
    "addition(plain)": (
        "The two digits of a place stand apart in the source, at a distance that grows with the numbers: each step "
        "must find both. Heads that move by one place, or ids that the digits of one place share, find them alike "
        "at every length; a state of fixed size cannot keep two numbers of any length."
    ),
    "addition(reversed)": (
        "The answer begins with the lowest digit, so that the carry is known when it is needed. What is left is to "
        "find the two digits of a place: heads that move by one place and ids that digits share find them alike at "
        "every length; a state of fixed size cannot keep two numbers of any length."
    ),
    "addition": (
        "The answer begins with the highest digit, which depends on every digit below by way of the carry. A state "
        "of fixed size cannot keep two numbers of any length."
    ),
    "human_numbers": (
        "Each number in words follows from the one before, most of it by copying. A thousands digit that training "
        "never saw can be copied from the line before by a pointer; a readout that learned its words by frequency "
        "has never been asked for it there."
    ),
    "sine": (
        "A sine obeys a recurrence over its last two values exactly, so that two numbers of state and a rotation go "
        "on for ever. What is left is drift: an error in the angle or in the length of the rotation adds up step by "
        "step, so that the horizon is as long as the fit is close."
    ),
    "sine(three)": (
        "Three sines need three rotations, six numbers of state. Each drifts at a pace of its own, and the one that "
        "is fitted worst decides how far the sum holds."
    ),
}


def why(row: str) -> str:
    """Return why families hold or fail on a row, or on the task that the row poses in its own way; "" if unsaid."""
    return WHY.get(row) or WHY.get(row.partition("(")[0], "")


def structure_of(spec: Mapping[str, Any]) -> str:
    """Return what a family was given, by its settings where these decide, "-" if unsaid; spec: as records keep it."""
    named = [f"{spec['model']} {value}" for value in spec["model_settings"].values()]
    found = [STRUCTURE[name] for name in named if name in STRUCTURE]
    return "; ".join(dict.fromkeys(found)) or STRUCTURE.get(spec["model"], "-")
