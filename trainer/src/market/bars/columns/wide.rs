//! Tables in wide format, with the prices of several symbols side by
//! side: `Close_AAPL` and `Close_MSFT`, `AAPL.Close`, `('Close',
//! 'AAPL')`.

use anyhow::{Result, bail};

use super::names::{MONEY, PRICES, quoted, split_camel_case, words};
use super::variants::has_price_kind;
use crate::market::bars::config::BarsConfig;

/// Words for the role of a column, and the role; a word that contains
/// another one comes before it.
const ROLES: [(&str, &str); 22] = [
    ("adjusted close", "Adj Close"),
    ("adjusted_close", "Adj Close"),
    ("adj close", "Adj Close"),
    ("adj_close", "Adj Close"),
    ("adjclose", "Adj Close"),
    ("px_open", "open"),
    ("px_high", "high"),
    ("px_low", "low"),
    ("px_last", "close"),
    ("px_volume", "volume"),
    ("open", "open"),
    ("high", "high"),
    ("low", "low"),
    ("close", "close"),
    ("volume", "volume"),
    ("vol", "volume"),
    ("o", "open"),
    ("h", "high"),
    ("l", "low"),
    ("c", "close"),
    ("v", "volume"),
    ("last", "close"),
];

/// The number of symbols that a message names.
pub(super) const N_SHOWN: usize = 5;

