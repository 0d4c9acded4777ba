//! A: The safetensors file that holds a model's weights: its table is checked whole before a tensor is read, and no length
//! in it is believed that the file does not have. Knows no model.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use half::{bf16, f16};
use serde::Deserialize;

use super::EmbedError;
use crate::limits;

/// Name of the file.
pub const WEIGHTS: &str = "model.safetensors";

/// Bytes before the table: its length.
const PREFIX_BYTES: u64 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    F32,
    F16,
    Bf16,
}

impl Number {
    fn of(name: &str) -> Option<Self> {
        match name {
            "F32" => Some(Self::F32),
            "F16" => Some(Self::F16),
            "BF16" => Some(Self::Bf16),
            _ => None,
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }
}

/// A line of the table.
#[derive(Debug, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// The open file and its table.
#[derive(Debug)]
pub struct Weights {
    file: File,
    entries: BTreeMap<String, Entry>,
    /// Where the numbers begin.
    data: u64,
}

fn wrong(problem: impl Into<String>) -> EmbedError {
    EmbedError::wrong(WEIGHTS, problem)
}

fn io(cause: std::io::Error) -> EmbedError {
    EmbedError::Io { file: WEIGHTS.to_owned(), cause }
}

impl Weights {
    /// Reads and checks the table.
    ///
    /// # Errors
    /// The file is no safetensors file, is cut short, or its table does not fit it.
    pub fn open(mut file: File) -> Result<Self, EmbedError> {
        let size = file.metadata().map_err(io)?.len();
        if !(PREFIX_BYTES + 2..=limits::EMBED_WEIGHTS_MAX_BYTES).contains(&size) {
            let most = limits::EMBED_WEIGHTS_MAX_BYTES;
            return Err(wrong(format!("has {size} bytes, allowed are {} to {most}", PREFIX_BYTES + 2)));
        }
        let mut length = [0; PREFIX_BYTES as usize];
        file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut length)).map_err(io)?;
        let length = u64::from_le_bytes(length);
        if length > limits::EMBED_TABLE_MAX_BYTES || length > size - PREFIX_BYTES {
            return Err(wrong(format!("is no safetensors file: its table would have {length} bytes")));
        }
        let mut table = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact(&mut table).map_err(io)?;
        let mut table: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(&table).map_err(|e| wrong(format!("its table is not JSON: {e}")))?;
        table.remove("__metadata__");
        let room = size - PREFIX_BYTES - length;
        let mut entries = BTreeMap::new();
        for (name, value) in table {
            let entry: Entry = serde_json::from_value(value).map_err(|e| wrong(format!("tensor {name:?}: {e}")))?;
            let [from, to] = entry.data_offsets;
            if from > to || to > room {
                return Err(wrong(format!("tensor {name:?} would lie at {from}..{to} of {room} bytes")));
            }
            entries.insert(name, entry);
        }
        Ok(Self { file, entries, data: PREFIX_BYTES + length })
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The numbers of a tensor, which must have this shape.
    ///
    /// # Errors
    /// It is not there, has another shape, another kind of number, or a number that is none.
    pub fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        let entry = self.entries.get(name).ok_or_else(|| wrong(format!("has no tensor {name:?}")))?;
        if entry.shape != shape {
            return Err(wrong(format!(
                "tensor {name:?} has the shape {:?}, the configuration says {shape:?}",
                entry.shape
            )));
        }
        let kind = Number::of(&entry.dtype)
            .ok_or_else(|| wrong(format!("tensor {name:?} holds {}, allowed are F32, F16 and BF16", entry.dtype)))?;
        let [from, to] = entry.data_offsets;
        let bytes = shape.iter().try_fold(kind.bytes(), |bytes, side| bytes.checked_mul(*side));
        let Some(bytes) = bytes.filter(|bytes| *bytes as u64 == to - from) else {
            return Err(wrong(format!("tensor {name:?} has {} bytes, its shape {shape:?} needs others", to - from)));
        };
        let mut raw = vec![0; bytes];
        let at = SeekFrom::Start(self.data + from);
        self.file.seek(at).and_then(|_| self.file.read_exact(&mut raw)).map_err(io)?;
        let numbers: Vec<f32> = match kind {
            Number::F32 => raw.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Number::F16 => raw.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            Number::Bf16 => raw.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
        };
        if numbers.iter().all(|x| x.is_finite()) {
            Ok(numbers)
        } else {
            Err(wrong(format!("tensor {name:?} holds a number that is not finite")))
        }
    }
}
