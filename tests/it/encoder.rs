//! A sentence encoder that the tests make themselves: the real format, a few hundred numbers wide of chance, and a tokenizer
//! that spells every word by its letters.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

pub const HIDDEN: usize = 40;
pub const MIDDLE: usize = 72;
pub const HEADS: usize = 5;
pub const LAYERS: usize = 3;
pub const POSITIONS: usize = 96;

/// Words that the tokenizer knows whole; all others it spells.
const WORDS: &[&str] = &["the", "moon", "sun", "in", "house", "and", "venus", "love", "work", "home"];

/// Numbers that look like chance (a linear congruence of Knuth's), about as large as those of a trained model.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0) * 0.25
    }
}

/// Tokens of the tokenizer in the order of their numbers.
fn vocabulary() -> Vec<String> {
    let marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    let letters = || ('a'..='z').chain('0'..='9').chain("?.,'".chars());
    let whole = letters().map(String::from).chain(letters().map(|letter| format!("##{letter}")));
    marks.into_iter().chain(whole).chain(WORDS.iter().map(|word| (*word).to_owned())).collect()
}

pub fn config() -> Value {
    json!({
        "model_type": "bert", "hidden_size": HIDDEN, "intermediate_size": MIDDLE, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "vocab_size": vocabulary().len(), "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0,
        "hidden_dropout_prob": 0.1, "initializer_range": 0.02,
    })
}

pub fn tokenizer() -> Value {
    let numbers: BTreeMap<String, usize> = vocabulary().into_iter().enumerate().map(|(id, word)| (word, id)).collect();
    let mark = |name: &str| {
        json!({"id": numbers[name], "content": name, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let special = |name: &str| json!({"id": name, "ids": [numbers[name]], "tokens": [name]});
    let (cls, sep) = (
        json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}}),
        json!({"SpecialToken": {"id": "[SEP]", "type_id": 0}}),
    );
    json!({
        "version": "1.0",
        // As some models ship: a length and padding of their own, which are not what texts here are to have.
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [mark("[PAD]"), mark("[UNK]"), mark("[CLS]"), mark("[SEP]"), mark("[MASK]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [cls, {"Sequence": {"id": "A", "type_id": 0}}, sep],
            "pair": [cls, {"Sequence": {"id": "A", "type_id": 0}}, sep, {"Sequence": {"id": "B", "type_id": 1}}, sep],
            "special_tokens": {"[CLS]": special("[CLS]"), "[SEP]": special("[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": numbers},
    })
}

/// Name, shape and numbers of every tensor.
pub fn tensors(seed: u64) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let mut chance = Chance(seed);
    let mut all = Vec::new();
    let mut add = |name: String, shape: &[usize], around: f32| {
        let numbers = (0..shape.iter().product()).map(|_| around + chance.next()).collect();
        all.push((name, shape.to_vec(), numbers));
    };
    add("embeddings.word_embeddings.weight".into(), &[vocabulary().len(), HIDDEN], 0.0);
    add("embeddings.position_embeddings.weight".into(), &[POSITIONS, HIDDEN], 0.0);
    add("embeddings.token_type_embeddings.weight".into(), &[2, HIDDEN], 0.0);
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..LAYERS {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for (part, columns, depth) in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", MIDDLE, HIDDEN),
            ("output.dense", HIDDEN, MIDDLE),
        ] {
            add(format!("{}.weight", name(part)), &[columns, depth], 0.0);
            add(format!("{}.bias", name(part)), &[columns], 0.0);
        }
        norms.extend([name("attention.output.LayerNorm"), name("output.LayerNorm")]);
    }
    for norm in norms {
        add(format!("{norm}.weight"), &[HIDDEN], 1.0);
        add(format!("{norm}.bias"), &[HIDDEN], 0.0);
    }
    all
}

/// A safetensors file.
pub fn safetensors(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<u8> {
    let (mut table, mut data) = (serde_json::Map::new(), Vec::new());
    table.insert("__metadata__".into(), json!({"format": "pt"}));
    for (name, shape, numbers) in tensors {
        let from = data.len();
        data.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        table.insert(name.clone(), json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]}));
    }
    let table = Value::Object(table).to_string();
    [(table.len() as u64).to_le_bytes().as_slice(), table.as_bytes(), &data].concat()
}

/// Writes the whole model.
pub fn write(dir: &Path, seed: u64) {
    fs::create_dir_all(dir.join("1_Pooling")).unwrap();
    fs::write(dir.join("config.json"), config().to_string()).unwrap();
    fs::write(dir.join("tokenizer.json"), tokenizer().to_string()).unwrap();
    fs::write(dir.join("model.safetensors"), safetensors(&tensors(seed))).unwrap();
    let pooling = json!({"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": true});
    fs::write(dir.join("1_Pooling/config.json"), pooling.to_string()).unwrap();
    fs::write(dir.join("README.md"), "---\nlanguage: en\nlicense: mit\n---\n# A model of the tests\n").unwrap();
}
