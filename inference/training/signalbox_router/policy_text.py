"""Policy texts as the encoder reads them, and the ways owners write the same policy."""

from __future__ import annotations

import random
import re

from .worlds import PolicyText

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[_\-./]+")


def humanise(name: str) -> str:
    """`bugFixing`, `bug_fixing`, `bug-fixing` → words; the engine's TypeScript does exactly the same."""
    return _SEPARATORS.sub(" ", _CAMEL.sub(" ", name)).strip()


def policy_text(name: str, description: str) -> str:
    """The one text that is encoded for a policy."""
    return f"{humanise(name)}: {description}".strip()


STYLES = ("snake", "kebab", "camel", "pascal", "title", "upper", "plain", "joined")


def restyle(name: str, style: str) -> str:
    """The same name in another naming style."""
    words = humanise(name).lower().split() or [name.lower()]
    match style:
        case "snake":
            return "_".join(words)
        case "kebab":
            return "-".join(words)
        case "camel":
            return words[0] + "".join(w.capitalize() for w in words[1:])
        case "pascal":
            return "".join(w.capitalize() for w in words)
        case "title":
            return " ".join(w.capitalize() for w in words)
        case "upper":
            return "_".join(words).upper()
        case "joined":
            return "".join(words)
        case _:
            return " ".join(words)


def reword(policy: PolicyText, rng: random.Random, wordings: list[PolicyText]) -> PolicyText:
    """One of the ways an owner may have written this policy: restyled, shortened, nameless, without description."""
    if wordings and rng.random() < 0.75:
        policy = rng.choice(wordings)
    name, description = policy.name, policy.description
    draw = rng.random()
    if draw < 0.06:
        name = rng.choice(("P", "route-", "R", "intent_", "policy ", "T-")) + str(rng.randint(1, 40))
    elif draw < 0.50:
        name = restyle(name, rng.choice(STYLES))
    draw = rng.random()
    if draw < 0.07 and len(humanise(policy.name)) > 7 and name[-1:].isalpha():
        description = ""
    elif draw < 0.13:
        description = re.split(r"(?<=[.;:])\s", description)[0]
    elif draw < 0.18:
        description = description.rstrip(".").lower()
    return PolicyText(name, description, policy.domain)
