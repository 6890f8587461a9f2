"""Smoothed n-grams by sets and dictionaries: an oracle for the language model `markov`."""

from __future__ import annotations

from collections import defaultdict

from tasks.base import BOS


class Dictionaries:
    """Both smoothings as the papers write them: sets and dictionaries, a symbol and a context at a time."""

    def __init__(self, segments: list[list[int]], size: int, order: int, smoothing: str) -> None:
        self.size, self.order, self.smoothing = size, order, smoothing
        self.raw: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.lefts: dict[tuple[int, ...], dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for segment in segments:
            for place, symbol in enumerate(segment):
                for length in range(min(order, place) + 1):
                    context = tuple(segment[place - length : place])
                    self.raw[context][symbol] += 1
                    self.lefts[context][symbol].add(segment[place - length - 1] if place > length else BOS)

    def counts(self, context: tuple[int, ...]) -> dict[int, int]:
        if self.smoothing == "witten_bell" or len(context) == self.order:
            return self.raw[context]
        return {symbol: len(lefts) for symbol, lefts in self.lefts[context].items()}

    def discount(self, length: int, count: int) -> float:
        found = [n for context in list(self.raw) if len(context) == length for n in self.counts(context).values()]
        n1, n2, n3, n4 = (found.count(n) for n in (1, 2, 3, 4))
        if n1 == 0 or n2 == 0:
            return 0.5
        y = n1 / (n1 + 2 * n2)
        if n3 and n4:
            three = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
            if min(three) > 0:
                return three[min(count, 3) - 1]
        return y

    def chances(self, context: tuple[int, ...], discounts: dict[tuple[int, int], float]) -> list[float]:
        lower = self.chances(context[1:], discounts) if context else [0, 0] + [1 / (self.size - 2)] * (self.size - 2)
        if context not in self.raw:
            return lower
        counts = self.counts(context)
        total, kinds = sum(counts.values()), len(counts)
        if self.smoothing == "witten_bell":
            return [(counts.get(w, 0) + kinds * lower[w]) / (total + kinds) for w in range(self.size)]
        for count in set(counts.values()):
            if (len(context), count) not in discounts:
                discounts[len(context), count] = self.discount(len(context), count)
        taken = {w: discounts[len(context), count] for w, count in counts.items()}
        rest = sum(taken.values()) / total
        return [(counts.get(w, 0) - taken.get(w, 0)) / total + rest * lower[w] for w in range(self.size)]
