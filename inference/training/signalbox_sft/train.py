"""Fine-tunes a causal language model as a generative router: full-parameter or LoRA, resumable, measured on held-out
worlds, exported as safetensors that vLLM serves."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from signalbox_router.worlds import load_worlds, split_held_out

from .attention import PACKED
from .collate import collate
from .easing import Easing, ease
from .examples import Example, draw_groups
from .formats import FORMATS, Format
from .measure import measure
from .packing import IGNORED, Packed, encode, pack
from .records import held_out_examples
from .statistics import describe
from .write import WORLDS

LORA_MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


Group = tuple[Example, ...]
"""Conversations under one policy set, which make one sequence."""


class Conversations(torch.utils.data.Dataset):
    """Packed when they are asked for: a group that is too long gives up its last decisions."""

    def __init__(self, groups: list[Group], tokenizer, form: Format, longest: int) -> None:  # noqa: ANN001
        self.groups, self.tokenizer, self.form, self.longest = groups, tokenizer, form, longest

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> Packed:
        decisions = [d for example in self.groups[index] for d in encode(self.tokenizer, self.form, example)]
        packed = pack(decisions)
        while len(packed.tokens) > self.longest and len(decisions) > 1:
            decisions = decisions[:-1]
            packed = pack(decisions)
        return packed


class RouterTrainer(Trainer):
    """Computes logits where an answer is predicted and nowhere else."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):  # noqa: ANN001, ANN201
        """Mean over the answers' tokens of all sequences of a step."""
        labels = inputs.pop("labels")
        rows = (labels[:, 1:] != IGNORED).any(0).nonzero()[:, 0]
        outputs = model(**inputs, logits_to_keep=rows)
        targets = labels[:, rows + 1]
        total = cross_entropy(
            outputs.logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        if num_items_in_batch is None:
            loss = total / (targets != IGNORED).sum()
        else:  # Counted over all processes, whose gradients are averaged.
            loss = total / num_items_in_batch * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss


class HeldOut(TrainerCallback):
    """Measures at every checkpoint and keeps a line of it."""

    def __init__(self, pairs: list, pad: int, out: Path) -> None:
        self.pairs, self.pad, self.out = pairs, pad, out

    def on_save(self, args, state, control, model=None, **_) -> None:  # noqa: ANN001, ANN003
        """What `measure` says of the model as it is now."""
        if not state.is_world_process_zero:
            return
        began = time.monotonic()
        line = {"step": state.global_step, **measure(model, self.pairs, self.pad), "seconds": time.monotonic() - began}
        model.train()
        with (self.out / "held-out.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        print(line, flush=True)


def main() -> None:
    """Command line."""
    options = _options()
    set_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    dtype = torch.bfloat16 if options.bf16 else torch.float32
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=dtype, attn_implementation=PACKED)
    if options.lora_rank:
        model = adapt(model, options.lora_rank)
    if options.checkpointing:
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    form = FORMATS[options.format]
    training, held_out = split_held_out(load_worlds(options.worlds))
    fewest, most = options.policies
    easing = Easing(fewest, most, lookups=options.lookups, hints=options.hints, others=options.others)
    drawn = draw_groups(training, options.decisions, options.seed, companions=options.companions)
    groups = list(ease(drawn, easing, options.seed))
    if options.simplest < 1:
        groups = sorted(groups, key=_characters)[: int(len(groups) * options.simplest)]
    if not int(os.environ.get("RANK", "0")):
        print(describe([example for group in groups for example in group], training), flush=True)
    pairs = [
        (record, pack(encode(tokenizer, form, example)))
        for record, example in held_out_examples(held_out)[:: options.measure_every]
    ]
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    trainer = RouterTrainer(
        model=model,
        args=_arguments(options),
        train_dataset=Conversations(groups, tokenizer, form, options.longest),
        data_collator=lambda batch: collate(batch, pad),
        callbacks=[HeldOut(pairs, pad, options.out)],
    )
    options.out.mkdir(parents=True, exist_ok=True)
    resumed = any(options.out.glob("checkpoint-*"))
    if not resumed and trainer.is_world_process_zero():
        before = {"step": 0, **measure(model, pairs, pad)}
        (options.out / "held-out.jsonl").write_text(json.dumps(before) + "\n", "utf-8")
        print(before, flush=True)
    trainer.train(resume_from_checkpoint=resumed)
    if trainer.is_world_process_zero():
        export(trainer.model, tokenizer, options.out / "model")


def _characters(group: Group) -> int:
    texts = (*group[0].policies, *(turn for example in group for turn in example.turns))
    return sum(len(text) for pair in texts for text in pair)


def adapt(model, rank: int):  # noqa: ANN001, ANN201
    """The model with a LoRA adapter at every projection, the one part of it that is trained."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=LORA_MODULES, task_type="CAUSAL_LM")
    return get_peft_model(model, config)


def export(model, tokenizer, out: Path) -> None:  # noqa: ANN001
    """Plain weights in bfloat16 with the tokenizer beside them; an adapter is merged into the model it adapts."""
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)


def _arguments(options: argparse.Namespace) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(options.out),
        max_steps=options.steps,
        per_device_train_batch_size=options.batch,
        gradient_accumulation_steps=options.accumulate,
        learning_rate=options.rate,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, options.steps // 33),
        weight_decay=0.01,
        adam_beta2=options.beta2,
        bf16=options.mixed or torch.cuda.is_available(),
        logging_steps=options.log_every,
        save_steps=options.save_every,
        save_total_limit=2,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_num_workers=0 if not torch.cuda.is_available() else min(4, os.cpu_count() or 1),
        use_cpu=not torch.cuda.is_available(),
        ddp_find_unused_parameters=False,
        ddp_backend="gloo" if "RANK" in os.environ and not torch.cuda.is_available() else None,
        # The first process measures while the others wait for it: on cores longer than the half hour they give it.
        ddp_timeout=86_400,
        report_to="none",
        disable_tqdm=True,
        seed=options.seed,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="folder of a causal language model, or its name at a hub")
    parser.add_argument("--out", type=Path, required=True, help="resumed when it holds a checkpoint")
    parser.add_argument("--format", choices=FORMATS, default="arch-router-v1")
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--decisions", type=int, default=44_000)
    parser.add_argument("--companions", type=int, default=0, help="other conversations under the same policy set")
    parser.add_argument("--simplest", type=float, default=1.0, help="share to take, those with the least text")
    parser.add_argument(
        "--policies", type=int, nargs=2, default=(0, 0), metavar=("FEWEST", "MOST"), help="of a set, to begin with"
    )
    parser.add_argument("--lookups", type=float, default=0.0, help="requests in a description's words a conversation")
    parser.add_argument("--hints", type=float, default=0.0, help="share of requests with words of the description")
    parser.add_argument("--others", type=float, default=1.0, help="share of the decisions that no policy fits")
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--batch", type=int, default=1, help="sequences at once")
    parser.add_argument("--accumulate", type=int, default=8, help="batches of a step")
    parser.add_argument("--rate", type=float, default=2e-5)
    parser.add_argument("--beta2", type=float, default=0.98, help="of Adam")
    parser.add_argument("--lora-rank", type=int, default=0, help="0 trains all parameters")
    parser.add_argument("--longest", type=int, default=4_096, help="tokens of a sequence")
    parser.add_argument("--checkpointing", action="store_true", help="less memory for a third more time")
    parser.add_argument("--bf16", action="store_true", help="weights in bfloat16")
    parser.add_argument(
        "--mixed", action="store_true", help="products in bfloat16 on a CPU that has instructions for them, too"
    )
    parser.add_argument("--save-every", type=int, default=200)
    parser.add_argument("--log-every", type=int, default=10)
    parser.add_argument("--measure-every", type=int, default=1, help="every n-th held-out record")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
