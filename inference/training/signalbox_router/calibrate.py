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
from .signals import NARROW_OTHER, SIGNALS, signals
from .worlds import load_worlds, split_held_out

Record = dict[str, Any]
BIASES = [x / 20 for x in range(-30, 31)]

# Where routers' documents usually put `min_confidence`, and how many turns of `other` may fall under it there.
THRESHOLD = 0.5
UNSURE_OTHERS = 0.15
EASINGS = [x / 20 for x in range(21)]


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
    easing = cross_fitted_easing(everything, logits, bias)
    x, right, _ = _examples(everything, logits, bias, list(range(len(everything))))
    weights, constant = fit(x, right)
    weights[NARROW_OTHER] += easing
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


def cross_fitted_easing(records: list[Record], logits: list[Tensor], bias: float) -> float:
    """The least to add to the log-odds of a narrowly chosen `other` for few turns of `other` to be unsure; each half of
    the worlds is judged by a fit on the other half.

    An unsure router serves its fallback, and so do most for `other`: doubt about this one choice seldom changes who
    answers, it only leaves the decision unsaid. It is therefore stated a little surer than it is.
    """
    halves = [[i for i, r in enumerate(records) if _world(r) % 2 == half] for half in (0, 1)]
    unseen = []
    for fitted, measured in (halves, halves[::-1]):
        weights, constant = fit(*_examples(records, logits, bias, fitted)[:2])
        x, right, others = _examples(records, logits, bias, measured)
        unseen.append((x @ weights + constant, x[:, NARROW_OTHER], right, others))
    scores, narrow, right, others = (torch.cat(parts) for parts in zip(*unseen, strict=True))
    enough = (ease for ease in EASINGS if unsure_share(scores + ease * narrow, others) <= UNSURE_OTHERS)
    easing = next(enough, EASINGS[-1])
    for ease in (0.0, easing):
        eased = scores + ease * narrow
        share = 100 * unsure_share(eased, others)
        print(f"`other` eased by {ease}: {measure(eased, right)}, {share:.1f} % of its turns under {THRESHOLD}")
    return easing


def unsure_share(scores: Tensor, others: Tensor) -> float:
    """Share of the turns labelled `other` whose confidence is under the threshold."""
    return float((torch.sigmoid(scores[others]) < THRESHOLD).float().mean())


def _examples(
    records: list[Record], logits: list[Tensor], bias: float, chosen: list[int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Signals, whether the best option was right, and whether `other` is."""
    rows, right, others = [], [], []
    for i in chosen:
        names = [p["name"] for p in records[i]["policies"]] + ["other"]
        previous: list[float] | None = None
        for row, label in zip(logits[i].tolist(), records[i]["labels"], strict=True):
            moved = [*row[:-1], row[-1] + bias]
            rows.append(signals(moved, previous))
            right.append(float(names[moved.index(max(moved))] == label))
            others.append(label == "other")
            previous = moved
    return torch.tensor(rows), torch.tensor(right), torch.tensor(others)


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


def measure(scores: Tensor, y: Tensor) -> str:
    """Expected calibration error (ten bins) and AUROC."""
    p = torch.sigmoid(scores)
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
