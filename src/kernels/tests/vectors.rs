//! Norms, gates, sums and rotations.

use proptest::prelude::*;

use super::Random;
use crate::kernels::{Gate, Level, Pairs, add, dot, gate, rms_norm, rms_norm_in_place, rotate, softmax};

fn near(given: f32, expected: f64, size: f64) -> bool {
    (f64::from(given) - expected).abs() <= 3e-6 * size.max(1e-3)
}

proptest! {
    #[test]
    fn rows_are_as_in_plain_arithmetic(seed: u64, len in 1_usize..200, scale in 0.01_f32..30.0) {
        let mut random = Random(seed);
        let x: Vec<f32> = random.units(len).iter().map(|value| value * scale).collect();
        let y = random.units(len);
        let wide = |x: &[f32]| -> Vec<f64> { x.iter().map(|value| f64::from(*value)).collect() };
        let (x64, y64) = (wide(&x), wide(&y));
        for level in Level::available() {
            let mut out = vec![0.0; len];
            rms_norm(level, &x, &y, 1e-5, &mut out);
            let root = (x64.iter().map(|v| v * v).sum::<f64>() / len as f64 + 1e-5).sqrt();
            for i in 0..len {
                prop_assert!(near(out[i], x64[i] / root * y64[i], x64[i].abs() / root), "norm at {level:?}");
            }
            let mut again = x.clone();
            rms_norm_in_place(level, &mut again, &y, 1e-5);
            prop_assert_eq!(&again, &out);

            gate(level, Gate::Silu, &x, &y, &mut out);
            for i in 0..len {
                prop_assert!(near(out[i], x64[i] / (1.0 + (-x64[i]).exp()) * y64[i], x64[i].abs()), "silu at {level:?}");
            }
            gate(level, Gate::GeluTanh, &x, &y, &mut out);
            for i in 0..len {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x64[i] + 0.044_715 * x64[i].powi(3));
                let expected = 0.5 * x64[i] * (1.0 + inner.tanh()) * y64[i];
                prop_assert!(near(out[i], expected, x64[i].abs()), "gelu at {level:?}: {} for {}", out[i], x[i]);
            }

            let mut sum = x.clone();
            add(level, &mut sum, &y);
            prop_assert!(sum.iter().zip(x.iter().zip(&y)).all(|(sum, (x, y))| *sum == x + y));
            let terms = x64.iter().zip(&y64).map(|(x, y)| x * y);
            let size: f64 = terms.clone().map(f64::abs).sum();
            prop_assert!(near(dot(level, &x, &y), terms.sum(), size), "dot at {level:?}");

            let mut shares = x.clone();
            softmax(level, &mut shares);
            let most = x64.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = x64.iter().map(|v| (v - most).exp()).sum();
            for i in 0..len {
                prop_assert!(near(shares[i], (x64[i] - most).exp() / total, 1.0), "softmax at {level:?}");
            }
        }
    }

    #[test]
    fn a_rotation_turns_each_pair_and_nothing_else(seed: u64, pairs in 1_usize..20, rest in 0_usize..5) {
        let mut random = Random(seed);
        let head = random.units(2 * pairs + rest);
        let angles: Vec<f32> = random.units(pairs).iter().map(|value| value * 9.0).collect();
        let (cosines, sines): (Vec<f32>, Vec<f32>) = angles.iter().map(|angle| (angle.cos(), angle.sin())).unzip();
        for kind in [Pairs::Neighbours, Pairs::Halves] {
            let mut turned = head.clone();
            rotate(kind, &mut turned, &cosines, &sines);
            for (i, angle) in angles.iter().enumerate() {
                let (a, b) = if kind == Pairs::Halves { (i, i + pairs) } else { (2 * i, 2 * i + 1) };
                let (x, y, angle) = (f64::from(head[a]), f64::from(head[b]), f64::from(*angle));
                prop_assert!(near(turned[a], x * angle.cos() - y * angle.sin(), 1.0));
                prop_assert!(near(turned[b], x * angle.sin() + y * angle.cos(), 1.0));
            }
            prop_assert_eq!(&turned[2 * pairs..], &head[2 * pairs..]);
        }
    }
}

#[test]
fn gates_of_large_numbers_stay_finite() {
    let x = [-1e30, -200.0, -88.5, 88.5, 200.0, 1e30];
    for level in Level::available() {
        for kind in [Gate::Silu, Gate::GeluTanh] {
            let mut out = [0.0; 6];
            gate(level, kind, &x, &[1.0; 6], &mut out);
            assert!(
                out[..3].iter().all(|value| value.abs() < 1e-5 * 1e30_f32.sqrt()),
                "{kind:?} at {level:?}: {out:?}"
            );
            assert_eq!(&out[4..], &x[4..], "{kind:?} at {level:?}");
        }
    }
}
