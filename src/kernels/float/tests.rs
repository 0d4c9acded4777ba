//! Every kind of instructions against the same sums in double precision.

use super::*;

/// Numbers between -1 and 1 that look like chance (a linear congruence of Knuth's).
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn products_of_every_shape_are_those_of_the_definition() {
    let shapes = [(1, 1, 1), (1, 384, 96), (2, 3, 33), (13, 40, 32), (15, 64, 65), (29, 7, 31), (41, 130, 100)];
    for isa in Isa::all() {
        for (rows, depth, columns) in shapes {
            let (a_stride, out_stride) = (depth + 3, columns + 5);
            let a = numbers(rows * a_stride, 1);
            let b = numbers(columns * depth, 2);
            let bias = numbers(columns, 3);
            let mut panels = Panels::new(isa);
            panels.fill_columns(b.chunks_exact(depth), depth);
            let mut out = vec![7.0; rows * out_stride];
            multiply(
                Rows { numbers: &a, stride: a_stride, count: rows },
                &panels,
                Some(&bias),
                &mut Out { numbers: &mut out, stride: out_stride },
            );
            for row in 0..rows {
                for column in 0..out_stride {
                    let found = out[row * out_stride + column];
                    if column >= columns {
                        assert_eq!(found, 7.0, "{} writes beside {rows} x {columns}", isa.name());
                        continue;
                    }
                    let term = |i: usize| f64::from(a[row * a_stride + i]) * f64::from(b[column * depth + i]);
                    let expected = f64::from(bias[column]) + (0..depth).map(term).sum::<f64>();
                    assert!((f64::from(found) - expected).abs() < 1e-4, "{} {row},{column}: {found}", isa.name());
                }
            }
        }
    }
}

#[test]
fn panels_of_rows_are_those_of_columns() {
    for isa in Isa::all() {
        let (columns, depth) = (37, 11);
        let by_column = numbers(columns * depth, 1);
        let by_row: Vec<f32> = (0..columns * depth).map(|at| by_column[at % columns * depth + at / columns]).collect();
        let (mut from_columns, mut from_rows) = (Panels::new(isa), Panels::new(isa));
        from_columns.fill_columns(by_column.chunks_exact(depth), depth);
        from_rows.fill_rows(by_row.chunks_exact(columns), columns);
        assert_eq!(from_columns.numbers(), from_rows.numbers(), "{}", isa.name());
    }
}

#[test]
fn gelu_is_that_of_the_error_function() {
    // x Φ(x), by the series and the tables of Φ in Abramowitz and Stegun (26.2).
    let known = [(-10.0, 0.0), (-3.0, -0.004_049_7), (-1.0, -0.158_655_25), (-0.5, -0.154_268_77), (0.0, 0.0)];
    let more = [(0.5, 0.345_731_2), (1.0, 0.841_344_7), (2.0, 1.954_499_7), (5.0, 4.999_998_6), (20.0, 20.0)];
    for isa in Isa::all() {
        let cases: Vec<(f32, f32)> = known.into_iter().chain(more).cycle().take(37).collect();
        let mut found: Vec<f32> = cases.iter().map(|case| case.0).collect();
        gelu(isa, &mut found);
        for (found, (x, expected)) in found.into_iter().zip(cases) {
            assert!((found - expected).abs() < 2e-6, "{} at {x}: {found}, not {expected}", isa.name());
        }
    }
}

#[test]
fn weights_sum_to_one_and_keep_their_order_however_large_the_scores() {
    for isa in Isa::all() {
        for length in [1, 2, 15, 16, 17, 50] {
            let scores: Vec<f32> = numbers(length, 5).into_iter().map(|x| x * 300.0).collect();
            let mut found = scores.clone();
            softmax(isa, &mut found, 0.25);
            let most = scores.iter().copied().fold(f32::MIN, f32::max);
            let powers: Vec<f64> = scores.iter().map(|x| (f64::from(x - most) * 0.25).exp()).collect();
            let total: f64 = powers.iter().sum();
            for (found, power) in found.iter().zip(powers) {
                assert!((f64::from(*found) - power / total).abs() < 1e-6, "{} of {length}", isa.name());
            }
        }
    }
}

#[test]
fn norms_and_dot_products_are_those_of_the_definition() {
    for isa in Isa::all() {
        for width in [1, 3, 16, 31, 384, 401] {
            let (x, y, gain, shift) = (numbers(width, 1), numbers(width, 2), numbers(width, 3), numbers(width, 4));
            let exact: f64 = x.iter().zip(&y).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert!((f64::from(dot(isa, &x, &y)) - exact).abs() < 1e-4);
            let sums: Vec<f64> = x.iter().zip(&y).map(|(a, b)| f64::from(a + b)).collect();
            let mean = sums.iter().sum::<f64>() / width as f64;
            let variance = sums.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / width as f64;
            let mut found = x;
            add_norm(isa, &mut found, &y, &gain, &shift, 1e-6);
            for i in 0..width {
                let normal = (sums[i] - mean) / (variance + 1e-6).sqrt();
                let expected = normal * f64::from(gain[i]) + f64::from(shift[i]);
                assert!((f64::from(found[i]) - expected).abs() < 1e-4, "{} {width}: {}", isa.name(), found[i]);
            }
        }
    }
}
