//! Imports of generated files through the whole library: good ones, refused ones, hostile ones, cut-off ones.

use std::io::{Cursor, Write};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::llm::local::tiny::{self, Tiny};
use crate::store::tables::AUDIT;

struct Bench {
    dir: tempfile::TempDir,
    library: Library,
    store: Store,
}

fn on(dir: &Path, store: &Store, available_bytes: fn() -> Option<u64>) -> Library {
    let ambient = Ambient::system();
    let auditor = Auditor::new([7; 32], ambient.clone());
    let on = Foundations { store: store.clone(), auditor, ambient, dir: dir.join("models"), available_bytes };
    Library::open(on).unwrap()
}

fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.redb"), crate::store::tables::STORE_TABLES).unwrap();
    let library = on(dir.path(), &store, || Some(1 << 40));
    Bench { dir, library, store }
}

impl Bench {
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&self, path: &Path) -> Result<Imported> {
        self.import_as(Import { path: path.to_owned(), ..Import::default() })
    }

    fn import_as(&self, import: Import) -> Result<Imported> {
        let quiet: Progress = Arc::new(|_, _| {});
        run(self.library.import(&RequestContext::default(), &Actor::Console, import, quiet))
    }

    fn verify(&self, name: &str) -> Result<Model> {
        run(self.library.verify(&RequestContext::default(), &Actor::Console, name, Arc::new(|_, _| {})))
    }

    fn put_to_use(&self, name: &str) -> Result<Model> {
        run(self.library.put_to_use(&RequestContext::default(), &Actor::Console, name))
    }

    fn remove(&self, name: &str) -> Result<()> {
        run(self.library.remove(&RequestContext::default(), &Actor::Console, name))
    }

    fn release(&self, name: &str) -> Result<Model> {
        run(self.library.release(&RequestContext::default(), &Actor::Console, name))
    }

    /// What lies in the directory of models.
    fn shelf(&self) -> Vec<String> {
        let names = fs::read_dir(self.dir.path().join("models")).unwrap();
        names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    fn audited(&self) -> Vec<(String, bool)> {
        let rows = self.store.read(|view| view.scan(&AUDIT, Span::all(), 1000).map_err(Error::from)).unwrap();
        rows.into_iter().map(|(_, row)| (row.action, row.succeeded)).collect()
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn gguf(architecture: &'static str, seed: u64) -> Vec<u8> {
    Tiny::new(architecture, GgmlDType::Q8_0, seed).bytes()
}

/// A file like `tiny`, with some of its metadata changed.
fn changed(tiny: &Tiny, key: &str, value: Option<Value>) -> Vec<u8> {
    let mut metadata = tiny.metadata();
    metadata.retain(|(name, _)| name != key);
    metadata.extend(value.map(|value| (key.to_owned(), value)));
    let tensors = tiny.tensors();
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    candle_core::quantized::gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    file.into_inner()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive
            .start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A sentence model of one layer: weights, configuration, tokenizer.
fn sentences() -> [(&'static str, Vec<u8>); 4] {
    let (hidden, wide, words, positions) = (8_u64, 16_u64, 6_u64, 32_u64);
    let config = serde_json::json!({
        "model_type": "bert", "hidden_size": hidden, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": wide, "max_position_embeddings": positions, "vocab_size": words,
    });
    let layer = "encoder.layer.0.";
    let shapes = [
        ("embeddings.word_embeddings.weight".to_owned(), vec![words, hidden]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![positions, hidden]),
        ("embeddings.LayerNorm.weight".to_owned(), vec![hidden]),
        (format!("{layer}attention.self.query.weight"), vec![hidden, hidden]),
        (format!("{layer}attention.self.key.weight"), vec![hidden, hidden]),
        (format!("{layer}attention.self.value.weight"), vec![hidden, hidden]),
        (format!("{layer}attention.output.dense.weight"), vec![hidden, hidden]),
        (format!("{layer}attention.output.LayerNorm.weight"), vec![hidden]),
        (format!("{layer}intermediate.dense.weight"), vec![wide, hidden]),
        (format!("{layer}output.dense.weight"), vec![hidden, wide]),
        (format!("{layer}output.LayerNorm.weight"), vec![hidden]),
    ];
    let (mut head, mut at) = (serde_json::Map::new(), 0_u64);
    for (name, shape) in shapes {
        let bytes = 4 * shape.iter().product::<u64>();
        head.insert(name, serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [at, at + bytes] }));
        at += bytes;
    }
    let head = serde_json::Value::Object(head).to_string();
    let mut weights = (head.len() as u64).to_le_bytes().to_vec();
    weights.extend(head.as_bytes());
    weights.resize(weights.len() + at as usize, 0);
    let tokenizer = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "unk_token": "[UNK]", "vocab": { "[PAD]": 0, "[UNK]": 1, "sun": 2, "moon": 3 } },
    });
    [
        ("model.safetensors", weights),
        ("config.json", config.to_string().into_bytes()),
        ("tokenizer.json", tokenizer.to_string().into_bytes()),
        ("README.md", b"---\nlicense: mit\n---\n# A model\n".to_vec()),
    ]
}

