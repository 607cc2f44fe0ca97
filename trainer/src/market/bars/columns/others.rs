//! Warnings about columns that are not used, or may mean something else.

use super::Columns;
use super::names::words;
use super::wide::{has_plain_prices, is_any_price_configured, symbols_with_prices};
use crate::market::bars::config::BarsConfig;
use crate::market::bars::printable;

impl Columns {
    /// Returns the warning that plain prices are used though the file has
    /// others, with how to use those.
    pub(in crate::market::bars) fn other_prices_warning(
        &self,
        config: &BarsConfig,
    ) -> Option<String> {
        let others = symbols_with_prices(&self.names);
        let (symbol, columns) = others.first()?;
        if !has_plain_prices(&self.names) || is_any_price_configured(config) {
            return None;
        }
        let of_role = |role: &&str| columns.iter().find(|(_, known)| known == role);
        let options: Vec<String> = ["open", "high", "low", "close", "volume"]
            .iter()
            .filter_map(|role| Some((role, of_role(role)?.0)))
            .map(|(role, idx)| {
                format!("--column '{role}={}'", printable(self.name(idx).as_bytes()))
            })
            .collect();
        Some(format!(
            "`open`, `high`, `low` and `close` are taken, and beside them stand prices of `{}`: \
             take those by {}",
            printable(symbol.as_bytes()),
            options.join(" ")
        ))
    }

    /// Returns the warning that the times are the ends of the bars.
    pub(in crate::market::bars) fn end_time_warning(&self) -> Option<String> {
        let is_end = |word: &String| ["end", "ending", "close", "closing"].contains(&word.as_str());
        let name = self.time_names().into_iter().find(|name| words(name).iter().any(is_end))?;
        (!self.are_configured).then(|| {
            format!(
                "`{}` tells when a bar ends, and each is taken to begin then: all bars are later by \
                 their interval than they were",
                printable(name.as_bytes())
            )
        })
    }
}
