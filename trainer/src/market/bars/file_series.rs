//! Finds files that are parts of one series, such as one for each month.

mod names;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use anyhow::{Result, bail};
use chrono::{DateTime, Datelike as _, Months, NaiveTime};

use crate::wording::DAY_MS;

use super::columns::{contract_root, is_interval};
use super::printable;
use super::source::SymbolBars;
use super::summary::{DataSummary, INTERVAL_RATIO_MAX, duration};
pub(super) use names::symbol_of;
use names::{DatedName, counted_parts, without_copy_number};

/// Files that overlap by a smaller fraction are parts of one series with
/// repeated rows; those that overlap by more are of several symbols.
const OVERLAP_MAX: f64 = 0.1;

/// The fewest bars whose interval is known.
const N_BARS_MIN: u64 = 10;

/// A part of a series begins at most so long before the month in its
/// name.
const EARLY_MS_MAX: i64 = 10 * DAY_MS;

/// Files that may be parts of one series.
pub(super) struct FileGroup {
    pub(super) symbol: String,
    /// The files, sorted by name.
    pub(super) parts: Vec<SymbolBars>,
}

/// Groups files whose names differ only by a date or the number of a
/// part.
pub(super) fn groups(symbols: Vec<SymbolBars>) -> Vec<FileGroup> {
    let mut dated: BTreeMap<String, Vec<SymbolBars>> = BTreeMap::new();
    let mut others = Vec::new();
    let mut stems: BTreeMap<String, String> = BTreeMap::new();
    for symbol in symbols {
        match DatedName::of(&symbol.symbol) {
            Some(DatedName { stem, .. }) => {
                stems.insert(without_digits(&symbol.symbol), stem.clone());
                dated.entry(stem).or_default().push(symbol);
            }
            None => others.push(symbol),
        }
    }
    // Some numbers are a date only by chance: `200112`, but not `200113`.
    let of_dated = |other: &SymbolBars| stems.get(&without_digits(&other.symbol));
    let (alike, mut others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|other| of_dated(other).is_some());
    for other in alike {
        let stem = of_dated(&other).cloned().unwrap_or_default();
        dated.entry(stem).or_default().push(other);
    }
    let (several, single): (Vec<_>, Vec<_>) =
        dated.into_iter().partition(|(_, parts)| parts.len() > 1);
    others.extend(single.into_iter().flat_map(|(_, parts)| parts));
    let mut groups: Vec<FileGroup> =
        several.into_iter().map(|(symbol, parts)| FileGroup { symbol, parts }).collect();
    let names: Vec<&str> = others.iter().map(|other| other.symbol.as_str()).collect();
    let counted = counted_parts(&names);
    let mut others: Vec<Option<SymbolBars>> = others.into_iter().map(Some).collect();
    for (symbol, parts) in counted {
        let parts = parts.into_iter().filter_map(|idx| others[idx].take()).collect();
        groups.push(FileGroup { symbol, parts });
    }
    let alone = others.into_iter().flatten();
    groups.extend(alone.map(|one| FileGroup { symbol: one.symbol.clone(), parts: vec![one] }));
    groups
}

/// Returns `name` with the same digit for all.
fn without_digits(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
}

/// A part of a series, and the summary of its bars.
pub(super) type SummarizedPart = (SymbolBars, DataSummary);