fn why(error: &Error) -> String {
    assert_eq!(error.code(), Code::ModelRefused, "{error}");
    error.details()["errors"][0]["allowed"].as_str().unwrap().to_owned()
}

#[test]
fn a_gguf_file_is_checked_copied_and_told() {
    let bench = bench();
    let bytes = gguf("qwen2", 1);
    let Imported { model, was_there } = bench.import(&bench.file("Tiny Qwen.Q8_0.gguf", &bytes)).unwrap();
    let row = &model.row;
    assert!(!was_there && !model.in_use);
    assert_eq!(
        (model.name.as_str(), row.kind, row.architecture.as_str()),
        ("tiny-qwen.q8_0", ModelKind::Chat, "qwen2")
    );
    assert_eq!((row.quantisation.as_str(), row.context, row.embedding_length), ("Q8_0", 512, 64));
    assert_eq!((row.has_template, row.licence.as_deref(), row.vocabulary), (true, Some("apache-2.0"), 320));
    assert_eq!(fs::read(model.path.join("model.gguf")).unwrap(), bytes);
    let hash: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), &bytes)).into();
    assert_eq!((row.sha256, model.bytes()), (hash, bytes.len() as u64));
    assert!(row.parameters > 50_000 && row.memory_bytes > bytes.len() as u64);
    assert_eq!(bench.shelf(), [hex(&hash)]);
    assert_eq!(bench.library.list().unwrap(), [model]);
    assert_eq!(bench.audited(), [("model_import".to_owned(), true)]);
}

#[test]
fn every_architecture_and_kind_is_taken() {
    let bench = bench();
    for architecture in tiny::ARCHITECTURES {
        for kind in [GgmlDType::F16, GgmlDType::Q4_0, GgmlDType::Q4K] {
            let tiny = Tiny::new(architecture, kind, 3);
            let imported = bench.import(&bench.file(&format!("{architecture}-{kind:?}.gguf"), &tiny.bytes())).unwrap();
            assert_eq!(imported.model.row.architecture, architecture);
        }
    }
    assert_eq!(bench.library.list().unwrap().len(), 12);
}

#[test]
fn the_same_bytes_are_known_again_and_heal_what_was_lost() {
    let bench = bench();
    let path = bench.file("one.gguf", &gguf("llama", 1));
    let first = bench.import(&path).unwrap().model;
    fs::write(first.path.join("model.gguf"), b"bad").unwrap();
    assert_eq!(bench.verify("one").unwrap_err().code(), Code::ModelDamaged);
    let again = bench.import(&bench.file("two.gguf", &fs::read(&path).unwrap())).unwrap();
    assert!(again.was_there && again.model.name == "one");
    assert!(bench.verify("one").is_ok());
    assert_eq!(bench.library.list().unwrap().len(), 1);
    let told: Vec<_> = bench.audited();
    assert!(told.contains(&("model_verify".to_owned(), false)) && told.contains(&("model_verify".to_owned(), true)));
}

