"""Statistics of the data, in the manner of the paper's table: phase 1 as written, phase 2 as built for training."""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path

from .intents import load_intent_worlds
from .near_duplicates import benchmark_texts
from .segments import Segmenter
from .steps import build_step
from .worlds import World, load_worlds, split_held_out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=Path, default=Path(__file__).resolve().parent.parent / "worlds")
    parser.add_argument("--intents", type=Path, default=None)
    parser.add_argument("--avoid", type=Path, default=None)
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    training, held_out = split_held_out(load_worlds(options.worlds))
    for name, worlds in (("training", training), ("held out", held_out)):
        describe(name, worlds)
    sources = [training]
    if options.intents is not None:
        avoid = benchmark_texts(options.avoid) if options.avoid else None
        sources.append(load_intent_worlds(options.intents, avoid))
        describe("intent sets", sources[1])
    build(sources, options)


def describe(name: str, worlds: list[World]) -> None:
    """Phase 1."""
    conversations = [c for w in worlds for c in w.conversations]
    labels = [label for c in conversations for label in c.labels]
    kinds = Counter("other" if x == "other" else "domain" if x.startswith("domain:") else "action" for x in labels)
    print(
        f"{name}: {len(worlds)} worlds, {sum(len(w.domains) for w in worlds)} domains, "
        f"{sum(len(w.policies) for w in worlds)} actions, {len(conversations)} conversations, {len(labels)} user turns "
        f"({', '.join(f'{kind} {100 * n / len(labels):.1f} %' for kind, n in kinds.most_common())})"
    )


def build(sources: list[list[World]], options: argparse.Namespace) -> None:
    """Phase 2: what `--steps` training steps hold."""
    segmenter = Segmenter(str(options.tokenizer))
    began = time.monotonic()
    examples, others, sizes, distinct = 0, 0, Counter(), set()
    for step in range(options.steps):
        rng = random.Random(options.seed * 1_000_003 + step)
        worlds = rng.sample(sources[0], 3)
        if len(sources) > 1 and rng.random() < 0.3:
            worlds[-1] = rng.choice(sources[1])
        batch = build_step(worlds, 3, 3, segmenter, rng)
        for thread in batch.threads:
            policies = frozenset(batch.policies[i].ids for i in thread.policies)
            history: tuple[tuple[int, ...], ...] = ()
            for turn, label in zip(thread.turns, thread.labels, strict=True):
                history = (*history, batch.turns[turn].ids)
                examples += 1
                others += label == len(thread.policies)
                distinct.add(hash((history, policies)))
            sizes[len(thread.policies)] += 1
    mean = sum(size * n for size, n in sizes.items()) / sum(sizes.values())
    print(
        f"phase 2, {options.steps} steps: {examples} examples, {len(distinct)} distinct (conversation and policy "
        f"set), {100 * others / examples:.1f} % `other`, policy sets of {min(sizes)} to {max(sizes)}, mean {mean:.1f}; "
        f"built in {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
