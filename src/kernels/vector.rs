//! P: What a transformer does to a row beside multiplying it: norms, gates, sums, rotary positions. Knows no model.

#![expect(unsafe_code, reason = "vector instructions over slices")]
#![expect(clippy::missing_panics_doc, reason = "a size that does not fit is a bug, as the head of `kernels` says")]

use super::lanes::{Lanes, exp};
use super::level::{Level, Task};

/// `to = x / rms(x) * weight`, the root of the mean square taken with `epsilon` added to the mean. The three have one length.
pub fn rms_norm(level: Level, x: &[f32], weight: &[f32], epsilon: f32, to: &mut [f32]) {
    to.copy_from_slice(x);
    rms_norm_in_place(level, to, weight, epsilon);
}

/// The same, in place.
pub fn rms_norm_in_place(level: Level, x: &mut [f32], weight: &[f32], epsilon: f32) {
    assert_eq!(x.len(), weight.len(), "a norm has a weight for each value");
    level.run(RmsNorm { x, weight, epsilon });
}

/// The function of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `x / (1 + e^-x)`.
    Silu,
    /// The Gaussian error linear unit, by its usual approximation with a hyperbolic tangent.
    GeluTanh,
}

/// `to = gate(x) * up`. The three have one length.
pub fn gate(level: Level, gate: Gate, x: &[f32], up: &[f32], to: &mut [f32]) {
    assert!(x.len() == up.len() && x.len() == to.len(), "a gate has one length");
    level.run(Gated { gate, x, up, to });
}

/// `x += y`. Both have one length.
pub fn add(level: Level, x: &mut [f32], y: &[f32]) {
    assert_eq!(x.len(), y.len(), "a sum has one length");
    level.run(Add { x, y });
}

/// The scalar product. Both have one length.
pub fn dot(level: Level, x: &[f32], y: &[f32]) -> f32 {
    assert_eq!(x.len(), y.len(), "a scalar product has one length");
    level.run(Dot { x, y })
}

/// `x = e^x / sum(e^x)`.
pub fn softmax(level: Level, x: &mut [f32]) {
    let sum = level.run(Exponentials { x });
    level.run(Scale { x, by: 1.0 / sum });
}

/// Which elements rotary positions turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Each with the next (ggml's `norm`).
    Neighbours,
    /// Each of the first half with its counterpart in the second (ggml's `neox`).
    Halves,
}

/// Turns the pairs of one head by the angles whose cosines and sines are given, one for each pair. What stands behind the
/// pairs, where only a part of a head is turned, stays.
pub fn rotate(pairs: Pairs, head: &mut [f32], cosines: &[f32], sines: &[f32]) {
    let count = cosines.len();
    match pairs {
        Pairs::Neighbours => {
            for ((pair, cos), sin) in head.as_chunks_mut::<2>().0.iter_mut().zip(cosines).zip(sines) {
                let [x, y] = *pair;
                *pair = [x * cos - y * sin, x * sin + y * cos];
            }
        }
        Pairs::Halves => {
            let (first, second) = head.split_at_mut(count);
            for (((x, y), cos), sin) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                (*x, *y) = (*x * cos - *y * sin, *x * sin + *y * cos);
            }
        }
    }
}

/// Calls `vector(at)` for each whole vector of a length and `scalar(at)` for each element that is left.
macro_rules! over {
    ($len:expr, $lanes:ty, |$at:ident| $vector:expr, $scalar:expr) => {{
        let len = $len;
        let whole = len - len % <$lanes>::N;
        for $at in (0..whole).step_by(<$lanes>::N) {
            $vector
        }
        for $at in whole..len {
            $scalar
        }
    }};
}

struct RmsNorm<'a> {
    x: &'a mut [f32],
    weight: &'a [f32],
    epsilon: f32,
}

impl Task for RmsNorm<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (x, weight) = (self.x.as_mut_ptr(), self.weight.as_ptr());
        // SAFETY: the same condition; both slices have this length.
        unsafe {
            let mut squares = L::splat(0.0);
            let mut rest = 0.0;
            over!(self.x.len(), L, |at| squares = L::fma(L::load(x.add(at)), L::load(x.add(at)), squares), {
                rest += *x.add(at) * *x.add(at);
            });
            let mean = (L::sum(squares) + rest) / self.x.len() as f32;
            let scale = 1.0 / (mean + self.epsilon).sqrt();
            let scales = L::splat(scale);
            over!(
                self.x.len(),
                L,
                |at| L::store(x.add(at), L::mul(L::mul(L::load(x.add(at)), scales), L::load(weight.add(at)))),
                *x.add(at) *= scale * *weight.add(at)
            );
        }
    }
}

