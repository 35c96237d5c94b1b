"""Behaviour of the supervised examples and of packing: `python -m unittest signalbox_sft.test_sft`."""

from __future__ import annotations

import json
import random
import tempfile
import unittest
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

from signalbox_router.worlds import OTHER, load_worlds, split_held_out

from .attention import PACKED
from .collate import collate
from .easing import Easing, ease
from .examples import draw_examples, draw_groups
from .formats import FORMATS
from .packing import IGNORED, Encoded, Packed, encode, pack
from .records import held_out_examples
from .train import adapt, export

HERE = Path(__file__).resolve().parent.parent
GOLDEN = HERE.parent / "prompts" / "golden.json"
ENDS_TURN = 1


class Bytes:
    """A tokenizer of bytes with a chat template of two marks: what packing is told of a tokenizer is this much."""

    eos_token_id = ENDS_TURN

    def apply_chat_template(
        self, messages: list[dict[str, str]], tokenize: bool, add_generation_prompt: bool, enable_thinking: bool
    ) -> str:
        assert not tokenize and add_generation_prompt and not enable_thinking
        return "".join(f"\2{m['role']}\n{m['content']}\1" for m in messages) + "\2assistant\n"

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        assert not add_special_tokens
        return {"input_ids": list(text.encode())}

    def save_pretrained(self, folder: Path) -> None:
        """It has no files."""


def tiny_model(attention: str) -> LlamaForCausalLM:
    """Three layers with weights that nobody trained, the same ones each time."""
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=16_384,
        initializer_range=0.2,
    )
    model = LlamaForCausalLM(config).eval()
    model.set_attn_implementation(attention)
    return model


class Formats(unittest.TestCase):
    def test_write_the_prompts_that_the_engine_writes(self) -> None:
        golden = json.loads(GOLDEN.read_text("utf-8"))
        policies = [(p["name"], p["description"]) for p in golden["policies"]]
        turns = [(t["role"], t["content"]) for t in golden["conversation"]]
        self.assertEqual(set(golden["formats"]), set(FORMATS))
        for name, form in FORMATS.items():
            expected = golden["formats"][name]
            self.assertEqual(form.prompt(policies, turns), expected["prompt"])
            self.assertEqual([form.answer(p) for p, _ in policies] + [form.answer(None)], expected["answers"])


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.training, cls.held_out = split_held_out(load_worlds(HERE / "worlds"))
        cls.examples = list(draw_examples(cls.training, 3_000, seed=4))

    def test_hold_as_many_decisions_as_were_asked_for_and_the_same_ones_for_the_same_seed(self) -> None:
        self.assertGreaterEqual(sum(len(e.decisions) for e in self.examples), 3_000)
        self.assertEqual(self.examples[:20], list(islice(draw_examples(self.training, 3_000, 4), 20)))

    def test_decide_after_user_turns_for_a_policy_of_the_set_or_for_none(self) -> None:
        for example in self.examples:
            names = [name for name, _ in example.policies]
            self.assertEqual(len({name.casefold() for name in names}), len(names))
            self.assertNotIn(OTHER, names)
            for end, name in example.decisions:
                self.assertEqual(example.turns[end - 1][0], "user")
                self.assertTrue(name is None or name in names)
            self.assertEqual(len(example.decisions), sum(role == "user" for role, _ in example.turns))

    def test_of_a_group_are_other_conversations_of_its_worlds_under_the_same_policies(self) -> None:
        groups = list(draw_groups(self.training, 3_000, seed=4, companions=3))
        self.assertGreater(sum(len(group) > 1 for group in groups), len(groups) / 2)
        for first, *others in groups:
            for other in others:
                self.assertEqual(other.policies, first.policies)
                self.assertNotEqual(other.turns, first.turns)
        decided = [name for group in groups for example in group[1:] for _, name in example.decisions]
        self.assertGreater(sum(name is not None for name in decided), len(decided) / 2)

    def test_are_as_they_were_where_nothing_is_made_easier(self) -> None:
        groups = list(draw_groups(self.training, 500, seed=4, companions=3))
        self.assertEqual(list(ease(iter(groups), Easing(), seed=1)), groups)

    def test_made_easier_decide_for_few_policies_in_words_that_describe_them(self) -> None:
        groups = list(draw_groups(self.training, 3_000, seed=4, companions=5))
        eased = list(ease(iter(groups), Easing(fewest=3, most=6, lookups=1, hints=1, others=0), seed=1))
        self.assertGreater(len(eased), len(groups) / 2)
        alone, told = 0, 0
        for group in eased:
            policies = dict(group[0].policies)
            self.assertLessEqual(len(policies), 6)
            for example in group:
                self.assertEqual(dict(example.policies), policies)
                self.assertTrue(all(name in policies for _, name in example.decisions))
                described = set(policies[example.decisions[0][1]].split())
                if len(example.turns) == 1 and described:
                    alone += 1
                    told += bool(described & set(example.turns[0][1].split(" ")))
        self.assertGreater(alone, 500)
        self.assertEqual(told, alone)

    def test_come_from_no_held_out_world(self) -> None:
        self.assertFalse({e.world for e in self.examples} & {w.id for w in self.held_out})

    def test_of_held_out_worlds_are_their_records(self) -> None:
        for record, example in held_out_examples(self.held_out)[:200]:
            self.assertEqual([name or OTHER for _, name in example.decisions], record["labels"])


