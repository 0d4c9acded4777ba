//! A: A matrix of weights as the kernels read it. Rows stand in tiles of [`TILE`], so that one vector holds the same four
//! columns of all rows of a tile; levels keep their bits, and scales the precision they have in the file: nothing is
//! rounded, and little is added to the file's size. Multiplies nothing.
//!
//! A block of 32 columns of a tile: 64 bytes for columns 0..4 of 16 rows in turn (in their lower halves; columns 16..20 in
//! the upper ones), three times more; then, where levels have more than four bits, planes of 64 bytes with what is left.

use half::{bf16, f16};

use super::TensorKind;
use super::blocks::{Row, Scales, Scheme};
use super::buffer::Buffer;
use super::lanes::TILE;
use super::pool::Pool;

/// Columns of a block.
pub(super) const BLOCK: usize = 32;
/// Blocks that share the outer scale of a nested one.
pub(super) const NEST: usize = 8;
/// Bytes of a chunk: four columns of a tile.
pub(super) const CHUNK: usize = 4 * TILE;

/// A matrix of weights, repacked.
pub struct Packed {
    rows: usize,
    columns: usize,
    pub(super) store: Store,
}

/// What a matrix keeps, tile after tile.
pub(super) enum Store {
    /// Levels of a scheme, and its scales.
    Levels { kind: TensorKind, scheme: Scheme, levels: Buffer<u8>, scales: Buffer<u8> },
    /// Floats: for each column, those of all rows of the tile.
    Single(Buffer<f32>),
    /// The same in IEEE half precision.
    Half(Buffer<u16>),
    /// The same as upper halves of floats.
    Brain(Buffer<u16>),
}

/// Bytes that the levels of a block of a tile take.
pub(super) const fn block_bytes(scheme: Scheme) -> usize {
    CHUNK * scheme.bits as usize
}

/// Bytes that the scales of a tile take, up to a block.
pub(super) const fn scale_bytes(scheme: Scheme, blocks: usize) -> usize {
    match scheme.scales {
        Scales::One => blocks * 2 * TILE,
        Scales::Two => blocks * 4 * TILE,
        Scales::Nested => blocks / NEST * (2 * TILE + TILE * NEST * BLOCK / scheme.group),
        Scales::NestedTwo => blocks / NEST * (4 * TILE + 2 * TILE * NEST * BLOCK / scheme.group),
    }
}

