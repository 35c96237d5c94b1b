"""Token segments: what the two towers read, and how long texts are cut."""

from __future__ import annotations

from dataclasses import dataclass

from tokenizers import Tokenizer

CLS, SEP = 101, 102
USER_HEAD, USER_TAIL = 64, 32
ASSISTANT_TAIL = 24
POLICY_TOKENS = 64


@dataclass(frozen=True)
class Segment:
    """`ids` with `[CLS] first [SEP] second [SEP]`; `first` and `second` count their content tokens."""

    ids: tuple[int, ...]
    first: int
    second: int

    @property
    def types(self) -> list[int]:
        """Token types: 0 up to and including the first [SEP], then 1."""
        return [0] * (self.first + 2) + [1] * (len(self.ids) - self.first - 2)


class Segmenter:
    """Turns texts into segments with MiniLM's own WordPiece tokenizer."""

    def __init__(self, tokenizer_file: str) -> None:
        self._tokenizer = Tokenizer.from_file(tokenizer_file)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._cache: dict[tuple[str, str, str], Segment] = {}

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def turn(self, user: str, assistant: str) -> Segment:
        """A user turn (start and end kept) followed by the tail of the assistant's turn before it."""
        key = ("t", user, assistant)
        if key not in self._cache:
            first = self._ids(user)
            if len(first) > USER_HEAD + USER_TAIL:
                first = first[:USER_HEAD] + first[-USER_TAIL:]
            second = self._ids(assistant)[-ASSISTANT_TAIL:] if assistant else []
            ids = (CLS, *first, SEP, *second, SEP) if second else (CLS, *first, SEP)
            self._cache[key] = Segment(ids, len(first), len(second))
        return self._cache[key]

    def policy(self, text: str) -> Segment:
        """A policy's text, its start kept."""
        key = ("p", text, "")
        if key not in self._cache:
            first = self._ids(text)[:POLICY_TOKENS]
            self._cache[key] = Segment((CLS, *first, SEP), len(first), 0)
        return self._cache[key]
