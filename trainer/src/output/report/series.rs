//! Downsamples a stream of rows for a page, in bounded memory.
//!
//! When there are too many points, neighbours are merged in pairs: each
//! point aggregates all of its rows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pack;

/// How a point aggregates its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregation {
    /// The last row's value.
    Last,
    /// The highest.
    Max,
    /// The lowest.
    Min,
    /// The sum.
    Sum,
}

/// Columns over time, a point for every `stride` rows.
#[derive(Debug, Clone)]
pub(super) struct Series {
    columns: &'static [(&'static str, Aggregation)],
    n_points_max: usize,
    stride: usize,
    /// Rows in the last point, which is not yet full.
    n_open: usize,
    times_ms: Vec<i64>,
    values: Vec<Vec<f32>>,
}

impl Series {
    /// Starts a series that keeps `n_points_max` points at most.
    pub(super) fn new(
        columns: &'static [(&'static str, Aggregation)],
        n_points_max: usize,
    ) -> Self {
        Self {
            columns,
            // Even, so that all points have a neighbour to merge with.
            n_points_max: n_points_max.max(2) & !1,
            stride: 1,
            n_open: 0,
            times_ms: Vec::new(),
            values: vec![Vec::new(); columns.len()],
        }
    }

    /// Adds a row with one value per column, NaN where there is none.
    #[expect(clippy::cast_possible_truncation, reason = "a chart needs no more digits")]
    pub(super) fn push(&mut self, time_ms: i64, row: &[f64]) {
        if self.n_open == 0 {
            if self.times_ms.len() == self.n_points_max {
                self.halve();
            }
            self.times_ms.push(time_ms);
            for (values, &value) in self.values.iter_mut().zip(row) {
                values.push(value as f32);
            }
        } else if let Some(last) = self.times_ms.last_mut() {
            *last = time_ms;
            for ((values, (_, fold)), &value) in self.values.iter_mut().zip(self.columns).zip(row) {
                if let Some(point) = values.last_mut() {
                    *point = fold.join(*point, value as f32);
                }
            }
        }
        self.n_open = (self.n_open + 1) % self.stride;
    }

    /// Merges neighbours: half the points, each of twice the rows.
    fn halve(&mut self) {
        self.times_ms = self.times_ms.as_chunks::<2>().0.iter().map(|pair| pair[1]).collect();
        for (values, (_, fold)) in self.values.iter_mut().zip(self.columns) {
            let pairs = values.as_chunks::<2>().0.iter();
            *values = pairs.map(|[first, second]| fold.join(*first, *second)).collect();
        }
        self.stride *= 2;
    }

    /// Returns the number of rows of a point.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn is_empty(&self) -> bool {
        self.times_ms.is_empty()
    }

    /// Returns the column `name`, one value per point.
    pub(super) fn column(&self, name: &str) -> &[f32] {
        let found = self.columns.iter().position(|(column, _)| *column == name);
        found.map_or(&[], |idx| &self.values[idx])
    }

    /// Returns the columns `names` in the form that the page's script
    /// unpacks; `None` for a series without points.
    pub(super) fn packed(&self, names: &[&str]) -> Option<Value> {
        (!self.is_empty()).then(|| {
            let packed = |name: &str| pack::floats(self.column(name).iter().copied());
            json!({
                "columns": names.iter().map(|&name| (name, packed(name))).collect::<BTreeMap<_, _>>(),
                "stride": self.stride,
                "times": pack::times(self.times_ms.iter().copied()),
            })
        })
    }
}

impl Aggregation {
    fn join(self, before: f32, value: f32) -> f32 {
        match self {
            Self::Last => value,
            // `f32::max` and `min` ignore a NaN on one side.
            Self::Max => before.max(value),
            Self::Min => before.min(value),
            Self::Sum => before + value,
        }
    }
}