#[test]
fn names_are_held_and_others_of_the_same_name_are_numbered() {
    let bench = bench();
    let (one, two) = (bench.file("a/m.gguf", &gguf("llama", 1)), bench.file("b/m.gguf", &gguf("llama", 2)));
    assert_eq!(bench.import(&one).unwrap().model.name, "m");
    assert_eq!(bench.import(&two).unwrap().model.name, "m-2");
    let three = Import { path: bench.file("c.gguf", &gguf("llama", 3)), name: Some("m".into()), inside: None };
    assert_eq!(bench.import_as(three.clone()).unwrap_err().code(), Code::ModelExists);
    for name in ["", ".x", "A", "a b", "é", "../x", &"x".repeat(65)] {
        let import = Import { name: Some(name.into()), ..three.clone() };
        assert_eq!(bench.import_as(import).unwrap_err().code(), Code::InvalidFields, "{name:?}");
    }
    assert_eq!(bench.shelf().len(), 2);
    assert_eq!(bench.library.get("n").unwrap_err().code(), Code::ModelNotFound);
}

#[test]
fn one_model_of_a_kind_is_in_use_and_whoever_runs_it_is_told() {
    let bench = bench();
    let mut told = bench.library.in_use();
    for (name, seed) in [("one.gguf", 1), ("two.gguf", 2)] {
        bench.import(&bench.file(name, &gguf("llama", seed))).unwrap();
    }
    assert!(told.borrow_and_update().chat.is_none());
    bench.put_to_use("one").unwrap();
    assert!(told.has_changed().unwrap());
    assert_eq!(told.borrow_and_update().chat.as_ref().unwrap().name, "one");
    assert_eq!(bench.remove("one").unwrap_err().code(), Code::ModelInUse);
    assert!(bench.put_to_use("two").unwrap().in_use);
    assert!(!bench.library.get("one").unwrap().in_use);
    assert_eq!(told.borrow_and_update().chat.as_ref().unwrap().name, "two");
    bench.remove("one").unwrap();
    // It holds over a start.
    let again = on(bench.dir.path(), &bench.store, || None);
    assert_eq!(again.in_use().borrow().chat.as_ref().unwrap().name, "two");
    assert!(!bench.release("two").unwrap().in_use);
    assert!(told.borrow_and_update().chat.is_none());
    bench.remove("two").unwrap();
    assert!(bench.shelf().is_empty());
}

#[test]
fn a_model_that_needs_more_memory_than_there_is_is_not_used() {
    let mut bench = bench();
    bench.import(&bench.file("one.gguf", &gguf("llama", 1))).unwrap();
    bench.library = on(bench.dir.path(), &bench.store, || Some(1000));
    let error = bench.put_to_use("one").unwrap_err();
    assert_eq!(error.code(), Code::InsufficientMemory);
    let need = bench.library.get("one").unwrap().row.memory_bytes;
    assert_eq!((&error.details()["needed_bytes"], &error.details()["available_bytes"]), (&need.into(), &1000.into()));
    assert!(!bench.library.get("one").unwrap().in_use);
}

#[test]
fn only_operators_may() {
    let bench = bench();
    let path = bench.file("one.gguf", &gguf("llama", 1));
    let quiet: Progress = Arc::new(|_, _| {});
    let import = Import { path, ..Import::default() };
    let error = run(bench.library.import(&RequestContext::default(), &Actor::Anonymous, import, quiet)).unwrap_err();
    assert_eq!(error.code(), Code::InsufficientRole);
}

