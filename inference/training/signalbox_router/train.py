"""Trains the embedded router. `python -m signalbox_router.train --help`; resumes from its newest checkpoint."""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections import deque
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .curves import draw_curves
from .encoder import LAYERS
from .examples import ExampleSet, Mixture, stream
from .exported_weights import read_exported
from .intents import load_intent_worlds
from .learning import judge_step, learning_factor, make_optimiser
from .model import RouterModel
from .near_duplicates import benchmark_texts
from .predict import choose, record_logits
from .published_weights import read_published
from .records import Record, held_out_records
from .scoring import score
from .segments import Segmenter
from .service_dialogues import load_service_worlds
from .tool_sets import load_tool_worlds
from .worlds import World, load_worlds, split_held_out

HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    """Command line of the training run."""
    options = parse()
    torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")
    options.out.mkdir(parents=True, exist_ok=True)
    segmenter = Segmenter(str(options.tokenizer))
    training, held_out = split_held_out(load_worlds(options.worlds))
    training = random.Random(options.seed).sample(training, round(len(training) * options.world_share))
    outside = load_outside(options)
    records = held_out_records(held_out)
    records = random.Random(0).sample(records, len(records) // options.evaluate_share)
    records.sort(key=lambda record: record["id"])
    torch.manual_seed(options.seed)
    model = first_model(options).to(options.device)
    optimiser = make_optimiser(model, options)
    start = resume(model, optimiser, options)
    mixture = Mixture(
        options.groups,
        options.worlds_per_group,
        options.conversations,
        options.views,
        options.outside_share,
        options.chunk,
    )
    log = CurveLog(options.out / "curve.csv")
    began, seen, losses, hits = time.monotonic(), 0, deque(maxlen=200), deque(maxlen=200)
    for step, examples in enumerate(
        stream(ExampleSet(training, outside, mixture, segmenter, options.seed), start, options.workers), start
    ):
        minutes = (time.monotonic() - began) / 60
        factor = learning_factor(step, minutes, options)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        model.train()
        own_share = 0.9 * min(1.0, step / max(1, options.own_answers_after))
        examples.batch = examples.batch.to(model.device)
        result = judge_step(model, examples, 1.0 - own_share)
        optimiser.zero_grad(set_to_none=True)
        result.loss.backward()
        nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimiser.step()
        losses.append(result.loss.detach())
        hits.append(result.right)
        seen += len(examples.batch.turns.order)
        if (step + 1) % 25 == 0:
            rate = seen / (time.monotonic() - began)
            print(
                f"{step + 1} loss {mean(losses, 25):.3f} turn {mean(hits, 25):.3f} {rate:.1f} turns/s lr x{factor:.3f}",
                flush=True,
            )
        over = step + 1 == options.steps or (options.minutes is not None and minutes >= options.minutes)
        if over or (step + 1) % options.evaluate_every == 0:
            result = evaluate(model, segmenter, records, options.groups)
            log.write(step + 1, mean(losses, 200), mean(hits, 200), result)
            draw_curves(options.out / "curve.csv", options.out / "curve.png")
            save(model, optimiser, step + 1, options)
        if over:
            break


def load_outside(options: argparse.Namespace) -> list[list[World]]:
    """The sets that lie outside the repository, as far as they are given."""
    avoid = benchmark_texts(options.avoid) if options.avoid else None
    loaders = (
        (options.intents, load_intent_worlds),
        (options.star, load_service_worlds),
        (options.tools, load_tool_worlds),
    )
    found = [load(folder, avoid) for folder, load in loaders if folder is not None]
    for worlds in found:
        print(f"{len(worlds)} worlds such as {worlds[0].id}", flush=True)
    return found


def mean(values: deque[torch.Tensor], count: int) -> float:
    """Mean of the newest."""
    return float(torch.stack(list(values)[-count:]).mean())


def first_model(options: argparse.Namespace) -> RouterModel:
    """The model that training begins with."""
    if options.start_from is not None:
        state = read_exported(options.start_from)
        options.layers = RouterModel.holding(state).depth
    model = RouterModel(options.layers, options.frozen_layers, options.dropout, options.hidden_words)
    if options.start_from is not None:
        model.load_state_dict(state)
    else:
        model.encoder.load_state_dict(read_published(options.encoder, options.layers))
    return model


def parse() -> argparse.Namespace:
    """Options of the run; the defaults are those of the committed model."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--worlds", type=Path, default=HERE / "worlds")
    p.add_argument("--intents", type=Path, default=None, help="folder with the intent sets (optional)")
    p.add_argument("--star", type=Path, default=None, help="folder with STAR's dialogues (optional)")
    p.add_argument("--tools", type=Path, default=None, help="folder with the tool-choice sets (optional)")
    p.add_argument("--avoid", type=Path, default=None, help="benchmark folder whose near-duplicates are left out")
    p.add_argument("--encoder", type=Path, default=None, help="published encoder: a .safetensors or an .onnx file")
    p.add_argument("--tokenizer", type=Path, required=True, help="its tokenizer.json")
    p.add_argument("--layers", type=int, default=LAYERS, help="how many of its layers are used, from below")
    p.add_argument("--frozen-layers", type=int, default=3, help="layers that do not learn (on a GPU: 0)")
    p.add_argument("--dropout", type=float, default=0.1, help="in the encoder")
    p.add_argument("--hidden-words", type=float, default=0.0, help="share of words masked in every second segment")
    p.add_argument("--out", type=Path, required=True, help="checkpoints, curve.csv, curve.png; resumed when not empty")
    p.add_argument("--start-from", type=Path, default=None, help="folder of an exported model to train further")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--steps", type=int, default=6000)
    p.add_argument("--decay-from", type=int, default=4500, help="step at which the rate starts to fall to zero")
    p.add_argument("--minutes", type=float, default=None, help="end this call after so long, whatever --steps says")
    p.add_argument(
        "--decay-minutes", type=float, default=30.0, help="with --minutes: how long the rate falls at the end"
    )
    p.add_argument("--warmup", type=int, default=150)
    p.add_argument("--encoder-rate", type=float, default=8e-5)
    p.add_argument("--head-rate", type=float, default=6e-4)
    p.add_argument("--world-share", type=float, default=1.0, help="train on a part of the worlds (learning curves)")
    p.add_argument("--groups", type=int, default=1, help="groups of worlds per step (on a GPU: 16)")
    p.add_argument("--worlds-per-group", type=int, default=3)
    p.add_argument("--conversations", type=int, default=3, help="conversations per world and step")
    p.add_argument("--views", type=int, default=3, help="policy sets per conversation")
    p.add_argument("--outside-share", type=float, default=0.3, help="share of groups with a world of the outside sets")
    p.add_argument("--own-answers-after", type=int, default=300, help="steps until own answers are fully used")
    p.add_argument("--evaluate-every", type=int, default=300)
    p.add_argument("--evaluate-share", type=int, default=1, help="score one held-out record in n while training")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--workers", type=int, default=0, help="processes that build the examples")
    p.add_argument("--chunk", type=int, default=40, help="segments that the encoder runs at once (on a GPU: 512)")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return p.parse_args()


def evaluate(model: RouterModel, segmenter: Segmenter, records: list[Record], stretches: int) -> dict[str, Any]:
    """Score on held-out records."""
    logits = record_logits(model, segmenter, records, stretches=stretches)
    return score(records, {r["id"]: choose(x, r) for r, x in zip(records, logits, strict=True)})


class CurveLog:
    """curve.csv: one row an evaluation."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, step: int, loss: float, turn: float, result: dict[str, Any]) -> None:
        """Appends a row and says it."""
        row = {"step": step, "loss": round(loss, 4), "train_turn": round(turn, 4)}
        row |= {level.lower(): round(value, 2) for level, value in result["means"].items()}
        row |= {f"turn_{scenario}": round(cell["Turn"], 2) for (_, scenario), cell in sorted(result["cells"].items())}
        row["overall"] = round(result["overall"], 2)
        fresh = not self._path.exists()
        with self._path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print("held out", row, flush=True)


def save(model: RouterModel, optimiser: torch.optim.Optimizer, step: int, options: argparse.Namespace) -> None:
    """Writes `last.pt` (to resume) and keeps `step-N.pt` (weights only)."""
    weights = {k: v for k, v in model.state_dict().items()}
    torch.save({"model": weights, "optimiser": optimiser.state_dict(), "step": step}, options.out / "last.tmp")
    (options.out / "last.tmp").replace(options.out / "last.pt")
    torch.save({"model": weights, "step": step}, options.out / f"step-{step}.pt")


def resume(model: RouterModel, optimiser: torch.optim.Optimizer, options: argparse.Namespace) -> int:
    """Loads `last.pt` when there is one; the step to go on from."""
    path = options.out / "last.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True, map_location=options.device)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


if __name__ == "__main__":
    main()
