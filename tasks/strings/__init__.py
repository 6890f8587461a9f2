"""Tasks that rewrite strings, and what they share: what a task in a file elsewhere may import is here."""

from tasks.strings.adversarial import STRING_KINDS, draw_adversarial
from tasks.strings.draw import draw_places, draw_strings
from tasks.strings.ends import append_eos, rewritten

append_stop = append_eos  # its name of version 0.1, for one version more

__all__ = ["STRING_KINDS", "append_eos", "append_stop", "draw_adversarial", "draw_places", "draw_strings", "rewritten"]
