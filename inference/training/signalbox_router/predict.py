"""Decides benchmark records with a model, each thread on its own previous answers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .batches import Stretch, in_given_order, join
from .model import RouterModel, pairs_of_threads
from .onnx_encoder import OnnxEncoder
from .policy_text import policy_text
from .segments import Segment, Segmenter
from .threads import Thread


@torch.no_grad()
def record_logits(
    model: RouterModel,
    segmenter: Segmenter,
    records: list[dict[str, Any]],
    stretch: int = 24,
    stretches: int = 1,
    encoder: OnnxEncoder | None = None,
) -> list[Tensor]:
    """Logits [user turns, policies + 1] of every record, `other` last; `encoder` stands in for the model's own.

    `stretches` times `stretch` records are decided at once.
    """
    model.eval()
    out: list[Tensor] = []
    for start in range(0, len(records), stretch * stretches):
        picked = records[start : start + stretch * stretches]
        parts = [_stretch(segmenter, picked[i : i + stretch]) for i in range(0, len(picked), stretch)]
        batch = join(parts, chunk=40 * stretches).to(model.device)
        if encoder is None:
            turns, policies = model.encode(batch.turns), model.encode(batch.policies)
        else:
            turns = encoder.encode([s for part in parts for s in part.turns])
            policies = encoder.encode([s for part in parts for s in part.policies])
        pairs = pairs_of_threads(turns, policies, batch.threads, batch.spans)
        logits, _, _ = model.walk(model.situations(turns, policies, batch.threads, pairs), batch.threads)
        out += in_given_order(logits.float().cpu(), batch, [t for part in parts for t in part.threads])
    return out


def _stretch(segmenter: Segmenter, records: list[dict[str, Any]]) -> Stretch:
    turns: dict[Segment, int] = {}
    policies: dict[Segment, int] = {}
    threads: list[Thread] = []
    for record in records:
        turn_ids: list[int] = []
        assistant = ""
        for turn in record["turns"]:
            if turn["role"] == "assistant":
                assistant = turn["content"]
            else:
                turn_ids.append(turns.setdefault(segmenter.turn(turn["content"], assistant), len(turns)))
                assistant = ""
        policy_ids = [
            policies.setdefault(segmenter.policy(policy_text(p["name"], p["description"])), len(policies))
            for p in record["policies"]
        ]
        threads.append(Thread(turn_ids, policy_ids, [-1] * len(turn_ids)))
    return Stretch(list(turns), list(policies), threads)


def choose(logits: Tensor, record: dict[str, Any]) -> list[str]:
    """The best option's name per turn."""
    names = [p["name"] for p in record["policies"]] + ["other"]
    return [names[i] for i in logits.argmax(-1).tolist()]
