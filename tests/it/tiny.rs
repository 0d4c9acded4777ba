//! Models of a few hundred kilobytes in the real GGUF format: seeded random weights, a real vocabulary, for tests that need
//! a file and not what it knows. Used by the integration tests and, by path, by unit tests of the local models.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Architectures that files come in.
pub const ARCHITECTURES: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

/// Kinds that matrices are stored in.
pub const KINDS: [GgmlDType; 13] = [
    GgmlDType::F32,
    GgmlDType::F16,
    GgmlDType::BF16,
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q8_0,
    GgmlDType::Q2K,
    GgmlDType::Q3K,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
];

/// ChatML, as many models carry it.
pub const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + \
                          '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// What the vocabulary is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Byte-level BPE with GPT-2's way of cutting words.
    Bpe,
    /// SentencePiece: scored pieces and bytes.
    Pieces,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Tiny {
    /// One of [`ARCHITECTURES`].
    pub architecture: &'static str,
    /// How matrices are stored; norms and biases are 32-bit floats.
    pub kind: GgmlDType,
    /// Where the weights begin.
    pub seed: u64,
    /// Blocks of attention and feed-forward. Gemma's sixth is the first that looks at everything.
    pub layers: usize,
    /// Length of a hidden vector: a multiple of 64 (candle reads `Q4_1` two blocks at once), of 256 for the K kinds.
    pub hidden: usize,
    /// Heads that ask.
    pub heads: usize,
    /// Heads that are asked.
    pub kv_heads: usize,
    /// Length of a head's vector: of its own for `qwen3` and `gemma3`, otherwise `hidden / heads`.
    pub head: usize,
    /// Length of the feed-forward vector.
    pub feed: usize,
    /// Most positions.
    pub context: usize,
    /// Whether the output shares the matrix of the embeddings.
    pub tied: bool,
    /// The vocabulary.
    pub words: Words,
}

impl Tiny {
    /// A model of this architecture, with its matrices in `kind`.
    pub fn new(architecture: &'static str, kind: GgmlDType, seed: u64) -> Self {
        let wide = kind.block_size() == 256;
        let (hidden, heads) = if wide { (256, 4) } else { (64, 4) };
        let own_head = matches!(architecture, "qwen3" | "gemma3");
        Self {
            architecture,
            kind,
            seed,
            layers: if architecture == "gemma3" { 6 } else { 2 },
            hidden,
            heads,
            kv_heads: 2,
            head: if own_head { 2 * hidden / heads } else { hidden / heads },
            feed: if wide { 512 } else { 192 },
            context: 512,
            tied: architecture != "llama",
            words: if architecture == "gemma3" { Words::Pieces } else { Words::Bpe },
        }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let metadata = self.metadata();
        let tensors = self.tensors();
        let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut file = Cursor::new(Vec::new());
        gguf_file::write(&mut file, &metadata, &tensors).expect("writes to memory");
        file.into_inner()
    }

    /// What the file says of itself.
    pub fn metadata(&self) -> Vec<(String, Value)> {
        let mut all = vec![
            ("general.architecture".to_owned(), text(self.architecture)),
            ("general.name".to_owned(), text(&format!("Tiny {} {}", self.architecture, self.seed))),
            ("general.license".to_owned(), text("apache-2.0")),
        ];
        let mut own = |key: &str, value: Value| all.push((format!("{}.{key}", self.architecture), value));
        own("block_count", count(self.layers));
        own("context_length", count(self.context));
        own("embedding_length", count(self.hidden));
        own("feed_forward_length", count(self.feed));
        own("attention.head_count", count(self.heads));
        own("attention.head_count_kv", count(self.kv_heads));
        own("attention.layer_norm_rms_epsilon", Value::F32(1e-5));
        own("rope.dimension_count", count(self.head));
        own("rope.freq_base", Value::F32(if self.architecture == "llama" { 10_000. } else { 1_000_000. }));
        if matches!(self.architecture, "qwen3" | "gemma3") {
            own("attention.key_length", count(self.head));
            own("attention.value_length", count(self.head));
        }
        if self.architecture == "gemma3" {
            own("attention.sliding_window", count(16));
        }
        all.extend(match self.words {
            Words::Bpe => bpe(),
            Words::Pieces => pieces(),
        });
        all.push(("tokenizer.chat_template".to_owned(), text(CHATML)));
        all
    }

