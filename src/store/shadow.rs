//! A: A file that can be read and seemingly written: what is written stays in memory, the file is never touched.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::ops::Bound;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};

/// Bytes that are copied at once when some of them are written.
const BLOCK_BYTES: usize = 4096;
const BLOCK: u64 = BLOCK_BYTES as u64;

/// The file and what was written over it.
#[derive(Debug)]
pub(super) struct Shadow {
    file: File,
    layer: Mutex<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// Length that the shadow seems to have, in bytes.
    len: u64,
    /// Bytes of the file that still show through; zeros stand behind them.
    file_len: u64,
    /// Blocks that were written, by their number.
    blocks: BTreeMap<u64, Box<[u8; BLOCK_BYTES]>>,
}

impl Shadow {
    /// A shadow of `file`, which must be readable.
    pub(super) fn over(file: File) -> Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, layer: Mutex::new(Layer { len, file_len: len, blocks: BTreeMap::new() }) })
    }

    fn layer(&self) -> MutexGuard<'_, Layer> {
        self.layer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads from the file alone; zeros where it has ended.
    fn read_file(&self, file_len: u64, offset: u64, out: &mut [u8]) -> Result<()> {
        let there = usize::try_from(file_len.saturating_sub(offset)).unwrap_or(usize::MAX).min(out.len());
        let (head, tail) = out.split_at_mut(there);
        tail.fill(0);
        self.file.read_exact_at(head, offset)
    }
}

/// Splits `len` bytes at `offset` by blocks: number, offset in the block, offset in the bytes, length.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done >= len {
            return None;
        }
        let at = offset + done as u64;
        let inside = usize::try_from(at % BLOCK).unwrap_or(0);
        let length = (BLOCK_BYTES - inside).min(len - done);
        let piece = (at / BLOCK, inside, done, length);
        done += length;
        Some(piece)
    })
}

fn part(bytes: &mut [u8], from: usize, length: usize) -> Result<&mut [u8]> {
    bytes.get_mut(from..from + length).ok_or_else(|| Error::from(ErrorKind::InvalidInput))
}

impl StorageBackend for Shadow {
    fn len(&self) -> Result<u64> {
        Ok(self.layer().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let layer = self.layer();
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > layer.len) {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        if layer.blocks.is_empty() {
            return self.read_file(layer.file_len, offset, out);
        }
        for (number, inside, done, length) in pieces(offset, out.len()) {
            let out = part(out, done, length)?;
            match layer.blocks.get(&number).and_then(|block| block.get(inside..inside + length)) {
                Some(bytes) => out.copy_from_slice(bytes),
                None => self.read_file(layer.file_len, number * BLOCK + inside as u64, out)?,
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let mut layer = self.layer();
        layer.len = len;
        layer.file_len = layer.file_len.min(len);
        drop(layer.blocks.split_off(&len.div_ceil(BLOCK)));
        if let Some(block) = layer.blocks.get_mut(&(len / BLOCK)) {
            let kept = usize::try_from(len % BLOCK).unwrap_or(0);
            block.iter_mut().skip(kept).for_each(|byte| *byte = 0);
        }
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let mut layer = self.layer();
        for (number, inside, done, length) in pieces(offset, data.len()) {
            if !layer.blocks.contains_key(&number) {
                let mut block = Box::new([0; BLOCK_BYTES]);
                self.read_file(layer.file_len, number * BLOCK, block.as_mut_slice())?;
                layer.blocks.insert(number, block);
            }
            if let (Some(block), Some(data)) = (layer.blocks.get_mut(&number), data.get(done..done + length)) {
                part(block.as_mut_slice(), inside, length)?.copy_from_slice(data);
            }
        }
        Ok(())
    }

    // Nobody else can have this shadow, so every lock is free.
    fn try_lock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> std::result::Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> std::result::Result<(), BackendError> {
        Ok(())
    }

    fn query_lock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> std::result::Result<bool, BackendError> {
        Ok(false)
    }
}
