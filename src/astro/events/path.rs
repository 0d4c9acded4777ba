//! P: A smooth function of time as Chebyshev pieces of a stated error, cut where it turns; its levels and turns without
//! a miss. No astronomy.
//!
//! Interpolation at the extrema of Chebyshev polynomials and the evaluation of such series: Clenshaw (1955); Trefethen
//! (2013), *Approximation Theory and Approximation Practice*, ch. 3 and 19. A piece is halved until its last two
//! coefficients are below the tolerance. Within a piece the slope is monotone between the zeros of its own slope, so that
//! one zero of it at most lies between two of them: two turns close together (a double pass at a station) are never taken
//! for none.
//!
//! Source: Clenshaw 1955; Trefethen 2013. Error: below the tolerance asked for; 1e-6 s and less in the turns and levels of
//! a sine (`a_wave_is_followed_to_the_tolerance_with_its_turns_and_levels`).

use std::ops::ControlFlow;

use crate::astro::angles::wrap_deg;

/// Degree of a piece; even, so that the middle of a piece is one of its samples.
const DEGREE: usize = 16;
const SAMPLES: usize = DEGREE + 1;
/// No piece is cut shorter, days: what is not smooth on that scale (light bent at the limb of the Sun) stays as it is.
const PIECE_MIN_DAYS: f64 = 0.125;
/// Cells in which the change of slope is looked at for its sign.
const CELLS: usize = 2 * DEGREE;
/// Steps allowed for one root; halvings of the bracket are among them.
const ROOT_STEPS_MAX: usize = 60;
/// A root is settled when Newton's method moves it less, in units of half a piece: its next move would be of the order of the
/// square.
const ROOT_STEP: f64 = 1e-7;
/// Turns nearer to each other than this, days, are one touch of rounding noise and no turns.
const TURN_GAP_MIN_DAYS: f64 = 1e-4;

/// A function of time.
#[derive(Clone, Debug)]
pub struct Path {
    pieces: Vec<Piece>,
    arcs: Vec<Arc>,
}

#[derive(Clone, Debug)]
struct Piece {
    middle_jd: f64,
    half_days: f64,
    value: [f64; SAMPLES],
    slope: [f64; SAMPLES],
}

/// A stretch without a turn.
#[derive(Clone, Copy, Debug)]
struct Arc {
    piece: usize,
    /// Ends within the piece, -1..=1.
    from_x: f64,
    to_x: f64,
    from_value: f64,
    to_value: f64,
}

/// Where a path turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// When.
    pub jd: f64,
    /// The value there (not reduced for an angle).
    pub value: f64,
    /// Whether it is a maximum.
    pub maximum: bool,
}

/// A stay of a path within a band around a level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Episode {
    /// When it came in; `None` if it was in from the start of the path.
    pub enters: Option<f64>,
    /// Every time it was on the level, in order.
    pub exact: Vec<f64>,
    /// When it went out; `None` if it was in to the end of the path.
    pub leaves: Option<f64>,
}

/// How a path is made.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// Largest of the last two coefficients allowed, in units of the function.
    pub tolerance: f64,
    /// Length of a piece to begin with, days.
    pub piece_days: f64,
    /// Whether values are degrees of a circle, to be joined across 360.
    pub angle: bool,
}

impl Path {
    /// The path of `sample(jd)` from one instant to a later one.
    ///
    /// # Errors
    /// Those of `sample`.
    pub fn fit<E>(from: f64, to: f64, how: Fit, mut sample: impl FnMut(f64) -> Result<f64, E>) -> Result<Self, E> {
        let mut path = Self { pieces: Vec::new(), arcs: Vec::new() };
        let mut start = sample(from)?;
        for (a, b) in stretches(from, to, how.piece_days) {
            start = path.add(a, b, start, how, &mut sample)?;
        }
        Ok(path)
    }

    /// The instants at which [`Self::fit`] samples for sure, so that several paths can share what those cost.
    pub fn instants(from: f64, to: f64, piece_days: f64) -> impl Iterator<Item = f64> {
        std::iter::once(from).chain(
            stretches(from, to, piece_days).flat_map(|(a, b)| (1..SAMPLES).map(move |index| instant(a, b, index))),
        )
    }

    /// Adds pieces for one stretch; gives the value at its end.
    fn add<E>(
        &mut self,
        from: f64,
        to: f64,
        start: f64,
        how: Fit,
        sample: &mut impl FnMut(f64) -> Result<f64, E>,
    ) -> Result<f64, E> {
        let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
        let mut values = [start; SAMPLES];
        for index in 1..SAMPLES {
            let value = sample(instant(from, to, index))?;
            let before = values[index - 1];
            values[index] = if how.angle { before + wrap_deg(value - before) } else { value };
        }
        let value = coefficients(&values);
        let rough = value[DEGREE].abs().max(value[DEGREE - 1].abs()) > how.tolerance;
        if rough && half > PIECE_MIN_DAYS {
            let between = self.add(from, middle, start, how, sample)?;
            return self.add(middle, to, between, how, sample);
        }
        self.push(
            Piece { middle_jd: middle, half_days: half, value, slope: derivative(&value) },
            values[0],
            values[DEGREE],
        );
        Ok(values[DEGREE])
    }

