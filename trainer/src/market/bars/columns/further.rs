//! Finds further columns, which become features, and those about
//! adjusted prices.

use anyhow::{Result, anyhow, bail};

use super::names::{quoted, words};
use super::time_names::is_time;
use super::{Columns, SymbolColumn};

/// The least similarity of names (Jaro-Winkler) to suggest one for the
/// other.
const SIMILARITY_MIN: f64 = 0.8;

impl Columns {
    /// Returns the index of each of the columns `names`.
    ///
    /// Fails if one is missing or ambiguous.
    pub(in crate::market::bars) fn find_further(&self, names: &[String]) -> Result<Vec<usize>> {
        names.iter().map(|name| self.find_one(name)).collect()
    }

    fn find_one(&self, name: &str) -> Result<usize> {
        let fitting: Vec<usize> =
            (0..self.names.len()).filter(|&idx| self.names[idx] == name).collect();
        match fitting[..] {
            [idx] => Ok(idx),
            [] => Err(self.missing_column(name)),
            _ => bail!(
                "has {} columns `{name}`, which is to be a feature; rename all but one of them",
                fitting.len()
            ),
        }
    }

    fn missing_column(&self, name: &str) -> anyhow::Error {
        let similarity = |other: &&String| strsim::jaro_winkler(name, other);
        let nearest = self
            .names
            .iter()
            .max_by(|one, other| similarity(one).total_cmp(&similarity(other)))
            .filter(|nearest| similarity(nearest) > SIMILARITY_MIN);
        let hint = nearest.map(|nearest| format!(" (did you mean `{nearest}`?)"));
        anyhow!(
            "has no column `{name}`, which is to be a feature{}; found {}; add it to the bars, or \
             take it out of `features.columns`",
            hint.unwrap_or_default(),
            quoted(&self.names)
        )
    }

    /// Returns the name of a column of dividends that is not used.
    pub(in crate::market::bars) fn unused_dividend(&self) -> Option<&str> {
        let is_dividend = |name: &&String| {
            let words = words(name);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let is_short = matches!(words[..], ["div"] | ["div", "cash" | "amt" | "amount"]);
            is_short || words.contains(&"dividend") || words.contains(&"dividends")
        };
        let name = self.names.iter().find(is_dividend).filter(|_| self.dividend.is_none());
        name.map(String::as_str)
    }

    /// Returns the names of the columns that hold neither a field of the
    /// bar nor another time.
    pub(in crate::market::bars) fn further(&self) -> Vec<&str> {
        let prices = [self.open, self.high, self.low, self.close];
        let others = [self.volume, self.funding, self.dividend];
        let mut known = self.time.all();
        known.extend(prices.into_iter().chain(others.into_iter().flatten()));
        known.extend(self.symbol.map(SymbolColumn::all).unwrap_or_default());
        let is_further = |&idx: &usize| !known.contains(&idx) && !is_time(&words(&self.names[idx]));
        (0..self.names.len()).filter(is_further).map(|idx| self.names[idx].as_str()).collect()
    }
}

/// Returns the column of adjusted closes.
pub(super) fn find_adjusted(words: &[Vec<String>]) -> Option<usize> {
    let is_adjusted = |words: &Vec<String>| {
        let concat = words.concat();
        ["adjclose", "adjustedclose", "closeadj", "closeadjusted"]
            .iter()
            .any(|name| concat.starts_with(name))
    };
    words.iter().position(is_adjusted)
}

/// Returns the column of split ratios, or of the factors by which prices
/// are adjusted.
pub(super) fn find_splits(words: &[Vec<String>]) -> Option<usize> {
    const NAMES: [&str; 4] = ["split", "splits", "ajexdi", "cfacpr"];
    words.iter().position(|words| {
        let is_factor = words.iter().any(|word| word == "factor") && words[0].starts_with("adj");
        is_factor || words.iter().any(|word| NAMES.contains(&word.as_str()))
    })
}

/// Returns whether `name` matches `pattern`, in which `*` stands for any
/// text.
pub(in crate::market::bars) fn matches_pattern(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    let starts = name.char_indices().map(|(start, _)| start).chain([name.len()]);
    starts.into_iter().any(|start| matches_pattern(rest, &name[start..]))
}
