"""The set head: each policy is judged against its siblings, and `other` against the whole set."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .encoder import HIDDEN
from .interaction import PAIR_FEATURES

WIDTH, HEADS, DEPTH = 128, 4, 2
# Pair features of the current turn, three of the turn before it (0, 2, 3) and two of the one before that (0, 3).
BEFORE, BEFORE_THAT = (0, 2, 3), (0, 3)
SIMILARITIES = PAIR_FEATURES + len(BEFORE) + len(BEFORE_THAT)
# Running policy: probability at the previous turn, faded maximum before it.
CARRY = 2
# Probability of `other` at the previous turn, first turn?, no assistant?, cosine with the previous turn, log set size.
TURN_SCALARS = 5
FEATURES = 2 * SIMILARITIES + CARRY + TURN_SCALARS


class SetLayer(nn.Module):
    """Pre-norm transformer layer over a set (no positions)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 2 * WIDTH)
        self.down = nn.Linear(2 * WIDTH, WIDTH)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x [E, P+1, 128], bias [E, 1, 1, P+1] → same shape as x."""
        e, p, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(e, p, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        weights = torch.softmax((q @ k.transpose(-1, -2)) / math.sqrt(WIDTH // HEADS) + bias, dim=-1)
        x = x + self.dropout(self.out((weights @ v).transpose(1, 2).reshape(e, p, WIDTH)))
        return x + self.dropout(self.down(nn.functional.gelu(self.up(self.norm2(x)))))


class SetHead(nn.Module):
    """Logits over the policies of a set and `other` (last) for E decisions at once."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Linear(FEATURES, WIDTH)
        self.skip = nn.Linear(FEATURES, 1, bias=False)
        self.turn = nn.Linear(HIDDEN, WIDTH)
        self.before = nn.Linear(HIDDEN, WIDTH)
        self.assistant = nn.Linear(HIDDEN, WIDTH)
        self.policy = nn.Linear(HIDDEN, WIDTH)
        self.match = nn.Linear(WIDTH, WIDTH)
        self.match_before = nn.Linear(WIDTH, WIDTH)
        self.match_assistant = nn.Linear(WIDTH, WIDTH)
        self.policy_token = nn.Linear(WIDTH, WIDTH)
        self.other = nn.Parameter(torch.zeros(WIDTH))
        self.other_turn = nn.Linear(WIDTH, WIDTH)
        self.other_assistant = nn.Linear(WIDTH, WIDTH)
        self.other_summary = nn.Linear(SIMILARITIES + CARRY + TURN_SCALARS, WIDTH)
        self.dropout = nn.Dropout(0.1)
        self.layers = nn.ModuleList(SetLayer() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.logit = nn.Linear(WIDTH, 1)
        self.other_logit = nn.Linear(WIDTH, 1)
        nn.init.zeros_(self.skip.weight)
        with torch.no_grad():
            self.skip.weight[0, [0, 2, 3]] = 4.0

    def forward(
        self,
        similarities: Tensor,
        carry: Tensor,
        scalars: Tensor,
        turn: Tensor,
        before: Tensor,
        assistant: Tensor,
        vectors: Tensor,
        mask: Tensor,
    ) -> Tensor:
        """similarities [E, P, 10], carry [E, P, 2], scalars [E, 5], turn/before/assistant [E, 384],
        vectors [E, P, 128] from `policy`, mask [E, P] of 0/1 → logits [E, P+1], -1e4 where masked."""
        present = mask[:, :, None]
        mean = (similarities * present).sum(1, keepdim=True) / present.sum(1, keepdim=True)
        count = similarities.shape[1]
        spread = scalars[:, None].expand(-1, count, -1)
        features = torch.cat((similarities, similarities - mean, carry, spread), dim=-1)
        match = self.match(self.dropout(vectors * self.turn(turn)[:, None]))
        match = match + self.match_before(self.dropout(vectors * self.before(before)[:, None]))
        match = match + self.match_assistant(self.dropout(vectors * self.assistant(assistant)[:, None]))
        tokens = nn.functional.gelu(self.features(features)) + match + self.policy_token(self.dropout(vectors))
        best = torch.cat((similarities, carry), -1).masked_fill(present == 0, -1.0).amax(1)
        summary = nn.functional.gelu(self.other_summary(torch.cat((best, scalars), dim=-1)))
        other = (
            self.other + summary + self.other_turn(self.turn(turn)) + self.other_assistant(self.assistant(assistant))
        )
        x = torch.cat((tokens, other[:, None]), dim=1)
        all_present = torch.cat((mask, torch.ones_like(mask[:, :1])), dim=1)
        bias = ((1.0 - all_present) * -10000.0)[:, None, None]
        for layer in self.layers:
            x = layer(x, bias)
        x = self.norm(x)
        logits = self.logit(x[:, :count]).squeeze(-1) + self.skip(features).squeeze(-1)
        logits = logits.masked_fill(mask == 0, -10000.0)
        return torch.cat((logits, self.other_logit(x[:, count])), dim=1)