    fn push(&mut self, piece: Piece, from_value: f64, to_value: f64) {
        let index = self.pieces.len();
        let mut open = Arc { piece: index, from_x: -1.0, to_x: 1.0, from_value, to_value };
        for x in turns(&piece.slope) {
            let value = clenshaw(&piece.value, x);
            self.arcs.push(Arc { to_x: x, to_value: value, ..open });
            open = Arc { from_x: x, from_value: value, ..open };
        }
        self.arcs.push(open);
        self.pieces.push(piece);
    }

    /// How many pieces it took.
    pub fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// First and last instant.
    pub fn span(&self) -> (f64, f64) {
        let end = |piece: Option<&Piece>, x: f64| piece.map_or(f64::NAN, |p| p.middle_jd + x * p.half_days);
        (end(self.pieces.first(), -1.0), end(self.pieces.last(), 1.0))
    }

    /// The value at an instant of the span (not reduced for an angle); outside it, that of the nearest end.
    pub fn value(&self, jd: f64) -> f64 {
        let next = self.pieces.partition_point(|p| p.middle_jd + p.half_days < jd);
        let Some(piece) = self.pieces.get(next).or(self.pieces.last()) else { return f64::NAN };
        clenshaw(&piece.value, ((jd - piece.middle_jd) / piece.half_days).clamp(-1.0, 1.0))
    }

    /// The rate per day at an instant of the span.
    pub fn rate(&self, jd: f64) -> f64 {
        let next = self.pieces.partition_point(|p| p.middle_jd + p.half_days < jd);
        let Some(piece) = self.pieces.get(next).or(self.pieces.last()) else { return f64::NAN };
        clenshaw(&piece.slope, ((jd - piece.middle_jd) / piece.half_days).clamp(-1.0, 1.0)) / piece.half_days
    }

