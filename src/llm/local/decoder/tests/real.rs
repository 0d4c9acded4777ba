//! A real model, whose file the environment names in `ORRERY_TEST_MODEL` (llama or qwen2 with a byte-level vocabulary), beside
//! candle's computation of its weights in 32-bit floats: `cargo test --lib real_model -- --ignored --nocapture`.

use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{Tokenizer, pre_tokenizers::PreTokenizerWrapper};

use super::reference::Candle;
use super::tiny::dequantised;
use super::{Architecture, decoder, greedy};
use crate::kernels::Level;
use crate::llm::local::forward::{Chunk, Forward};
use crate::llm::local::gguf::Gguf;

const PROMPTS: [&str; 20] = [
    "The planet Saturn is",
    "Once upon a time there was a king who",
    "To boil an egg, first",
    "The capital of France is",
    "Astrology and astronomy differ in that",
    "In the year 1610, Galileo",
    "Water freezes when",
    "My grandmother always told me that",
    "A good night's sleep",
    "The three primary colours are",
    "When the Moon passes between the Earth and the Sun,",
    "def fibonacci(n):",
    "The opposite of courage is",
    "She opened the old wooden door and",
    "Mercury is the planet that",
    "The ship left the harbour at dawn, and",
    "Bread is made from flour, water,",
    "If you want to learn to play the piano,",
    "The tallest mountain in the world",
    "A letter to a friend: Dear Anna,",
];

const TEXT: &str = "The night sky has been watched for longer than anything has been written down. Long before there were \
    telescopes, people who kept sheep or sailed small boats knew that a few of the bright points did not stay where they were \
    among the others, and they gave them a name that means wanderers. Five of them can be seen without any instrument. The \
    slowest needs almost thirty years to come back to the place where it was first noticed, so that a person may see it return \
    twice, or with luck three times. The quickest is hard to find at all, because it never leaves the light of the evening or \
    of the morning. Those who kept records of such things on clay could tell, after some centuries, when an eclipse was to be \
    expected, although they had no idea why it happened. Their tables were copied, lost, found again and corrected, and in the \
    end they were good enough that a careful man could see that the circles he had been taught did not fit. He spent years on \
    the difference, which was smaller than the width of a coin held at arm's length, and he refused to call it an error of the \
    observer. What came of that stubbornness is still used every day, whenever a satellite is sent on its way.";

fn tokenizer(file: &[u8]) -> Tokenizer {
    let gguf = Gguf::read(&mut std::io::Cursor::new(file)).unwrap();
    let texts = |key: &str| gguf.texts(key).unwrap().to_vec();
    let vocabulary = texts("tokenizer.ggml.tokens").into_iter().zip(0..);
    let pair = |merge: String| merge.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let merges: Vec<(String, String)> = texts("tokenizer.ggml.merges").into_iter().map(pair).collect();
    let mut tokenizer = Tokenizer::new(BPE::new(vocabulary.collect(), merges));
    tokenizer.with_pre_tokenizer(Some(PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, true))));
    tokenizer
}

/// Minus the logarithm of what a token had, by its logits.
fn surprise(logits: &[f32], token: u32) -> f64 {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let total: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    total.ln() - f64::from(logits[token as usize] - most)
}

#[test]
#[ignore = "needs a real model, named by ORRERY_TEST_MODEL"]
fn a_real_model_writes_what_candle_writes() {
    let path = std::env::var("ORRERY_TEST_MODEL").expect("ORRERY_TEST_MODEL names a GGUF file");
    let file = std::fs::read(path).unwrap();
    let tokenizer = tokenizer(&file);
    let encode = |text: &str| tokenizer.encode(text, false).unwrap().get_ids().to_vec();
    let floats = dequantised(&file);
    let architecture = match Gguf::read(&mut std::io::Cursor::new(&file)).unwrap().text("general.architecture") {
        Some("llama") => Architecture::Llama,
        Some("qwen2") => Architecture::Qwen2,
        other => panic!("a model of {other:?}"),
    };
    let mut candle = Candle::new(architecture, &floats).unwrap();
    drop(floats);
    let pages: Vec<u32> = (0..16).collect();

    let expected: Vec<Vec<u32>> = PROMPTS
        .iter()
        .map(|prompt| {
            let mut tokens = encode(prompt);
            let start = tokens.len();
            let mut logits = candle.step(&tokens, 0);
            for at in start..start + 20 {
                tokens.push(greedy(&logits));
                logits = candle.step(&tokens[at..], at);
            }
            tokens.split_off(start)
        })
        .collect();
    let text = encode(TEXT);
    let mut candle_surprise = 0.0;
    for at in 0..text.len() - 1 {
        candle_surprise += surprise(&candle.step(&text[at..=at], at), text[at + 1]);
    }
    drop(candle);

    for level in Level::available().into_iter().rev() {
        let mut decoder = decoder(&file, 2, level, 16);
        let mut logits = Vec::new();
        let mut equal = 0;
        let mut alike = 0;
        for (prompt, expected) in PROMPTS.iter().zip(&expected) {
            let mut tokens = encode(prompt);
            let start = tokens.len();
            decoder.step(&[Chunk { tokens: &tokens, start: 0, pages: &pages, wants_logits: true }], &mut logits);
            for at in start..start + 20 {
                tokens.push(greedy(&logits));
                decoder.step(
                    &[Chunk { tokens: &tokens[at..], start: at, pages: &pages, wants_logits: true }],
                    &mut logits,
                );
            }
            equal += usize::from(tokens[start..] == **expected);
            alike += tokens[start..].iter().zip(expected).take_while(|(a, b)| a == b).count();
        }
        let mut sum = 0.0;
        for at in 0..text.len() - 1 {
            decoder
                .step(&[Chunk { tokens: &text[at..=at], start: at, pages: &pages, wants_logits: true }], &mut logits);
            sum += surprise(&logits, text[at + 1]);
        }
        let count = (text.len() - 1) as f64;
        let (given, expected) = ((sum / count).exp(), (candle_surprise / count).exp());
        println!(
            "{level:?}: {equal} of 20 continuations equal over 20 tokens ({alike} of 400 tokens before a difference), \
             perplexity over {count} tokens {given:.4}, candle {expected:.4}"
        );
        assert!((given / expected - 1.0).abs() < 0.01, "perplexity at {level:?} is {given}, candle's {expected}");
        assert!(alike >= 300, "texts part early at {level:?}: {alike} of 400 tokens");
    }
}
