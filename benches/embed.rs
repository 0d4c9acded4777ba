//! Sentences a second through the encoder and through onnxruntime, in turns in one run, on the same threads and texts.
//!
//!     cargo bench --bench embed -- MODEL_DIR PYTHON
//!
//! `PYTHON` is an interpreter that has what `benches/peers/onnx_runtime.py` names. Both sides are given tokens, not text, and
//! the peer is given them sorted by length. Prints medians of pairs, the ratio, and the least cosine between both sides.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench has no callers to document for or to hand an error to"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use orrery::astro::Lang;
use orrery::clock::Stopwatch;
use orrery::retrieval::Corpus;
use orrery::retrieval::embed::{Embedder, Tokens};

/// The allocator of the program.
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCHES: [usize; 3] = [1, 8, 32];
const THREADS: [usize; 2] = [1, 2];
const PAIRS: usize = 7;
/// Texts of a round: two batches of the largest size.
const TEXTS: usize = 64;

struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: &str, model: &str, texts: &Path) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/onnx_runtime.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(model)
            .arg(texts)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter starts");
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut peer = Self { process, input, output: BufReader::new(output) };
        println!("peer: onnxruntime {}", peer.line().trim_start_matches("ready ").trim());
        peer
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the peer answers");
        assert!(!line.is_empty(), "the peer ended; see its messages above");
        line
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.input, "{what}").and_then(|()| self.input.flush()).expect("the peer listens");
        self.line()
    }

    fn seconds(&mut self, batch: usize, threads: usize) -> f64 {
        self.ask(&format!("{batch} {threads}")).trim().parse().expect("seconds")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Pairs of sentences of the corpus, as long as what people embed.
fn texts() -> Vec<String> {
    let corpus = Corpus::embedded().expect("the corpus");
    let passages = corpus.passages().iter().filter(|passage| passage.lang == Lang::En);
    let pairs = passages.flat_map(|passage| {
        let sentences: Vec<&str> = passage.sentences().collect();
        sentences.chunks(2).map(|pair| pair.join(" ")).collect::<Vec<_>>()
    });
    let all: Vec<String> = pairs.collect();
    all.iter().step_by((all.len() / TEXTS).max(1)).take(TEXTS).cloned().collect()
}

fn ours(embedder: &Embedder, tokens: &[Tokens], batch: usize) -> f64 {
    let start = Stopwatch::start();
    for batch in tokens.chunks(batch) {
        std::hint::black_box(embedder.embed(batch, || false));
    }
    start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [model, python] = arguments.as_slice() else {
        println!("skipped: needs the directory of a model and a Python with onnxruntime, as `-- MODEL_DIR PYTHON`");
        return;
    };
    let texts = texts();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), texts.join("\n")).expect("a file");
    let mut peer = Peer::start(python, model, file.path());
    let mut least = f32::MAX;
    println!("{:>7} {:>5} {:>12} {:>12} {:>7}", "threads", "batch", "ours /s", "peer /s", "ratio");
    for threads in THREADS {
        let embedder = Embedder::load(Path::new(model), "bench", threads).expect("the model");
        let tokens: Vec<Tokens> = texts.iter().map(|text| embedder.tokens(text).expect("tokens")).collect();
        for batch in BATCHES {
            // Once unmeasured, so that neither pays for its first touch of memory.
            ours(&embedder, &tokens, batch);
            peer.seconds(batch, threads);
            let pairs: Vec<(f64, f64)> =
                (0..PAIRS).map(|_| (ours(&embedder, &tokens, batch), peer.seconds(batch, threads))).collect();
            let rate = |of: fn(&(f64, f64)) -> f64| texts.len() as f64 / median(pairs.iter().map(of).collect());
            let ratio = median(pairs.iter().map(|(ours, peer)| peer / ours).collect());
            println!("{threads:>7} {batch:>5} {:>12.1} {:>12.1} {ratio:>7.2}", rate(|p| p.0), rate(|p| p.1));
        }
        if threads == THREADS[0] {
            let theirs: Vec<Vec<f32>> = serde_json::from_str(&peer.ask("vectors")).expect("vectors");
            let mine = embedder.embed(&tokens[..theirs.len()], || false).expect("vectors");
            for (a, b) in mine.iter().zip(&theirs) {
                least = least.min(a.iter().zip(b).map(|(a, b)| a * b).sum());
            }
        }
    }
    println!("least cosine between both: {least:.7}");
}