def places(packed: Packed, span: int) -> list[int]:
    """Where in the sequence the tokens of a span's own prompt are."""
    start, end, sees = packed.spans[span]
    before = [packed.spans[other][0] + token for other, tokens in sees for token in range(tokens)]
    return [*before, *range(start, end)]


class Packing(unittest.TestCase):
    """One sequence gives what its decisions give one by one."""

    @classmethod
    def setUpClass(cls) -> None:
        training, _ = split_held_out(load_worlds(HERE / "worlds"))
        drawn = [e for e in draw_examples(training, 3_000, seed=9) if 2 <= len(e.decisions) <= 5]
        cls.examples = random.Random(2).sample([e for e in drawn if len(e.policies) <= 8], len(FORMATS))
        groups = draw_groups(training, 3_000, seed=9, companions=2)
        small = [group for group in groups if len(group) == 3 and len(group[0].policies) <= 8]
        cls.groups = random.Random(3).sample(small, len(FORMATS))
        cls.model = tiny_model(PACKED)
        cls.alone = tiny_model("sdpa")

    def decisions(self) -> Iterator[list[Encoded]]:
        """Of one conversation, and of three under the same policies, in every format."""
        for example, group, form in zip(self.examples, self.groups, FORMATS.values(), strict=True):
            yield encode(Bytes(), form, example)
            yield [decision for one in group for decision in encode(Bytes(), form, one)]

    def test_sees_of_others_what_the_prompt_holds_and_stands_where_it_stands_there(self) -> None:
        for decisions in self.decisions():
            packed = pack(decisions)
            self.assertEqual(sorted(packed.order), list(range(len(decisions))))
            for span, index in enumerate(packed.order):
                tokens = decisions[index].tokens
                seen = places(packed, span)
                self.assertEqual([packed.tokens[i] for i in seen], list(tokens))
                self.assertEqual([packed.positions[i] for i in seen], list(range(len(tokens))))
            ends = [end for _, end, _ in packed.spans]
            self.assertEqual([start for start, _, _ in packed.spans], [0, *ends[:-1]])
            self.assertEqual(ends[-1], len(packed.tokens))

    def test_gives_the_same_logits_as_every_decision_alone(self) -> None:
        for decisions in self.decisions():
            packed = pack(decisions)
            batch = collate([packed], pad=0)
            labels = batch.pop("labels")
            with torch.no_grad():
                together = self.model(**batch).logits[0]
                for (start, end, _), index in zip(packed.spans, packed.order, strict=True):
                    shared = len(decisions[index].tokens) - (end - start)
                    alone = self.alone(torch.tensor([decisions[index].tokens])).logits[0]
                    torch.testing.assert_close(together[start:end], alone[shared:], rtol=1e-4, atol=1e-4)
                    answer = decisions[index].answer - shared
                    self.assertEqual(
                        labels[0, start:end].tolist(),
                        [IGNORED] * answer + list(decisions[index].tokens[decisions[index].answer :]),
                    )

    def test_gives_the_same_gradients_also_beside_a_shorter_one(self) -> None:
        form = FORMATS["generic-v2"]
        together = [decision for one in self.groups[0] for decision in encode(Bytes(), form, one)]
        conversations = [together, encode(Bytes(), form, self.examples[0])]
        batch = collate([pack(decisions) for decisions in conversations], pad=0)
        packed_loss = self._summed(
            batch["labels"], self.model(**{k: v for k, v in batch.items() if k != "labels"}).logits
        )
        packed = torch.autograd.grad(packed_loss, list(self.model.parameters()))
        alone_loss = sum(self._alone(decision) for decisions in conversations for decision in decisions)
        alone = torch.autograd.grad(alone_loss, list(self.alone.parameters()))
        self.assertAlmostEqual(packed_loss.item() / alone_loss.item(), 1.0, places=5)
        for one, other in zip(packed, alone, strict=True):
            torch.testing.assert_close(one, other, rtol=2e-3, atol=2e-3)

    def test_needs_a_fraction_of_the_tokens(self) -> None:
        for form, most in zip(FORMATS.values(), (0.75, 0.75, 0.6, 0.6), strict=True):
            decisions = [encode(Bytes(), form, example) for example in self.examples]
            packed = sum(len(pack(d).tokens) for d in decisions)
            self.assertLess(packed, most * sum(len(one.tokens) for d in decisions for one in d))

    def test_of_conversations_under_the_same_policies_needs_fewer_tokens_than_of_each(self) -> None:
        for group, form, most in zip(self.groups, FORMATS.values(), (0.95, 0.95, 0.8, 0.8), strict=True):
            each = [encode(Bytes(), form, example) for example in group]
            together = len(pack([decision for one in each for decision in one]).tokens)
            self.assertLess(together, most * sum(len(pack(one).tokens) for one in each))

    def _alone(self, decision: Encoded) -> torch.Tensor:
        labels = torch.tensor([[IGNORED] * decision.answer + list(decision.tokens[decision.answer :])])
        return self._summed(labels, self.alone(torch.tensor([decision.tokens])).logits)

    def _summed(self, labels: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        return cross_entropy(
            logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum"
        )


class Adapters(unittest.TestCase):
    def test_are_exported_as_the_plain_model_that_answers_as_the_adapted_one(self) -> None:
        tokens = torch.arange(20)[None]
        plain = tiny_model("sdpa")
        named = set(plain.state_dict())
        with torch.no_grad():
            before = plain(tokens).logits
        adapted = adapt(plain, rank=4).eval()
        self.assertTrue(all("lora_" in name for name, one in adapted.named_parameters() if one.requires_grad))
        torch.manual_seed(7)
        with torch.no_grad():
            for name, one in adapted.named_parameters():
                if "lora_B" in name:  # Begins as zeros, with which an adapter changes nothing.
                    one.normal_(std=0.1)
            after = adapted(tokens).logits
        with tempfile.TemporaryDirectory() as folder:
            export(adapted, Bytes(), Path(folder))
            exported = LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).float().eval()
        self.assertEqual(set(exported.state_dict()), named)
        with torch.no_grad():
            again = exported(tokens).logits
        changed = (after - before).abs().mean()
        self.assertGreater(changed, 0.1)
        self.assertLess((again - after).abs().mean(), changed / 10)


if __name__ == "__main__":
    unittest.main()
