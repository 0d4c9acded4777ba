//! Tests of the reader: whole files, files cut anywhere, and lengths that lie.

use std::io::Cursor;

use super::*;

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

/// A file of two keys and one tensor of two rows in `Q8_0`, written by hand from the specification.
fn small() -> Vec<u8> {
    let mut file = b"GGUF".to_vec();
    file.extend(3u32.to_le_bytes());
    file.extend(1u64.to_le_bytes());
    file.extend(2u64.to_le_bytes());
    text(&mut file, "general.architecture");
    file.extend(8u32.to_le_bytes());
    text(&mut file, "llama");
    text(&mut file, "tokenizer.ggml.tokens");
    file.extend(9u32.to_le_bytes());
    file.extend(8u32.to_le_bytes());
    file.extend(2u64.to_le_bytes());
    text(&mut file, "a");
    text(&mut file, "é");
    text(&mut file, "token_embd.weight");
    file.extend(2u32.to_le_bytes());
    file.extend(32u64.to_le_bytes());
    file.extend(2u64.to_le_bytes());
    file.extend(8u32.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.resize(file.len().next_multiple_of(32), 0);
    file.extend((0..68u8).collect::<Vec<_>>());
    file
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let file = small();
    let gguf = Gguf::read(&mut Cursor::new(&file)).unwrap();
    assert_eq!(gguf.text("general.architecture"), Some("llama"));
    assert_eq!(gguf.texts("tokenizer.ggml.tokens").unwrap(), ["a", "é"]);
    let tensor = gguf.tensor("token_embd.weight").unwrap();
    assert_eq!((tensor.kind, tensor.columns(), tensor.rows(), tensor.bytes), (TensorKind::Q8_0, 32, 2, 68));
    assert_eq!(gguf.load(&mut Cursor::new(&file), tensor).unwrap(), (0..68u8).collect::<Vec<_>>());
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = small();
    for length in 0..file.len() {
        assert!(Gguf::read(&mut Cursor::new(&file[..length])).is_err(), "cut at {length}");
    }
}

#[test]
fn lengths_past_the_file_are_refused_before_they_are_believed() {
    let file = small();
    for at in 4..file.len() - 68 - 8 {
        let mut hostile = file.clone();
        hostile[at..at + 8].fill(0xff);
        // Whatever was overwritten, reading ends without a panic and without a huge allocation.
        let _ = Gguf::read(&mut Cursor::new(&hostile));
    }
    let mut hostile = file.clone();
    hostile[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(Gguf::read(&mut Cursor::new(&hostile)), Err(GgufError::Malformed(_))));
}
