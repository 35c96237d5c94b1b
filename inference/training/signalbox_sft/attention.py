"""Attention over packed conversations, registered at transformers as `packed`.

A span sees of others what its prompt shares with theirs, and of itself what lies before. Under a mask over the whole
sequence most of the products would be made and thrown away; here each span is attended in blocks of rows, and no mask
is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import AttentionInterface

from .packing import Span

PACKED = "packed"
ROWS = 256


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    *,
    spans: Sequence[Sequence[Span]],
    **_: object,
) -> tuple[torch.Tensor, None]:
    """
    query [batch, heads, length, width], key and value [batch, fewer heads, length, width] -> [batch, length, heads,
    width]. `spans` has those of each sequence, which follow one another from 0 on; padding after them attends nothing.
    """
    assert attention_mask is None, "what a token sees is said by `spans`"
    dropped = dropout if module.training else 0.0
    outputs = []
    for q, k, v, of_row in zip(query, key, value, spans, strict=True):
        lengths = [end - start for start, end, _ in of_row]
        padding = query.shape[2] - sum(lengths)
        queries, keys, values = (each.split([*lengths, padding], 1) for each in (q, k, v))
        blocks = []
        for index, (_, _, sees) in enumerate(of_row):
            seen = (*sees, (index, lengths[index]))
            of_keys, of_values = (
                torch.cat([parts[span][:, :tokens] for span, tokens in seen], 1) for parts in (keys, values)
            )
            blocks.extend(_attend_span(queries[index], of_keys, of_values, scaling, dropped))
        outputs.append(torch.cat([*blocks, q.new_zeros(q.shape[0], padding, q.shape[2])], 1))
    return torch.stack(outputs).transpose(1, 2).contiguous(), None


def _attend_span(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, scaling: float, dropout: float
) -> list[torch.Tensor]:
    """[heads, tokens, width] of a span after keys of what it shares and of itself -> blocks of [heads, rows, width]."""
    heads, tokens, width = query.shape
    before = keys.shape[1] - tokens
    blocks = []
    for asked in query.split(ROWS, 1):
        rows = asked.shape[1]
        before += rows
        # Heads that share a key stand beneath one another: one product for all of them.
        scores = asked.reshape(keys.shape[0], -1, width) @ keys[:, :before].transpose(1, 2)
        scores = scores.mul_(scaling).view(heads, rows, before)
        later = torch.full((rows, rows), -torch.inf, dtype=scores.dtype, device=scores.device).triu_(1)
        scores[:, :, -rows:].add_(later)
        weights = torch.nn.functional.dropout(scores.softmax(-1), dropout).view(keys.shape[0], -1, before)
        blocks.append((weights @ values[:, :before]).view(heads, rows, width))
    return blocks


AttentionInterface.register(PACKED, attend)
