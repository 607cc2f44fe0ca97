//! Says how a file was read, and what makes its figures doubtful.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::config::Decimal;
use super::form::Form;
use super::reader::Repairs;
use super::summary::DataSummary;
use super::{Bar, shown, timestamp};

/// Bars that are shown at either end.
const N_SHOWN: usize = 3;

/// Symbols that are named.
const N_SYMBOLS_SHOWN: usize = 10;

/// Splits that are told one by one.
const N_SPLITS_SHOWN: usize = 3;

/// Ratios of splits: so many new shares for so many old.
const SPLITS: [(f64, &str); 22] = [
    (2.0, "2:1"),
    (3.0, "3:1"),
    (4.0, "4:1"),
    (5.0, "5:1"),
    (6.0, "6:1"),
    (7.0, "7:1"),
    (8.0, "8:1"),
    (10.0, "10:1"),
    (15.0, "15:1"),
    (20.0, "20:1"),
    (25.0, "25:1"),
    (50.0, "50:1"),
    (100.0, "100:1"),
    (1.5, "3:2"),
    (1.0 / 2.0, "1:2"),
    (1.0 / 3.0, "1:3"),
    (1.0 / 4.0, "1:4"),
    (1.0 / 5.0, "1:5"),
    (1.0 / 8.0, "1:8"),
    (1.0 / 10.0, "1:10"),
    (1.0 / 20.0, "1:20"),
    (1.0 / 50.0, "1:50"),
];

/// How far a market itself may have moved beside a split.
const SPLIT_TOLERANCE: f64 = 0.08;

/// How one file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Understood {
    /// What was taken for what, a line each.
    pub lines: Vec<String>,
    /// What makes figures of these bars doubtful.
    pub warnings: Vec<String>,
    /// What was done about rows that cannot be.
    pub repairs: Repairs,
    /// The first and the last bars.
    pub bars: Vec<String>,
}

impl Understood {
    pub(super) fn new(
        form: &Form,
        repairs: Repairs,
        observer: &Observer,
        summary: &DataSummary,
    ) -> Self {
        let mut lines = lines_of(form);
        let kinds = repairs.kinds.join(", ");
        if repairs.n_dropped > 0 {
            lines.push(format!("{} rows left out: {kinds}", repairs.n_dropped));
        } else if repairs.n_widened > 0 {
            lines.push(format!("{} ranges widened: {kinds}", repairs.n_widened));
        }
        let bars = observer.shown();
        Self { lines, warnings: warnings(form, observer, summary), repairs, bars }
    }
}

impl Understood {
    /// Returns what the form alone tells.
    pub(super) fn of_form(form: &Form) -> Self {
        Self { lines: lines_of(form), ..Self::default() }
    }

    /// Adds what was found in the bars of several symbols.
    pub(super) fn add_symbols(&mut self, summaries: &[DataSummary]) {
        let names: Vec<String> =
            summaries.iter().take(N_SYMBOLS_SHOWN).map(|summary| quoted(&summary.source)).collect();
        let more = if summaries.len() > names.len() { ", …" } else { "" };
        for summary in summaries {
            let Some(understood) = &summary.understood else {
                continue;
            };
            if self.lines.is_empty() {
                self.lines.clone_from(&understood.lines);
            }
            let source = quoted(&summary.source);
            let warnings = understood.warnings.iter().map(|warning| format!("{source}: {warning}"));
            self.warnings.extend(warnings);
            self.repairs.n_dropped += understood.repairs.n_dropped;
            self.repairs.n_widened += understood.repairs.n_widened;
            let kinds = understood.repairs.kinds.iter().map(|kind| format!("{source}: {kind}"));
            self.repairs.kinds.extend(kinds);
        }
        self.lines.push(format!("{} symbols: {}{more}", summaries.len(), names.join(", ")));
    }
}

