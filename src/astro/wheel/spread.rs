//! P: Moves labels around a circle so that neighbours keep their distance and none goes further than it must. Knows
//! nothing of what the labels say.

use super::super::angles::norm_deg;

/// A label wanting a place on the circle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// Where it would stand, degrees.
    pub at_deg: f64,
    /// Half of the arc that it takes, degrees; neighbours keep the sum of theirs.
    pub half_deg: f64,
    /// How little it gives way, against 1 for a label.
    pub weight: f64,
}

/// Copies of the circle that are laid end to end, so that its seam is nowhere near the middle one.
const TURNS: usize = 5;

/// Places, degrees 0..360 in the order of `wishes`, that keep neighbours apart and are nearest to the wishes in the sense
/// of least squares: isotonic regression by pooling adjacent violators (Barlow, Bartholomew, Bremner and Brunk 1972,
/// Statistical Inference under Order Restrictions, §1.2), after each wish is moved back by the room that those before
/// it need. Labels that cannot all fit keep proportionally less.
pub fn spread(wishes: &[Wish]) -> Vec<f64> {
    let count = wishes.len();
    if count < 2 {
        return wishes.iter().map(|wish| norm_deg(wish.at_deg)).collect();
    }
    let total: f64 = wishes.iter().map(|wish| 2.0 * wish.half_deg).sum();
    let scale = if total > FULL_DEG { FULL_DEG / total } else { 1.0 };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| norm_deg(wishes[a].at_deg).total_cmp(&norm_deg(wishes[b].at_deg)).then(a.cmp(&b)));
    let half = |index: usize| wishes[index].half_deg * scale;

    // Where each would stand if every label before it took no room.
    let (mut room, mut shifted, mut rooms) = (0.0, Vec::new(), Vec::new());
    for turn in 0..TURNS {
        for (place, &index) in order.iter().enumerate() {
            if turn + place > 0 {
                let before = order[(place + count - 1) % count];
                room += half(before) + half(index);
            }
            shifted.push(norm_deg(wishes[index].at_deg) + 360.0 * turn as f64 - room);
            rooms.push(room);
        }
    }
    let weights: Vec<f64> = order.iter().map(|&index| wishes[index].weight).collect();
    let level = pooled(&shifted, &weights);
    let middle = TURNS / 2 * count;
    let mut places = vec![0.0; count];
    for (place, &index) in order.iter().enumerate() {
        places[index] = norm_deg(level[middle + place] + rooms[middle + place]);
    }
    places
}

/// Of the circle, what labels may fill before they shrink.
const FULL_DEG: f64 = 350.0;

/// Neighbours that stand at one level: the sum of weighted values, the sum of weights, and how many they are.
type Block = (f64, f64, usize);

/// The non-decreasing sequence nearest to `values`, whose weights repeat turn by turn.
fn pooled(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<Block> = Vec::with_capacity(values.len());
    for (&value, &weight) in values.iter().zip(weights.iter().cycle()) {
        let mut block = (value * weight, weight, 1);
        while let Some(&before) = blocks.last()
            && before.0 / before.1 >= block.0 / block.1
        {
            blocks.pop();
            block = (before.0 + block.0, before.1 + block.1, before.2 + block.2);
        }
        blocks.push(block);
    }
    blocks.iter().flat_map(|&(sum, weight, count)| std::iter::repeat_n(sum / weight, count)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gaps(wishes: &[Wish], places: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..wishes.len()).collect();
        order.sort_by(|&a, &b| places[a].total_cmp(&places[b]));
        let next = |i: usize| order[(i + 1) % order.len()];
        order
            .iter()
            .enumerate()
            .map(|(i, &a)| norm_deg(places[next(i)] - places[a]) - wishes[a].half_deg - wishes[next(i)].half_deg)
            .collect()
    }

    #[test]
    fn who_has_room_stays_and_a_pair_parts_evenly() {
        let wish = |at_deg| Wish { at_deg, half_deg: 3.0, weight: 1.0 };
        let places = spread(&[wish(10.0), wish(200.0), wish(100.0)]);
        assert_eq!(places, [10.0, 200.0, 100.0]);
        let places = spread(&[wish(359.0), wish(1.0)]);
        assert!((places[0] - 357.0).abs() < 1e-9 && (places[1] - 3.0).abs() < 1e-9, "{places:?}");
        // What weighs more gives way less: a line at 0 stays, and the label beside it steps aside.
        let line = Wish { at_deg: 0.0, half_deg: 0.5, weight: 1e6 };
        let places = spread(&[line, wish(1.0)]);
        assert!(norm_deg(places[0] + 1.0) - 1.0 < 1e-4 && (places[1] - 3.5).abs() < 1e-4, "{places:?}");
    }

    proptest! {
        #[test]
        fn neighbours_keep_their_distance(
            seed in prop::collection::vec((0.0..360.0_f64, 1.0..5.0_f64, prop::sample::select(vec![1.0, 40.0, 1e4])), 2..34),
            squeeze in prop::sample::select(vec![1.0, 0.2, 0.01, 0.0]),
            turn in 0.0..360.0_f64,
        ) {
            let wishes: Vec<Wish> =
                seed.iter().map(|&(at, half_deg, weight)| Wish { at_deg: at * squeeze + turn, half_deg, weight }).collect();
            let places = spread(&wishes);
            prop_assert!(gaps(&wishes, &places).iter().all(|gap| *gap > -1e-6), "{:?}", places);
        }
    }
}
