//! Volumes, in units of the asset or in money: which column is which by
//! its name, and by its ratio to another one, which is a price.

use super::Columns;
use super::find_volumes::find_volumes;
use super::names::words;
use super::volume_names::{is_part, is_quote_volume, multiple_of};
use crate::market::bars::lenient::{is_unknown, number_in};

/// More ticks than a bar has are the time by a clock that counts ticks.
const N_TICKS_MAX: f64 = 1e9;

/// The fewest rows that tell the unit of a volume, and the most that are
/// looked at.
const N_ROWS_MIN: usize = 3;
const N_ROWS_MAX: usize = 200;

impl Columns {
    /// Chooses the first column of volumes that has a value above 0; if its
    /// values are in money, the one that has them in units.
    pub(super) fn resolve_volume(&mut self, rows: &[Vec<String>], is_given: bool) {
        let is_none = |idx: &usize| {
            let is_of_ticks = self.names[*idx].to_lowercase().starts_with("tick");
            let mut numbers = rows.iter().map(|row| number_in(&row[*idx]));
            // By -1, Interactive Brokers says that there is none.
            numbers.clone().all(|number| number == Some(-1.0))
                || is_of_ticks && numbers.any(|number| number.is_some_and(|n| n > N_TICKS_MAX))
        };
        if !is_given {
            self.volumes.retain(|idx| !is_none(idx));
            self.volume = self.volume.filter(|idx| !is_none(idx));
        }
        let is_used = |idx: &usize| {
            rows.iter().any(|row| number_in(&row[*idx]).is_some_and(|volume| volume > 0.0))
        };
        let is_known = |idx: &usize| rows.iter().any(|row| !is_unknown(row[*idx].as_bytes()));
        let volumes = self.volumes.iter().copied();
        self.volume = volumes
            .clone()
            .find(is_used)
            .or_else(|| volumes.clone().find(is_known))
            .or(self.volume);
        let Some(named) = self.volume.filter(|_| !is_given) else {
            return;
        };
        let money = self.quote_volumes();
        let others = volumes.chain(money).filter(|idx| *idx != named);
        let others: Vec<usize> = others.collect();
        if let Some(units) = others.iter().copied().find(|idx| self.is_value_of(named, *idx, rows))
        {
            (self.volume, self.turnover) = (Some(units), Some(named));
        } else {
            self.turnover = others.into_iter().find(|idx| self.is_value_of(*idx, named, rows));
        }
    }

    /// Whether the column `money` is the value of the volume `units`: their
    /// ratio is a price between the low and the high of each row.
    fn is_value_of(&self, money: usize, units: usize, rows: &[Vec<String>]) -> bool {
        let number = |row: &[String], idx: usize| number_in(&row[idx]).filter(|n| *n > 0.0);
        // Volumes are rounded.
        let is_price =
            |price: f64, low: f64, high: f64| low * 0.999 <= price && price <= high * 1.001;
        let fits = |row: &Vec<String>| {
            let (low, high) = (number(row, self.low)?, number(row, self.high)?);
            let ratio = number(row, money)? / number(row, units)?;
            Some((is_price(ratio, low, high), is_price(1.0 / ratio, low, high)))
        };
        let found: Vec<(bool, bool)> = rows.iter().filter_map(fits).take(N_ROWS_MAX).collect();
        let n_right = found.iter().filter(|(is_right, _)| *is_right).count();
        let n_reversed = found.iter().filter(|(_, is_reversed)| *is_reversed).count();
        found.len() >= N_ROWS_MIN && 10 * n_right >= 9 * found.len() && 2 * n_reversed < n_right
    }

    /// Returns the columns of volumes in money, and of parts of volumes.
    fn quote_volumes(&self) -> impl Iterator<Item = usize> {
        let words = |idx: usize| words(&self.names[idx]);
        let is_part = move |idx: usize| is_part(&words(idx), &words(self.close));
        (0..self.width).filter(move |idx| is_quote_volume(&words(*idx)) || is_part(*idx))
    }

    /// Returns the multiple of its unit in which the volume is by its name.
    pub(in crate::market::bars) fn volume_multiple(&self) -> Option<&'static str> {
        multiple_of(&words(&self.names[self.volume?]))
    }

    /// Returns the names of the other columns that could be the volume: in
    /// units of the asset, and in money or of a part.
    pub(in crate::market::bars) fn other_volumes(&self) -> (Vec<&str>, Vec<&str>) {
        let name = |idx: usize| self.names[idx].as_str();
        let units = self.volumes.iter().copied().filter(|idx| Some(*idx) != self.volume);
        let money = self.quote_volumes().filter(|idx| Some(*idx) != self.volume);
        (units.map(name).collect(), money.map(name).collect())
    }
}

/// Whether a column of this name can be the volume.
pub(in crate::market::bars) fn is_volume_name(name: &str) -> bool {
    let names = [name.to_owned(), "close".to_owned()];
    !find_volumes(&names.each_ref().map(|name| words(name)), &names, 1).is_empty()
}
