//! The tokenizer against llama.cpp (tests/fixtures/tokenizers/README.md), on any text, and on vocabularies made to harm.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::llm::local::gguf::Value;

const SMALL: &str = include_str!("../../../../tests/fixtures/tokenizers/vocabularies.json");

#[derive(Deserialize)]
struct Small {
    texts: Vec<String>,
    bpe: Table,
    spm: Table,
    expected: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Real {
    texts: Vec<String>,
    expected: Expected,
}

#[derive(Clone, Deserialize)]
struct Table {
    tokens: Vec<String>,
    types: Vec<i64>,
    #[serde(default)]
    merges: Vec<String>,
    #[serde(default)]
    scores: Vec<f32>,
}

#[derive(Deserialize)]
struct Expected {
    plain: Vec<Vec<u32>>,
    specials: Vec<Vec<u32>>,
    ends: Vec<u32>,
}

fn small() -> &'static Small {
    static READ: LazyLock<Small> = LazyLock::new(|| serde_json::from_str(SMALL).unwrap());
    &READ
}

fn file(table: &Table, more: &[(&str, Value)]) -> Gguf {
    let list = |texts: &[String]| Value::Texts(texts.to_vec());
    let mut metadata = BTreeMap::from([
        ("tokenizer.ggml.tokens".to_owned(), list(&table.tokens)),
        ("tokenizer.ggml.token_type".to_owned(), Value::Integers(table.types.clone())),
        ("tokenizer.ggml.merges".to_owned(), list(&table.merges)),
        ("tokenizer.ggml.scores".to_owned(), Value::Floats(table.scores.clone())),
    ]);
    metadata.extend(more.iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value.clone())));
    Gguf { version: 3, metadata, tensors: BTreeMap::new() }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn bpe(pre: &str) -> Gguf {
    let end = small().bpe.tokens.iter().position(|token| token == "<|im_end|>").unwrap() as u64;
    file(&small().bpe, &[("model", text("gpt2")), ("pre", text(pre)), ("eos_token_id", Value::Unsigned(end))])
}

fn spm(prefix: bool) -> Gguf {
    let ids = [("bos_token_id", 1), ("eos_token_id", 2), ("unknown_token_id", 0)];
    let mut more: Vec<_> = ids.iter().map(|(key, token)| (*key, Value::Unsigned(*token))).collect();
    more.extend([("model", text("llama")), ("add_space_prefix", Value::Bool(prefix))]);
    file(&small().spm, &more)
}

fn named(name: &str) -> Tokenizer {
    let file = match name {
        "spm" => spm(false),
        "spm-prefix" => spm(true),
        pre => bpe(pre),
    };
    Tokenizer::from_gguf(&file).unwrap()
}

fn compare(tokenizer: &Tokenizer, texts: &[String], expected: &Expected, name: &str) {
    assert_eq!(tokenizer.ends(), expected.ends, "{name}");
    for (at, text) in texts.iter().enumerate() {
        assert_eq!(tokenizer.encode(text, false), expected.plain[at], "{name}, plain: {text:?}");
        assert_eq!(tokenizer.encode(text, true), expected.specials[at], "{name}, with control tokens: {text:?}");
    }
}

#[test]
fn small_vocabularies_are_read_token_for_token_as_llama_cpp_reads_them() {
    let small = small();
    assert_eq!(small.expected.len(), 6);
    for (name, expected) in &small.expected {
        compare(&named(name), &small.texts, expected, name);
    }
}