    /// Smallest and largest value.
    pub fn extent(&self) -> (f64, f64) {
        self.arcs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), arc| {
            (low.min(arc.from_value).min(arc.to_value), high.max(arc.from_value).max(arc.to_value))
        })
    }

    /// Where it turns, in order.
    pub fn turns(&self) -> Vec<Turn> {
        let mut found: Vec<Turn> = Vec::new();
        for pair in self.arcs.windows(2) {
            let [before, after] = pair else { continue };
            if before.rises() == after.rises() {
                continue;
            }
            let turn = Turn { jd: self.jd(before.piece, before.to_x), value: before.to_value, maximum: before.rises() };
            match found.last() {
                Some(last) if turn.jd - last.jd < TURN_GAP_MIN_DAYS && last.maximum != turn.maximum => {
                    found.pop();
                }
                _ => found.push(turn),
            }
        }
        found
    }

    /// When the path is on a level, in order, and whether it rises there.
    pub fn crossings(&self, level: f64) -> Vec<(f64, bool)> {
        let mut found = Vec::new();
        for (index, arc) in self.arcs.iter().enumerate() {
            if arc.meets(level, index == 0) {
                found.push((self.reach(arc, level), arc.rises()));
            }
        }
        found
    }

    /// When an angle's path is at a longitude (degrees), in order, and whether it rises there.
    pub fn crossings_of_angle(&self, level_deg: f64) -> Vec<(f64, bool)> {
        let mut found = Vec::new();
        for (index, arc) in self.arcs.iter().enumerate() {
            let (low, high) = arc.extent();
            let mut level = level_deg + 360.0 * ((low - level_deg) / 360.0).floor();
            let first = found.len();
            while level <= high {
                if arc.meets(level, index == 0) {
                    found.push((self.reach(arc, level), arc.rises()));
                }
                level += 360.0;
            }
            if !arc.rises() {
                found[first..].reverse();
            }
        }
        found
    }

    /// The stays within `half_width` degrees (below 180) of an angle's path around a longitude, in order of their start.
    pub fn stays(&self, level_deg: f64, half_width: f64) -> Vec<Episode> {
        self.stays_between(level_deg - half_width, level_deg, level_deg + half_width)
    }

    /// As [`Self::stays`], for a band `low_deg..=high_deg` (narrower than a circle) around a level not in its middle.
    pub fn stays_between(&self, low_deg: f64, level_deg: f64, high_deg: f64) -> Vec<Episode> {
        let mut done: Vec<Episode> = Vec::new();
        // Bands of different turns of the circle do not touch, so that one at most is open.
        let mut open: Option<(f64, Episode)> = None;
        for (index, arc) in self.arcs.iter().enumerate() {
            let first = index == 0;
            let step = |turn: f64, open: &mut Option<(f64, Episode)>, done: &mut Vec<Episode>| {
                let band = [low_deg, level_deg, high_deg].map(|edge| edge + turn);
                self.step(arc, first, band, turn, open, done);
            };
            let (least, most) = arc.extent();
            let (lowest, highest) = (((least - high_deg) / 360.0).ceil(), ((most - low_deg) / 360.0).floor());
            let turns = (highest - lowest).max(-1.0) as i32;
            for count in 0..=turns {
                let turn = if arc.rises() { lowest + f64::from(count) } else { highest - f64::from(count) };
                step(360.0 * turn, &mut open, &mut done);
            }
        }
        done.extend(open.map(|(_, episode)| episode));
        done
    }

    /// Follows one arc that meets the band.
    fn step(
        &self,
        arc: &Arc,
        first: bool,
        [low, level, high]: [f64; 3],
        turn: f64,
        open: &mut Option<(f64, Episode)>,
        done: &mut Vec<Episode>,
    ) {
        let inside = |value: f64| (low..=high).contains(&value);
        let (near, far) = if arc.rises() { (low, high) } else { (high, low) };
        let mut episode = match open.take() {
            Some((at, episode)) if at == turn => episode,
            other => {
                done.extend(other.map(|(_, episode)| episode));
                let enters = if inside(arc.from_value) {
                    (!first).then(|| self.jd(arc.piece, arc.from_x))
                } else {
                    Some(self.reach(arc, near))
                };
                Episode { enters, ..Episode::default() }
            }
        };
        if arc.meets(level, first) {
            episode.exact.push(self.reach(arc, level));
        }
        if inside(arc.to_value) {
            *open = Some((turn, episode));
        } else {
            episode.leaves = Some(self.reach(arc, far));
            done.push(episode);
        }
    }

    fn jd(&self, piece: usize, x: f64) -> f64 {
        let piece = &self.pieces[piece];
        piece.middle_jd + x * piece.half_days
    }

    /// When an arc that holds the level is on it: Newton's method kept within its bracket.
    fn reach(&self, arc: &Arc, level: f64) -> f64 {
        let piece = &self.pieces[arc.piece];
        let rises = arc.rises();
        let span = arc.to_value - arc.from_value;
        let share = if span == 0.0 { 0.0 } else { (level - arc.from_value) / span };
        let start = arc.from_x + share * (arc.to_x - arc.from_x);
        let sign = if rises { 1.0 } else { -1.0 };
        let x = root(arc.from_x, arc.to_x, start, |x| {
            let (value, slope) = clenshaw_both(&piece.value, &piece.slope, x);
            (sign * (value - level), sign * slope)
        });
        piece.middle_jd + x * piece.half_days
    }
}

impl Arc {
    fn rises(&self) -> bool {
        self.to_value >= self.from_value
    }

    fn extent(&self) -> (f64, f64) {
        if self.rises() { (self.from_value, self.to_value) } else { (self.to_value, self.from_value) }
    }

    /// Whether the level is met: an arc holds its end and not its start, unless it is the first of all.
    fn meets(&self, level: f64, first: bool) -> bool {
        let (low, high) = self.extent();
        (low..=high).contains(&level) && (level != self.from_value || first)
    }
}

/// The zero of a function that rises through it between `low` and `high`, `(value, slope)` being given by `f`: Newton's
/// method, with a halving wherever it would leave the bracket.
pub(crate) fn root(mut low: f64, mut high: f64, start: f64, mut f: impl FnMut(f64) -> (f64, f64)) -> f64 {
    let outcome = try_root((&mut low, &mut high), start, ROOT_STEP, |x| Ok::<_, std::convert::Infallible>(f(x)));
    match outcome {
        Ok(x) => x,
        Err(never) => match never {},
    }
}

/// As [`root`] with a function that can fail, to a step of `settled`.
///
/// # Errors
/// Those of `f`.
pub(crate) fn try_root<E>(
    (low, high): (&mut f64, &mut f64),
    start: f64,
    settled: f64,
    mut f: impl FnMut(f64) -> Result<(f64, f64), E>,
) -> Result<f64, E> {
    let mut x = start;
    let mut step = |_| -> Result<ControlFlow<f64>, E> {
        let (value, slope) = f(x)?;
        if value > 0.0 {
            *high = x;
        } else {
            *low = x;
        }
        let newton = x - value / slope;
        let next = if (*low..=*high).contains(&newton) { newton } else { 0.5 * (*low + *high) };
        let moved = (next - x).abs();
        x = next;
        Ok(if moved < settled { ControlFlow::Break(x) } else { ControlFlow::Continue(()) })
    };
    for count in 0..ROOT_STEPS_MAX {
        if let ControlFlow::Break(x) = step(count)? {
            return Ok(x);
        }
    }
    Ok(x)
}

