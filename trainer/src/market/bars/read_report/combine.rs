//! Combines the reports about several files or symbols.

use super::{ReadReport, quoted};
use crate::market::bars::summary::DataSummary;

/// The number of sources that are named for one warning.
const N_SOURCES_SHOWN: usize = 3;

/// The number of symbols that are named.
const N_SYMBOLS_SHOWN: usize = 10;

impl ReadReport {
    /// Adds the reports about files that were joined to one series.
    pub(in crate::market::bars) fn add_parts(&mut self, symbol: &str, parts: &[DataSummary]) {
        self.add_each(parts);
        self.lines.push(format!(
            "{} files that follow each other in time are one series, {}",
            parts.len(),
            quoted(symbol)
        ));
    }

    /// Adds the reports about several symbols.
    pub fn add_symbols(&mut self, summaries: &[DataSummary]) {
        self.add_each(summaries);
        let names: Vec<String> =
            summaries.iter().take(N_SYMBOLS_SHOWN).map(|summary| quoted(&summary.source)).collect();
        let more = if summaries.len() > names.len() { ", …" } else { "" };
        self.lines.push(format!("{} symbols: {}{more}", summaries.len(), names.join(", ")));
    }

    fn add_each(&mut self, summaries: &[DataSummary]) {
        let mut warned: Vec<(String, Vec<String>)> = Vec::new();
        for summary in summaries {
            let Some(found) = &summary.read_report else {
                continue;
            };
            if self.lines.is_empty() {
                self.lines.clone_from(&found.lines);
            }
            let source = quoted(&summary.source);
            let named = |text: &String| format!("{source}: {text}");
            for warning in &found.warnings {
                let of = warned.iter_mut().find(|(text, _)| text == warning);
                match of {
                    Some((_, sources)) => sources.push(source.clone()),
                    None => warned.push((warning.clone(), vec![source.clone()])),
                }
            }
            self.repairs.n_dropped += found.repairs.n_dropped;
            self.repairs.n_widened += found.repairs.n_widened;
            self.repairs.kinds.extend(found.repairs.kinds.iter().map(named));
        }
        for (text, sources) in warned {
            let shown = sources.iter().take(N_SOURCES_SHOWN).cloned().collect::<Vec<_>>();
            let more = match sources.len() - shown.len() {
                0 => String::new(),
                n_more => format!(" and {n_more} more"),
            };
            self.warnings.push(format!("{}{more}: {text}", shown.join(", ")));
        }
    }
}
