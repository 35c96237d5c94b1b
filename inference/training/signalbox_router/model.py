"""The router model: encode segments, then decide threads turn by turn with the running policy as a feature."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .encoder import HIDDEN, Encoder, attention_bias
from .head import BEFORE, BEFORE_THAT, SetHead
from .interaction import Encoded, Projection, pair_features
from .segments import Segment

HISTORY_FADE = 0.7


@dataclass
class Thread:
    """One conversation under one policy set.

    `turns[k]` indexes the encoded turns, `policies[j]` the encoded policies; `labels[k]` is an index into `policies`,
    len(policies) for `other`, -1 for a turn that is not scored.
    """

    turns: list[int]
    policies: list[int]
    labels: list[int]


class RouterModel(nn.Module):
    """Encoder, projection and set head."""

    def __init__(self, frozen_layers: int = 3, encoder_dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = Encoder(frozen_layers)
        self.encoder.freeze()
        self.encoder_dropout = encoder_dropout
        self.projection = Projection()
        self.head = SetHead()
        self._lower: dict[tuple[int, ...], Tensor] = {}

    @torch.no_grad()
    def _frozen(self, segments: list[Segment]) -> None:
        missing = sorted({s.ids: s for s in segments if s.ids not in self._lower}.values(), key=lambda s: len(s.ids))
        for start in range(0, len(missing), 32):
            chunk = missing[start : start + 32]
            ids, types, mask = pad(chunk)
            hidden = self.encoder.lower(ids, types, attention_bias(mask)).to(torch.bfloat16)
            for segment, states in zip(chunk, hidden, strict=True):
                self._lower[segment.ids] = states[: len(segment.ids)].clone()

    def encode(self, groups: list[list[Segment]], chunk: int = 40) -> list[Encoded]:
        """Encodes several groups of segments in length-sorted chunks; frozen layers come from the cache."""
        flat = [s for group in groups for s in group]
        with torch.autocast(torch.get_default_device().type, dtype=torch.bfloat16):
            self._frozen(flat)
            order = sorted(range(len(flat)), key=lambda i: len(flat[i].ids))
            rows: list[Tensor] = [torch.empty(0)] * len(flat)
            for start in range(0, len(order), chunk):
                picked = order[start : start + chunk]
                length = max(len(flat[i].ids) for i in picked)
                x = torch.zeros(len(picked), length, HIDDEN, dtype=torch.bfloat16)
                mask = torch.zeros(len(picked), length)
                for row, i in enumerate(picked):
                    states = self._lower[flat[i].ids]
                    x[row, : len(states)] = states
                    mask[row, : len(states)] = 1
                out = self.encoder.upper(x, attention_bias(mask), self.encoder_dropout if self.training else 0.0)
                for row, i in enumerate(picked):
                    rows[i] = out[row]
        encoded: list[Encoded] = []
        offset = 0
        for group in groups:
            encoded.append(self._project(group, rows[offset : offset + len(group)]))
            offset += len(group)
        return encoded

    def _project(self, segments: list[Segment], rows: list[Tensor]) -> Encoded:
        length = max(len(s.ids) for s in segments)
        hidden = torch.stack([nn.functional.pad(r[:length], (0, 0, 0, max(0, length - len(r)))) for r in rows]).float()
        first, second = content_masks(segments, length)
        return self.projection(hidden, first, second)

    def decide(
        self,
        turns: Encoded,
        policies: Encoded,
        threads: list[Thread],
        pairs: Tensor | None = None,
        label_share: float = 0.0,
        rng: random.Random | None = None,
    ) -> list[Tensor]:
        """Logits [len(turns), P+1] for every thread, decided in order; each turn sees the probabilities that the model
        itself gave to the turns before (or, for a random `label_share` of the turns, the label)."""
        pairs = pair_features(turns, policies) if pairs is None else pairs
        vectors = self.head.policy(policies.pooled_first)
        width = max(len(t.policies) for t in threads)
        index = torch.tensor([t.policies + [0] * (width - len(t.policies)) for t in threads])
        mask = torch.tensor([[1.0] * len(t.policies) + [0.0] * (width - len(t.policies)) for t in threads])
        previous = torch.zeros(len(threads), width + 1)
        history = torch.zeros(len(threads), width)
        logits: list[list[Tensor]] = [[] for _ in threads]
        for k in range(max(len(t.turns) for t in threads)):
            rows = torch.tensor([i for i, t in enumerate(threads) if k < len(t.turns)])
            out = self._step(
                turns,
                vectors,
                pairs,
                [threads[i] for i in rows],
                k,
                index[rows],
                mask[rows],
                previous[rows],
                history[rows],
            )
            probabilities = torch.softmax(out.detach(), dim=-1)
            history[rows] = torch.maximum(HISTORY_FADE * history[rows], previous[rows, :width])
            previous[rows] = probabilities
            for row, i in enumerate(rows.tolist()):
                count, label = len(threads[i].policies), threads[i].labels[k]
                logits[i].append(torch.cat((out[row, :count], out[row, width:])))
                if label >= 0 and rng is not None and rng.random() < label_share:
                    previous[i] = 0.0
                    previous[i, width if label == count else label] = 1.0
        return [torch.stack(rows) for rows in logits]

    def _step(
        self,
        turns: Encoded,
        vectors: Tensor,
        pairs: Tensor,
        threads: list[Thread],
        k: int,
        index: Tensor,
        mask: Tensor,
        previous: Tensor,
        history: Tensor,
    ) -> Tensor:
        now = torch.tensor([t.turns[k] for t in threads])
        has_before, has_before_that = float(k > 0), float(k > 1)
        before = torch.tensor([t.turns[max(0, k - 1)] for t in threads])
        before_that = torch.tensor([t.turns[max(0, k - 2)] for t in threads])
        similarities = torch.cat(
            (
                pairs[now[:, None], index],
                pairs[before[:, None], index][..., list(BEFORE)] * has_before,
                pairs[before_that[:, None], index][..., list(BEFORE_THAT)] * has_before_that,
            ),
            dim=-1,
        )
        width = index.shape[1]
        turn, last = turns.pooled_first[now], turns.pooled_first[before] * has_before
        assistant = turns.pooled_second[now]
        scalars = torch.stack(
            (
                previous[:, width],
                torch.full((len(threads),), 1.0 - has_before),
                (turns.second[now].sum(1) == 0).float(),
                (turn * last).sum(-1),
                torch.log(mask.sum(1)) / 3.0,
            ),
            dim=-1,
        )
        carry = torch.stack((previous[:, :width], history), dim=-1)
        return self.head(similarities, carry, scalars, turn, last, assistant, vectors[index], mask)


def pad(segments: list[Segment]) -> tuple[Tensor, Tensor, Tensor]:
    """ids, types, mask [B, L] of a list of segments."""
    length = max(len(s.ids) for s in segments)
    ids = torch.tensor([list(s.ids) + [0] * (length - len(s.ids)) for s in segments])
    types = torch.tensor([s.types + [0] * (length - len(s.ids)) for s in segments])
    mask = torch.tensor([[1.0] * len(s.ids) + [0.0] * (length - len(s.ids)) for s in segments])
    return ids, types, mask


def content_masks(segments: list[Segment], length: int) -> tuple[Tensor, Tensor]:
    """Masks [N, L] over the content tokens of the first and the second part."""
    first, second = torch.zeros(len(segments), length), torch.zeros(len(segments), length)
    for row, s in enumerate(segments):
        first[row, 1 : 1 + s.first] = 1
        if s.second:
            second[row, 2 + s.first : 2 + s.first + s.second] = 1
    return first, second
