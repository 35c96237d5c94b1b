"""Trains the embedded router. `python -m signalbox_router.train --help`; resumes from its newest checkpoint."""

from __future__ import annotations

import argparse
import csv
import math
import random
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .curves import draw_curves
from .exported_weights import read_exported
from .intents import load_intent_worlds
from .interaction import Encoded, pair_features
from .model import RouterModel
from .near_duplicates import benchmark_texts
from .predict import choose, record_logits
from .records import Record, held_out_records
from .scoring import score
from .segments import Segmenter
from .steps import Step, build_step
from .worlds import World, load_worlds, split_held_out

HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    """Command line of the training run."""
    options = parse()
    torch.set_num_threads(options.threads)
    # Everything that training makes without naming a device lies there.
    torch.set_default_device(options.device)
    options.out.mkdir(parents=True, exist_ok=True)
    segmenter = Segmenter(str(options.minilm / "tokenizer.json"))
    training, held_out = split_held_out(load_worlds(options.worlds), options.held_out)
    sources = [training]
    if options.intents is not None:
        sources.append(load_intent_worlds(options.intents, benchmark_texts(options.avoid) if options.avoid else None))
    records = held_out_records(held_out)
    records = random.Random(0).sample(records, len(records) // options.evaluate_share)
    torch.manual_seed(options.seed)
    model = RouterModel()
    if options.start_from is None:
        model.encoder.load_minilm(str(options.minilm / "model.safetensors"))
    else:
        model.load_state_dict(read_exported(options.start_from))
    optimiser = make_optimiser(model, options)
    start = resume(model, optimiser, options)
    log = CurveLog(options.out / "curve.csv")
    began, seen, losses, hits = time.monotonic(), 0, [], []
    for step in range(start, options.steps):
        minutes = (time.monotonic() - began) / 60
        factor = learning_factor(step, minutes, options)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        rng = random.Random(options.seed * 1_000_003 + step)
        batch = build_step(draw_worlds(sources, options, rng), options.conversations, options.views, segmenter, rng)
        model.train()
        own_share = 0.9 * min(1.0, step / max(1, options.own_answers_after))
        loss, right, count = step_loss(model, batch, 1.0 - own_share, rng)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimiser.step()
        losses.append(loss.item())
        hits.append(right / count)
        seen += len(batch.turns)
        if (step + 1) % 25 == 0:
            rate = seen / (time.monotonic() - began)
            print(
                f"{step + 1} loss {sum(losses[-25:]) / 25:.3f} turn {sum(hits[-25:]) / 25:.3f} "
                f"{rate:.1f} turns/s lr x{factor:.3f}",
                flush=True,
            )
        over = step + 1 == options.steps or (options.minutes is not None and minutes >= options.minutes)
        if over or (step + 1) % options.evaluate_every == 0:
            result = evaluate(model, segmenter, records)
            log.write(step + 1, sum(losses[-200:]) / len(losses[-200:]), sum(hits[-200:]) / len(hits[-200:]), result)
            draw_curves(options.out / "curve.csv", options.out / "curve.png")
            save(model, optimiser, step + 1, options)
        if over:
            break


def parse() -> argparse.Namespace:
    """Options of the run; the defaults are those of the committed model."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--worlds", type=Path, default=HERE / "worlds")
    p.add_argument("--intents", type=Path, default=None, help="folder with the intent sets (optional)")
    p.add_argument("--avoid", type=Path, default=None, help="benchmark folder whose near-duplicates are left out")
    p.add_argument("--minilm", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
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
    p.add_argument("--worlds-per-step", type=int, default=3)
    p.add_argument("--conversations", type=int, default=3, help="conversations per world and step")
    p.add_argument("--views", type=int, default=3, help="policy sets per conversation")
    p.add_argument("--intent-share", type=float, default=0.3, help="share of steps that have an intent world")
    p.add_argument("--own-answers-after", type=int, default=300, help="steps until own answers are fully used")
    p.add_argument("--held-out", type=int, default=30)
    p.add_argument("--evaluate-every", type=int, default=300)
    p.add_argument("--evaluate-share", type=int, default=1, help="score one held-out record in n while training")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return p.parse_args()


def draw_worlds(sources: list[list[World]], options: argparse.Namespace, rng: random.Random) -> list[World]:
    """The worlds of one step; the rate of intent worlds is per step."""
    worlds = rng.sample(sources[0], options.worlds_per_step)
    if len(sources) > 1 and rng.random() < options.intent_share:
        worlds[-1] = rng.choice(sources[1])
    return worlds


def make_optimiser(model: RouterModel, options: argparse.Namespace) -> torch.optim.AdamW:
    """AdamW with a slow encoder and a fast head."""
    encoder = [p for p in model.encoder.parameters() if p.requires_grad]
    head = [*model.projection.parameters(), *model.head.parameters()]
    return torch.optim.AdamW(
        [
            {"params": encoder, "lr": 0.0, "peak": options.encoder_rate},
            {"params": head, "lr": 0.0, "peak": options.head_rate},
        ],
        weight_decay=0.02,
    )


def learning_factor(step: int, minutes: float, options: argparse.Namespace) -> float:
    """Warm-up, plateau, then a cosine fall to zero over the last steps or, with a time budget, the last minutes."""
    if step < options.warmup:
        return (step + 1) / options.warmup
    gone = (step - options.decay_from) / max(1, options.steps - options.decay_from)
    if options.minutes is not None:
        gone = max(gone, 1 - (options.minutes - minutes) / options.decay_minutes)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, gone))))


def step_loss(model: RouterModel, batch: Step, label_share: float, rng: random.Random) -> tuple[Tensor, int, int]:
    """Cross-entropy over policies and `other`, plus a small contrastive loss on the pooled vectors."""
    turns, policies = model.encode([batch.turns, batch.policies])
    pairs = pair_features(turns, policies)
    outputs = model.decide(turns, policies, batch.threads, pairs, label_share, rng)
    total, right, count = torch.zeros(()), 0, 0
    for thread, logits in zip(batch.threads, outputs, strict=True):
        labels = torch.tensor(thread.labels)
        total = total + nn.functional.cross_entropy(logits, labels, reduction="sum", label_smoothing=0.02)
        right += int((logits.argmax(-1) == labels).sum())
        count += len(thread.labels)
    return total / count + 0.1 * contrastive(turns, policies, batch), right, count


def contrastive(turns: Encoded, policies: Encoded, batch: Step) -> Tensor:
    """Pulls each turn to a policy that serves it, away from the step's other policies."""
    rows = sorted(batch.positives)
    if not rows:
        return torch.zeros(())
    scores = turns.pooled_first[rows] @ policies.pooled_first.T / 0.05
    wanted = torch.full_like(scores, -1e4)
    for row, turn in enumerate(rows):
        positive = list(batch.positives[turn])
        wanted[row, positive] = 0.0
        ignored = list(batch.neutral[turn] - batch.positives[turn])
        if ignored:
            scores[row, ignored] = -1e4
    return (torch.logsumexp(scores, -1) - torch.logsumexp(scores + wanted, -1)).mean()


def evaluate(model: RouterModel, segmenter: Segmenter, records: list[Record]) -> dict[str, Any]:
    """Score on held-out records."""
    logits = record_logits(model, segmenter, records)
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