impl fmt::Display for Understood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        for bar in &self.bars {
            writeln!(f, "  {bar}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}

fn lines_of(form: &Form) -> Vec<String> {
    let columns = &form.columns;
    let name = |idx: usize| columns.name(idx);
    let times: Vec<String> = columns.time_names().iter().map(|name| quoted(name)).collect();
    let order = if form.time.is_newest_first { "newest first" } else { "oldest first" };
    let volume = columns.volume.map_or_else(|| "none".to_owned(), |idx| quoted(name(idx)));
    let mut lines = vec![
        format!("times: {}, {}, {order}", times.join(" and "), form.time),
        format!(
            "open, high, low, close: {}, {}, {}, {}",
            quoted(name(columns.open)),
            quoted(name(columns.high)),
            quoted(name(columns.low)),
            quoted(name(columns.close))
        ),
        format!("volume: {volume}"),
    ];
    lines.extend(columns.funding.map(|idx| format!("funding: {}", quoted(name(idx)))));
    lines.extend(columns.symbol.map(|idx| format!("symbols: {}", quoted(name(idx)))));
    lines.push(if columns.has_header { "names: in the file" } else { "names: none" }.to_owned());
    if form.decimal == Decimal::Comma {
        lines.push("numbers: with a decimal comma".to_owned());
    }
    lines
}

fn quoted(name: &str) -> String {
    format!("`{}`", shown(name.as_bytes()))
}

fn warnings(form: &Form, observer: &Observer, summary: &DataSummary) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(split_warning(form, observer));
    warnings.extend(volume_warning(form, observer));
    if summary.first_ms < 0 {
        warnings.push(format!("the bars begin before 1970, at {}", timestamp::format(summary.first_ms)));
    }
    warnings
}

fn split_warning(form: &Form, observer: &Observer) -> Option<String> {
    let Observer { splits, n_splits, .. } = observer;
    if *n_splits == 0 {
        return None;
    }
    let mut text = format!("{} like a split: ", if *n_splits == 1 { "a bar opens" } else { "bars open" });
    let told: Vec<String> = splits
        .iter()
        .map(|split| format!("{} ({})", timestamp::format(split.time_ms), split.ratio))
        .collect();
    text += &told.join(", ");
    if *n_splits > told.len() {
        let _ = write!(text, " and {} more", n_splits - told.len());
    }
    text += "; the prices are taken as they stand, and such a step counts as a gain or loss";
    match (form.columns.adjusted, form.columns.splits) {
        (Some(idx), _) => {
            let _ = write!(
                text,
                ": {} has the adjusted closes, which `--adjusted` takes for all four prices",
                quoted(form.columns.name(idx))
            );
        }
        (None, Some(idx)) => {
            let name = quoted(form.columns.name(idx));
            let _ = write!(text, ": {name} tells of splits; use prices that are adjusted for them");
        }
        (None, None) => text += ": use prices that are adjusted, if it is one",
    }
    Some(text)
}

fn volume_warning(form: &Form, observer: &Observer) -> Option<String> {
    let (units, money) = form.columns.other_volumes();
    let others: Vec<String> = units.iter().chain(&money).map(|name| quoted(name)).collect();
    let choice = format!(
        "; beside it is {}, which `--column volume=NAME` takes",
        others.join(", ")
    );
    let choice = if others.is_empty() { "" } else { &choice };
    let volume = observer.constant_volume?;
    if observer.n_bars < 3 {
        return None;
    }
    match form.columns.volume {
        None if others.is_empty() => None,
        None => Some(format!("no column is the volume{}", choice.replace("beside it", "there"))),
        Some(idx) => Some(format!(
            "the volume {} is {volume} in every bar{choice}",
            quoted(form.columns.name(idx))
        )),
    }
}

/// What is seen of the bars in one pass.
#[derive(Debug, Default)]
pub(super) struct Observer {
    n_bars: u64,
    first: Vec<Bar>,
    last: Vec<Bar>,
    close: f64,
    /// That of all bars, if it is one.
    constant_volume: Option<f64>,
    splits: Vec<Split>,
    n_splits: usize,
}

#[derive(Debug)]
struct Split {
    time_ms: i64,
    ratio: &'static str,
}

impl Observer {
    #[inline]
    pub(super) fn push(&mut self, bar: &Bar) {
        if self.n_bars == 0 {
            self.constant_volume = Some(bar.volume);
        } else {
            let ratio = self.close / bar.open;
            // Most bars open near the close before.
            if !(0.7..1.35).contains(&ratio) {
                self.look_at(bar.time_ms, ratio);
            }
            #[expect(clippy::float_cmp, reason = "it is the same number or not")]
            if self.constant_volume.is_some_and(|volume| volume != bar.volume) {
                self.constant_volume = None;
            }
        }
        if self.first.len() < N_SHOWN {
            self.first.push(*bar);
        } else {
            let idx = usize::try_from(self.n_bars % N_SHOWN as u64).expect("it is small");
            match self.last.get_mut(idx) {
                Some(last) => *last = *bar,
                None => self.last.push(*bar),
            }
        }
        self.n_bars += 1;
        self.close = bar.close;
    }

    #[cold]
    fn look_at(&mut self, time_ms: i64, ratio: f64) {
        let is_near = |known: f64| (ratio / known - 1.0).abs() < SPLIT_TOLERANCE;
        let Some((_, ratio)) = SPLITS.iter().find(|(known, _)| is_near(*known)) else {
            return;
        };
        self.n_splits += 1;
        if self.splits.len() < N_SPLITS_SHOWN {
            self.splits.push(Split { time_ms, ratio });
        }
    }

    fn shown(&self) -> Vec<String> {
        let mut last = self.last.clone();
        last.sort_by_key(|bar| bar.time_ms);
        self.first.iter().chain(&last).map(line_of).collect()
    }
}

fn line_of(bar: &Bar) -> String {
    let Bar { time_ms, open, high, low, close, volume, .. } = *bar;
    format!("{}  {open} {high} {low} {close}  {volume}", timestamp::format(time_ms))
}
