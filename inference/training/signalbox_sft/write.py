"""Writes supervised examples as JSON Lines of `prompt` and `completion` messages, for any trainer that takes them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from signalbox_router.worlds import load_worlds, split_held_out

from .examples import draw_examples
from .formats import FORMATS
from .statistics import describe

WORLDS = Path(__file__).resolve().parent.parent / "worlds"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=FORMATS, default="arch-router-v1")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--decisions", type=int, default=44_000, help="at least this many examples")
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    training, _ = split_held_out(load_worlds(options.worlds))
    form = FORMATS[options.format]
    examples = list(draw_examples(training, options.decisions, options.seed))
    with options.out.open("w", encoding="utf-8") as out:
        for example in examples:
            for end, name in example.decisions:
                line = {
                    "prompt": [{"role": "user", "content": form.prompt(example.policies, example.turns[:end])}],
                    "completion": [{"role": "assistant", "content": form.answer(name)}],
                }
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(describe(examples, training))


if __name__ == "__main__":
    main()
