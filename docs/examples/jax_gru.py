"""A GRU encoder and decoder in JAX, trained on exported examples; writes answers for `python -m bench score`.

python -m bench export copy --split train --count 80000 --format npz --out train.npz
python -m bench export copy --out test.jsonl
python docs/examples/jax_gru.py train.npz test.jsonl answers.jsonl
python -m bench score copy answers.jsonl --name jax_gru
"""

import argparse
import json
import math
from itertools import groupby
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

BOS, EOS = 1, 2  # token ids: 0 is padding
HIDDEN, BATCH, RATE, WARMUP, DECAY = 128, 64, 1e-2, 100, 0.01


def gru(p, state, x, real):
    """One step: state (batch, hidden), x (batch, width), real (batch,) -> the next state; padding leaves it."""
    gates = x @ p["input"] + p["bias"]
    reset, update, new = jnp.split(gates, 3, -1)
    r, u, n = jnp.split(state @ p["recurrent"], 3, -1)
    reset, update = jax.nn.sigmoid(reset + r), jax.nn.sigmoid(update + u)
    candidate = jnp.tanh(new + reset * (n + p["new_bias"]))
    return jnp.where(real[:, None], (1 - update) * candidate + update * state, state)


def encode(p, source, length):
    """Return the state behind the last token of source (batch, time)."""
    steps = jnp.arange(source.shape[1])
    read = p["read_source"][source].swapaxes(0, 1)

    def step(state, at):
        x, time = at
        return gru(p["encoder"], state, x, time < length), None

    return jax.lax.scan(step, jnp.zeros((len(source), HIDDEN)), (read, steps))[0]


def logits(p, source, length, inputs):
    """Score each next token from the source and the true tokens before it (batch, time)."""
    real = jnp.ones(len(source), bool)

    def step(state, x):
        state = gru(p["decoder"], state, x, real)
        return state, state

    _, states = jax.lax.scan(step, encode(p, source, length), p["read_target"][inputs].swapaxes(0, 1))
    return states.swapaxes(0, 1) @ p["output"] + p["output_bias"]


def loss(p, batch):
    """Mean cross-entropy of the target's real tokens."""
    target = batch["target"]
    inputs = jnp.pad(target[:, :-1], ((0, 0), (1, 0)), constant_values=BOS)
    found = jax.nn.log_softmax(logits(p, batch["source"], batch["source_length"], inputs))
    real = jnp.arange(target.shape[1]) < batch["target_length"][:, None]
    return -(jnp.take_along_axis(found, target[..., None], -1)[..., 0] * real).sum() / real.sum()


def greedy(p, source, length, steps):
    """Write so many tokens, each read back: (batch, steps)."""
    real = jnp.ones(len(source), bool)

    def step(carry, _):
        state, token = carry
        state = gru(p["decoder"], state, p["read_target"][token], real)
        token = (state @ p["output"] + p["output_bias"]).argmax(-1)
        return (state, token), token

    first = encode(p, source, length), jnp.full(len(source), BOS)
    return jax.lax.scan(step, first, None, length=steps)[1].T


def parameters(key, source_size, target_size):
    """Draw the weights as torch does: embeddings normal, layers uniform by their width."""
    keys, bound = iter(jax.random.split(key, 16)), HIDDEN**-0.5

    def uniform(*shape):
        return jax.random.uniform(next(keys), shape, minval=-bound, maxval=bound)

    def layer():
        width = 3 * HIDDEN
        return {
            "input": uniform(HIDDEN, width),
            "recurrent": uniform(HIDDEN, width),
            "bias": uniform(width),
            "new_bias": uniform(HIDDEN),
        }

    return {
        "read_source": jax.random.normal(next(keys), (source_size, HIDDEN)),
        "read_target": jax.random.normal(next(keys), (target_size, HIDDEN)),
        "encoder": layer(),
        "decoder": layer(),
        "output": uniform(HIDDEN, target_size),
        "output_bias": uniform(target_size),
    }


def train(arrays, steps, seed):
    """Train by AdamW on examples in the order of the file: clipped at a norm of 1, warm-up, then half a cosine."""
    p = parameters(jax.random.key(seed), len(arrays["tokens"]), len(arrays["tokens"]))
    first = second = jax.tree.map(jnp.zeros_like, p)

    @jax.jit
    def update(p, first, second, batch, step):
        value, gradient = jax.value_and_grad(loss)(p, batch)
        norm = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(gradient)))
        gradient = jax.tree.map(lambda g: g / jnp.maximum(1, norm), gradient)
        rate = RATE * jnp.minimum(1, step / WARMUP) * (1 + jnp.cos(math.pi * step / steps)) / 2
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, second, gradient)

        def moved(w, m, v):
            rescaled = m / (1 - 0.9**step) / (jnp.sqrt(v / (1 - 0.999**step)) + 1e-8)
            return w - rate * (rescaled + DECAY * w)

        return jax.tree.map(moved, p, first, second), first, second, value

    names = ("source", "source_length", "target", "target_length")
    for step in range(steps):
        rows = np.arange(step * BATCH, (step + 1) * BATCH) % len(arrays["source"])
        batch = {name: jnp.asarray(arrays[name][rows]) for name in names}
        p, first, second, value = update(p, first, second, batch, step + 1)
        if step % 100 == 99:
            print(f"step {step + 1}: loss {value:.4f}")
    return p


def answer(p, file, tokens, out):
    """Answer the examples of a file, those of a length and set at a time."""
    ids = {name: number for number, name in enumerate(tokens)}
    decode = jax.jit(greedy, static_argnums=3)
    with Path(file).open(encoding="utf-8") as lines, Path(out).open("w", encoding="utf-8") as written:
        next(lines)  # what is in the file
        examples = map(json.loads, lines)
        for _, found in groupby(examples, key=lambda example: (example["length"], example["set"])):
            rows = list(found)
            sources = [[ids[token] for token in row["source"]] for row in rows]
            width, steps = max(map(len, sources)), max(len(row["target"]) for row in rows)
            padded = np.array([source + [0] * (width - len(source)) for source in sources])
            for row, answered in zip(rows, decode(p, padded, np.array([*map(len, sources)]), steps), strict=True):
                print(json.dumps({"id": row["id"], "answer": until_end(answered.tolist())}), file=written)


def until_end(found):
    """Return token ids up to EOS."""
    found = [max(token, EOS) for token in found]  # padding and BOS are no answers: a wrong stop in their place
    return found[: found.index(EOS)] if EOS in found else found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("answers")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with np.load(asked.train) as file:
        examples = dict(file)
    answer(train(examples, asked.steps, asked.seed), asked.test, examples["tokens"].tolist(), asked.answers)
