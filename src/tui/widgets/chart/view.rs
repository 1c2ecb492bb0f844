//! Which part of the plane is shown, and where a value falls in it.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum YScale {
    #[default]
    Linear,
    /// Base 10; values at or below 0 have no place on it, so the chart says so and draws linearly.
    Log,
}

/// Values beyond this are drawn at it, so that no difference of two overflows.
const LIMIT: f64 = 1e300;

/// The visible ranges; both have a width above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub x: (f64, f64),
    pub y: (f64, f64),
    pub scale: YScale,
}

impl View {
    /// Widens a range of no width, and leaves a little air above and below the values.
    pub fn new(x: (f64, f64), (low, high): (f64, f64), scale: YScale) -> View {
        let (low, high) = (low.clamp(-LIMIT, LIMIT), high.clamp(-LIMIT, LIMIT));
        let y = match scale {
            YScale::Log if high > low => {
                let air = (high.log10() - low.log10()) * 0.03;
                (10f64.powf(low.log10() - air), 10f64.powf(high.log10() + air))
            }
            YScale::Log => (low / 2.0, high * 2.0),
            // A range that neighbouring numbers of f64 span cannot be cut into rows.
            YScale::Linear if high - low > high.abs().max(low.abs()) * 1e-12 => {
                let air = (high - low) * 0.03;
                (below(low, air), high + air)
            }
            YScale::Linear => {
                let air = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
                (below(low, air), high + air)
            }
        };
        View { x: widened(x), y, scale }
    }

    /// Where `x` is between the left edge (0) and the right one (1).
    pub fn across(&self, x: f64) -> f64 {
        (x - self.x.0) / (self.x.1 - self.x.0)
    }

    /// Where `y` is between the upper edge (0) and the lower one (1).
    pub fn down(&self, y: f64) -> f64 {
        let (low, high) = self.y;
        match self.scale {
            YScale::Linear => (high - y.clamp(-LIMIT, LIMIT)) / (high - low),
            YScale::Log => {
                let y = y.max(f64::MIN_POSITIVE);
                (high.log10() - y.log10()) / (high.log10() - low.log10())
            }
        }
    }
}

/// Values that are never negative stand on the axis at 0, with no room for less.
fn below(low: f64, air: f64) -> f64 {
    if low >= 0.0 { (low - air).max(0.0) } else { low - air }
}

fn widened((from, to): (f64, f64)) -> (f64, f64) {
    let (from, to) = (from.clamp(-LIMIT, LIMIT), to.clamp(-LIMIT, LIMIT));
    if to - from > from.abs().max(to.abs()) * 1e-12 {
        (from, to)
    } else {
        let air = (from.abs() * 1e-6).max(1.0);
        (from - air, from + air)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_range_falls_between_its_edges() {
        for (low, high) in
            [(0.0, 0.0), (5.0, 5.0), (-1.0, 1.0), (f64::MIN, f64::MAX), (1.0, 1.0 + 1e-16)]
        {
            let view = View::new((low, high), (low, high), YScale::Linear);
            for value in [low, high] {
                assert!((0.0..=1.0).contains(&view.down(value)), "{low} {high}: {view:?}");
                assert!((0.0..=1.0).contains(&view.across(value)) || value.abs() > LIMIT);
            }
        }
    }

    #[test]
    fn on_a_log_scale_equal_ratios_are_equal_distances() {
        let view = View::new((0.0, 1.0), (0.01, 100.0), YScale::Log);
        let (a, b, c) = (view.down(0.1), view.down(1.0), view.down(10.0));
        assert!(((a - b) - (b - c)).abs() < 1e-12);
    }
}
