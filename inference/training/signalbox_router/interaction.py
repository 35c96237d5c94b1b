"""Late interaction between encoded turns and encoded policies: the pair features the head reads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .encoder import HIDDEN

TOKEN_DIM = 96
PAIR_FEATURES = 5


@dataclass
class Encoded:
    """A batch of N encoded segments of up to L tokens.

    tokens [N, L, 96] of length 1, weights [N, L] in 0..1, first/second [N, L] content masks, pooled vectors of length
    1 over the first part ([CLS] with it) and the second [N, 384] (zero when there is no second part).
    """

    tokens: Tensor
    weights: Tensor
    first: Tensor
    second: Tensor
    pooled_first: Tensor
    pooled_second: Tensor

    def part(self, rows: slice, length: int) -> Encoded:
        """A stretch of the segments, of which none is longer than `length` tokens."""
        return Encoded(
            self.tokens[rows, :length],
            self.weights[rows, :length],
            self.first[rows, :length],
            self.second[rows, :length],
            self.pooled_first[rows],
            self.pooled_second[rows],
        )


class Projection(nn.Module):
    """Hidden states → what the interaction needs of a segment."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Linear(HIDDEN, TOKEN_DIM, bias=False)
        self.weight = nn.Linear(HIDDEN, 1)
        nn.init.orthogonal_(self.token.weight)
        nn.init.zeros_(self.weight.weight)

    def forward(self, hidden: Tensor, first: Tensor, second: Tensor) -> Encoded:
        """hidden [N, L, 384]; first, second [N, L] of 0/1 → Encoded."""
        cls = torch.zeros_like(first)
        cls[:, 0] = 1.0
        return Encoded(
            tokens=F.normalize(self.token(hidden), dim=-1),
            weights=torch.sigmoid(self.weight(hidden)).squeeze(-1),
            first=first,
            second=second,
            pooled_first=_pool(hidden, first + cls),
            pooled_second=_pool(hidden, second),
        )


def _pool(hidden: Tensor, mask: Tensor) -> Tensor:
    total = (hidden * mask[:, :, None]).sum(1)
    return total / (total.pow(2).sum(-1, keepdim=True) + 1e-6).sqrt()


def pair_features(turns: Encoded, policies: Encoded) -> Tensor:
    """[N, M, 5]: cosine of user turn and policy, of assistant tail and policy; MaxSim user→policy, policy→user,
    policy→assistant (each weighted by learned token weights)."""
    n, m = turns.tokens.shape[0], policies.tokens.shape[0]
    cos_user = turns.pooled_first @ policies.pooled_first.T
    cos_assistant = turns.pooled_second @ policies.pooled_first.T
    flat = turns.tokens.reshape(-1, TOKEN_DIM) @ policies.tokens.reshape(-1, TOKEN_DIM).T
    sims = flat.reshape(n, turns.tokens.shape[1], m, policies.tokens.shape[1])
    user, assistant = turns.first[:, :, None, None], turns.second[:, :, None, None]
    content = policies.first[None, None]
    to_policy = sims.masked_fill(content == 0, -1.0).amax(3)
    user_weight = (turns.weights * turns.first)[:, :, None]
    user_to_policy = (to_policy * user_weight).sum(1) / (user_weight.sum(1) + 1e-4)
    policy_weight = (policies.weights * policies.first)[None]
    scale = policy_weight.sum(2) + 1e-4
    has_user = (turns.first.sum(1) > 0).float()[:, None]
    has_assistant = (turns.second.sum(1) > 0).float()[:, None]
    policy_to_user = (sims.masked_fill(user == 0, -1.0).amax(1) * policy_weight).sum(2) / scale * has_user
    policy_to_assistant = (
        (sims.masked_fill(assistant == 0, -1.0).amax(1) * policy_weight).sum(2) / scale * has_assistant
    )
    return torch.stack((cos_user, cos_assistant, user_to_policy, policy_to_user, policy_to_assistant), dim=-1)