impl Packed {
    /// Repacks a matrix: `bytes` are its rows one after the other, in blocks of its kind.
    ///
    /// # Errors
    /// What is wrong with the sizes: `columns` is no whole number of blocks, or the bytes are not those of such a matrix.
    pub fn new(kind: TensorKind, rows: usize, columns: usize, bytes: &[u8], pool: &Pool) -> Result<Self, String> {
        if columns == 0 || !columns.is_multiple_of(kind.block_elements()) {
            let (name, block) = (kind.name(), kind.block_elements());
            return Err(format!("rows of {columns} elements, expected a multiple of {block} for {name}"));
        }
        let row_bytes = columns / kind.block_elements() * kind.block_bytes();
        if Some(bytes.len()) != rows.checked_mul(row_bytes) {
            return Err(format!("{} bytes, expected {rows} rows of {row_bytes}", bytes.len()));
        }
        let tiles = rows.div_ceil(TILE);
        let of_tile = bytes.chunks(TILE * row_bytes);
        let store = match (Scheme::of(kind), kind) {
            (Some(scheme), _) => {
                let (level_bytes, scale_bytes) = tile_bytes(scheme, columns);
                let mut levels = Buffer::zeroed(tiles * level_bytes);
                let mut scales = Buffer::zeroed(tiles * scale_bytes);
                let slices = levels.chunks_mut(level_bytes).zip(scales.chunks_mut(scale_bytes));
                pool.each(slices.zip(of_tile), |((levels, scales), rows)| {
                    pack(kind, scheme, rows.chunks_exact(row_bytes), levels, scales);
                });
                Store::Levels { kind, scheme, levels, scales }
            }
            (None, TensorKind::F16 | TensorKind::BF16) => {
                let mut words = Buffer::zeroed(tiles * TILE * columns);
                pool.each(words.chunks_mut(TILE * columns).zip(of_tile), |(to, rows)| {
                    let word = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes[1]]);
                    transpose(columns, rows.chunks_exact(row_bytes).map(|row| row.chunks_exact(2).map(word)), to);
                });
                if kind == TensorKind::F16 { Store::Half(words) } else { Store::Brain(words) }
            }
            (None, _) => {
                let mut floats = Buffer::zeroed(tiles * TILE * columns);
                pool.each(floats.chunks_mut(TILE * columns).zip(of_tile), |(to, rows)| {
                    let row = |bytes: &[u8]| {
                        let mut row = vec![0.0; columns];
                        plain(kind, bytes, &mut row);
                        row.into_iter()
                    };
                    transpose(columns, rows.chunks_exact(row_bytes).map(row), to);
                });
                Store::Single(floats)
            }
        };
        Ok(Self { rows, columns, store })
    }

    /// Repacks a matrix of floats, row after row.
    ///
    /// # Errors
    /// There are not `rows * columns` of them.
    pub fn of_floats(rows: usize, columns: usize, values: &[f32], pool: &Pool) -> Result<Self, String> {
        if columns == 0 || Some(values.len()) != rows.checked_mul(columns) {
            return Err(format!("{} floats, expected {rows} rows of {columns}", values.len()));
        }
        let mut floats = Buffer::zeroed(rows.div_ceil(TILE) * TILE * columns);
        pool.each(floats.chunks_mut(TILE * columns).zip(values.chunks(TILE * columns)), |(to, rows)| {
            transpose(columns, rows.chunks_exact(columns).map(|row| row.iter().copied()), to);
        });
        Ok(Self { rows, columns, store: Store::Single(floats) })
    }

    /// Bytes of memory that such a matrix takes.
    pub fn bytes_of(kind: TensorKind, rows: usize, columns: usize) -> usize {
        let tile = match (Scheme::of(kind), kind) {
            (Some(scheme), _) => {
                let (levels, scales) = tile_bytes(scheme, columns);
                levels + scales
            }
            (None, TensorKind::F16 | TensorKind::BF16) => TILE * columns * 2,
            (None, _) => TILE * columns * 4,
        };
        rows.div_ceil(TILE).saturating_mul(tile)
    }

    /// Number of rows: outputs of a multiplication.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns: inputs of a multiplication.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        match &self.store {
            Store::Levels { levels, scales, .. } => levels.len() + scales.len(),
            Store::Single(floats) => 4 * floats.len(),
            Store::Half(words) | Store::Brain(words) => 2 * words.len(),
        }
    }

    /// The values of one row, as an embedding is looked up; `row` is below [`Packed::rows`], `to` has a place a column.
    pub fn row(&self, row: usize, to: &mut [f32]) {
        let (tile, lane) = (row / TILE, row % TILE);
        let column = |at: usize| (tile * self.columns + at) * TILE + lane;
        match &self.store {
            Store::Single(floats) => to.iter_mut().enumerate().for_each(|(at, to)| *to = floats[column(at)]),
            Store::Half(words) => {
                to.iter_mut().enumerate().for_each(|(at, to)| *to = f16::from_bits(words[column(at)]).to_f32());
            }
            Store::Brain(words) => {
                to.iter_mut().enumerate().for_each(|(at, to)| *to = bf16::from_bits(words[column(at)]).to_f32());
            }
            Store::Levels { scheme, levels, scales, .. } => {
                let (level_bytes, scale_bytes) = tile_bytes(*scheme, self.columns);
                let levels = &levels[tile * level_bytes..][..level_bytes];
                let scales = &scales[tile * scale_bytes..][..scale_bytes];
                for (at, to) in to.iter_mut().enumerate() {
                    let (scale, offset) = group(*scheme, scales, at, lane);
                    *to = scale * f32::from(level(*scheme, levels, at, lane)) + offset;
                }
            }
        }
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match &self.store {
            Store::Levels { kind, .. } => kind.name(),
            Store::Single(_) => TensorKind::F32.name(),
            Store::Half(_) => TensorKind::F16.name(),
            Store::Brain(_) => TensorKind::BF16.name(),
        };
        write!(f, "Packed({kind}, {} x {})", self.rows, self.columns)
    }
}

