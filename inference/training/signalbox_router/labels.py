"""What a user turn's label means once its policies are renamed, removed, or replaced by coarser ones."""

from __future__ import annotations

from dataclasses import dataclass

from .worlds import DOMAIN_PREFIX, OTHER, World

Item = tuple[int, str, str]
"""(index of the world, "action" | "domain" | "product", name): one candidate policy of a step."""


@dataclass(frozen=True)
class Truth:
    """What a turn asks for: its world and the world's own label."""

    world: int
    label: str


def items_of(world: World, index: int) -> tuple[list[Item], list[Item], Item]:
    """Actions, domains and the whole product of a world as candidates."""
    actions: list[Item] = [(index, "action", p.name) for p in world.policies]
    domains: list[Item] = [(index, "domain", d.name) for d in world.domains]
    return actions, domains, (index, "product", world.product.name)


def resolve(truth: Truth, chosen: set[Item], domain_of: dict[tuple[int, str], str]) -> Item | None:
    """The candidate that serves a turn: its action, else its domain's policy, else the product's, else none."""
    if truth.label == OTHER:
        return None
    ladder: list[Item] = []
    if truth.label.startswith(DOMAIN_PREFIX):
        domain = truth.label[len(DOMAIN_PREFIX) :]
    else:
        ladder.append((truth.world, "action", truth.label))
        domain = domain_of[truth.world, truth.label]
    ladder.append((truth.world, "domain", domain))
    product = next((item for item in chosen if item[0] == truth.world and item[1] == "product"), None)
    if product is not None:
        ladder.append(product)
    return next((item for item in ladder if item in chosen), None)
