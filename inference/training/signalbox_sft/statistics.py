"""What the examples hold, in the manner of the paper's table of its training data."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox_router.worlds import World

from .examples import Example


def describe(examples: Sequence[Example], worlds: Sequence[World]) -> str:
    """One line a figure; `worlds` are those that the examples were drawn from."""
    decisions = [name for e in examples for _, name in e.decisions]
    sets = {e.policies for e in examples}
    lines = {
        "worlds": len({e.world for e in examples}),
        "domains of these": sum(len(w.domains) for w in worlds),
        "actions of these": sum(len(w.policies) for w in worlds),
        "conversations, each under one policy set": len(examples),
        "examples (decisions)": len(decisions),
        "distinct (policy set, conversation up to the turn)": len(
            {(e.policies, e.turns[:end]) for e in examples for end, _ in e.decisions}
        ),
        "policy sets": len(sets),
        "distinct policies (name and description)": len({policy for s in sets for policy in s}),
        "policies in a set, mean": f"{sum(len(e.policies) for e in examples) / len(examples):.1f}",
        "user turns in a conversation, mean": f"{len(decisions) / len(examples):.1f}",
        "of several turns": _share(sum(len(e.decisions) > 1 for e in examples), len(examples)),
        "`other`": _share(sum(name is None for name in decisions), len(decisions)),
    }
    return "\n".join(f"{name:52} {figure}" for name, figure in lines.items())


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"
