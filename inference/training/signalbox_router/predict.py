"""Decides benchmark records with a model, each thread on its own previous answers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .model import RouterModel, Thread
from .onnx_encoder import OnnxEncoder
from .policy_text import policy_text
from .segments import Segment, Segmenter


@torch.no_grad()
def record_logits(
    model: RouterModel,
    segmenter: Segmenter,
    records: list[dict[str, Any]],
    batch: int = 24,
    encoder: OnnxEncoder | None = None,
) -> list[Tensor]:
    """Logits [user turns, policies + 1] of every record, `other` last; `encoder` stands in for the model's own."""
    model.eval()
    out: list[Tensor] = []
    for start in range(0, len(records), batch):
        turns: dict[Segment, int] = {}
        policies: dict[Segment, int] = {}
        threads: list[Thread] = []
        for record in records[start : start + batch]:
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
        encode = model.encode if encoder is None else lambda groups: [encoder.encode(group) for group in groups]
        encoded_turns, encoded_policies = encode([list(turns), list(policies)])
        out += model.decide(encoded_turns, encoded_policies, threads)
    return out


def choose(logits: Tensor, record: dict[str, Any]) -> list[str]:
    """The best option's name per turn."""
    names = [p["name"] for p in record["policies"]] + ["other"]
    return [names[i] for i in logits.argmax(-1).tolist()]
