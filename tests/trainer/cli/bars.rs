//! Generated bars: waves under noise.

use std::fmt::Write as _;

const HEADER: &str = "time,open,high,low,close,volume\n";

/// Returns `n_bars` bars of 30 minutes as CSV; line 2 is the first.
pub(crate) fn csv(n_bars: usize) -> String {
    csv_with_end(n_bars, 0, 1.0)
}

/// Returns the same bars with the last `n_last` prices times `factor`.
pub(crate) fn csv_with_end(n_bars: usize, n_last: usize, factor: f64) -> String {
    let mut noise = Noise(1);
    let mut csv = HEADER.to_owned();
    let mut drift = 0.0;
    let mut open = 100.0;
    for bar_idx in 0..n_bars {
        drift += 0.002 * noise.next();
        let wave = 0.05 * (bar_idx as f64 / 25.0).sin();
        let close = 100.0 * (drift + wave).exp();
        let high = f64::max(open, close) * 1.001;
        let low = f64::min(open, close) * 0.999;
        let volume = 10.0 + noise.next().abs();
        let time = 1_500_000_000 + 1800 * bar_idx;
        let scale = if bar_idx + n_last >= n_bars { factor } else { 1.0 };
        let [o, h, l, c] = [open, high, low, close].map(|price| price * scale);
        writeln!(csv, "{time},{o},{h},{l},{c},{volume}").unwrap();
        open = close;
    }
    csv
}

/// Numbers from -1 to 1 that are the same on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 30) - 1.0
    }
}
