//! P: Cosines and sines of the positions of a step, computed once for all layers.

use super::shape::Rotation;

/// Cosines and sines, a line for each position.
#[derive(Debug, Default)]
pub(super) struct Angles {
    /// What a position is multiplied by for each pair, in radians.
    steps: Vec<f64>,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Angles {
    /// With angles of this base, on positions scaled so, each pair's divided by its factor.
    pub fn new(rotation: &Rotation, base: f64, scale: f64, factors: Option<&[f32]>) -> Self {
        let step = |pair: usize| {
            let exponent = -2.0 * pair as f64 / rotation.width as f64;
            base.powf(exponent) * scale / factors.map_or(1.0, |factors| f64::from(factors[pair]))
        };
        Self { steps: (0..rotation.width / 2).map(step).collect(), ..Self::default() }
    }

    /// Computes the lines of these positions.
    pub fn fill(&mut self, positions: &[usize]) {
        self.cosines.clear();
        self.sines.clear();
        for position in positions {
            for step in &self.steps {
                let (sine, cosine) = (*position as f64 * step).sin_cos();
                self.cosines.push(cosine as f32);
                self.sines.push(sine as f32);
            }
        }
    }

    /// Cosines and sines of a line.
    pub fn line(&self, at: usize) -> (&[f32], &[f32]) {
        let pairs = self.steps.len();
        (&self.cosines[at * pairs..][..pairs], &self.sines[at * pairs..][..pairs])
    }
}