#[test]
fn sentence_models_come_as_directories_and_in_archives() {
    let bench = bench();
    let files = sentences();
    for (name, bytes) in &files {
        bench.file(&format!("mini/model/{name}"), bytes);
    }
    let model = bench.import(&bench.dir.path().join("mini/model")).unwrap().model;
    assert_eq!(
        (model.name.as_str(), model.row.kind, model.row.architecture.as_str()),
        ("mini", ModelKind::Embedding, "bert")
    );
    assert_eq!(
        (model.row.licence.as_deref(), model.row.quantisation.as_str(), model.row.context),
        (Some("mit"), "F32", 32)
    );
    assert!(
        ["model.safetensors", "config.json", "tokenizer.json", "README.md"]
            .iter()
            .all(|f| model.path.join(f).is_file())
    );
    assert!(bench.import(&bench.dir.path().join("mini/model/model.safetensors")).unwrap().was_there);
    let entries: Vec<(String, &[u8])> =
        files.iter().map(|(name, bytes)| (format!("p/model/{name}"), bytes.as_slice())).collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert!(bench.import(&bench.file("mini.whl", &zipped(&entries))).unwrap().was_there);
    bench.put_to_use("mini").unwrap();
    assert_eq!(bench.library.in_use().borrow().embedding.as_ref().unwrap().name, "mini");
    assert!(bench.library.in_use().borrow().chat.is_none());
}

#[test]
fn a_broken_sentence_model_is_refused_by_what_is_wrong() {
    let bench = bench();
    let refused = |at: usize, bytes: Vec<u8>, expected: &str| {
        let mut files = sentences();
        files[at].1 = bytes;
        for (name, bytes) in &files {
            bench.file(&format!("broken/{name}"), bytes);
        }
        let why = why(&bench.import(&bench.dir.path().join("broken")).unwrap_err());
        assert!(why.contains(expected), "{why:?} does not say {expected:?}");
        assert!(bench.shelf().is_empty());
    };
    let [weights, config, _, _] = sentences();
    let text = String::from_utf8(config.1).unwrap();
    refused(1, b"{".to_vec(), "`config.json` cannot be read");
    refused(1, text.replace("bert", "gpt2").into_bytes(), "`gpt2`");
    refused(
        1,
        text.replace("\"vocab_size\":6", "\"vocab_size\":7").into_bytes(),
        "has the sizes [6, 8], expected [7, 8]",
    );
    refused(1, text.replace("\"num_hidden_layers\":1", "\"num_hidden_layers\":2").into_bytes(), "encoder.layer.1");
    refused(
        1,
        text.replace("\"num_hidden_layers\":1", "\"num_hidden_layers\":99999999").into_bytes(),
        "`num_hidden_layers`",
    );
    refused(1, text.replace("\"num_attention_heads\":2", "\"num_attention_heads\":3").into_bytes(), "a multiple of");
    refused(2, b"{}".to_vec(), "`tokenizer.json` cannot be read");
    refused(0, weights.1[..weights.1.len() - 1].to_vec(), "stands at");
    refused(0, vec![0xff; 64], "its head claims");
    refused(0, Vec::new(), "too few");
    let overlap = String::from_utf8_lossy(&weights.1).replacen("\"data_offsets\":[192,", "\"data_offsets\":[0,", 1);
    refused(0, overlap.into_bytes(), "broken safetensors");
}