/// The pieces to begin with.
fn stretches(from: f64, to: f64, piece_days: f64) -> impl Iterator<Item = (f64, f64)> {
    let count = ((to - from) / piece_days).ceil().max(1.0) as usize;
    let length = (to - from) / count as f64;
    let edge = move |index: usize| if index == count { to } else { from + length * index as f64 };
    (0..count).map(move |index| (edge(index), edge(index + 1)))
}

/// When sample `index` of a piece is taken, from its start to its end in order.
fn instant(from: f64, to: f64, index: usize) -> f64 {
    if index == DEGREE { to } else { 0.5 * (from + to) - 0.5 * (to - from) * cosines()[index] }
}

/// Cosines of the multiples of pi / DEGREE, one turn.
fn cosines() -> &'static [f64; 2 * DEGREE] {
    static TABLE: std::sync::OnceLock<[f64; 2 * DEGREE]> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| std::array::from_fn(|k| (std::f64::consts::PI * k as f64 / DEGREE as f64).cos()))
}

/// Chebyshev coefficients of the polynomial through values at the samples.
fn coefficients(values: &[f64; SAMPLES]) -> [f64; SAMPLES] {
    let cosines = cosines();
    std::array::from_fn(|k| {
        let sum: f64 = (0..SAMPLES)
            .map(|j| {
                let end = if j == 0 || j == DEGREE { 0.5 } else { 1.0 };
                // Samples run from -1 to 1: the j-th is the (DEGREE - j)-th extremum.
                end * values[j] * cosines[(k * (DEGREE - j)) % (2 * DEGREE)]
            })
            .sum();
        let end = if k == 0 || k == DEGREE { 0.5 } else { 1.0 };
        sum * end * 2.0 / DEGREE as f64
    })
}

/// Coefficients of the derivative by x.
fn derivative(c: &[f64; SAMPLES]) -> [f64; SAMPLES] {
    let mut d = [0.0; SAMPLES];
    for k in (1..SAMPLES).rev() {
        let above = if k + 1 < SAMPLES { d[k + 1] } else { 0.0 };
        d[k - 1] = above + 2.0 * k as f64 * c[k];
    }
    d[0] *= 0.5;
    d
}

/// The value of a Chebyshev series at x in -1..=1.
fn clenshaw(c: &[f64; SAMPLES], x: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for k in (1..SAMPLES).rev() {
        (b1, b2) = (c[k] + 2.0 * x * b1 - b2, b1);
    }
    c[0] + x * b1 - b2
}

/// [`clenshaw`] of two series at once.
fn clenshaw_both(a: &[f64; SAMPLES], b: &[f64; SAMPLES], x: f64) -> (f64, f64) {
    let (mut a1, mut a2, mut b1, mut b2) = (0.0, 0.0, 0.0, 0.0);
    for k in (1..SAMPLES).rev() {
        (a1, a2) = (a[k] + 2.0 * x * a1 - a2, a1);
        (b1, b2) = (b[k] + 2.0 * x * b1 - b2, b1);
    }
    (a[0] + x * a1 - a2, b[0] + x * b1 - b2)
}

/// Zeros of a slope with a change of sign, in order.
fn turns(slope: &[f64; SAMPLES]) -> Vec<f64> {
    if slope[0].abs() > slope[1..].iter().map(|c| c.abs()).sum() {
        return Vec::new();
    }
    let bend = derivative(slope);
    let curl = derivative(&bend);
    let mut edges = vec![-1.0];
    edges.extend(zeros_between(
        &(0..=CELLS).map(|k| 2.0 * k as f64 / CELLS as f64 - 1.0).collect::<Vec<_>>(),
        &bend,
        &curl,
    ));
    edges.push(1.0);
    zeros_between(&edges, slope, &bend)
}

/// Zeros of a series (its derivative given) between successive edges at which its sign differs.
fn zeros_between(edges: &[f64], series: &[f64; SAMPLES], derivative: &[f64; SAMPLES]) -> Vec<f64> {
    let mut found = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for &edge in edges {
        let value = clenshaw(series, edge);
        if value == 0.0 {
            // The sign on either side decides: leave the edge to the next pair.
            continue;
        }
        if let Some((from, was)) = before
            && was * value < 0.0
        {
            let sign = value.signum();
            let start = from + (edge - from) * was / (was - value);
            found.push(root(from, edge, start, |x| (sign * clenshaw(series, x), sign * clenshaw(derivative, x))));
        }
        before = Some((edge, value));
    }
    found
}

#[cfg(test)]
mod tests;