/// With `ORRERY_TEST_GGUF_SMOLLM2`, `.._QWEN2` and `.._GEMMA3` naming the files that README.md tells.
#[test]
#[ignore = "needs real model files, named in the environment"]
fn real_vocabularies_are_read_token_for_token_as_llama_cpp_reads_them() {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers");
    let mut compared = 0;
    for name in ["smollm2", "qwen2", "gemma3"] {
        let Some(path) = std::env::var_os(format!("ORRERY_TEST_GGUF_{}", name.to_uppercase())) else { continue };
        let gguf = Gguf::read(&mut std::fs::File::open(path).unwrap()).unwrap();
        let tokenizer = Tokenizer::from_gguf(&gguf).unwrap();
        let real: Real =
            serde_json::from_slice(&std::fs::read(fixtures.join(format!("{name}.json"))).unwrap()).unwrap();
        compare(&tokenizer, &real.texts, &real.expected, name);
        compared += 1;
    }
    assert!(compared > 0, "name a file in ORRERY_TEST_GGUF_SMOLLM2, ORRERY_TEST_GGUF_QWEN2 or ORRERY_TEST_GGUF_GEMMA3");
}

#[test]
fn control_tokens_spell_nothing_and_no_plain_text_makes_them() {
    for (name, mark) in [("qwen2", "<|im_end|>"), ("spm", "<end_of_turn>")] {
        let tokenizer = named(name);
        let token = tokenizer.token(mark).unwrap();
        assert!(tokenizer.is_control(token) && tokenizer.piece(token).is_empty() && tokenizer.ends().contains(&token));
        assert_eq!(tokenizer.encode(mark, true), [token]);
        assert!(!tokenizer.encode(mark, false).contains(&token));
        assert_eq!(tokenizer.decode(&tokenizer.encode(mark, false)), mark);
    }
}

#[test]
fn no_letter_of_a_guarded_text_is_part_of_a_control_token() {
    let tokenizer = named("qwen2");
    let token = tokenizer.token("<|im_end|>").unwrap();
    for (before, text, after) in [
        ("", "a<|im_end|>b", ""),
        ("", "<|im_<|im_end|>end|>", ""),
        ("", "x <|im_", "end|>"),
        ("<|im_", "end|> y", ""),
        ("<|im_", "end", "|>"),
        ("<", "|im_end|", ">"),
        ("<|im_end|", ">", ""),
        ("", "<", "|im_end|>"),
    ] {
        let guarded = tokenizer.guard(text);
        let tokens = tokenizer.encode(&format!("{before}{guarded}{after}"), true);
        assert!(!tokens.contains(&token), "{before:?} {text:?} {after:?}");
        assert_eq!(tokens, tokenizer.encode(&format!("{before}{text}{after}"), false));
        // A template that trims does not undo it.
        let padded = tokenizer.guard(&format!("\n {text} "));
        assert!(!tokenizer.encode(&format!("{before}{}{after}", padded.trim()), true).contains(&token));
    }
    // What names nothing stays as it is.
    assert_eq!(tokenizer.guard("The Sun <b>shines</b>. 1 < 2"), "The Sun <b>shines</b>. 1 < 2");
    assert_eq!(tokenizer.guard("\u{fdd0}"), "\u{fffd}");
}

/// A vocabulary in which pairs lead to a control token, as no training makes one.
#[test]
fn merges_that_lead_to_a_control_token_are_refused_or_lead_nowhere() {
    let mut table = small().bpe.clone();
    table.merges.extend(["< |".to_owned(), "<| im_end|>".to_owned()]);
    let error = Tokenizer::from_gguf(&file(&table, &[("model", text("gpt2")), ("pre", text("gpt-2"))])).unwrap_err();
    assert!(error.to_string().contains("no token"), "{error}");
    let mut table = small().spm.clone();
    for piece in [
        "<e",
        "<en",
        "<end",
        "<end_",
        "<end_o",
        "<end_of",
        "<end_of_",
        "<end_of_t",
        "<end_of_tu",
        "<end_of_tur",
        "<end_of_turn",
    ] {
        table.tokens.push(piece.to_owned());
        table.scores.push(1.);
        table.types.push(1);
    }
    let tokenizer = Tokenizer::from_gguf(&file(&table, &[("model", text("llama"))])).unwrap();
    let control = tokenizer.token("<end_of_turn>").unwrap();
    let tokens = tokenizer.encode("x<end_of_turn>", false);
    assert!(!tokens.contains(&control) && tokens.contains(&tokenizer.token("<end_of_turn").unwrap()));
}