struct Gated<'a> {
    gate: Gate,
    x: &'a [f32],
    up: &'a [f32],
    to: &'a mut [f32],
}

/// Both gates are `x * sigmoid(y)`: `y` is `x`, or `2 * sqrt(2 / pi) * (x + 0.044715 * x^3)`, as
/// `(1 + tanh(z)) / 2 = sigmoid(2 * z)`.
#[inline(always)]
unsafe fn gated<L: Lanes>(gate: Gate, x: L::Floats) -> L::Floats {
    // SAFETY: the same condition as the caller's.
    unsafe {
        let y = match gate {
            Gate::Silu => x,
            Gate::GeluTanh => {
                let cubic = L::fma(L::mul(x, x), L::splat(0.044_715), L::splat(1.0));
                L::mul(L::mul(x, L::splat(1.595_769)), cubic)
            }
        };
        let one = L::splat(1.0);
        L::div(x, L::add(one, exp::<L>(L::sub(L::splat(0.0), y))))
    }
}

impl Task for Gated<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (x, up, to) = (self.x.as_ptr(), self.up.as_ptr(), self.to.as_mut_ptr());
        // SAFETY: the same condition; all three slices have this length. A single element goes through a whole vector.
        unsafe {
            over!(
                self.to.len(),
                L,
                |at| L::store(to.add(at), L::mul(gated::<L>(self.gate, L::load(x.add(at))), L::load(up.add(at)))),
                {
                    let mut lanes = [0.0; 16];
                    L::store(lanes.as_mut_ptr(), gated::<L>(self.gate, L::splat(*x.add(at))));
                    *to.add(at) = lanes[0] * *up.add(at);
                }
            );
        }
    }
}

struct Add<'a> {
    x: &'a mut [f32],
    y: &'a [f32],
}

impl Task for Add<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (x, y) = (self.x.as_mut_ptr(), self.y.as_ptr());
        // SAFETY: the same condition; both slices have this length.
        unsafe {
            over!(
                self.x.len(),
                L,
                |at| L::store(x.add(at), L::add(L::load(x.add(at)), L::load(y.add(at)))),
                *x.add(at) += *y.add(at)
            );
        }
    }
}

struct Dot<'a> {
    x: &'a [f32],
    y: &'a [f32],
}

impl Task for Dot<'_> {
    type Out = f32;

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) -> f32 {
        let (x, y) = (self.x.as_ptr(), self.y.as_ptr());
        // SAFETY: the same condition; both slices have this length.
        unsafe {
            let mut sum = L::splat(0.0);
            let mut rest = 0.0;
            over!(self.x.len(), L, |at| sum = L::fma(L::load(x.add(at)), L::load(y.add(at)), sum), {
                rest += *x.add(at) * *y.add(at);
            });
            L::sum(sum) + rest
        }
    }
}

struct Scale<'a> {
    x: &'a mut [f32],
    by: f32,
}

impl Task for Scale<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let x = self.x.as_mut_ptr();
        // SAFETY: the same condition; the slice has this length.
        unsafe {
            let by = L::splat(self.by);
            over!(self.x.len(), L, |at| L::store(x.add(at), L::mul(L::load(x.add(at)), by)), *x.add(at) *= self.by);
        }
    }
}

/// Replaces each `x` by `e^(x - greatest)` and yields their sum.
pub(super) struct Exponentials<'a> {
    /// The numbers; an entry of negative infinity becomes next to nothing.
    pub x: &'a mut [f32],
}

impl Task for Exponentials<'_> {
    type Out = f32;

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) -> f32 {
        let x = self.x.as_mut_ptr();
        // SAFETY: the same condition; the slice has this length. A single element goes through a whole vector.
        unsafe {
            let mut greatest = L::splat(f32::MIN);
            let mut most = f32::MIN;
            over!(self.x.len(), L, |at| greatest = L::max(greatest, L::load(x.add(at))), most = most.max(*x.add(at)));
            let most = most.max(L::greatest(greatest));
            let shift = L::splat(most);
            let mut sum = L::splat(0.0);
            let mut rest = 0.0;
            over!(
                self.x.len(),
                L,
                |at| {
                    let value = exp::<L>(L::sub(L::load(x.add(at)), shift));
                    L::store(x.add(at), value);
                    sum = L::add(sum, value);
                },
                {
                    let mut lanes = [0.0; 16];
                    L::store(lanes.as_mut_ptr(), exp::<L>(L::splat(*x.add(at) - most)));
                    *x.add(at) = lanes[0];
                    rest += lanes[0];
                }
            );
            L::sum(sum) + rest
        }
    }
}
