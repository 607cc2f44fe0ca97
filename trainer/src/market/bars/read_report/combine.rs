//! Combines the reports about several files or symbols.

use std::collections::BTreeMap;

use super::{NO_VOLUME, ReadReport, quoted};
use crate::market::bars::summary::DataSummary;
use crate::wording::counted;

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
        if let [DataSummary { read_report: Some(found), .. }] = summaries {
            self.bars.clone_from(&found.bars);
        }
        let names: Vec<String> =
            summaries.iter().take(N_SYMBOLS_SHOWN).map(|summary| quoted(&summary.source)).collect();
        let more = if summaries.len() > names.len() { ", …" } else { "" };
        self.lines.push(format!(
            "{}: {}{more}",
            counted(summaries.len() as u64, "symbol"),
            names.join(", ")
        ));
    }

    fn add_each(&mut self, summaries: &[DataSummary]) {
        let mut warned: Vec<(String, Vec<String>)> = Vec::new();
        let mut first: Option<&Vec<String>> = None;
        let mut other_lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for summary in summaries {
            let Some(found) = &summary.read_report else {
                continue;
            };
            if first.is_none() {
                first = Some(&found.lines);
                if self.lines.is_empty() {
                    self.lines.clone_from(&found.lines);
                }
            }
            let source = quoted(&summary.source);
            for line in found.lines.iter().filter(|line| first.is_some_and(|f| !f.contains(line))) {
                other_lines.entry(line).or_default().push(source.clone());
            }
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
        let has_volume = first.is_some_and(|first| !first.iter().any(|line| line == NO_VOLUME));
        if has_volume && let Some(sources) = other_lines.get(NO_VOLUME) {
            let problem = "no column is the volume, which counts as 0 there".to_owned();
            warned.push((problem, sources.clone()));
        }
        let named = |(text, sources): (&str, &[String])| {
            let shown = sources.iter().take(N_SOURCES_SHOWN).cloned().collect::<Vec<_>>();
            let more = match sources.len() - shown.len() {
                0 => String::new(),
                n_more => format!(" and {n_more} more"),
            };
            format!("{}{more}: {text}", shown.join(", "))
        };
        self.lines.extend(other_lines.iter().map(|(line, sources)| named((line, sources))));
        self.warnings.extend(warned.iter().map(|(text, sources)| named((text, sources))));
    }
}
