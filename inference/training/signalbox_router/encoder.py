"""A small BERT in plain PyTorch: frozen lower layers (cached per text) and trained upper layers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN, HEADS, LAYERS = 384, 12, 6
MASK_ID, FIRST_WORD_ID = 103, 999


class Layer(nn.Module):
    """One post-norm BERT layer; attention is plain on CPU, where in bf16 that is faster than the fused kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(HIDDEN, HIDDEN)
        self.key = nn.Linear(HIDDEN, HIDDEN)
        self.value = nn.Linear(HIDDEN, HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.attention_norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.up = nn.Linear(HIDDEN, 4 * HIDDEN)
        self.down = nn.Linear(4 * HIDDEN, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor, dropout: float) -> Tensor:
        """x [B, L, 384], bias [B, 1, 1, L] added to attention scores → [B, L, 384]."""
        b, length, _ = x.shape
        q, k, v = (
            p(x).reshape(b, length, HEADS, HIDDEN // HEADS).transpose(1, 2) for p in (self.query, self.key, self.value)
        )
        if x.is_cuda:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        else:
            weights = torch.softmax((q @ k.transpose(-1, -2)) * (1 / math.sqrt(HIDDEN // HEADS)) + bias, dim=-1)
            mixed = weights.to(v.dtype) @ v
        context = mixed.transpose(1, 2).reshape(b, length, HIDDEN)
        x = self.attention_norm(x + _drop(self.out(context), dropout))
        return self.norm(x + _drop(self.down(F.gelu(self.up(x))), dropout))


def _drop(x: Tensor, share: float) -> Tensor:
    """Dropout with one mask for all tokens of a segment: as good here, and nearly free on CPU."""
    if share == 0.0:
        return x
    keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= share
    return x * (keep.to(x.dtype) / (1.0 - share))


class Encoder(nn.Module):
    """`lower` gives hidden states that never change; `upper` is what training moves."""

    def __init__(self, layers: int = LAYERS, frozen_layers: int = 3) -> None:
        super().__init__()
        self.frozen_layers = frozen_layers
        self.word = nn.Embedding(30522, HIDDEN)
        self.position = nn.Embedding(512, HIDDEN)
        self.token_type = nn.Embedding(2, HIDDEN)
        self.embedding_norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))

    def freeze(self) -> None:
        """Only the upper layers learn, and not their linear biases: those gradients cost a quarter of a step."""
        for part in (
            self.word,
            self.position,
            self.token_type,
            self.embedding_norm,
            *self.layers[: self.frozen_layers],
        ):
            part.requires_grad_(False)
        for layer in self.layers[self.frozen_layers :]:
            for linear in (m for m in layer.children() if isinstance(m, nn.Linear)):
                linear.bias.requires_grad_(False)

    def lower(self, ids: Tensor, types: Tensor, bias: Tensor) -> Tensor:
        """ids, types [B, L] → hidden states after the frozen layers."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.embedding_norm(self.word(ids) + self.position(positions) + self.token_type(types))
        for layer in self.layers[: self.frozen_layers]:
            x = layer(x, bias, 0.0)
        return x

    def upper(self, x: Tensor, bias: Tensor, dropout: float) -> Tensor:
        """Hidden states after the frozen layers → the encoder's output [B, L, 384]."""
        for layer in self.layers[self.frozen_layers :]:
            x = layer(x, bias, dropout)
        return x


def attention_bias(mask: Tensor) -> Tensor:
    """mask [B, L] of 0/1 → additive bias [B, 1, 1, L]."""
    return ((1.0 - mask.float()) * -10000.0)[:, None, None, :]


def hide_words(ids: Tensor, share: float) -> Tensor:
    """ids [B, L] with words masked at random in every second segment, so that no single word decides."""
    chosen = torch.rand(ids.shape[0], 1, device=ids.device) < 0.5
    hidden = (torch.rand(ids.shape, device=ids.device) < share) & (ids >= FIRST_WORD_ID) & chosen
    return torch.where(hidden, MASK_ID, ids)