/// The values of a kind that needs no scheme, or of any other one: what is read once and not multiplied by, such as the
/// weights of a norm. `to` has a place for each element.
pub fn dequantise(kind: TensorKind, bytes: &[u8], to: &mut [f32]) {
    let Some(scheme) = Scheme::of(kind) else { return plain(kind, bytes, to) };
    let mut row = Row::default();
    row.read(kind, bytes);
    for (at, (to, level)) in to.iter_mut().zip(&row.levels).enumerate() {
        let level = f32::from(*level) - scheme.bias as f32;
        let float = |bits: u16| f16::from_bits(bits).to_f32();
        let nested = |at: usize| (row.halves[at / (NEST * BLOCK)], row.bytes[at / scheme.group].map(f32::from));
        *to = match scheme.scales {
            Scales::One => float(row.halves[at / BLOCK][0]) * level,
            Scales::Two => float(row.halves[at / BLOCK][0]) * level + float(row.halves[at / BLOCK][1]),
            Scales::Nested => float(nested(at).0[0]) * nested(at).1[0] * level,
            Scales::NestedTwo => {
                let (halves, bytes) = nested(at);
                float(halves[0]) * bytes[0] * level - float(halves[1]) * bytes[1]
            }
        };
    }
}

fn plain(kind: TensorKind, bytes: &[u8], to: &mut [f32]) {
    let blocks = bytes.chunks_exact(kind.block_bytes()).zip(to.chunks_exact_mut(kind.block_elements()));
    for (block, to) in blocks {
        match kind {
            TensorKind::F16 => to[0] = f16::from_le_bytes([block[0], block[1]]).to_f32(),
            TensorKind::BF16 => to[0] = bf16::from_le_bytes([block[0], block[1]]).to_f32(),
            TensorKind::F32 => to[0] = f32::from_le_bytes([block[0], block[1], block[2], block[3]]),
            // `Q8_K`: a float, 256 signed bytes, and sums that follow from them.
            _ => {
                let scale = f32::from_le_bytes([block[0], block[1], block[2], block[3]]);
                to.iter_mut().zip(&block[4..]).for_each(|(to, level)| *to = scale * f32::from(level.cast_signed()));
            }
        }
    }
}

fn transpose<T>(columns: usize, rows: impl Iterator<Item = impl Iterator<Item = T>>, to: &mut [T]) {
    for (lane, row) in rows.enumerate() {
        for (column, value) in row.take(columns).enumerate() {
            to[column * TILE + lane] = value;
        }
    }
}

/// Bytes of the levels and of the scales of a tile.
pub(super) const fn tile_bytes(scheme: Scheme, columns: usize) -> (usize, usize) {
    (columns / BLOCK * block_bytes(scheme), scale_bytes(scheme, columns / BLOCK))
}

/// Packs the rows of a tile; rows that are missing in the last one stay zero, scales too.
fn pack<'a>(
    kind: TensorKind,
    scheme: Scheme,
    rows: impl Iterator<Item = &'a [u8]>,
    levels: &mut [u8],
    scales: &mut [u8],
) {
    let mut row = Row::default();
    for (lane, bytes) in rows.enumerate() {
        row.read(kind, bytes);
        let blocks = row.levels.as_chunks::<BLOCK>().0;
        for (from, to) in blocks.iter().zip(levels.chunks_exact_mut(block_bytes(scheme))) {
            pack_levels(scheme.bits, from, lane, to);
        }
        pack_scales(scheme, &row, lane, scales);
    }
}

