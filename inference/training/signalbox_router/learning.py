"""What a step minimises, and how fast it learns."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .examples import Examples, Pull
from .interaction import Encoded
from .model import RouterModel, pairs_of_threads

SMOOTHING = 0.02
CONTRASTIVE_SHARE = 0.1


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


@dataclass
class StepResult:
    """The loss to go down, and the share of turns that were right."""

    loss: Tensor
    right: Tensor


def judge_step(model: RouterModel, examples: Examples, label_share: float) -> StepResult:
    """Cross-entropy over policies and `other`, plus a small contrastive loss on the pooled vectors.

    The running policy that a turn sees comes from a first walk without dropout, as in service; every turn is then
    judged at once.
    """
    batch = examples.batch
    turns, policies = model.encode(batch.turns), model.encode(batch.policies)
    pairs = pairs_of_threads(turns, policies, batch.threads, batch.spans)
    situations = model.situations(turns, policies, batch.threads, pairs)
    model.head.eval()
    _, carries, others = model.walk(situations, batch.threads, label_share)
    model.head.train()
    logits = model.judge_all(situations, batch.threads, carries, others)
    labels = batch.threads.labels.flatten()[batch.threads.places]
    mask = batch.threads.mask[batch.threads.places // batch.threads.turns.shape[1]]
    loss = _smooth_cross_entropy(logits, labels, mask)
    pulls = [
        _contrastive(turns, policies, span.turns, span.policies, pull)
        for span, pull in zip(batch.spans, examples.pulls, strict=True)
        if len(pull.rows) > 0
    ]
    if pulls:
        loss = loss + CONTRASTIVE_SHARE * torch.stack(pulls).mean()
    return StepResult(loss, (logits.argmax(-1) == labels).float().mean())


def _smooth_cross_entropy(logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """Label smoothing over the options that each set has."""
    chances = torch.log_softmax(logits, dim=-1)
    present = torch.cat((mask, torch.ones_like(mask[:, :1])), dim=1)
    even = (chances * present).sum(-1) / present.sum(-1)
    told = chances.gather(1, labels[:, None]).squeeze(1)
    return -((1 - SMOOTHING) * told + SMOOTHING * even).mean()


def _contrastive(turns: Encoded, policies: Encoded, at: slice, on: slice, pull: Pull) -> Tensor:
    """Pulls each turn to a policy that serves it, away from the stretch's other policies."""
    device = turns.tokens.device
    rows, wanted, ignored = (x.to(device, non_blocking=True) for x in (pull.rows, pull.wanted, pull.ignored))
    scores = turns.pooled_first[at][rows] @ policies.pooled_first[on].T / 0.05
    scores = scores.masked_fill(ignored, -1e4)
    return (torch.logsumexp(scores, -1) - torch.logsumexp(scores.masked_fill(~wanted, -1e4), -1)).mean()
