//! Warns where the volume may be in money, or in a column that no name
//! tells.

use super::Columns;
use super::names::{MONEY, words};
use super::volume_guesses::is_guess;
use super::volume_names::{is_derived, is_part, is_quote_volume};
use super::wide::has_unit;
use crate::market::bars::lenient::number_in;
use crate::market::bars::printable;

/// The most names that a warning has.
const N_SHOWN: usize = 3;

/// Tickers that are also currencies.
const TICKERS: [&str; 3] = ["rs", "try", "nok"];

/// Many indicators, and all parts of a time but a year, are below it.
const VOLUME_MIN: f64 = 101.0;

/// The least part of its market capitalization that is traded of a coin
/// in the time of a bar.
const TURNOVER_MIN: f64 = 1e-3;

/// The fewest rows that tell a volume.
const N_ROWS_MIN: usize = 3;

impl Columns {
    /// Returns the warning that the volume is in money by its name, or that
    /// a column which no name tells may be the volume.
    pub(in crate::market::bars) fn volume_warning(&self, rows: &[Vec<String>]) -> Option<String> {
        let name = |idx: usize| format!("`{}`", printable(self.names[idx].as_bytes()));
        let close = words(&self.names[self.close]);
        let is_money = |idx: usize| {
            let words = words(&self.names[idx]);
            // All columns may have the name of a pair, such as `BTC-USD`, or
            // of a share.
            let is_of_pair = words.iter().filter(|word| close.contains(word)).count() > 1;
            let is_share = |word: &String| {
                let is_ticker = self.wide.is_some() || TICKERS.contains(&word.as_str());
                is_ticker && close.contains(word) && !has_unit(&self.names[idx])
            };
            let is_money = |word: &String| MONEY.contains(&word.as_str()) && !is_share(word);
            !is_of_pair && words.iter().any(is_money)
        };
        let is_capital = |idx: &usize| words(&self.names[*idx]).concat() == "marketcap";
        let capital = (0..self.width).find(is_capital);
        match self.volume.filter(|_| self.turnover.is_none()) {
            Some(idx) if is_money(idx) => Some(format!(
                "the volume {} is a value in money by its name; if another column has it in units, \
                 use that by `--column volume=NAME`",
                name(idx)
            )),
            Some(idx) if is_guess(&self.names[idx], &words(&self.names[idx]), &close) => Some(format!(
                "the volume {} is a guess, since its name may mean something else: pass `--column \
                 volume=NAME` to confirm it or name another one, `--column volume=` if there is none",
                name(idx)
            )),
            Some(idx) => capital.filter(|capital| !self.are_shares(idx, *capital, rows)).map(|capital| {
                format!(
                    "the volume {} may be a value in money: the sites that write {} beside it, such \
                     as CoinMarketCap, write it so",
                    name(idx),
                    name(capital)
                )
            }),
            None if self.volume.is_some() => None,
            None => {
                let others: Vec<String> = (0..self.width)
                    .filter(|idx| self.may_be_volume(*idx, rows))
                    .take(N_SHOWN)
                    .map(name)
                    .collect();
                (!others.is_empty()).then(|| {
                    format!(
                        "no column is called a volume; if {} is one, use it by `--column volume=NAME`",
                        others.join(" or ")
                    )
                })
            }
        }
    }

    /// Whether the volume is a likely part of the shares that make up the
    /// market capitalization, and too little of it to be money.
    fn are_shares(&self, volume: usize, capital: usize, rows: &[Vec<String>]) -> bool {
        let sum =
            |of: &dyn Fn(&Vec<String>) -> Option<f64>| rows.iter().filter_map(of).sum::<f64>();
        let number = |row: &[String], idx: usize| number_in(&row[idx]).filter(|n| n.is_finite());
        let [volumes, capitals] = [volume, capital].map(|idx| sum(&|row| number(row, idx)));
        let values = sum(&|row| Some(number(row, volume)? * number(row, self.close)?));
        values < capitals && volumes < TURNOVER_MIN * capitals
    }

    /// Whether the column has counts that could be volumes.
    fn may_be_volume(&self, idx: usize, rows: &[Vec<String>]) -> bool {
        let all = words(&self.names[idx]);
        let has_role = !self.further().contains(&self.names[idx].as_str());
        let is_other = is_derived(&all, &words(&self.names[self.close]));
        let is_part = is_part(&all, &words(&self.names[self.close]));
        if has_role || is_other || is_quote_volume(&all) || is_part {
            return false;
        }
        let counts: Option<Vec<f64>> = rows
            .iter()
            .map(|row| number_in(&row[idx]).filter(|n| *n >= 0.0 && n.fract() == 0.0))
            .collect();
        let is_price = |(row, count): (&Vec<String>, &f64)| {
            let (low, high) = (number_in(&row[self.low]), number_in(&row[self.high]));
            low.is_some_and(|low| low / 2.0 <= *count)
                && high.is_some_and(|high| *count <= 2.0 * high)
        };
        counts.is_some_and(|counts| {
            let most = counts.iter().copied().fold(0.0, f64::max);
            let is_ordered = counts.is_sorted() || counts.iter().rev().is_sorted();
            counts.len() >= N_ROWS_MIN
                && most >= VOLUME_MIN
                && !is_ordered
                && !rows.iter().zip(&counts).all(is_price)
        })
    }
}