#[test]
fn archives_are_read_within_bounds() {
    let bench = bench();
    let (one, two) = (gguf("llama", 1), gguf("llama", 2));
    let wheel = bench.file("pkg-1.0.whl", &zipped(&[("pkg/__init__.py", b"x"), ("pkg/Tiny.gguf", &one)]));
    assert_eq!(bench.import(&wheel).unwrap().model.name, "tiny");
    let both = bench.file("both.zip", &zipped(&[("a.gguf", &one), ("../../etc/b.gguf", &two)]));
    assert!(why(&bench.import(&both).unwrap_err()).contains("2 models"));
    // A path that leads out is a name like any other: it is only compared.
    let chosen = Import { path: both, inside: Some("../../etc/b.gguf".into()), name: None };
    assert_eq!(bench.import_as(chosen).unwrap().model.name, "b");
    assert_eq!(bench.shelf().len(), 2);
    let none = bench.file("none.zip", &zipped(&[("a.txt", b"x")]));
    assert!(why(&bench.import(&none).unwrap_err()).contains("0 models"));
    let bomb = bench.file("bomb.zip", &zipped(&[("a.gguf", &vec![0; 64 * 1024 * 1024])]));
    assert!(why(&bench.import(&bomb).unwrap_err()).contains("times"));
    let mut cut = zipped(&[("a.gguf", &one)]);
    cut.truncate(cut.len() / 2);
    assert!(bench.import(&bench.file("cut.zip", &cut)).is_err());
    assert_eq!(bench.shelf().len(), 2);
}

#[test]
fn a_wrong_length_in_an_archive_is_found_out() {
    let bench = bench();
    let bytes = gguf("llama", 1);
    let mut file = zipped(&[("a.gguf", &bytes)]);
    // The length in the central directory, 24 bytes behind its signature.
    let at = file.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap() + 24;
    file[at..at + 4].copy_from_slice(&(bytes.len() as u32 + 100).to_le_bytes());
    assert!(bench.import(&bench.file("a.zip", &file)).is_err());
    assert!(bench.shelf().is_empty());
}

#[test]
fn what_is_no_model_of_ours_is_refused_by_what_is_wrong() {
    let bench = bench();
    let refused = |bytes: &[u8], expected: &str| {
        let why = why(&bench.import(&bench.file("x.gguf", bytes)).unwrap_err());
        assert!(why.contains(expected), "{why:?} does not say {expected:?}");
        assert!(bench.shelf().is_empty() && bench.library.list().unwrap().is_empty());
    };
    let tiny = Tiny::new("llama", GgmlDType::Q8_0, 1);
    let good = tiny.bytes();
    refused(b"", "it begins with []");
    refused(b"hello", "expected a GGUF file");
    refused(&good[..good.len() - 1], "is it cut short?");
    refused(&good[..200], "broken GGUF");
    let key = |key: &str| format!("llama.{key}");
    let text = |text: &str| Some(Value::String(text.into()));
    refused(&changed(&tiny, "general.architecture", text("mamba")), "`mamba`; llama, qwen2, qwen3, gemma3 run here");
    refused(&changed(&tiny, &key("block_count"), Some(Value::U32(3))), "`blk.2.attn_norm.weight` is missing");
    refused(&changed(&tiny, &key("block_count"), Some(Value::U64(1 << 60))), "expected a whole number from 1 to");
    refused(&changed(&tiny, &key("block_count"), Some(Value::I32(-2))), "`llama.block_count` is Signed(-2)");
    refused(&changed(&tiny, &key("embedding_length"), Some(Value::U32(128))), "expected [128, 320]");
    refused(&changed(&tiny, &key("attention.head_count"), None), "`llama.attention.head_count` is missing");
    refused(&changed(&tiny, &key("attention.head_count_kv"), Some(Value::U32(3))), "a multiple of theirs");
    refused(&changed(&tiny, &key("attention.layer_norm_rms_epsilon"), Some(Value::F32(f32::NAN))), "epsilon");
    refused(&changed(&tiny, &key("context_length"), Some(Value::U32(0))), "`llama.context_length`");
    refused(&changed(&tiny, "tokenizer.ggml.pre", text("nobody")), "`nobody`");
    refused(&changed(&tiny, "tokenizer.chat_template", text("{% for %}")), "broken chat template");
    let bomb = "{% set ns = namespace(x=messages[0].content) %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}";
    refused(&changed(&tiny, "tokenizer.chat_template", text(bomb)), "double");
    // A vocabulary that is shorter than the matrix of the embeddings.
    let Some((_, Value::Array(tokens))) = tiny.metadata().into_iter().find(|(key, _)| key == "tokenizer.ggml.tokens")
    else {
        panic!("it has tokens")
    };
    let short = Value::Array(tokens[..310].to_vec());
    refused(&changed(&tiny, "tokenizer.ggml.tokens", Some(short)), "has the sizes [64, 320], expected [64, 310]");
    assert!(bench.audited().iter().all(|told| *told == ("model_import".to_owned(), false)));
}

