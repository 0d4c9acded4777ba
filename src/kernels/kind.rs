//! P: How tensors are stored: ggml's type numbers, elements a block and bytes a block (ggml-org, `ggml.h` and
//! `ggml-common.h`). Decodes none of them.

/// How the elements of a tensor are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TensorKind {
    /// 32-bit floats.
    F32,
    /// IEEE half-precision floats.
    F16,
    /// The upper half of 32-bit floats.
    BF16,
    /// 4 bits and a scale for 32.
    Q4_0,
    /// 4 bits, a scale and an offset for 32.
    Q4_1,
    /// 5 bits and a scale for 32.
    Q5_0,
    /// 5 bits, a scale and an offset for 32.
    Q5_1,
    /// 8 bits and a scale for 32.
    Q8_0,
    /// 2 bits, in blocks of 256.
    Q2K,
    /// 3 bits, in blocks of 256.
    Q3K,
    /// 4 bits, in blocks of 256.
    Q4K,
    /// 5 bits, in blocks of 256.
    Q5K,
    /// 6 bits, in blocks of 256.
    Q6K,
    /// 8 bits, in blocks of 256.
    Q8K,
}

impl TensorKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2K,
        Self::Q3K,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
        Self::Q8K,
    ];

    /// The number in the file.
    pub const fn number(self) -> u32 {
        self.row().0
    }

    /// Elements in a block.
    pub const fn block_elements(self) -> usize {
        self.row().1
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        self.row().2
    }

    /// The usual name, e.g. `Q4_K`.
    pub const fn name(self) -> &'static str {
        self.row().3
    }

    /// The kind with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    const fn row(self) -> (u32, usize, usize, &'static str) {
        match self {
            Self::F32 => (0, 1, 4, "F32"),
            Self::F16 => (1, 1, 2, "F16"),
            Self::Q4_0 => (2, 32, 18, "Q4_0"),
            Self::Q4_1 => (3, 32, 20, "Q4_1"),
            Self::Q5_0 => (6, 32, 22, "Q5_0"),
            Self::Q5_1 => (7, 32, 24, "Q5_1"),
            Self::Q8_0 => (8, 32, 34, "Q8_0"),
            Self::Q2K => (10, 256, 84, "Q2_K"),
            Self::Q3K => (11, 256, 110, "Q3_K"),
            Self::Q4K => (12, 256, 144, "Q4_K"),
            Self::Q5K => (13, 256, 176, "Q5_K"),
            Self::Q6K => (14, 256, 210, "Q6_K"),
            Self::Q8K => (15, 256, 292, "Q8_K"),
            Self::BF16 => (30, 1, 2, "BF16"),
        }
    }
}
