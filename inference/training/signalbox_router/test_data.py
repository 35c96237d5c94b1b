"""Behaviour of the data build: `python -m unittest signalbox_router.test_data` in inference/training."""

from __future__ import annotations

import json
import random
import unittest
from pathlib import Path

from .labels import Truth, resolve
from .mixing import mix, plain
from .near_duplicates import NearDuplicates
from .policy_text import humanise, restyle
from .scoring import score
from .views import draw_view
from .worlds import Conversation, PolicyText, UserTurn, World, load_worlds, split_held_out

HERE = Path(__file__).resolve().parent.parent
WORLD = World(
    id="shop",
    kind="a",
    product=PolicyText("shop", "A shop's assistant"),
    domains=[PolicyText("Orders", "Orders"), PolicyText("Returns", "Returns")],
    policies=[
        PolicyText("track", "Where it is", "Orders"),
        PolicyText("change", "Change it", "Orders"),
        PolicyText("refund", "Money back", "Returns"),
    ],
    conversations=[
        Conversation((UserTurn("where is it", ""), UserTurn("money back", "On its way.")), ("track", "refund")),
        Conversation((UserTurn("hi", ""), UserTurn("change it", "Hello.")), ("other", "change")),
    ],
)
DOMAIN_OF = {(0, p.name): p.domain or "" for p in WORLD.policies}


class Labels(unittest.TestCase):
    def test_an_action_falls_back_to_its_domain_then_to_nothing(self) -> None:
        track = Truth(0, "track")
        action, domain = (0, "action", "track"), (0, "domain", "Orders")
        self.assertEqual(resolve(track, {action, domain}, DOMAIN_OF), action)
        self.assertEqual(resolve(track, {domain}, DOMAIN_OF), domain)
        self.assertIsNone(resolve(track, {(0, "domain", "Returns")}, DOMAIN_OF))

    def test_other_stays_other(self) -> None:
        self.assertIsNone(resolve(Truth(0, "other"), {(0, "domain", "Orders")}, DOMAIN_OF))


class Views(unittest.TestCase):
    def test_are_the_same_for_the_same_seed_and_never_empty(self) -> None:
        truths = [Truth(0, "track"), Truth(0, "refund")]
        for seed in range(200):
            first = draw_view([WORLD], truths, random.Random(seed), {0})
            self.assertEqual(first, draw_view([WORLD], truths, random.Random(seed), {0}))
            self.assertEqual(len(first), len(set(first)))
            self.assertGreater(len(first), 0)


class Mixing(unittest.TestCase):
    def test_keeps_one_truth_a_turn(self) -> None:
        threads = [plain(c, 0) for c in WORLD.conversations]
        for seed in range(50):
            for thread in mix(threads, random.Random(seed)):
                self.assertEqual(len(thread.turns), len(thread.truths))
                self.assertTrue(set(thread.turns))


class Names(unittest.TestCase):
    def test_every_style_reads_as_the_same_words(self) -> None:
        for style in ("snake", "kebab", "camel", "pascal", "title", "upper", "plain"):
            self.assertEqual(humanise(restyle("bug_fixing help", style)).lower(), "bug fixing help")


class Duplicates(unittest.TestCase):
    def test_word_order_and_case_do_not_matter_but_words_do(self) -> None:
        known = NearDuplicates(["Set an alarm for six in the morning"])
        self.assertTrue(known.near("set an alarm for six, in the morning!"))
        self.assertFalse(known.near("delete the alarm for six in the morning please"))


class HeldOut(unittest.TestCase):
    def test_is_disjoint_and_spread_over_the_kinds(self) -> None:
        training, held_out = split_held_out(load_worlds(HERE / "worlds"))
        self.assertEqual(len(held_out), 30)
        self.assertFalse({w.id for w in training} & {w.id for w in held_out})
        self.assertGreaterEqual({w.kind for w in held_out}, set("abcdfghijklm"))


class Scoring(unittest.TestCase):
    def test_agrees_with_the_reference_scorer(self) -> None:
        path = HERE.parent / "evaluation" / "fixtures" / "scored-by-reference.json"
        fixture = json.loads(path.read_text("utf-8"))
        self.assertAlmostEqual(
            score(fixture["records"], fixture["predictions"])["overall"], fixture["expected"]["overall"], places=6
        )


if __name__ == "__main__":
    unittest.main()