#[test]
fn a_start_removes_what_crashes_left() {
    let bench = bench();
    let kept = bench.import(&bench.file("one.gguf", &gguf("llama", 1))).unwrap().model;
    let orphan = hex(&[9; 32]);
    bench.file("models/.import-0123/model.gguf", b"half");
    bench.file(&format!("models/{orphan}/model.gguf"), b"whole, and without a row");
    bench.file("models/notes.txt", b"of the operator");
    let again = on(bench.dir.path(), &bench.store, || None);
    let mut left = bench.shelf();
    left.sort();
    let mut expected = vec![hex(&kept.row.sha256), "notes.txt".to_owned()];
    expected.sort();
    assert_eq!(left, expected);
    assert!(again.get("one").is_ok());
}

#[test]
fn names_within_the_import_directory_lead_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.gguf"), b"x").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link.gguf")).unwrap();
    assert!(within(dir.path(), "a.gguf").is_ok());
    for name in ["", ".", "..", "../a.gguf", "/etc/hostname", "b.gguf", "link.gguf", "a/../a.gguf", "a\0", ".hidden"] {
        assert_eq!(within(dir.path(), name).unwrap_err().code(), Code::InvalidFields, "{name:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Bytes of a good file changed anywhere, most of all in its head: it is taken whole or refused, nothing panics, and
    /// nothing is left of what was refused.
    #[test]
    fn mutated_files_are_taken_whole_or_leave_nothing(
        architecture in prop::sample::select(tiny::ARCHITECTURES.to_vec()),
        changes in prop::collection::vec((0.0_f64..1.0, any::<u8>(), any::<bool>()), 1..6),
        spread in prop::sample::select(vec![64_usize, 2_000, 12_000, usize::MAX]),
        cut in prop::option::of(0.0_f64..1.0),
    ) {
        let bench = bench();
        let mut bytes = gguf(architecture, 1);
        let within = spread.min(bytes.len());
        for (place, value, all_ones) in changes {
            let at = (place * within as f64) as usize;
            let end = (at + 8).min(bytes.len());
            if all_ones { bytes[at..end].fill(0xff) } else { bytes[at] = value }
        }
        if let Some(cut) = cut {
            bytes.truncate((cut * bytes.len() as f64) as usize);
        }
        match bench.import(&bench.file("x.gguf", &bytes)) {
            Ok(imported) => {
                prop_assert_eq!(fs::read(imported.model.path.join("model.gguf")).unwrap(), bytes);
                prop_assert_eq!(bench.shelf().len(), 1);
            }
            Err(error) => {
                prop_assert_eq!(error.code(), Code::ModelRefused);
                prop_assert!(bench.shelf().is_empty());
                prop_assert!(bench.library.list().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn mutated_archives_are_taken_whole_or_leave_nothing(
        changes in prop::collection::vec((0.0_f64..1.0, any::<u8>()), 1..5),
        cut in prop::option::of(0.0_f64..1.0),
    ) {
        let bench = bench();
        let mut bytes = zipped(&[("a.txt", b"text"), ("a.gguf", &gguf("llama", 1))]);
        let length = bytes.len();
        for (place, value) in changes {
            bytes[(place * length as f64) as usize] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate((cut * length as f64) as usize);
        }
        if bench.import(&bench.file("x.zip", &bytes)).is_err() {
            prop_assert!(bench.shelf().is_empty());
        }
    }
}
