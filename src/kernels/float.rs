//! P: Single-precision products and what stands between them in an encoder: exact GELU, softmax, layer norms. Weights are
//! laid out once for the processor at hand. Starts no thread and knows no model.
#![expect(unsafe_code, reason = "vector instructions chosen at run time; lengths are checked here, before any pointer")]
#![expect(
    clippy::inline_always,
    reason = "an instruction is one only inside a function that enables it, so all up to that function must be inlined"
)]

mod blocks;
mod lanes;

use blocks::{Block, PANEL_MAX};
#[cfg(target_arch = "x86_64")]
use lanes::{Avx2, Avx512};
use lanes::{Lanes, Portable};

/// Instructions to compute with. Holding one is proof that this processor has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// All that this processor has, the best last.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self(Kind::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if has_avx2 {
                all.push(Self(Kind::Avx2));
            }
            if has_avx2 && is_x86_feature_detected!("avx512f") {
                all.push(Self(Kind::Avx512));
            }
        }
        all
    }

    /// The best that this processor has.
    pub fn best() -> Self {
        Self::all().pop().unwrap_or(Self(Kind::Portable))
    }

    /// Name for logs and measurements.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    /// Columns of a panel.
    const fn panel(self) -> usize {
        2 * match self.0 {
            Kind::Portable => Portable::WIDTH,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => Avx2::WIDTH,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => Avx512::WIDTH,
        }
    }

    const fn rows(self) -> usize {
        match self.0 {
            Kind::Portable => Portable::ROWS,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => Avx2::ROWS,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => Avx512::ROWS,
        }
    }
}

/// Sixteen numbers on a cache line of their own.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

const LINE: usize = 16;

/// The right side of products, laid out in panels of columns so that a product reads it in order.
pub struct Panels {
    isa: Isa,
    lines: Vec<Line>,
    columns: usize,
    depth: usize,
}

impl std::fmt::Debug for Panels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Panels({} x {}, {})", self.depth, self.columns, self.isa.name())
    }
}

impl Panels {
    /// No columns yet.
    pub const fn new(isa: Isa) -> Self {
        Self { isa, lines: Vec::new(), columns: 0, depth: 0 }
    }

    /// Lays columns of `depth` numbers each out.
    ///
    /// # Panics
    /// When sizes do not fit each other, which is a mistake of the caller and of no input.
    pub fn fill_columns<'n>(&mut self, columns: impl ExactSizeIterator<Item = &'n [f32]>, depth: usize) {
        let wide = self.reset(columns.len(), depth);
        let numbers = self.numbers_mut();
        for (at, column) in columns.enumerate() {
            assert!(column.len() == depth, "a column has another depth");
            let panel = &mut numbers[at / wide * wide * depth..][..wide * depth];
            for (row, number) in panel.chunks_exact_mut(wide).zip(column) {
                row[at % wide] = *number;
            }
        }
    }

    /// The same, from rows of `columns` numbers each.
    ///
    /// # Panics
    /// When sizes do not fit each other, which is a mistake of the caller and of no input.
    pub fn fill_rows<'n>(&mut self, rows: impl ExactSizeIterator<Item = &'n [f32]>, columns: usize) {
        let depth = rows.len();
        let wide = self.reset(columns, depth);
        let numbers = self.numbers_mut();
        for (at, row) in rows.enumerate() {
            assert!(row.len() == columns, "a row has another width");
            for (panel, part) in row.chunks(wide).enumerate() {
                numbers[panel * wide * depth + at * wide..][..part.len()].copy_from_slice(part);
            }
        }
    }

    /// Makes room, and returns the width of a panel. What the last panel has beyond the columns is never wanted, only
    /// computed with, so that it may be anything that was a number.
    fn reset(&mut self, columns: usize, depth: usize) -> usize {
        let wide = self.isa.panel();
        let numbers = columns.next_multiple_of(wide) * depth;
        self.lines.resize(numbers.div_ceil(LINE), Line([0.0; LINE]));
        (self.columns, self.depth) = (columns, depth);
        wide
    }

    /// Columns, which are those of a product.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    fn numbers_mut(&mut self) -> &mut [f32] {
        // SAFETY: lines are nothing but numbers, without padding between them.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.lines.len() * LINE) }
    }

    fn numbers(&self) -> &[f32] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LINE) }
    }
}

/// Rows of numbers within a larger table.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// From the first number of the first row.
    pub numbers: &'a [f32],
    /// From one row to the next.
    pub stride: usize,
    /// How many.
    pub count: usize,
}

/// Where a product goes.
#[derive(Debug)]
pub struct Out<'a> {
    /// From the first number of the first row.
    pub numbers: &'a mut [f32],
    /// From one row to the next.
    pub stride: usize,
}

/// Numbers from the first of the first row to the last of the last.
fn reach(count: usize, stride: usize, width: usize) -> usize {
    count.checked_sub(1).map_or(0, |steps| steps.saturating_mul(stride).saturating_add(width))
}

