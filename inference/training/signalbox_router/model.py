"""The router model: encode segments, then decide threads turn by turn with the running policy as a feature."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .encoder import LAYERS, Encoder, attention_bias, hide_words
from .head import BEFORE, BEFORE_THAT, CARRY, SetHead
from .interaction import PAIR_FEATURES, Encoded, Projection, pair_features
from .packing import Chunk, Packed
from .segments import Segment
from .threads import Span, Threads

HISTORY_FADE = 0.7


@dataclass
class Situations:
    """What the head reads of E threads of T turns and P policies, but for the running policy.

    similarities [E, T, P, 10], scalars [E, T, 5] (the first one is filled in turn by turn), turn, before and assistant
    [E, T, 384], vectors [E, P, 128].
    """

    similarities: Tensor
    scalars: Tensor
    turn: Tensor
    before: Tensor
    assistant: Tensor
    vectors: Tensor


class RouterModel(nn.Module):
    """Encoder, projection and set head. `hidden_words`: share of words masked while training (only when no layer is
    frozen, for frozen layers are computed once a text)."""

    def __init__(
        self, layers: int = LAYERS, frozen_layers: int = 3, encoder_dropout: float = 0.1, hidden_words: float = 0.0
    ) -> None:
        super().__init__()
        self.encoder = Encoder(layers, frozen_layers)
        self.encoder.freeze()
        self.encoder_dropout = encoder_dropout
        self.hidden_words = hidden_words
        self.projection = Projection()
        self.head = SetHead()
        self._lower: dict[tuple[int, ...], Tensor] = {}

    @staticmethod
    def holding(state: dict[str, Tensor]) -> RouterModel:
        """A model with the given weights, as deep as they are."""
        model = RouterModel(len({name.split(".")[2] for name in state if name.startswith("encoder.layers.")}))
        model.load_state_dict(state)
        return model

    @property
    def depth(self) -> int:
        """Layers of the encoder."""
        return len(self.encoder.layers)

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.head.other.device

    @torch.no_grad()
    def _frozen(self, segments: list[Segment], chunk: Chunk) -> Tensor:
        if any(s.ids not in self._lower for s in segments):
            hidden = self.encoder.lower(chunk.ids, chunk.types, attention_bias(chunk.mask)).to(torch.bfloat16)
            for segment, states in zip(segments, hidden, strict=True):
                self._lower[segment.ids] = states[: len(segment.ids)].clone()
        rows = [self._lower[s.ids] for s in segments]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True)

    def _below(self, chunk: Chunk) -> Tensor:
        if self.encoder.frozen_layers > 0:
            return self._frozen(chunk.segments, chunk)
        hidden = hide_words(chunk.ids, self.hidden_words) if self.training and self.hidden_words > 0 else chunk.ids
        return self.encoder.lower(hidden, chunk.types, attention_bias(chunk.mask))

    def encode(self, packed: Packed) -> Encoded:
        """Encodes segments chunk by chunk; frozen layers come from a cache."""
        length = packed.first.shape[1]
        rows = []
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            for chunk in packed.chunks:
                dropout = self.encoder_dropout if self.training else 0.0
                out = self.encoder.upper(self._below(chunk), attention_bias(chunk.mask), dropout)
                rows.append(nn.functional.pad(out, (0, 0, 0, length - out.shape[1])))
        hidden = torch.cat(rows).index_select(0, packed.order).float()
        return self.projection(hidden, packed.first, packed.second)

    def situations(self, turns: Encoded, policies: Encoded, threads: Threads, pairs: Tensor) -> Situations:
        """pairs [E, T, P, 5] as `pairs_of_threads` gives."""
        count, length = threads.turns.shape
        turn, assistant = turns.pooled_first[threads.turns], turns.pooled_second[threads.turns]
        before = _earlier(turn, 1)
        first = torch.zeros(count, length, device=turn.device)
        first[:, 0] = 1.0
        size = (torch.log(threads.mask.sum(1)) / 3.0)[:, None].expand(-1, length)
        alone = (turns.second.sum(1) == 0).float()[threads.turns]
        return Situations(
            similarities=torch.cat(
                (pairs, _earlier(pairs, 1)[..., list(BEFORE)], _earlier(pairs, 2)[..., list(BEFORE_THAT)]), dim=-1
            ),
            scalars=torch.stack((torch.zeros_like(first), first, alone, (turn * before).sum(-1), size), dim=-1),
            turn=turn,
            before=before,
            assistant=assistant,
            vectors=self.head.policy(policies.pooled_first)[threads.policies],
        )

    @torch.no_grad()
    def walk(self, given: Situations, threads: Threads, label_share: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
        """Decides turn by turn, each seeing the probabilities that the model itself gave to the turns before (or, for
        a random `label_share` of the turns, the label).

        → logits [E, T, P+1], and what each turn saw: carry [E, T, P, 2], probability of `other` before it [E, T].
        """
        count, length = threads.turns.shape
        width = threads.policies.shape[1]
        device = threads.mask.device
        previous = torch.zeros(count, width + 1, device=device)
        history = torch.zeros(count, width, device=device)
        logits = torch.zeros(count, length, width + 1, device=device)
        carries = torch.zeros(count, length, width, CARRY, device=device)
        others = torch.zeros(count, length, device=device)
        told = (torch.rand(count, length, device=device) < label_share) & (threads.labels >= 0)
        for k, n in enumerate(threads.counts):
            carry = torch.stack((previous[:n, :width], history[:n]), dim=-1)
            carries[:n, k], others[:n, k] = carry, previous[:n, width]
            out = self._judge(given, threads.mask, slice(0, n), k, carry, previous[:n, width])
            logits[:n, k] = out
            probabilities = torch.softmax(out, dim=-1)
            label = nn.functional.one_hot(threads.labels[:n, k].clamp(min=0), width + 1).float()
            history[:n] = torch.maximum(HISTORY_FADE * history[:n], previous[:n, :width])
            previous[:n] = torch.where(told[:n, k, None], label, probabilities)
        return logits, carries, others

    def _judge(
        self, given: Situations, mask: Tensor, rows: slice, k: int, carry: Tensor, other_before: Tensor
    ) -> Tensor:
        scalars = torch.cat((other_before[:, None], given.scalars[rows, k, 1:]), dim=-1)
        return self.head(
            given.similarities[rows, k],
            carry,
            scalars,
            given.turn[rows, k],
            given.before[rows, k],
            given.assistant[rows, k],
            given.vectors[rows],
            mask[rows],
        )

    def judge_all(self, given: Situations, threads: Threads, carries: Tensor, others: Tensor) -> Tensor:
        """Logits [turns, P+1] of every turn at once, given what each saw of the turns before it."""
        places = threads.places
        rows = places // threads.turns.shape[1]
        scalars = torch.cat((others[..., None], given.scalars[..., 1:]), dim=-1)
        return self.head(
            given.similarities.flatten(0, 1)[places],
            carries.flatten(0, 1)[places],
            scalars.flatten(0, 1)[places],
            given.turn.flatten(0, 1)[places],
            given.before.flatten(0, 1)[places],
            given.assistant.flatten(0, 1)[places],
            given.vectors[rows],
            threads.mask[rows],
        )


def _earlier(x: Tensor, turns: int) -> Tensor:
    """x [E, T, ...] moved back by some turns, zero before the first."""
    moved = torch.zeros_like(x)
    moved[:, turns:] = x[:, : x.shape[1] - turns]
    return moved


def pairs_of_threads(turns: Encoded, policies: Encoded, threads: Threads, spans: list[Span]) -> Tensor:
    """Pair features [E, T, P, 5] of every thread; only turns and policies of one span are compared."""
    device = turns.tokens.device
    out = torch.zeros(*threads.turns.shape, threads.policies.shape[1], PAIR_FEATURES, device=device)
    for span in spans:
        rows = span.threads.to(device, non_blocking=True)
        pairs = pair_features(
            turns.part(span.turns, span.turn_length), policies.part(span.policies, span.policy_length)
        )
        at = threads.turns[rows] - span.turns.start
        on = threads.policies[rows] - span.policies.start
        out = out.index_copy(0, rows, pairs[at[:, :, None], on[:, None, :]])
    return out
