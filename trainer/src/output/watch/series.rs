//! A curve of bounded length.

/// Most points that are kept: several for each dot on a screen.
const N_POINTS_MAX: usize = 2048;

/// Points of a curve, evenly thinned when they become too many.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    points: Vec<(f64, f64)>,
    /// One in this many points is kept.
    stride: usize,
    n_seen: usize,
    last: Option<(f64, f64)>,
}

impl Series {
    /// Adds a point, if it is finite.
    pub fn push(&mut self, x: f64, y: f64) {
        if !x.is_finite() || !y.is_finite() {
            return;
        }
        self.last = Some((x, y));
        self.stride = self.stride.max(1);
        if self.n_seen.is_multiple_of(self.stride) {
            self.points.push((x, y));
        }
        self.n_seen += 1;
        if self.points.len() > N_POINTS_MAX {
            let mut idx = 0;
            self.points.retain(|_| {
                idx += 1;
                idx % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// Removes all points.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the points that are kept, as (x, y).
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Returns the newest point, kept or not.
    pub fn last(&self) -> Option<(f64, f64)> {
        self.last
    }

    /// Returns the lowest and highest of the x or of the y values.
    pub fn bounds(&self, of: impl Fn(&(f64, f64)) -> f64) -> Option<(f64, f64)> {
        let values = self.points.iter().chain(&self.last).map(of);
        values.fold(None, |bounds, value| {
            let (low, high) = bounds.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    }
}