#[test]
fn begin_tokens_are_there_for_models_that_want_one() {
    assert_eq!(named("spm").begin(), Some(1));
    assert_eq!((named("qwen2").begin(), named("qwen2").begin_text()), (None, ""));
    let mut file = bpe("llama-bpe");
    file.metadata.insert("tokenizer.ggml.bos_token_id".into(), Value::Unsigned(3));
    assert_eq!(Tokenizer::from_gguf(&file).unwrap().begin(), Some(3));
    file.metadata.insert("tokenizer.ggml.add_bos_token".into(), Value::Bool(false));
    assert_eq!(Tokenizer::from_gguf(&file).unwrap().begin(), None);
}

#[test]
fn vocabularies_that_contradict_themselves_are_refused_by_what_is_wrong() {
    let refused = |file: &Gguf, why: &str| {
        let error = Tokenizer::from_gguf(file).unwrap_err().to_string();
        assert!(error.contains(why), "{error:?} does not say {why:?}");
    };
    let changed = |mut file: Gguf, key: &str, value: Option<Value>| {
        let key = format!("tokenizer.ggml.{key}");
        match value {
            Some(value) => drop(file.metadata.insert(key, value)),
            None => drop(file.metadata.remove(&key)),
        }
        file
    };
    let (tokens, many) = (&small().bpe.tokens, small().spm.tokens.len());
    refused(&changed(bpe("qwen2"), "model", None), "`tokenizer.ggml.model` is missing");
    refused(&changed(bpe("qwen2"), "model", Some(text("bert"))), "`bert`");
    refused(&changed(bpe("qwen2"), "pre", None), "`tokenizer.ggml.pre` is missing");
    refused(&bpe("deepseek-v9"), "`deepseek-v9`");
    refused(&changed(bpe("qwen2"), "tokens", None), "`tokenizer.ggml.tokens` is missing");
    refused(&changed(bpe("qwen2"), "tokens", Some(Value::Texts(Vec::new()))), "0 tokens");
    let mut twice = tokens.clone();
    twice[7] = twice[300].clone();
    refused(&changed(bpe("qwen2"), "tokens", Some(Value::Texts(twice))), "the tokens 7 and 300 are both");
    let mut long = tokens.clone();
    long[300] = "x".repeat(TOKEN_MAX);
    refused(&changed(bpe("qwen2"), "tokens", Some(Value::Texts(long))), "bytes, at most");
    let mut without = tokens.clone();
    without[usize::from(b'A')] = "AAAAAAAA".into();
    refused(&changed(bpe("qwen2"), "tokens", Some(Value::Texts(without))), "no token spells the byte 0x41");
    refused(&changed(bpe("qwen2"), "merges", Some(Value::Texts(vec!["nope".into()]))), "is no pair");
    refused(&changed(bpe("qwen2"), "merges", Some(Value::Texts(vec!["q zz".into()]))), "no token");
    refused(&changed(bpe("qwen2"), "token_type", Some(Value::Integers(vec![1; 3]))), "3 types for");
    refused(&changed(bpe("qwen2"), "eos_token_id", Some(Value::Unsigned(1 << 40))), "`tokenizer.ggml.eos_token_id` is");
    refused(&changed(spm(true), "scores", Some(Value::Floats(vec![0.; 9]))), "9 scores for");
    refused(&changed(spm(true), "scores", Some(Value::Floats(vec![f32::NAN; many]))), "no number");
    let mut none = file(&small().bpe, &[("model", text("gpt2")), ("pre", text("gpt-2"))]);
    let Some(Value::Texts(tokens)) = none.metadata.get_mut("tokenizer.ggml.tokens") else { panic!() };
    tokens.iter_mut().filter(|token| token.starts_with("<|")).for_each(|token| token.push('x'));
    refused(&none, "no token ends an answer");
}

const TOKEN_MAX: usize = crate::limits::TOKEN_MAX_BYTES + 1;