fn pack_levels(bits: u32, from: &[u8; BLOCK], lane: usize, to: &mut [u8]) {
    let at = 4 * lane;
    let chunks = from.as_chunks::<4>().0;
    if bits == 8 {
        for (chunk, four) in chunks.iter().enumerate() {
            to[chunk * CHUNK + at..][..4].copy_from_slice(four);
        }
        return;
    }
    for chunk in 0..4 {
        let (low, high) = (chunks[chunk], chunks[chunk + 4]);
        for j in 0..4 {
            to[chunk * CHUNK + at + j] = (low[j] & 15) | (high[j] << 4);
        }
    }
    for (chunk, four) in chunks.iter().enumerate() {
        // One plane of a bit for each of eight chunks, or two of two bits for each of four.
        let (plane, shift) = if bits == 5 { (0, chunk) } else { (chunk / 4, 2 * (chunk % 4)) };
        if bits > 4 {
            for j in 0..4 {
                to[(4 + plane) * CHUNK + at + j] |= (four[j] >> 4) << shift;
            }
        }
    }
}

/// The level of one element of a tile.
fn level(scheme: Scheme, levels: &[u8], column: usize, lane: usize) -> u8 {
    let block = &levels[column / BLOCK * block_bytes(scheme)..][..block_bytes(scheme)];
    let (chunk, at) = (column % BLOCK / 4, 4 * lane + column % 4);
    if scheme.bits == 8 {
        return block[chunk * CHUNK + at];
    }
    let nibble = (block[chunk % 4 * CHUNK + at] >> (4 * (chunk / 4))) & 15;
    match scheme.bits {
        5 => nibble | ((block[4 * CHUNK + at] >> chunk) & 1) << 4,
        6 => nibble | ((block[(4 + chunk / 4) * CHUNK + at] >> (2 * (chunk % 4))) & 3) << 4,
        _ => nibble,
    }
}

fn pack_scales(scheme: Scheme, row: &Row, lane: usize, scales: &mut [u8]) {
    let mut half = |at: usize, bits: u16| scales[at + 2 * lane..][..2].copy_from_slice(&bits.to_le_bytes());
    let is_nested = matches!(scheme.scales, Scales::Nested | Scales::NestedTwo);
    let stride = scale_bytes(scheme, if is_nested { NEST } else { 1 });
    let has_two = matches!(scheme.scales, Scales::Two | Scales::NestedTwo);
    for (at, bits) in row.halves.iter().enumerate() {
        half(at * stride, bits[0]);
        if has_two {
            half(at * stride + 2 * TILE, bits[1]);
        }
    }
    for (at, bytes) in row.bytes.iter().enumerate() {
        let start = byte_place(scheme, at * scheme.group);
        scales[start + lane] = bytes[0].cast_unsigned();
        if has_two {
            scales[start + TILE + lane] = bytes[1].cast_unsigned();
        }
    }
}

/// Where the bytes of a column's group begin in the scales of a tile.
fn byte_place(scheme: Scheme, column: usize) -> usize {
    let nest = NEST * BLOCK;
    let (halves, bytes) = if scheme.scales == Scales::NestedTwo { (4 * TILE, 2 * TILE) } else { (2 * TILE, TILE) };
    column / nest * scale_bytes(scheme, NEST) + halves + column % nest / scheme.group * bytes
}

/// Scale and offset of an element of a tile, so that its value is `scale * level + offset`.
fn group(scheme: Scheme, scales: &[u8], column: usize, lane: usize) -> (f32, f32) {
    let half = |at: usize| {
        let at = at + 2 * lane;
        f16::from_le_bytes([scales[at], scales[at + 1]]).to_f32()
    };
    let bias = scheme.bias as f32;
    let block = column / BLOCK;
    let nest = block / NEST * scale_bytes(scheme, NEST);
    let byte = |at: usize| f32::from(scales[byte_place(scheme, column) + at + lane].cast_signed());
    match scheme.scales {
        Scales::One => (half(block * 2 * TILE), -bias * half(block * 2 * TILE)),
        Scales::Two => (half(block * 4 * TILE), half(block * 4 * TILE + 2 * TILE)),
        Scales::Nested => (half(nest) * byte(0), -bias * half(nest) * byte(0)),
        Scales::NestedTwo => (half(nest) * byte(0), -half(nest + 2 * TILE) * byte(TILE)),
    }
}
