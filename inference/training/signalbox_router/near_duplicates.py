"""Finds texts that are nearly the same as benchmark texts, so that none of them is trained on."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from math import ceil
from pathlib import Path

_WORD = re.compile(r"\w+")


class NearDuplicates:
    """Sets of words of known texts; a text is near one when their Jaccard similarity reaches the threshold."""

    def __init__(self, texts: Iterable[str], threshold: float = 0.85) -> None:
        self._threshold = threshold
        self._texts = sorted({words for words in map(_words, texts) if words}, key=sorted)
        self._frequency = Counter(word for words in self._texts for word in words)
        self._by_rare_word: dict[str, list[int]] = {}
        for i, words in enumerate(self._texts):
            for word in self._rarest(words):
                self._by_rare_word.setdefault(word, []).append(i)

    def near(self, text: str) -> bool:
        """Whether a known text is nearly this one."""
        words = _words(text)
        candidates = {i for word in self._rarest(words) for i in self._by_rare_word.get(word, ())}
        return any(len(words & self._texts[i]) >= self._threshold * len(words | self._texts[i]) for i in candidates)

    def _rarest(self, words: frozenset[str]) -> list[str]:
        """The words of which two near texts must share one (prefix filtering)."""
        ordered = sorted(words, key=lambda word: (self._frequency[word], word))
        return ordered[: len(words) - ceil(self._threshold * len(words)) + 1]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def benchmark_texts(folder: Path) -> NearDuplicates:
    """Every user turn of the benchmark files under a folder."""
    return NearDuplicates(
        turn["content"]
        for path in sorted(folder.rglob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        for turn in json.loads(line)["turns"]
        if turn["role"] == "user"
    )