    /// Its tensors by name.
    pub fn tensors(&self) -> Vec<(String, QTensor)> {
        let mut make = Maker { chance: StdRng::seed_from_u64(self.seed), kind: self.kind, all: Vec::new() };
        let (asks, asked) = (self.heads * self.head, self.kv_heads * self.head);
        let vocabulary = vocabulary_size(self.words);
        make.matrix("token_embd.weight", vocabulary, self.hidden);
        make.norm("output_norm.weight", self.hidden);
        if !self.tied {
            make.matrix("output.weight", vocabulary, self.hidden);
        }
        for layer in 0..self.layers {
            let of = |name: &str| format!("blk.{layer}.{name}");
            make.norm(&of("attn_norm.weight"), self.hidden);
            make.matrix(&of("attn_q.weight"), asks, self.hidden);
            make.matrix(&of("attn_k.weight"), asked, self.hidden);
            make.matrix(&of("attn_v.weight"), asked, self.hidden);
            make.matrix(&of("attn_output.weight"), self.hidden, asks);
            make.norm(&of("ffn_norm.weight"), self.hidden);
            make.matrix(&of("ffn_gate.weight"), self.feed, self.hidden);
            make.matrix(&of("ffn_up.weight"), self.feed, self.hidden);
            make.matrix(&of("ffn_down.weight"), self.hidden, self.feed);
            if self.architecture == "qwen2" {
                make.floats(&of("attn_q.bias"), asks, 0., 0.5);
                make.floats(&of("attn_k.bias"), asked, 0., 0.5);
                make.floats(&of("attn_v.bias"), asked, 0., 0.5);
            }
            if matches!(self.architecture, "qwen3" | "gemma3") {
                make.norm(&of("attn_q_norm.weight"), self.head);
                make.norm(&of("attn_k_norm.weight"), self.head);
            }
            if self.architecture == "gemma3" {
                make.norm(&of("post_attention_norm.weight"), self.hidden);
                make.norm(&of("post_ffw_norm.weight"), self.hidden);
            }
        }
        make.all
    }
}

struct Maker {
    chance: StdRng,
    kind: GgmlDType,
    all: Vec<(String, QTensor)>,
}

impl Maker {
    /// Rows of about unit length times a few, so that the largest logit stands out.
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) {
        let spread = (3. / columns as f32).sqrt() * 1.5;
        let values: Vec<f32> = (0..rows * columns).map(|_| self.chance.random_range(-spread..spread)).collect();
        let tensor = Tensor::from_vec(values, (rows, columns), &Device::Cpu).expect("sizes fit");
        self.all.push((name.to_owned(), QTensor::quantize(&tensor, self.kind).expect("columns are whole blocks")));
    }

    fn norm(&mut self, name: &str, length: usize) {
        self.floats(name, length, 1., 0.2);
    }

    fn floats(&mut self, name: &str, length: usize, middle: f32, spread: f32) {
        let values: Vec<f32> = (0..length).map(|_| middle + self.chance.random_range(-spread..spread)).collect();
        let tensor = Tensor::from_vec(values, length, &Device::Cpu).expect("sizes fit");
        self.all.push((name.to_owned(), QTensor::quantize(&tensor, GgmlDType::F32).expect("floats stay floats")));
    }
}

/// Merges, the first strongest; each makes one token.
const MERGES: [(&str, &str); 40] = [
    ("Ġ", "t"),
    ("h", "e"),
    ("Ġ", "a"),
    ("i", "n"),
    ("r", "e"),
    ("o", "n"),
    ("Ġt", "he"),
    ("e", "r"),
    ("a", "t"),
    ("Ġ", "s"),
    ("o", "u"),
    ("e", "n"),
    ("Ġ", "w"),
    ("i", "s"),
    ("Ġ", "c"),
    ("e", "s"),
    ("n", "d"),
    ("Ġ", "m"),
    ("o", "r"),
    ("Ġ", "b"),
    ("Ġ", "p"),
    ("a", "n"),
    ("in", "g"),
    ("l", "l"),
    ("Ġa", "nd"),
    ("Ġ", "o"),
    ("a", "r"),
    ("Ã", "©"),
    ("Ġ", "l"),
    ("e", "d"),
    ("Ġ", "d"),
    ("i", "t"),
    ("Ġ", "S"),
    ("u", "n"),
    ("ĠS", "un"),
    ("Ġm", "o"),
    ("Ġmo", "on"),
    ("l", "e"),
    ("Ġl", "e"),
    ("s", "t"),
];