/// `out = a · panels + bias`, where a row of `a` has as many numbers as the panels are deep.
///
/// # Panics
/// When sizes do not fit each other, which is a mistake of the caller and of no input.
pub fn multiply(a: Rows<'_>, panels: &Panels, bias: Option<&[f32]>, out: &mut Out<'_>) {
    let (columns, depth, isa) = (panels.columns, panels.depth, panels.isa);
    let wide = isa.panel();
    assert!(a.stride >= depth && out.stride >= columns, "rows overlap");
    assert!(reach(a.count, a.stride, depth) <= a.numbers.len(), "the left side is short");
    assert!(reach(a.count, out.stride, columns) <= out.numbers.len(), "the product is short");
    assert!(bias.is_none_or(|bias| bias.len() == columns), "the bias has another width");
    assert!(columns.next_multiple_of(wide) * depth <= panels.numbers().len(), "the panels are short");
    let blocks = a.count.div_ceil(isa.rows()).max(1);
    for (index, panel) in (0..columns).step_by(wide).enumerate() {
        let wanted = wide.min(columns - panel);
        let mut added = [0.0_f32; PANEL_MAX];
        if let Some(bias) = bias {
            added[..wanted].copy_from_slice(&bias[panel..panel + wanted]);
        }
        for block in 0..blocks {
            // Rows are shared out evenly: a last block of one row would cost as much as a full one.
            let (first, end) = (a.count * block / blocks, a.count * (block + 1) / blocks);
            if first == end {
                continue;
            }
            let block = Block {
                a: a.numbers[first * a.stride..].as_ptr(),
                a_stride: a.stride,
                panel: panels.numbers()[index * wide * depth..].as_ptr(),
                depth,
                bias: added.as_ptr(),
                out: out.numbers[first * out.stride + panel..].as_mut_ptr(),
                out_stride: out.stride,
                columns: wanted,
            };
            // SAFETY: the assertions above hold every offset within its slice; the processor has the instructions.
            unsafe { product(isa, end - first, block) }
        }
    }
}

/// Writes one function for each kind of instructions around an inner loop, and one that chooses.
macro_rules! for_each_isa {
    ($(#[$doc:meta])* $vis:vis $name:ident => $inner:path, ($($arg:ident: $ty:ty),*) $(-> $out:ty)?) => {
        $(#[$doc])*
        $vis fn $name(isa: Isa, $($arg: $ty),*) $(-> $out)? {
            for_each_isa!(@body isa, $inner, ($($arg: $ty),*) $(-> $out)?)
        }
    };
    (@body $isa:ident, $inner:path, ($($arg:ident: $ty:ty),*) $(-> $out:ty)?) => {{
        use $inner as inner;
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn avx2($($arg: $ty),*) $(-> $out)? {
            // SAFETY: the instructions are enabled here; lengths are the caller's word, see `multiply`, or those of slices.
            unsafe { inner::<Avx2>($($arg),*) }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx2,fma")]
        fn avx512($($arg: $ty),*) $(-> $out)? {
            // SAFETY: as above.
            unsafe { inner::<Avx512>($($arg),*) }
        }
        match $isa.0 {
            // SAFETY: needs no instructions beyond the target's.
            Kind::Portable => unsafe { inner::<Portable>($($arg),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: an `Isa` is made only where the processor has them.
            Kind::Avx2 => unsafe { avx2($($arg),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the same.
            Kind::Avx512 => unsafe { avx512($($arg),*) },
        }
    }};
}

/// Computes one block.
///
/// # Safety
/// As [`blocks::rows`] says.
unsafe fn product(isa: Isa, count: usize, block: Block) {
    for_each_isa!(@body isa, blocks::rows, (count: usize, block: Block));
}

for_each_isa!(
    /// x Φ(x) of every number, within 1e-6.
    pub gelu => gelu_each, (numbers: &mut [f32])
);

for_each_isa!(
    /// Turns scores into weights that sum to 1: e to the power of each times `scale`, over the sum of these.
    pub softmax => blocks::softmax, (scores: &mut [f32], scale: f32)
);

for_each_isa!(
    /// The dot product of two vectors; what one has beyond the other's end counts nothing.
    pub dot => dot_of, (a: &[f32], b: &[f32]) -> f32
);

for_each_isa!(
    /// Adds `y` to the row `x`, then normalises it: mean 0, variance 1, times `gain`, plus `shift`; all of one width.
    pub add_norm => blocks::add_norm, (x: &mut [f32], y: &[f32], gain: &[f32], shift: &[f32], eps: f32)
);

#[inline(always)]
unsafe fn gelu_each<L: Lanes>(numbers: &mut [f32]) {
    // SAFETY: needs no more than the instructions.
    unsafe { blocks::each::<L>(numbers, &blocks::Gelu) }
}

#[inline(always)]
unsafe fn dot_of<L: Lanes>(a: &[f32], b: &[f32]) -> f32 {
    let both = a.len().min(b.len());
    // SAFETY: needs no more than the instructions.
    unsafe { blocks::dot::<L>(&a[..both], &b[..both]) }
}

#[cfg(test)]
mod tests;
