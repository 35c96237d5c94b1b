"""What the confidence model looks at; the engine's TypeScript computes exactly the same."""

from __future__ import annotations

import math

SIGNALS = 10
# Where among them it stands how narrowly `other` was chosen: 1 at no lead, 0 from a lead of NARROW logits on.
NARROW_OTHER = 9
NARROW = 2.0


def signals(logits: list[float], previous: list[float] | None) -> list[float]:
    """Log-odds of the best option, margins, whether it is `other` (last), size of the set, how the turn before was
    decided (None for the first turn), and how narrowly `other` was chosen."""
    ordered = sorted(logits, reverse=True)
    first, second = ordered[0], ordered[1]
    third = ordered[2] if len(ordered) > 2 else second
    best = logits.index(first)
    is_other = float(best == len(logits) - 1)
    is_same = float(previous is not None and previous.index(max(previous)) == best)
    return [
        _log_odds(logits),
        first - second,
        second - third,
        is_other,
        is_other * (first - second),
        math.log(len(logits)),
        float(previous is None),
        is_same,
        0.0 if previous is None else _log_odds(previous),
        is_other * max(0.0, 1 - (first - second) / NARROW),
    ]


def _log_odds(logits: list[float]) -> float:
    top = max(logits)
    probability = 1 / sum(math.exp(x - top) for x in logits)
    return math.log(probability / (1 - probability + 1e-6))