/// Returns `parts` sorted by time. The inner error returns them if they overlap by
/// more than a few bars, or are contracts, and so are separate symbols.
///
/// Fails if their intervals differ.
pub(super) fn sorted_parts(
    mut parts: Vec<SummarizedPart>,
) -> Result<Result<Vec<SummarizedPart>, Vec<SymbolBars>>> {
    let separate =
        |parts: Vec<SummarizedPart>| Ok(Err(parts.into_iter().map(|(part, _)| part).collect()));
    parts.sort_by_key(|(_, summary)| summary.first_ms);
    if parts.iter().all(|(part, summary)| is_contract(&part.symbol, summary)) {
        return separate(parts);
    }
    let mut do_overlap = false;
    for pair in parts.windows(2) {
        let (before, after) = (&pair[0].1, &pair[1].1);
        if after.first_ms > before.last_ms {
            continue;
        }
        let span_ms = (before.last_ms - before.first_ms).max(1);
        let overlap_ms = before.last_ms - after.first_ms;
        let is_seam =
            (overlap_ms as f64) < OVERLAP_MAX * span_ms as f64 && after.last_ms > before.last_ms;
        do_overlap |= !is_seam;
    }
    if do_overlap {
        return separate(parts);
    }
    let summaries: Vec<&DataSummary> = parts.iter().map(|(_, summary)| summary).collect();
    if let Some([short, long]) = different_intervals(&summaries) {
        bail!(
            "`{}` and `{}` are parts of one series, but the first has bars of {} and the second \
             of {}; put those of each interval into a folder of their own",
            short.source,
            long.source,
            duration(short.interval_ms),
            duration(long.interval_ms)
        );
    }
    Ok(Ok(parts))
}

/// Returns those with the shortest and the longest interval, if these
/// differ.
fn different_intervals<'a>(summaries: &[&'a DataSummary]) -> Option<[&'a DataSummary; 2]> {
    let known = || summaries.iter().filter(|summary| summary.n_bars >= N_BARS_MIN);
    let short = known().min_by_key(|summary| summary.interval_ms)?;
    let long = known().max_by_key(|summary| summary.interval_ms)?;
    let ratio = long.interval_ms as f64 / short.interval_ms as f64;
    (ratio > INTERVAL_RATIO_MAX).then_some([short, long])
}

/// Returns warnings about symbols that may be one, by their names, or
/// that are not alike.
pub(super) fn symbol_warnings(names: &[&str], summaries: &[DataSummary]) -> Vec<String> {
    let mut roots: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, summary) in names.iter().zip(summaries) {
        let [first, last] = [summary.first_ms, summary.last_ms].map(|ms| {
            DateTime::from_timestamp_millis(ms).map_or((0, 1), |time| (time.year(), time.month()))
        });
        let original = without_copy_number(name);
        let root = contract_root(original, last).map(str::to_owned);
        let years = first.0 - 1..=last.0 + 1;
        let dated = || DatedName::of(original).filter(|_| has_year(original, years));
        let root = root.or_else(|| dated().map(|name| name.stem));
        // The codes of many Asian shares are numbers.
        let root = root.filter(|root| !root.is_empty());
        roots.entry(root.unwrap_or_else(|| original.to_owned())).or_default().push(name);
    }
    let several = roots.into_iter().filter(|(_, names)| names.len() > 1);
    let mut warnings: Vec<String> = several
        .map(|(root, names)| {
            format!(
                "`{}`, `{}`{} seem to be contracts, or parts, of one series, `{root}`, and count as \
                 symbols of a portfolio: choose one by `--symbol NAME`, or write one series to one \
                 file",
                printable(names[0].as_bytes()),
                printable(names[1].as_bytes()),
                if names.len() > 2 { ", …" } else { "" },
            )
        })
        .collect();
    warnings.extend(same_bars_warning(names, summaries));
    warnings.extend(lone_warning(names, summaries));
    if let Some([short, long]) = different_intervals(&summaries.iter().collect::<Vec<_>>()) {
        warnings.push(format!(
            "`{}` has bars of {} and `{}` of {}: a feature or a holding time means something else \
             in each",
            short.source,
            duration(short.interval_ms),
            long.source,
            duration(long.interval_ms)
        ));
    }
    warnings
}

/// Whether `name` has one of the `years`; the code of a share may look
/// like another one.
fn has_year(name: &str, years: RangeInclusive<i32>) -> bool {
    let year = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse().ok();
    name.as_bytes().windows(4).filter_map(year).any(|year| years.contains(&year))
}

