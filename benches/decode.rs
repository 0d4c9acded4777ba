//! Tokens per second of a local model: reading a prompt, writing with one stream, writing with eight at once.
//!
//!     cargo bench --bench decode -- MODEL.gguf [--threads N]... [--level NAME]... [--prompt N] [--tokens N] [--rounds N]
//!
//! Prints a line of JSON for each measurement, the best of the rounds; `benches/peers/llama.py` reads them. Tokens are
//! arbitrary ones, as the time does not depend on which. Without a model it says so and ends.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench has no callers to document for or to hand an error to"
)]

use std::fs::File;
use std::io::BufReader;

use orrery::clock::Stopwatch;
use orrery::kernels::Level;
use orrery::limits::KV_PAGE_POSITIONS;
use orrery::llm::local::decoder::{Decoder, DecoderOptions};
use orrery::llm::local::forward::{Chunk, Forward};
use orrery::llm::local::gguf::Gguf;

const STREAMS: usize = 8;

struct Options {
    model: String,
    threads: Vec<usize>,
    levels: Vec<Level>,
    prompt: usize,
    tokens: usize,
    rounds: usize,
}

fn options() -> Option<Options> {
    let mut options =
        Options { model: String::new(), threads: vec![], levels: vec![], prompt: 256, tokens: 64, rounds: 3 };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().unwrap().parse().unwrap();
        match &*argument {
            "--threads" => options.threads.push(number()),
            "--prompt" => options.prompt = number(),
            "--tokens" => options.tokens = number(),
            "--rounds" => options.rounds = number(),
            "--level" => options.levels.push(Level::named(&arguments.next().unwrap()).unwrap()),
            _ => options.model = argument,
        }
    }
    if options.threads.is_empty() {
        options.threads = vec![1, 2];
    }
    if options.levels.is_empty() {
        options.levels = vec![Level::best()];
    }
    (!options.model.is_empty()).then_some(options)
}

/// Tokens per second of the prompt, of one stream, and of all streams together.
fn round(decoder: &mut Decoder, prompt: usize, tokens: usize) -> [f64; 3] {
    let each = (prompt + tokens).div_ceil(KV_PAGE_POSITIONS);
    let pages: Vec<Vec<u32>> = (0..STREAMS).map(|n| ((n * each) as u32..((n + 1) * each) as u32).collect()).collect();
    let size = decoder.vocabulary();
    let text: Vec<u32> = (0..prompt + tokens).map(|at| ((at * 7919 + 13) % size) as u32).collect();
    let mut logits = Vec::new();
    let rate = |count: usize, watch: Stopwatch| count as f64 / watch.elapsed().as_secs_f64();

    let watch = Stopwatch::start();
    let whole = Chunk { tokens: &text[..prompt], start: 0, pages: &pages[0], wants_logits: true };
    decoder.step(&[whole], &mut logits);
    let read = rate(prompt, watch);

    let watch = Stopwatch::start();
    for start in prompt..prompt + tokens {
        let next = Chunk { tokens: &text[start..=start], start, pages: &pages[0], wants_logits: true };
        decoder.step(&[next], &mut logits);
    }
    let written = rate(tokens, watch);

    for pages in &pages[1..] {
        let whole = Chunk { tokens: &text[..prompt], start: 0, pages, wants_logits: false };
        decoder.step(&[whole], &mut logits);
    }
    let watch = Stopwatch::start();
    let steps = tokens.div_ceil(2);
    for start in prompt..prompt + steps {
        let next = |n: usize| Chunk { tokens: &text[start..=start], start, pages: &pages[n], wants_logits: true };
        decoder.step(&(0..STREAMS).map(next).collect::<Vec<_>>(), &mut logits);
    }
    [read, written, rate(STREAMS * steps, watch)]
}

fn main() {
    let Some(options) = options() else {
        println!("SKIPPED: name a model, as in `cargo bench --bench decode -- model.gguf`");
        return;
    };
    let mut source = BufReader::new(File::open(&options.model).unwrap());
    let gguf = Gguf::read(&mut source).unwrap();
    let pages = STREAMS * (options.prompt + options.tokens).div_ceil(KV_PAGE_POSITIONS);
    for threads in &options.threads {
        for level in &options.levels {
            let watch = Stopwatch::start();
            let load = DecoderOptions { threads: *threads, pages, level: *level };
            let mut decoder = Decoder::load(&gguf, &mut source, load, &mut |_| {}).unwrap();
            let load_s = watch.elapsed().as_secs_f64();
            let mut best = [0.0_f64; 3];
            for _ in 0..options.rounds {
                let rates = round(&mut decoder, options.prompt, options.tokens);
                best = std::array::from_fn(|at| best[at].max(rates[at]));
            }
            let [read, written, streams] = best;
            println!(
                "{{\"threads\":{threads},\"level\":\"{}\",\"load_s\":{load_s:.2},\"prefill\":{read:.1},\"decode\":{written:.1},\
                 \"decode_8_streams\":{streams:.1}}}",
                level.name()
            );
        }
    }
}
