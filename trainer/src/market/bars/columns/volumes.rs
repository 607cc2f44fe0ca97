//! Volumes, in units of the asset or in money: which column is which by
//! its name, and by its ratio to another one, which is a price.

use std::collections::HashSet;

use super::Columns;
use super::languages::is_any;
use super::names::{DERIVED_WORDS, MONEY, is_prefixed, words};
use crate::market::bars::lenient::{is_unknown, number_in};

/// Names of a volume in units of the asset, best first.
const VOLUME_NAMES: [&str; 38] = [
    "volume",
    "vol",
    "v",
    "volumes",
    "volumn",
    "basevolume",
    "volumebase",
    "volumefrom",
    "totalvolume",
    "tradevolume",
    "realvolume",
    "tickvolume",
    "tickvol",
    "tickqty",
    "shares",
    "quantity",
    "qty",
    "contracts",
    "homenotional",
    "sharevolume",
    "shrs",
    "ttlqnty",
    "ttltrdqnty",
    "tottrdqty",
    "chtottradedqty",
    "vo",
    "totaltradequantity",
    "tradedquantity",
    "cshtrd",
    "quatot",
    "acvoluns",
    "size",
    "lots",
    "adjvolume",
    "totalvol",
    "ttq",
    "ticks",
    "tickcount",
];

/// Names of a volume in money, which is not used.
const QUOTE_VOLUME_NAMES: [&str; 22] = [
    "quotevolume",
    "volumequote",
    "volumeto",
    "quoteassetvolume",
    "amount",
    "amt",
    "turnover",
    "totalturnover",
    "turnovervalue",
    "netturnov",
    "dollarvolume",
    "value",
    "sum",
    "money",
    "moneyvolume",
    "notional",
    "foreignnotional",
    "volumenotional",
    "candleacctradeprice",
    "tottrdval",
    "ttltrfval",
    "voltot",
];

/// Words of a volume that is only a part of that of the bar, or more.
const PART_WORDS: [&str; 9] =
    ["buy", "sell", "bid", "ask", "taker", "up", "down", "cum", "cumulative"];

/// Words of means of volumes, volatilities, the open interest and others
/// that are no volumes.
const OTHER_WORDS: &str = "ma sma ema avg average mean median std relative rel chg ratio implied \
                           historical hist realized interest openinterest int openint oi spread \
                           trades bid ask id index rank";

/// More ticks than a bar has are the time by a clock that counts ticks.
const N_TICKS_MAX: f64 = 1e9;

/// Words in the name of a volume that do not change its meaning: shares
/// and lots, also in thousands.
const VOLUME_FILLERS: [&str; 21] = [
    "total", "ttl", "traded", "trade", "trading", "no", "nb", "n", "nm", "num", "of", "number",
    "000", "lot", "股", "千股", "万股", "手", "張", "株", "주",
];

/// The same of a volume in money.
const TURNOVER_FILLERS: [&str; 4] = ["元", "千元", "万元", "円"];

/// The fewest rows that tell the unit of a volume, and the most that are
/// looked at.
const N_ROWS_MIN: usize = 3;
const N_ROWS_MAX: usize = 200;

/// Returns the columns that can be the volume, best first; `close` is that
/// of the close.
pub(super) fn find_volumes(
    all_words: &[Vec<String>],
    names: &[String],
    close: usize,
) -> Vec<usize> {
    let short: Vec<Vec<String>> =
        all_words.iter().map(|words| without(words, &VOLUME_FILLERS)).collect();
    let all = |all: &[Vec<String>], is: &dyn Fn(&Vec<String>) -> bool| -> Vec<usize> {
        (0..all.len()).filter(|&idx| is(&all[idx])).collect()
    };
    let mut found: Vec<usize> = Vec::new();
    for name in VOLUME_NAMES {
        for words in [all_words, &short] {
            let mut plain = all(words, &|words| words.concat() == name);
            // Exchanges that use both `v` and `V` mean the volume by `v`.
            plain.sort_by_key(|idx| names[*idx] != name);
            found.extend(plain);
        }
        // `bid_size` is no volume of trades.
        if name.starts_with('v') || name.ends_with("volume") {
            found.extend(all(all_words, &|words| is_prefixed(words, |last| last == name)));
        }
    }
    // Of `Volume BTC` and `Volume USD`, the one in money comes last.
    let is_of_unit = |words: &Vec<String>| {
        words.len() > 1 && matches!(words[0].as_str(), "volume" | "vol") && !is_quote_volume(words)
    };
    let is_money = |idx: &usize| all_words[*idx].iter().any(|word| MONEY.contains(&word.as_str()));
    let (money, units): (Vec<usize>, Vec<usize>) =
        all(all_words, &is_of_unit).into_iter().partition(is_money);
    found.extend(units.into_iter().chain(money));
    for words in [all_words, &short] {
        found.extend(all(words, &|words| is_any(&words.concat(), |language| language.volume)));
    }
    let mut seen = HashSet::new();
    let is_other = |idx: &usize| {
        let words = &all_words[*idx];
        let is_derived = is_derived(words, &all_words[close]) || names[*idx].contains('%');
        is_derived || is_quote_volume(words) || is_part(words)
    };
    found.retain(|idx| !is_other(idx) && seen.insert(*idx));
    found
}

/// Whether the name is that of a volume in money.
pub(super) fn is_quote_volume(words: &[String]) -> bool {
    let is_known = |name: &str| {
        QUOTE_VOLUME_NAMES.contains(&name) || is_any(name, |language| language.turnover)
    };
    let short = without(&without(words, &VOLUME_FILLERS), &TURNOVER_FILLERS);
    is_known(&words.concat()) || is_known(&short.concat())
}

/// Whether the name is that of a part of a volume.
pub(super) fn is_part(words: &[String]) -> bool {
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    has(&PART_WORDS) && has(&["volume", "vol", "qty", "quantity"])
}

/// Whether the name is that of something derived from volumes, or of none;
/// words that the name of a price has, too, are those of the symbol.
pub(super) fn is_derived(words: &[String], price: &[String]) -> bool {
    let is_known = |word: &str| {
        [OTHER_WORDS, DERIVED_WORDS].iter().any(|all| all.split(' ').any(|w| w == word))
    };
    words.iter().any(|word| is_known(word) && !price.contains(word))
}

fn without(words: &[String], fillers: &[&str]) -> Vec<String> {
    let is_filler = |word: &&String| fillers.contains(&word.as_str());
    words.iter().filter(|word| !is_filler(word)).cloned().collect()
}

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
        (0..self.width).filter(move |idx| is_quote_volume(&words(*idx)) || is_part(&words(*idx)))
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
