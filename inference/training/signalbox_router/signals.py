"""What the confidence model looks at; the engine's TypeScript computes exactly the same."""

from __future__ import annotations

import math

SIGNALS = 6


def signals(logits: list[float]) -> list[float]:
    """Log-odds of the best option, margins, whether it is `other` (last), size of the set."""
    ordered = sorted(logits, reverse=True)
    first, second = ordered[0], ordered[1]
    third = ordered[2] if len(ordered) > 2 else second
    probability = 1 / sum(math.exp(x - first) for x in logits)
    is_other = 1.0 if logits[-1] == first else 0.0
    return [
        math.log(probability / (1 - probability + 1e-6)),
        first - second,
        second - third,
        is_other,
        is_other * (first - second),
        math.log(len(logits)),
    ]
