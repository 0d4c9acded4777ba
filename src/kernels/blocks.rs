//! P: The blocks of ggml's quantised formats (ggml-org, `ggml-common.h`), taken apart: a level for each element, scales and
//! offsets for each group of them. Computes no value; [`super::packed`] does.

use super::TensorKind;

/// How the value of an element follows from its level and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scheme {
    /// Bits that a level is packed in: 4, 5, 6 or 8.
    pub bits: u32,
    /// Elements of a group: 16 or 32.
    pub group: usize,
    /// Taken from each level.
    pub bias: i32,
    /// What a group has beside its levels.
    pub scales: Scales,
}

/// Scales of a group, or of the 256 elements it is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scales {
    /// A half: `scale * (level - bias)`.
    One,
    /// Two halves: `scale * level + offset`.
    Two,
    /// A half for 256 elements and a signed byte: `half * byte * (level - bias)`.
    Nested,
    /// Two halves for 256 elements and two bytes: `half * byte * level - half2 * byte2`.
    NestedTwo,
}

impl Scheme {
    /// That of a kind; none for floats, and for 8 bits in blocks of 256, which are read as floats.
    pub const fn of(kind: TensorKind) -> Option<Self> {
        let (bits, group, bias, scales) = match kind {
            TensorKind::Q4_0 => (4, 32, 8, Scales::One),
            TensorKind::Q4_1 => (4, 32, 0, Scales::Two),
            TensorKind::Q5_0 => (5, 32, 16, Scales::One),
            TensorKind::Q5_1 => (5, 32, 0, Scales::Two),
            TensorKind::Q8_0 => (8, 32, 128, Scales::One),
            TensorKind::Q2K => (4, 16, 0, Scales::NestedTwo),
            TensorKind::Q3K => (4, 16, 4, Scales::Nested),
            TensorKind::Q4K => (4, 32, 0, Scales::NestedTwo),
            TensorKind::Q5K => (5, 32, 0, Scales::NestedTwo),
            TensorKind::Q6K => (6, 16, 32, Scales::Nested),
            TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 | TensorKind::Q8K => return None,
        };
        Some(Self { bits, group, bias, scales })
    }
}

/// A row, taken apart.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// A level for each element, below `1 << bits`.
    pub levels: Vec<u8>,
    /// Bits of one or two halves: for each group, or where they are nested, for each 256 elements.
    pub halves: Vec<[u16; 2]>,
    /// For each group, where scales are nested.
    pub bytes: Vec<[i8; 2]>,
}

impl Row {
    /// Takes a row of a quantised kind apart; its length is a whole number of blocks.
    pub fn read(&mut self, kind: TensorKind, blocks: &[u8]) {
        self.levels.clear();
        self.halves.clear();
        self.bytes.clear();
        for block in blocks.chunks_exact(kind.block_bytes()) {
            match kind {
                TensorKind::Q4_0 => self.small(half(block, 0), 0, &[], &block[2..]),
                TensorKind::Q4_1 => self.small(half(block, 0), half(block, 2), &[], &block[4..]),
                TensorKind::Q5_0 => self.small(half(block, 0), 0, &block[2..6], &block[6..]),
                TensorKind::Q5_1 => self.small(half(block, 0), half(block, 2), &block[4..8], &block[8..]),
                TensorKind::Q8_0 => {
                    self.halves.push([half(block, 0), 0]);
                    self.levels.extend(block[2..].iter().map(|level| level ^ 0x80));
                }
                TensorKind::Q2K => self.two_bits(block),
                TensorKind::Q3K => self.three_bits(block),
                TensorKind::Q4K => self.four_or_five_bits(block, &[], &block[16..]),
                TensorKind::Q5K => self.four_or_five_bits(block, &block[16..48], &block[48..]),
                TensorKind::Q6K => self.six_bits(block),
                TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 | TensorKind::Q8K => {}
            }
        }
    }