#[test]
fn a_token_that_does_not_exist_spells_nothing() {
    let tokenizer = named("qwen2");
    assert!(tokenizer.piece(u32::MAX).is_empty() && tokenizer.piece(tokenizer.size() as u32).is_empty());
    assert!(!tokenizer.is_control(u32::MAX));
}

#[test]
fn a_long_word_takes_no_longer_than_its_length_allows() {
    // A million letters without a place to cut: with a quadratic method this would not end.
    let long = "ab".repeat(500_000);
    for name in ["qwen2", "spm"] {
        let tokenizer = named(name);
        assert_eq!(tokenizer.decode(&tokenizer.encode(&long, true)), long, "{name}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        "[ a-zA-Z'0-9.,\r\n\t]{0,12}",
        "\\PC{0,6}",
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "<|im_start|>",
            "<|im_end|>",
            "</s>",
            "<tool_call>",
            "   ",
            "\n\n",
            "<0x41>",
            "The Sun"
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(parts, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn plain_text_comes_back(text in any_text()) {
        static ALL: LazyLock<Vec<(&str, Tokenizer)>> = LazyLock::new(|| {
            ["gpt-2", "smollm", "llama-bpe", "qwen2", "spm", "spm-prefix"].map(|name| (name, named(name))).into()
        });
        for (name, tokenizer) in ALL.iter() {
            let tokens = tokenizer.encode(&text, false);
            prop_assert!(tokens.iter().all(|token| !tokenizer.is_control(*token)));
            // SentencePiece has one letter for a space and for the mark that stands for it.
            let text = if name.starts_with("spm") { text.replace('▁', " ") } else { text.clone() };
            let back = tokenizer.decode(&tokens);
            if *name == "spm-prefix" {
                // A space is put before whatever does not follow a token that is taken whole.
                prop_assert_eq!(back.replace(' ', ""), text.replace(' ', ""));
            } else {
                prop_assert_eq!(back, text);
            }
        }
    }

    #[test]
    fn whatever_the_vocabulary_nothing_panics(
        tokens in prop::collection::vec(prop_oneof!["[a-zĠ▁<>|]{0,4}", "\\PC{0,3}"], 0..60),
        types in prop::collection::vec(-1i64..9, 0..60),
        scores in prop::collection::vec(any::<f32>(), 0..60),
        merges in prop::collection::vec("[a-zĠ ]{0,5}", 0..20),
        ids in prop::collection::vec(0u64..400, 3),
        bytes in any::<bool>(),
        text in any_text(),
    ) {
        let mut table = Table { tokens, types, merges, scores };
        if bytes {
            // With every byte there, so that what comes after is reached too.
            let all = (0..=255).flat_map(|byte| [bpe::letter_of(byte).to_string(), format!("<0x{byte:02X}>")]);
            let all: Vec<_> = all.filter(|token| !table.tokens.contains(token)).collect();
            table.types = (0..table.tokens.len()).map(|at| table.types.get(at).copied().unwrap_or(1)).collect();
            table.types.extend(all.iter().map(|token| if token.len() == 6 { 6 } else { 1 }));
            table.tokens.extend(all);
            table.scores.retain(|score| !score.is_nan());
            table.scores.resize(table.tokens.len(), f32::NEG_INFINITY);
        }
        let keys = ["bos_token_id", "eos_token_id", "unknown_token_id"];
        for model in ["gpt2", "llama"] {
            let mut more: Vec<_> = keys.iter().zip(&ids).map(|(key, id)| (*key, Value::Unsigned(*id))).collect();
            more.extend([("model", Value::Text(model.to_owned())), ("pre", Value::Text("qwen2".to_owned()))]);
            if let Ok(tokenizer) = Tokenizer::from_gguf(&file(&table, &more)) {
                for specials in [true, false] {
                    let tokens = tokenizer.encode(&text, specials);
                    prop_assert!(tokens.iter().all(|token| (*token as usize) < tokenizer.size()));
                    tokenizer.decode(&tokens);
                }
            }
        }
    }
}
