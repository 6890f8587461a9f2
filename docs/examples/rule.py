"""A rule in place of a model: it answers any row whose answer is the source again, such as copy.

python -m bench export copy --out test.jsonl
python docs/examples/rule.py test.jsonl answers.jsonl
python -m bench score copy answers.jsonl --name rule
"""

import json
import sys
from pathlib import Path


def answer(source: list[str]) -> list[str]:
    """Say the source again: tokens by name; the stop at the end may be left out."""
    return source


def main() -> None:
    """Read exported examples, write an answer for each."""
    test, answers = map(Path, sys.argv[1:])
    with test.open(encoding="utf-8") as given, answers.open("w", encoding="utf-8") as out:
        next(given)  # the first line says what the file is, each other one is an example
        for line in given:
            example = json.loads(line)
            print(json.dumps({"id": example["id"], "answer": answer(example["source"])}), file=out)


if __name__ == "__main__":
    main()
