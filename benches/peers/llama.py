"""Tokens per second of Orrery's local models beside llama.cpp on the same file, threads and machine, in one session.

    python3 benches/peers/llama.py MODEL.gguf [--rounds N] [--prompt N] [--tokens N] [--bench COMMAND] [--level NAME]

llama.cpp is that of the package llama-cpp-python (`CMAKE_ARGS=-DGGML_NATIVE=ON pip install --no-binary=llama-cpp-python
llama-cpp-python`), so that it is built for this processor. Each round runs llama.cpp, then `cargo bench --bench decode`, for 1
and for 2 threads; the medians of the rounds and their ratios are printed. llama.cpp is driven through its C interface with
whole batches; the tokens are arbitrary and the same. With `--level avx2` Orrery is kept from using AVX-512, and llama.cpp is not.
Without the package it says SKIPPED and exits 0.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import time

try:
    import llama_cpp
except ImportError:
    print("SKIPPED: llama-cpp-python is not installed")
    sys.exit(0)


class Peer:
    """A model of llama.cpp with one context."""

    def __init__(self, path, threads, positions):
        llama_cpp.llama_log_set(SILENT, None)
        llama_cpp.llama_backend_init()
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = positions, 512, 512
        params.n_threads = params.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        self.size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))

    def clear(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def step(self, tokens):
        kept = (llama_cpp.llama_token * len(tokens))(*tokens)
        batch = llama_cpp.llama_batch_get_one(kept, len(tokens))
        if llama_cpp.llama_decode(self.context, batch) != 0:
            raise RuntimeError("llama.cpp could not compute the batch")
        llama_cpp.llama_get_logits_ith(self.context, -1)

    def round(self, prompt, count):
        """Tokens per second of the prompt and of one stream."""
        text = [(at * 7919 + 13) % self.size for at in range(prompt + count)]
        self.clear()
        start = time.perf_counter()
        self.step(text[:prompt])
        read = prompt / (time.perf_counter() - start)
        start = time.perf_counter()
        for token in text[prompt:]:
            self.step([token])
        return read, count / (time.perf_counter() - start)


@llama_cpp.llama_log_callback
def SILENT(_level, _text, _data):
    """Drops what llama.cpp says of its loading."""


def ours(options, threads):
    """The figures of one run of the bench."""
    command = shlex.split(options.bench) + [options.model, "--threads", str(threads), "--rounds", "1"]
    command += ["--prompt", str(options.prompt), "--tokens", str(options.tokens)]
    if options.level:
        command += ["--level", options.level]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return next(json.loads(line) for line in lines if line.startswith("{"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompt", type=int, default=256)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, action="append")
    parser.add_argument("--bench", default="cargo bench --quiet --bench decode --")
    parser.add_argument("--level", default="")
    options = parser.parse_args()
    print(f"{options.model}: prompt of {options.prompt}, {options.tokens} tokens, medians of {options.rounds} rounds, tokens/s")
    print("threads | llama.cpp prefill | ours | ratio | llama.cpp decode | ours | ratio | ours, 8 streams | to one")
    for threads in options.threads or [1, 2]:
        peer = Peer(options.model, threads, options.prompt + options.tokens)
        peer.round(options.prompt, 4)
        rows = []
        for _ in range(options.rounds):
            theirs = peer.round(options.prompt, options.tokens)
            mine = ours(options, threads)
            rows.append((*theirs, mine["prefill"], mine["decode"], mine["decode_8_streams"]))
        read, written, our_read, our_written, streams = (statistics.median(column) for column in zip(*rows))
        print(
            f"{threads} | {read:.0f} | {our_read:.0f} | {our_read / read:.2f} | {written:.1f} | {our_written:.1f} |"
            f" {our_written / written:.2f} | {streams:.0f} | {streams / our_written:.2f}",
            flush=True,
        )


main()
