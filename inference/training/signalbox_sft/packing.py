"""Conversations under one policy set with all their decisions as one sequence: policies and turns once, an answer
branching off after every user turn.

Decisions under a policy set are prompts that begin alike. The longest is the trunk; of every other one only what
follows the common beginning with one before it is kept, as a branch that sees that one up to where it leaves it, and
itself, at the positions it has in its own prompt. What the model computes for a branch is what it computes for that
prompt alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from .examples import Example
from .formats import Format

IGNORED = -100

Sees = tuple[tuple[int, int], ...]
"""what comes before a span in its own prompt: (index of a span, how many of its first tokens)"""
Span = tuple[int, int, Sees]
"""(start, end, what it sees beside itself)"""


@dataclass(frozen=True)
class Encoded:
    """The tokens of one decision; those from `answer` on are learned."""

    tokens: tuple[int, ...]
    answer: int


@dataclass(frozen=True)
class Packed:
    """Tokens of one sequence, where each stands in its own prompt, and what is learned at each."""

    tokens: list[int]
    positions: list[int]
    labels: list[int]
    spans: list[Span]
    """one after the other from 0 on; the first is the trunk"""
    order: list[int]
    """which decision each span is"""


def encode(tokenizer, form: Format, example: Example) -> list[Encoded]:  # noqa: ANN001 (any of transformers)
    """One prompt with its answer for each decision, as the model's chat template writes them.

    Templates of models that think aloud are told to leave that out, as their servers have to be; others know no such
    word.
    """
    encoded = []
    for end, name in example.decisions:
        user = {"role": "user", "content": form.prompt(example.policies, example.turns[:end])}
        text = tokenizer.apply_chat_template([user], tokenize=False, add_generation_prompt=True, enable_thinking=False)
        prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
        answer = tokenizer(form.answer(name), add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
        encoded.append(Encoded(tuple(prompt + answer), len(prompt)))
    return encoded


def pack(decisions: list[Encoded]) -> Packed:
    """All these decisions in one sequence."""
    packed = Packed([], [], [], [], [])
    prompts: list[tuple[int, ...]] = []
    for index in sorted(range(len(decisions)), key=lambda index: -len(decisions[index].tokens)):
        decision = decisions[index]
        # The token before the answer is never shared: what is learned of the answer is its prediction.
        before = decision.tokens[: decision.answer - 1]
        shares = [_shared(prompt, before) for prompt in prompts]
        shared = max(shares, default=0)
        sees = _beginning(packed.spans, shares.index(shared), shared) if shared else ()
        start = len(packed.tokens)
        packed.tokens.extend(decision.tokens[shared:])
        packed.positions.extend(range(shared, len(decision.tokens)))
        packed.labels.extend(_labels(decision, shared))
        packed.spans.append((start, len(packed.tokens), sees))
        packed.order.append(index)
        prompts.append(decision.tokens)
    return packed


def _beginning(spans: list[Span], of: int, length: int) -> Sees:
    """Where the first tokens of a span's prompt are."""
    start, end, sees = spans[of]
    parts = []
    for span, tokens in (*sees, (of, end - start)):
        if length > 0:
            parts.append((span, min(tokens, length)))
        length -= tokens
    return tuple(parts)


def _shared(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """Tokens that both begin with."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _labels(decision: Encoded, start: int) -> list[int]:
    return [token if index >= decision.answer else IGNORED for index, token in enumerate(decision.tokens)][start:]