    /// 32 elements of 4 bits, the first 16 in the lower ones, and maybe a fifth bit for each.
    fn small(&mut self, scale: u16, offset: u16, fifth: &[u8], nibbles: &[u8]) {
        self.halves.push([scale, offset]);
        let start = self.levels.len();
        self.levels.extend(nibbles.iter().map(|pair| pair & 15));
        self.levels.extend(nibbles.iter().map(|pair| pair >> 4));
        if !fifth.is_empty() {
            for (i, level) in self.levels[start..].iter_mut().enumerate() {
                *level |= ((fifth[i / 8] >> (i % 8)) & 1) << 4;
            }
        }
    }

    /// `Q2_K`: scale and offset of 16 groups in 4 bits each, then levels, then the two halves.
    fn two_bits(&mut self, block: &[u8]) {
        let (groups, levels) = (&block[..16], &block[16..80]);
        self.halves.push([half(block, 80), half(block, 82)]);
        self.bytes.extend(groups.iter().map(|group| [(group & 15).cast_signed(), (group >> 4).cast_signed()]));
        for part in levels.chunks_exact(32) {
            for shift in [0, 2, 4, 6] {
                self.levels.extend(part.iter().map(|four| (four >> shift) & 3));
            }
        }
    }

    /// `Q3_K`: third bits, two lower bits, scales of 16 groups in 6 bits, the half. A third bit that is *not* set takes 4.
    fn three_bits(&mut self, block: &[u8]) {
        let (thirds, lows, packed) = (&block[..32], &block[32..96], &block[96..108]);
        self.halves.push([half(block, 108), 0]);
        for group in 0..16 {
            let low = (packed[group % 8] >> (4 * (group / 8))) & 15;
            let high = (packed[8 + group % 4] >> (2 * (group / 4))) & 3;
            self.bytes.push([(low | high << 4).cast_signed() - 32, 0]);
        }
        for (i, part) in lows.chunks_exact(32).enumerate() {
            for j in 0..4 {
                let third = |at: usize| ((thirds[at] >> (4 * i + j)) & 1) << 2;
                self.levels.extend(part.iter().enumerate().map(|(at, four)| (four >> (2 * j)) & 3 | third(at)));
            }
        }
    }

    /// `Q4_K` and `Q5_K`: two halves, scales and offsets of 8 groups in 6 bits, maybe fifth bits, nibbles.
    fn four_or_five_bits(&mut self, block: &[u8], fifth: &[u8], nibbles: &[u8]) {
        self.halves.push([half(block, 0), half(block, 2)]);
        let packed = &block[4..16];
        for group in 0..8 {
            let [scale, offset] = if group < 4 {
                [packed[group] & 63, packed[group + 4] & 63]
            } else {
                let (low, high) = (packed[group + 4], [packed[group - 4] >> 6, packed[group] >> 6]);
                [low & 15 | high[0] << 4, low >> 4 | high[1] << 4]
            };
            self.bytes.push([scale.cast_signed(), offset.cast_signed()]);
        }
        let start = self.levels.len();
        for part in nibbles.chunks_exact(32) {
            self.levels.extend(part.iter().map(|pair| pair & 15));
            self.levels.extend(part.iter().map(|pair| pair >> 4));
        }
        if !fifth.is_empty() {
            for (group, levels) in self.levels[start..].chunks_exact_mut(32).enumerate() {
                for (level, bits) in levels.iter_mut().zip(fifth) {
                    *level |= ((bits >> group) & 1) << 4;
                }
            }
        }
    }

    /// `Q6_K`: four lower bits, two upper bits, signed scales of 16 groups, the half.
    fn six_bits(&mut self, block: &[u8]) {
        let (lows, highs, scales) = (&block[..128], &block[128..192], &block[192..208]);
        self.halves.push([half(block, 208), 0]);
        self.bytes.extend(scales.iter().map(|scale| [scale.cast_signed(), 0]));
        for (low, high) in lows.chunks_exact(64).zip(highs.chunks_exact(32)) {
            let upper = |at: usize, shift: u32| ((high[at] >> shift) & 3) << 4;
            for (half, shift) in [(0, 0), (32, 2)] {
                self.levels.extend((0..32).map(|at| low[half + at] & 15 | upper(at, shift)));
            }
            for (half, shift) in [(0, 4), (32, 6)] {
                self.levels.extend((0..32).map(|at| low[half + at] >> 4 | upper(at, shift)));
            }
        }
    }
}

fn half(block: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([block[at], block[at + 1]])
}
