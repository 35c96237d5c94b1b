"""Exports a checkpoint: int8 encoder, match and head graphs for onnxruntime, and checks them against PyTorch."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy
import onnx
import torch
from torch import Tensor, nn

from .byte_weights import store_as_bytes
from .encoder import HIDDEN, attention_bias
from .head import CARRY, SIMILARITIES, TURN_SCALARS
from .interaction import TOKEN_DIM, Encoded, pair_features
from .model import RouterModel
from .onnx_encoder import OnnxEncoder
from .packing import pack
from .segments import ASSISTANT_TAIL, USER_HEAD, USER_TAIL, Segmenter

POSITIONS = USER_HEAD + USER_TAIL + ASSISTANT_TAIL + 3
OPSET = 17


class ByteEmbedding(nn.Module):
    """An embedding table in int8 with one scale a row: a quarter of the size and nearly exact."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        scale = table.abs().amax(1, keepdim=True) / 127
        self.register_buffer("scale", scale)
        self.register_buffer("table", (table / scale).round().to(torch.int8))

    def forward(self, ids: Tensor) -> Tensor:
        """ids [1, L] → vectors [1, L, 384]."""
        return self.table[ids].float() * self.scale[ids]


class EncoderGraph(nn.Module):
    """One segment: ids, types [1, L] and content masks [1, L] → what the interaction needs of it."""

    def __init__(self, model: RouterModel) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.projection = model.projection
        self.vector = model.head.policy

    def forward(self, ids: Tensor, types: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, ...]:
        """→ tokens [L, 96], weights [L], pooled_first [384], pooled_second [384], vector [128] (of a policy)."""
        bias = attention_bias(torch.ones_like(first))
        hidden = self.encoder.upper(self.encoder.lower(ids, types, bias), bias, 0.0)
        e = self.projection(hidden, first, second)
        return e.tokens[0], e.weights[0], e.pooled_first[0], e.pooled_second[0], self.vector(e.pooled_first)[0]


class MatchGraph(nn.Module):
    """One turn against a policy set → pair features [P, 5]."""

    def forward(
        self,
        tokens: Tensor,
        weights: Tensor,
        first: Tensor,
        second: Tensor,
        pooled_first: Tensor,
        pooled_second: Tensor,
        policy_tokens: Tensor,
        policy_weights: Tensor,
        policy_mask: Tensor,
        policy_pooled: Tensor,
    ) -> Tensor:
        """Turn: [L, 96], [L], [L], [L], [384], [384]; policies: [P, Lp, 96], [P, Lp], [P, Lp], [P, 384]."""
        turn = Encoded(*(x[None] for x in (tokens, weights, first, second, pooled_first, pooled_second)))
        policies = Encoded(policy_tokens, policy_weights, policy_mask, policy_mask, policy_pooled, policy_pooled)
        return pair_features(turn, policies)[0]


class HeadGraph(nn.Module):
    """One decision over one policy set → logits [P + 1], `other` last."""

    def __init__(self, model: RouterModel) -> None:
        super().__init__()
        self.head = model.head

    def forward(
        self,
        similarities: Tensor,
        carry: Tensor,
        scalars: Tensor,
        turn: Tensor,
        before: Tensor,
        assistant: Tensor,
        vectors: Tensor,
    ) -> Tensor:
        """[P, 10], [P, 2], [5], [384], [384], [384], [P, 128]."""
        mask = torch.ones_like(carry[:, :1]).transpose(0, 1)
        return self.head(
            similarities[None],
            carry[None],
            scalars[None],
            turn[None],
            before[None],
            assistant[None],
            vectors[None],
            mask,
        )[0]


def export(model: RouterModel, tokenizer_file: Path, out: Path) -> None:
    """Writes encoder.onnx (int8), match.onnx, head.onnx and tokenizer.json to `out`."""
    model.eval()
    out.mkdir(parents=True, exist_ok=True)
    model.encoder.position = nn.Embedding.from_pretrained(model.encoder.position.weight[:POSITIONS].detach().clone())
    length, policies, span = 9, 4, 7
    types = torch.tensor([[0, 0, 0, 0, 0, 0, 1, 1, 1]])
    mask = torch.ones(1, length)
    turn = (
        torch.randn(length, TOKEN_DIM),
        torch.rand(length),
        mask[0],
        mask[0],
        torch.randn(HIDDEN),
        torch.randn(HIDDEN),
    )
    per_policy = (
        torch.randn(policies, span, TOKEN_DIM),
        torch.rand(policies, span),
        torch.ones(policies, span),
        torch.randn(policies, HIDDEN),
    )
    head = (
        torch.randn(policies, SIMILARITIES),
        torch.rand(policies, CARRY),
        torch.rand(TURN_SCALARS),
        torch.randn(HIDDEN),
        torch.randn(HIDDEN),
        torch.randn(HIDDEN),
        torch.randn(policies, 128),
    )
    model.encoder.word = ByteEmbedding(model.encoder.word.weight.detach())
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "encoder.onnx"
        _write(
            EncoderGraph(model),
            (torch.ones(1, length, dtype=torch.long), types, mask, mask),
            full,
            ["ids", "types", "first", "second"],
            ["tokens", "weights", "pooled_first", "pooled_second", "vector"],
            {name: {1: "length"} for name in ("ids", "types", "first", "second")},
        )
        onnx.save(store_as_bytes(onnx.load(full)), out / "encoder.onnx")
    turn_names = ["tokens", "weights", "first", "second", "pooled_first", "pooled_second"]
    policy_names = ["policy_tokens", "policy_weights", "policy_mask", "policy_pooled"]
    _write(
        MatchGraph(),
        (*turn, *per_policy),
        out / "match.onnx",
        turn_names + policy_names,
        ["pairs"],
        {name: {0: "length"} for name in turn_names[:4]}
        | {name: {0: "policies", 1: "span"} for name in policy_names[:3]}
        | {"policy_pooled": {0: "policies"}},
    )
    _write(
        HeadGraph(model),
        head,
        out / "head.onnx",
        ["similarities", "carry", "scalars", "turn", "before", "assistant", "vectors"],
        ["logits"],
        {name: {0: "policies"} for name in ("similarities", "carry", "vectors")},
    )
    shutil.copyfile(tokenizer_file, out / "tokenizer.json")


def _write(
    graph: nn.Module,
    inputs: tuple[Tensor, ...],
    path: Path,
    input_names: list[str],
    output_names: list[str],
    dynamic: dict[str, dict[int, str]],
) -> None:
    torch.onnx.export(
        graph.eval(),
        inputs,
        str(path),
        input_names=input_names,
        output_names=output_names,
        dynamic_axes=dynamic,
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))


def main() -> None:
    """Command line of the export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = RouterModel.holding(torch.load(options.checkpoint, weights_only=True, map_location="cpu")["model"])
    export(model, options.tokenizer, options.out)
    segmenter = Segmenter(str(options.tokenizer))
    segments = [segmenter.turn("can you translate it?", "Here is the letter."), segmenter.policy("translation: ...")]
    ours = model.encode(pack(segments))
    theirs = OnnxEncoder(options.out / "encoder.onnx").encode(segments)
    cosines = (ours.pooled_first * theirs.pooled_first).sum(-1).detach().numpy()
    print("cosine of pooled vectors, int8 against PyTorch:", numpy.round(cosines, 4))
    for path in sorted(options.out.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
