"""The peer of benches/embed.rs: the same sentence encoder through onnxruntime, in the same run.

Needs `onnxruntime`, `onnx`, `numpy`, `safetensors`, `tokenizers` (and `sympy` for onnxruntime's own optimiser). Builds an
ONNX graph out of the model's safetensors, lets onnxruntime fuse it (its transformer optimiser, then every graph
optimisation of a session), and answers on standard output: one line `ready`, then for each line `batch threads` on standard
input a line with the seconds that all sentences took, and for a line `vectors` the vectors of the first sentences.

    python onnxruntime.py MODEL_DIR SENTENCES_FILE
"""

import json
import pathlib
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer


def graph(folder: pathlib.Path) -> onnx.ModelProto:
    """BERT as an exporter writes it: plain operators, a padding mask, all positions computed."""
    config = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors")
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    nodes, initial = [], []

    def constant(name, value):
        initial.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def tensor(name):
        return constant(name, weights[name])

    def linear(source, name, output):
        matrix = constant(name + ".weight_t", weights[name + ".weight"].T)
        product = op("MatMul", [source, matrix], output + "_product")
        return op("Add", [tensor(name + ".bias"), product], output)

    def norm(source, name, output):
        scale, bias = tensor(name + ".weight"), tensor(name + ".bias")
        return op("LayerNormalization", [source, scale, bias], output, axis=-1, epsilon=config["layer_norm_eps"])

    words = op("Gather", [tensor("embeddings.word_embeddings.weight"), "input_ids"], "words")
    shape = op("Shape", ["input_ids"], "shape")
    length = op("Gather", [shape, constant("index_1", np.int64([1]))], "length")
    zero, one = constant("zero", np.int64([0])), constant("one", np.int64([1]))
    table = constant("positions_table", weights["embeddings.position_embeddings.weight"])
    positions = op("Slice", [table, zero, length, zero, one], "positions")
    segment = constant("segment", weights["embeddings.token_type_embeddings.weight"][0])
    rows = op("Add", [op("Add", [words, segment], "words_segment"), positions], "embedded_sum")
    rows = norm(rows, "embeddings.LayerNorm", "embedded")
    mask = op("Unsqueeze", ["attention_mask", constant("axis_1", np.int64([1]))], "mask_3d")
    mask = op("Unsqueeze", [mask, constant("axis_2", np.int64([2]))], "mask_4d")
    mask = op("Cast", [mask], "mask_float", to=TensorProto.FLOAT)
    mask = op("Sub", [constant("one_float", np.float32(1)), mask], "mask_inverse")
    mask = op("Mul", [mask, constant("lowest", np.float32(np.finfo(np.float32).min))], "mask")
    by_head = constant("by_head", np.int64([0, 0, heads, hidden // heads]))
    flat = constant("flat", np.int64([0, 0, hidden]))
    root = constant("root", np.float32((hidden // heads) ** 0.5))
    half, unit = constant("half", np.float32(0.5)), constant("unit", np.float32(1))
    root_2 = constant("root_2", np.float32(2**0.5))
    for index in range(config["num_hidden_layers"]):
        name, out = f"encoder.layer.{index}", f"layer_{index}"
        split = {}
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            source = linear(rows, f"{name}.attention.self.{part}", f"{out}_{part}")
            source = op("Reshape", [source, by_head], f"{out}_{part}_split")
            split[part] = op("Transpose", [source], f"{out}_{part}_heads", perm=order)
        scores = op("MatMul", [split["query"], split["key"]], f"{out}_scores_raw")
        scores = op("Div", [scores, root], f"{out}_scores")
        scores = op("Add", [scores, mask], f"{out}_scores_masked")
        scores = op("Softmax", [scores], f"{out}_weights", axis=-1)
        context = op("MatMul", [scores, split["value"]], f"{out}_context_heads")
        context = op("Transpose", [context], f"{out}_context_split", perm=[0, 2, 1, 3])
        context = op("Reshape", [context, flat], f"{out}_context")
        attended = linear(context, f"{name}.attention.output.dense", f"{out}_attended")
        rows = op("Add", [attended, rows], f"{out}_attended_sum")
        rows = norm(rows, f"{name}.attention.output.LayerNorm", f"{out}_attended_norm")
        middle = linear(rows, f"{name}.intermediate.dense", f"{out}_up")
        erf = op("Erf", [op("Div", [middle, root_2], f"{out}_scaled")], f"{out}_erf")
        gelu = op("Mul", [middle, op("Add", [erf, unit], f"{out}_erf_1")], f"{out}_gelu_2")
        gelu = op("Mul", [gelu, half], f"{out}_gelu")
        down = linear(gelu, f"{name}.output.dense", f"{out}_down")
        rows = op("Add", [down, rows], f"{out}_sum")
        rows = norm(rows, f"{name}.output.LayerNorm", f"{out}")
    nodes[-1].output[0] = "last_hidden_state"
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", hidden])
    made = helper.make_graph(nodes, "bert", inputs, [output], initial)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def candidates(folder: pathlib.Path, scratch: pathlib.Path) -> dict[str, str]:
    """The plain graph, and the one that onnxruntime's transformer optimiser makes of it."""
    plain = str(scratch / "plain.onnx")
    onnx.save(graph(folder), plain)
    found = {"plain": plain}
    try:
        from onnxruntime.transformers import optimizer

        config = json.loads((folder / "config.json").read_text())
        heads, hidden = config["num_attention_heads"], config["hidden_size"]
        fused = optimizer.optimize_model(plain, "bert", heads, hidden, opt_level=0)
        fused.save_model_to_file(str(scratch / "fused.onnx"))
        found["fused"] = str(scratch / "fused.onnx")
        print("fused operators:", dict(fused.get_fused_operator_statistics()), file=sys.stderr)
    except Exception as error:  # the optimiser is an extra: without it the plain graph stands for the peer
        print("no transformer optimiser:", error, file=sys.stderr)
    return found


class Peer:
    def __init__(self, folder: pathlib.Path, sentences: list[str]):
        self.scratch = tempfile.TemporaryDirectory()
        self.graphs = candidates(folder, pathlib.Path(self.scratch.name))
        self.sessions = {}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(256)
        self.ids = [self.tokenizer.encode(sentence).ids for sentence in sentences]

    def session(self, threads: int) -> ort.InferenceSession:
        """The faster of the graphs on a batch of 8, for this number of threads."""
        if threads not in self.sessions:
            timed = []
            for name, path in self.graphs.items():
                options = ort.SessionOptions()
                options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
                options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
                session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
                self.embed(session, self.ids[:8])
                start = time.perf_counter()
                for _ in range(3):
                    self.embed(session, self.ids[:8])
                timed.append((time.perf_counter() - start, name, session))
            best = min(timed, key=lambda one: one[0])
            print(f"{threads} threads: takes the {best[1]} graph", file=sys.stderr)
            self.sessions[threads] = best[2]
        return self.sessions[threads]

    @staticmethod
    def embed(session: ort.InferenceSession, batch: list[list[int]]) -> np.ndarray:
        length = max(map(len, batch))
        ids = np.zeros((len(batch), length), np.int64)
        mask = np.zeros((len(batch), length), np.int64)
        for row, one in enumerate(batch):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        rows = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        sums = (rows * mask[:, :, None]).sum(1)
        return sums / np.linalg.norm(sums, axis=1, keepdims=True)

    def seconds(self, size: int, threads: int) -> float:
        session = self.session(threads)
        # Sentences of like length together, as a careful caller of a padded model has them.
        ordered = sorted(self.ids, key=len)
        start = time.perf_counter()
        for at in range(0, len(ordered), size):
            self.embed(session, ordered[at : at + size])
        return time.perf_counter() - start


def main() -> None:
    folder, sentences = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_text().splitlines()
    peer = Peer(folder, sentences)
    print("ready", ort.__version__, flush=True)
    for line in sys.stdin:
        if line.strip() == "vectors":
            vectors = [peer.embed(peer.session(1), [one])[0] for one in peer.ids[:16]]
            print(json.dumps([[float(x) for x in vector] for vector in vectors]), flush=True)
        else:
            size, threads = map(int, line.split())
            peer.session(threads)
            print(peer.seconds(size, threads), flush=True)


if __name__ == "__main__":
    main()
