//! P: Scalars that are either plain numbers or a value with its time derivative, and 3-vectors of them; no astronomy.

use std::ops::{Add, Mul, Neg, Sub};

/// What a formula needs of its numbers, so that one text of it yields places alone (`f64`) or places with rates ([`Jet`]).
pub(crate) trait Scalar:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
    /// A constant.
    fn constant(value: f64) -> Self;
    /// The value without its derivative.
    fn value(self) -> f64;
    /// One over the number.
    fn recip(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Sine and cosine of radians.
    fn sin_cos(self) -> (Self, Self);
    /// Angle of the point (`x`, `self`), radians.
    fn atan2(self, x: Self) -> Self;
    /// The number times a constant.
    fn scale(self, factor: f64) -> Self;
}

impl Scalar for f64 {
    #[inline]
    fn constant(value: f64) -> Self {
        value
    }
    #[inline]
    fn value(self) -> f64 {
        self
    }
    #[inline]
    fn recip(self) -> Self {
        1.0 / self
    }
    #[inline]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }
    #[inline]
    fn sin_cos(self) -> (Self, Self) {
        Self::sin_cos(self)
    }
    #[inline]
    fn atan2(self, x: Self) -> Self {
        Self::atan2(self, x)
    }
    #[inline]
    fn scale(self, factor: f64) -> Self {
        self * factor
    }
}

/// A value and its derivative by time (per day): forward-mode differentiation to first order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Jet {
    pub value: f64,
    pub rate: f64,
}

impl Jet {
    #[inline]
    pub(crate) const fn new(value: f64, rate: f64) -> Self {
        Self { value, rate }
    }
}

impl Add for Jet {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        Self::new(self.value + o.value, self.rate + o.rate)
    }
}

impl Sub for Jet {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        Self::new(self.value - o.value, self.rate - o.rate)
    }
}

impl Mul for Jet {
    type Output = Self;
    #[inline]
    fn mul(self, o: Self) -> Self {
        Self::new(self.value * o.value, self.rate * o.value + self.value * o.rate)
    }
}

impl Neg for Jet {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self::new(-self.value, -self.rate)
    }
}

impl Scalar for Jet {
    #[inline]
    fn constant(value: f64) -> Self {
        Self::new(value, 0.0)
    }
    #[inline]
    fn value(self) -> f64 {
        self.value
    }
    #[inline]
    fn recip(self) -> Self {
        let r = 1.0 / self.value;
        Self::new(r, -self.rate * r * r)
    }
    #[inline]
    fn sqrt(self) -> Self {
        let r = self.value.sqrt();
        Self::new(r, self.rate / (2.0 * r))
    }
    #[inline]
    fn sin_cos(self) -> (Self, Self) {
        let (s, c) = self.value.sin_cos();
        (Self::new(s, c * self.rate), Self::new(c, -s * self.rate))
    }
    #[inline]
    fn atan2(self, x: Self) -> Self {
        let r2 = self.value * self.value + x.value * x.value;
        Self::new(self.value.atan2(x.value), (self.rate * x.value - self.value * x.rate) / r2)
    }
    #[inline]
    fn scale(self, factor: f64) -> Self {
        Self::new(self.value * factor, self.rate * factor)
    }
}

/// A vector of three scalars.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vec3<T>(pub [T; 3]);

impl<T: Scalar> Vec3<T> {
    #[inline]
    pub(crate) fn dot(self, o: Self) -> T {
        self.0[0] * o.0[0] + self.0[1] * o.0[1] + self.0[2] * o.0[2]
    }
    #[inline]
    pub(crate) fn cross(self, o: Self) -> Self {
        let minor = |i: usize, j: usize| self.0[i] * o.0[j] - self.0[j] * o.0[i];
        Self([minor(1, 2), minor(2, 0), minor(0, 1)])
    }
    #[inline]
    pub(crate) fn norm(self) -> T {
        self.dot(self).sqrt()
    }
    #[inline]
    pub(crate) fn times(self, s: T) -> Self {
        Self(self.0.map(|v| v * s))
    }
    #[inline]
    pub(crate) fn scale(self, factor: f64) -> Self {
        Self(self.0.map(|v| v.scale(factor)))
    }
    /// The unit vector along this one, and the length.
    #[inline]
    pub(crate) fn unit(self) -> (Self, T) {
        let n = self.norm();
        (self.times(n.recip()), n)
    }
}

impl<T: Scalar> Add for Vec3<T> {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        Self([self.0[0] + o.0[0], self.0[1] + o.0[1], self.0[2] + o.0[2]])
    }
}

impl<T: Scalar> Sub for Vec3<T> {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        Self([self.0[0] - o.0[0], self.0[1] - o.0[1], self.0[2] - o.0[2]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jet_follows_the_calculus() {
        // d/dt of sqrt(t) * sin(t) / (1 + t) at t = 0.7, against a five-point stencil of the same expression.
        fn f<T: Scalar>(t: T) -> T {
            t.sqrt() * t.sin_cos().0 * (T::constant(1.0) + t).recip()
        }
        let h = 1e-3;
        let stencil = (f(0.7 - 2.0 * h) - 8.0 * f(0.7 - h) + 8.0 * f(0.7 + h) - f(0.7 + 2.0 * h)) / (12.0 * h);
        let jet = f(Jet::new(0.7, 1.0));
        assert!((jet.rate - stencil).abs() < 1e-11);
        assert!((jet.value - f(0.7_f64)).abs() < 1e-16);
    }

    #[test]
    fn a_turning_point_has_the_angular_rate_it_turns_with() {
        let (s, c) = Jet::new(2.5, 0.3).sin_cos();
        let angle = s.atan2(c);
        assert!((angle.value - 2.5).abs() < 1e-15 && (angle.rate - 0.3).abs() < 1e-15);
    }
}