/// Control tokens, at the end of the byte-level vocabulary.
const CONTROLS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// Pieces of the scored vocabulary; the score falls with the place.
const PIECES: [&str; 28] = [
    "▁t",
    "he",
    "▁the",
    "in",
    "▁a",
    "on",
    "er",
    "▁s",
    "ou",
    "en",
    "▁S",
    "un",
    "▁Sun",
    "is",
    "▁is",
    "▁m",
    "oon",
    "▁moon",
    "▁le",
    "ll",
    "an",
    "nd",
    "▁and",
    "é",
    "▁▁",
    "▁▁▁▁",
    "▁",
    "st",
];

/// Letters without which the pieces above could not be put together.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'-";

/// Tokens in each vocabulary, filled up with unused ones to a whole number of 32.
pub fn vocabulary_size(words: Words) -> usize {
    match words {
        Words::Bpe => (256 + MERGES.len() + CONTROLS.len()).next_multiple_of(32),
        Words::Pieces => (5 + 256 + PIECES.len() + LETTERS.len()).next_multiple_of(32),
    }
}

fn bpe() -> Vec<(String, Value)> {
    let mut tokens: Vec<String> = (0..=255).map(|byte| letter_of(byte).to_string()).collect();
    tokens.extend(MERGES.iter().map(|(left, right)| format!("{left}{right}")));
    let merges = MERGES.iter().map(|(left, right)| text(&format!("{left} {right}"))).collect();
    let ordinary = tokens.len();
    tokens.extend(CONTROLS.map(str::to_owned));
    let named = tokens.len();
    tokens.extend((named..vocabulary_size(Words::Bpe)).map(|unused| format!("[unused{unused}]")));
    // ggml's token types: 1 ordinary, 3 control, 5 unused.
    let types = (0..tokens.len()).map(|id| {
        Value::I32(if id < ordinary {
            1
        } else if id < named {
            3
        } else {
            5
        })
    });
    [
        ("model", text("gpt2")),
        ("pre", text("gpt-2")),
        ("token_type", Value::Array(types.collect())),
        ("tokens", Value::Array(tokens.iter().map(|token| text(token)).collect())),
        ("merges", Value::Array(merges)),
        ("bos_token_id", count(ordinary + 1)),
        ("eos_token_id", count(ordinary + 2)),
        ("padding_token_id", count(ordinary)),
        ("add_bos_token", Value::Bool(false)),
    ]
    .map(|(key, value)| (format!("tokenizer.ggml.{key}"), value))
    .into()
}

fn pieces() -> Vec<(String, Value)> {
    let mut tokens: Vec<(String, f32, i32)> =
        [("<unk>", 2), ("<s>", 3), ("</s>", 3), ("<|im_start|>", 3), ("<|im_end|>", 3)]
            .map(|(name, kind)| (name.to_owned(), 0., kind))
            .into();
    tokens.extend((0..=255u8).map(|byte| (format!("<0x{byte:02X}>"), 0., 6)));
    tokens.extend(PIECES.iter().zip(1..).map(|(piece, place)| ((*piece).to_owned(), -(place as f32), 1)));
    tokens.extend(LETTERS.chars().zip(100..).map(|(letter, place)| (letter.to_string(), -(place as f32), 1)));
    let named = tokens.len();
    tokens.extend((named..vocabulary_size(Words::Pieces)).map(|unused| (format!("<unused{unused}>"), -1000., 5)));
    [
        ("model", text("llama")),
        ("tokens", Value::Array(tokens.iter().map(|token| text(&token.0)).collect())),
        ("scores", Value::Array(tokens.iter().map(|token| Value::F32(token.1)).collect())),
        ("token_type", Value::Array(tokens.iter().map(|token| Value::I32(token.2)).collect())),
        ("unknown_token_id", count(0)),
        ("bos_token_id", count(1)),
        ("eos_token_id", count(2)),
        ("eot_token_id", count(4)),
        ("add_bos_token", Value::Bool(true)),
        ("add_space_prefix", Value::Bool(false)),
    ]
    .map(|(key, value)| (format!("tokenizer.ggml.{key}"), value))
    .into()
}

/// The letter that stands for a byte in byte-level vocabularies: itself where it can be seen, otherwise one from U+0100 on.
fn letter_of(byte: u8) -> char {
    let seen = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if seen(byte) {
        return char::from(byte);
    }
    let hidden_before = (0..byte).filter(|other| !seen(*other)).count() as u32;
    char::from_u32(0x100 + hidden_before).expect("a letter")
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn count(value: usize) -> Value {
    Value::U32(value as u32)
}