/// Returns the warning that two symbols have the same bars, if they have.
fn same_bars_warning(names: &[&str], summaries: &[DataSummary]) -> Option<String> {
    let mut known: BTreeMap<(u64, i64, &[String]), &str> = BTreeMap::new();
    names.iter().zip(summaries).find_map(|(name, summary)| {
        let bars = &summary.read_report.as_ref()?.bars;
        let other = known.insert((summary.n_bars, summary.first_ms, bars), name)?;
        Some(format!(
            "`{}` and `{}` have the same number of bars, and the same first and last ones: if they \
             are one series under two names, it counts twice",
            printable(other.as_bytes()),
            printable(name.as_bytes())
        ))
    })
}

/// Returns the warning that a symbol has no time in common with another
/// one, if there is such.
fn lone_warning(names: &[&str], summaries: &[DataSummary]) -> Option<String> {
    let is_lone = |idx: usize| {
        let one = &summaries[idx];
        let mut others = summaries.iter().enumerate().filter(|(other, _)| *other != idx);
        others.all(|(_, other)| other.first_ms > one.last_ms || other.last_ms < one.first_ms)
    };
    let idx = (0..names.len()).find(|idx| names.len() > 1 && is_lone(*idx))?;
    Some(format!(
        "`{}` has no time in common with another symbol: if it is a part of one, or a contract, it \
         is no symbol of a portfolio",
        printable(names[idx].as_bytes())
    ))
}

/// Whether the month in `name` is the expiry of a contract: the bars
/// begin well before it, and end in it or before.
fn is_contract(name: &str, summary: &DataSummary) -> bool {
    let month = DatedName::of(name).and_then(|name| name.month);
    let (Some(begin), Some(end)) =
        (month, month.and_then(|month| month.checked_add_months(Months::new(1))))
    else {
        return false;
    };
    let [begin_ms, end_ms] =
        [begin, end].map(|day| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    summary.first_ms < begin_ms - EARLY_MS_MAX && summary.last_ms < end_ms
}

/// Fails if the symbols follow each other in time without overlap: they
/// are parts of one series, or successive contracts.
pub(super) fn check_overlap(summaries: &[DataSummary]) -> Result<()> {
    let mut sorted: Vec<&DataSummary> = summaries.iter().collect();
    sorted.sort_by_key(|summary| summary.first_ms);
    let is_cut =
        sorted.len() > 1 && sorted.windows(2).all(|pair| pair[1].first_ms > pair[0].last_ms);
    if is_cut {
        bail!(
            "`{}` and `{}`{} follow each other in time without overlap: parts of one series, or \
             contracts, are not symbols of a portfolio; read one of them by `--symbol NAME`, or \
             write them to one file, with the prices of contracts adjusted at each change of \
             contract, and read that by `--column symbol=`",
            sorted[0].source,
            sorted[1].source,
            if sorted.len() > 2 { " and the other symbols" } else { "" }
        );
    }
    Ok(())
}

/// Fails if two symbols differ only in case or punctuation, or if one is
/// present in several intervals.
pub(super) fn check_spelling(symbols: &[SymbolBars]) -> Result<()> {
    let mut stems: BTreeMap<String, &str> = BTreeMap::new();
    for SymbolBars { symbol, .. } in symbols {
        let undated = DatedName::of(symbol).map_or_else(|| symbol.clone(), |name| name.stem);
        let Some((stem, interval)) = undated.rsplit_once(['-', '_', ' ']) else {
            continue;
        };
        if is_interval(interval)
            && let Some(other) = stems.insert(stem.to_owned(), symbol)
        {
            bail!(
                "`{other}` and `{symbol}` are one symbol in several intervals, not a portfolio: \
                 choose one by `bars.symbol`, such as by `--symbol '{symbol}'`"
            );
        }
    }
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for SymbolBars { symbol, .. } in symbols {
        let letters = symbol.chars().filter(|letter| letter.is_alphanumeric());
        let plain: String = letters.flat_map(char::to_uppercase).collect();
        if let Some(other) = known.insert(plain, symbol) {
            bail!(
                "the symbols `{other}` and `{symbol}` are spelt almost alike; spell them alike if \
                 they are one, or rename one of them"
            );
        }
    }
    Ok(())
}