/// The symbols of a table in wide format, and which one is chosen.
#[derive(Debug, Clone)]
pub(in crate::market::bars) struct WideSymbols {
    /// Each symbol with the index and role of its columns.
    symbols: Vec<(String, Vec<(usize, &'static str)>)>,
    chosen: Option<usize>,
    names: Vec<String>,
}

impl WideSymbols {
    /// Finds at least two symbols that each have all four prices. Returns
    /// `None` if there are also prices without a symbol.
    ///
    /// Fails if the configured symbol is not among them.
    pub(super) fn find(names: &[String], config: &BarsConfig) -> Result<Option<Self>> {
        let symbols = symbols_with_prices(names);
        if symbols.len() < 2 || has_plain_prices(names) || is_any_price_configured(config) {
            return Ok(None);
        }
        let position = |wanted: &str| {
            let is_like = |(symbol, _): &(String, _)| symbol.eq_ignore_ascii_case(wanted);
            let exact = symbols.iter().position(|(symbol, _)| symbol == wanted);
            exact.or_else(|| symbols.iter().position(is_like))
        };
        let chosen = config.symbol.as_deref().map(|wanted| (wanted, position(wanted)));
        if let Some((wanted, None)) = chosen {
            let found: Vec<String> = symbols.into_iter().map(|(symbol, _)| symbol).collect();
            bail!("has no symbol `{wanted}`; there are {}", quoted(&found));
        }
        let chosen = chosen.and_then(|(_, idx)| idx);
        Ok(Some(Self { symbols, chosen, names: names.to_vec() }))
    }

    /// Returns the column names for the chosen symbol: its own columns are
    /// named by their role, those of the others by `---`.
    fn masked(&self) -> Vec<String> {
        let mut masked = self.names.clone();
        for (idx, (_, columns)) in self.symbols.iter().enumerate() {
            let is_chosen = idx == self.chosen.unwrap_or_default();
            for (column, role) in columns {
                masked[*column] = if is_chosen { (*role).to_owned() } else { "---".to_owned() };
            }
        }
        masked
    }

    /// Returns the symbols, if none is chosen.
    pub(in crate::market::bars) fn unchosen(&self) -> Option<Vec<&str>> {
        let symbols = || self.symbols.iter().map(|(symbol, _)| symbol.as_str()).collect();
        self.chosen.is_none().then(symbols)
    }

    /// Returns the error that no symbol is chosen, with the remedy.
    pub(in crate::market::bars) fn problem(&self) -> String {
        let shown: Vec<String> =
            self.symbols.iter().take(N_SHOWN).map(|(symbol, _)| symbol.clone()).collect();
        let more = if self.symbols.len() > shown.len() { ", …" } else { "" };
        let (what, all) = if self.are_price_kinds() {
            ("kinds of prices", "")
        } else {
            ("symbols", "; `train` and `predict` take all of them")
        };
        format!(
            "has {} {what} side by side, {}{more}: choose one by `bars.symbol`, such as by \
             `--symbol '{}'`{all}",
            self.symbols.len(),
            quoted(&shown),
            shown[0]
        )
    }

    /// Whether the symbols are kinds of prices of one asset, such as bid and
    /// ask, or its prices in several currencies.
    pub(in crate::market::bars) fn are_price_kinds(&self) -> bool {
        let is_money = |symbol: &str| {
            let words = words(symbol);
            words.len() == 1 && MONEY.contains(&words[0].as_str())
        };
        let kinds: Vec<&String> =
            self.symbols.iter().map(|(symbol, _)| symbol).filter(|s| has_price_kind(s)).collect();
        // `BID` alone is a share.
        kinds.len() > 1
            || kinds.iter().any(|kind| !is_upper(kind))
            || self.symbols.iter().all(|(symbol, _)| is_money(symbol))
    }
}

/// Returns the symbols that have all four prices among `names`, each with
/// the index and role of its columns.
pub(super) fn symbols_with_prices(names: &[String]) -> Vec<(String, Vec<(usize, &'static str)>)> {
    let mut symbols: Vec<(String, Vec<(usize, &'static str)>)> = Vec::new();
    let roles = names.iter().enumerate().flat_map(|(idx, name)| {
        split(name).into_iter().map(move |(role, symbol)| (idx, name, role, symbol))
    });
    for (idx, name, role, symbol) in roles {
        match symbols.iter_mut().find(|(known, _)| *known == symbol) {
            // A close is the close, not the last price.
            Some((_, columns)) if role == "close" && columns.iter().any(|(_, r)| *r == role) => {
                if !name.to_lowercase().contains("last") {
                    columns.retain(|(_, r)| *r != role);
                    columns.push((idx, role));
                }
            }
            Some((_, columns)) => columns.push((idx, role)),
            None => symbols.push((symbol, vec![(idx, role)])),
        }
    }
    symbols.retain(|(_, columns)| {
        PRICES.iter().all(|price| columns.iter().any(|(_, role)| role == price))
    });
    symbols
}

/// Whether there are all four prices without a symbol.
pub(super) fn has_plain_prices(names: &[String]) -> bool {
    let plain: Vec<String> = names.iter().map(|name| words(name).concat()).collect();
    PRICES.iter().all(|price| plain.iter().any(|name| name == price))
}

/// Whether the settings name the column of a price.
pub(super) fn is_any_price_configured(config: &BarsConfig) -> bool {
    PRICES.iter().any(|price| config.columns.contains_key(*price))
}

/// Returns the names of the columns without symbols.
pub(super) fn plain_names(
    names: &[String],
    wide: Option<&WideSymbols>,
    config: &BarsConfig,
) -> Vec<String> {
    let masked = wide.map(WideSymbols::masked);
    masked.or_else(|| without_symbol(names, config)).unwrap_or_else(|| names.to_vec())
}

/// Returns the names of the columns without the symbol that all prices
/// have, such as `LOW` of `LOW.Open` and `LOW.Close`: it may be a word that
/// means something else in a name.
fn without_symbol(names: &[String], config: &BarsConfig) -> Option<Vec<String>> {
    let symbols = symbols_with_prices(names);
    let [(symbol, columns)] = &symbols[..] else {
        return None;
    };
    let has_other_letters = columns.iter().all(|(idx, _)| !is_upper(&names[*idx]));
    let is_ticker = is_upper(symbol) && has_other_letters && !has_unit(&names[columns[0].0]);
    if !is_ticker || has_plain_prices(names) || is_any_price_configured(config) {
        return None;
    }
    let mut plain = names.to_vec();
    for (idx, role) in columns {
        (*role).clone_into(&mut plain[*idx]);
    }
    Some(plain)
}

/// Whether a name ends in a unit in brackets; `('Close', 'TRY')` has none.
pub(super) fn has_unit(name: &str) -> bool {
    name.find('(').is_some_and(|at| at > 0)
}

fn is_upper(text: &str) -> bool {
    text == text.to_uppercase()
}

/// Splits `Close_AAPL`, `AAPL.Close` and `('Close', 'AAPL')` into role
/// and symbol; of `LOW.Open`, either may be the role.
fn split(name: &str) -> Vec<(&'static str, String)> {
    let is_tuple = name.starts_with('(') && name.contains(',');
    let plain: String = name
        .chars()
        .map(|letter| if is_tuple && "()'\",".contains(letter) { ' ' } else { letter })
        .collect();
    let plain = plain.trim();
    let found = split_at_roles(plain);
    if found.is_empty() { split_at_roles(&split_camel_case(plain)) } else { found }
}

fn split_at_roles(name: &str) -> Vec<(&'static str, String)> {
    let name = name.strip_suffix(" Price").or_else(|| name.strip_suffix(" price")).unwrap_or(name);
    let lower = name.to_ascii_lowercase();
    let is_apart = |letter: char| !letter.is_alphanumeric();
    let trimmed = |symbol: &str| {
        let is_mark = |letter: char| " _.-:/|()[]".contains(letter);
        let symbol = symbol.trim_matches(is_mark).to_owned();
        // `timeOpen` and `timeHigh` are times, `TIME.Open` is a price.
        let is_time = symbol.eq_ignore_ascii_case("time") && (symbol != "TIME" || is_upper(name));
        (!symbol.is_empty() && !is_time).then_some(symbol)
    };
    let first = ROLES.iter().find_map(|(text, role)| {
        let rest = name.get(text.len()..).filter(|_| lower.starts_with(text))?;
        Some((*role, trimmed(rest.starts_with(is_apart).then_some(rest)?)?))
    });
    let last = ROLES.iter().find_map(|(text, role)| {
        let head =
            name.get(..name.len().checked_sub(text.len())?).filter(|_| lower.ends_with(text))?;
        Some((*role, trimmed(head.ends_with(is_apart).then_some(head)?)?))
    });
    first.into_iter().chain(last).collect()
}
