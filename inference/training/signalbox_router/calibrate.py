"""Fits the `other` bias and the confidence model of an exported model on held-out worlds, never on the benchmark."""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .model import RouterModel
from .onnx_encoder import OnnxEncoder
from .predict import record_logits
from .records import held_out_records
from .scoring import score
from .segments import Segmenter
from .signals import SIGNALS, signals
from .worlds import load_worlds, split_held_out

Record = dict[str, Any]
BIASES = [x / 20 for x in range(-30, 31)]


def main() -> None:
    """Command line of the calibration."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent.parent
    parser.add_argument("--worlds", type=Path, default=here / "worlds")
    parser.add_argument("--checkpoint", type=Path, required=True, help="the checkpoint that was exported")
    parser.add_argument("--model", type=Path, required=True, help="folder of the exported model; model.json lands here")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = RouterModel.holding(torch.load(options.checkpoint, weights_only=True, map_location="cpu")["model"])
    _, held_out = split_held_out(load_worlds(options.worlds))
    records = held_out_records(held_out)
    easier = with_strangers(records, random.Random(11))
    segmenter = Segmenter(str(options.model / "tokenizer.json"))
    encoder = OnnxEncoder(options.model / "encoder.onnx")
    logits = record_logits(model, segmenter, [*records, *easier], encoder=encoder)
    bias = best_bias(records, logits[: len(records)])
    everything = [*records, *easier]
    halves = [[i for i, r in enumerate(everything) if _world(r) % 2 == half] for half in (0, 1)]
    for fitted, measured in (halves, halves[::-1]):
        weights, constant = fit(*_examples(everything, logits, bias, fitted))
        print(
            "fitted on half the worlds, measured on the other half:",
            measure(*_examples(everything, logits, bias, measured), weights, constant),
        )
    weights, constant = fit(*_examples(everything, logits, bias, list(range(len(everything)))))
    numbers = [round(w, 5) for w in weights.tolist()]
    confidence = {"otherBias": bias, "weights": numbers, "bias": round(float(constant), 5)}
    described = {"version": version_of(options.model, confidence), "confidence": confidence}
    (options.model / "model.json").write_text(json.dumps(described, indent=2) + "\n")
    print(described)


def version_of(model: Path, confidence: dict[str, Any]) -> str:
    """A name that changes with anything the answers depend on."""
    digest = hashlib.sha256(json.dumps(confidence, sort_keys=True).encode())
    for name in ("encoder.onnx", "match.onnx", "head.onnx", "tokenizer.json"):
        digest.update((model / name).read_bytes())
    return f"set-router-{digest.hexdigest()[:10]}"


def with_strangers(records: list[Record], rng: random.Random) -> list[Record]:
    """Easier policy sets for the same conversations: the policies they need, and some of other products."""
    out: list[Record] = []
    for record in records[::2]:
        needed = [p for p in record["policies"] if p["name"] in record["labels"]]
        strangers: dict[str, Any] = {p["name"]: p for p in needed}
        for _ in range(rng.randint(3, 14)):
            policy = rng.choice(rng.choice(records)["policies"])
            if _world(record) != _world(rng.choice(records)) and policy not in record["policies"]:
                strangers.setdefault(policy["name"], policy)
        policies = list(strangers.values())
        rng.shuffle(policies)
        if policies:
            out.append({**record, "id": record["id"] + "/strangers", "policies": policies})
    return out


def _world(record: Record) -> int:
    return sum(map(ord, record["id"].split("/")[0]))


def best_bias(records: list[Record], logits: list[Tensor]) -> float:
    """The `other` bias with the best Overall; decisions are not run again, their chains stay as they were."""
    results = {}
    for bias in BIASES:
        predictions = {}
        for record, rows in zip(records, logits, strict=True):
            names = [p["name"] for p in record["policies"]] + ["other"]
            moved = rows.clone()
            moved[:, -1] += bias
            predictions[record["id"]] = [names[i] for i in moved.argmax(-1).tolist()]
        results[bias] = score(records, predictions)["overall"]
    best = max(results, key=lambda bias: results[bias])
    print(f"held-out Overall {results[0.0]:.2f} without bias, {results[best]:.2f} with {best}")
    # Half of the way: the best value is noisy, and it is the least portable number of all.
    return best / 2


def _examples(records: list[Record], logits: list[Tensor], bias: float, chosen: list[int]) -> tuple[Tensor, Tensor]:
    rows, right = [], []
    for i in chosen:
        names = [p["name"] for p in records[i]["policies"]] + ["other"]
        previous: list[float] | None = None
        for row, label in zip(logits[i].tolist(), records[i]["labels"], strict=True):
            moved = [*row[:-1], row[-1] + bias]
            rows.append(signals(moved, previous))
            right.append(float(names[moved.index(max(moved))] == label))
            previous = moved
    return torch.tensor(rows), torch.tensor(right)


def fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Logistic regression with a little ridge."""
    weights, constant = torch.zeros(SIGNALS, requires_grad=True), torch.zeros((), requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, constant], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(x @ weights + constant, y) + 1e-3 * weights.pow(2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return weights.detach(), constant.detach()


def measure(x: Tensor, y: Tensor, weights: Tensor, constant: Tensor) -> str:
    """Expected calibration error (ten bins) and AUROC."""
    p = torch.sigmoid(x @ weights + constant)
    bins = (p * 10).long().clamp(max=9)
    error = sum(
        float((bins == b).float().mean() * (p[bins == b].mean() - y[bins == b].mean()).abs())
        for b in range(10)
        if bool((bins == b).any())
    )
    ranks = p.argsort().argsort().float() + 1
    positives = float(y.sum())
    area = (float(ranks[y == 1].sum()) - positives * (positives + 1) / 2) / (positives * (len(y) - positives))
    return f"ECE {error:.3f}, AUROC {area:.3f}, accuracy {float(y.mean()):.3f}, {len(y)} decisions"


if __name__ == "__main__":
    main()
