"""What packing saves: learning from conversations as one sequence, and from their decisions one by one."""

from __future__ import annotations

import argparse
import time
from itertools import islice
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer

from signalbox_router.worlds import load_worlds, split_held_out

from .attention import PACKED
from .collate import collate
from .examples import draw_groups
from .formats import FORMATS
from .packing import IGNORED, Packed, encode, pack
from .write import WORLDS

DRAWN = 2_000
CLOSE = 1e-3


def main() -> None:
    """Command line: the same loss either way, in processor seconds of a forward and a backward pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--format", choices=FORMATS, default="arch-router-v1")
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--companions", type=int, default=0, help="other conversations under the same policy set")
    parser.add_argument("--longest", type=int, default=1_400, help="tokens of a sequence")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32, attn_implementation=PACKED)
    training, _ = split_held_out(load_worlds(WORLDS))
    groups = draw_groups(training, DRAWN, seed=1, companions=options.companions)
    encoded = ([d for e in group for d in encode(tokenizer, FORMATS[options.format], e)] for group in groups)
    fitting = list(islice((one for one in encoded if len(pack(one).tokens) <= options.longest), options.sequences))
    together = _learn(model, [pack(decisions) for decisions in fitting])
    alone = _learn(model, [pack([decision]) for decisions in fitting for decision in decisions])
    if abs(together["loss"] - alone["loss"]) > CLOSE * abs(alone["loss"]):
        raise SystemExit(f"the losses differ: {together['loss']} packed, {alone['loss']} one by one")
    print(f"{len(fitting)} sequences, {sum(map(len, fitting))} decisions")
    for name, side in {"packed": together, "one by one": alone}.items():
        print(f"{name:12} {side['tokens']:8.0f} tokens {side['seconds']:8.1f} s  loss {side['loss']:.4f}")
    print(f"{alone['seconds'] / together['seconds']:.1f} times cheaper")


def _learn(model: torch.nn.Module, sequences: list[Packed]) -> dict[str, float]:
    """Tokens, processor seconds, and the loss summed over all answers."""
    total = 0.0
    began = time.process_time()
    for sequence in sequences:
        batch = collate([sequence], pad=0)
        labels = batch.pop("labels")
        rows = (labels[0, 1:] != IGNORED).nonzero()[:, 0]
        logits = model(**batch, logits_to_keep=rows).logits
        loss = cross_entropy(logits.flatten(0, 1), labels[0, rows + 1], reduction="sum")
        loss.backward()
        total += loss.item()
    model.zero_grad()
    seconds = time.process_time() - began
    return {"tokens": sum(len(s.tokens) for s in sequences), "seconds": seconds, "loss": total}


if __name__ == "__main__":
    main()
