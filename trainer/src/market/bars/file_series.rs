//! Joins files that follow each other in time: a folder of months.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use chrono::{Months, NaiveDate, NaiveTime};

use super::columns::is_interval;
use super::source::SymbolBars;
use super::summary::DataSummary;
use super::timestamp::parse_time_ms;

/// Files of one series that overlap by no more are cut badly; those that
/// overlap by more are of several symbols.
const OVERLAP_MAX: f64 = 0.1;

/// A part of a series begins no longer before the month in its name.
const BEFORE_MS: i64 = 10 * 86_400_000;

/// What the number of a part stands behind.
const PARTS: [&str; 4] = ["part", "chunk", "piece", "split"];

/// The files of one series, or of one symbol.
pub(super) struct FileGroup {
    pub(super) symbol: String,
    /// In the order of their names.
    pub(super) parts: Vec<SymbolBars>,
}

/// Groups files whose names differ alone by a date, or by the number of
/// a part, at their end.
pub(super) fn groups(symbols: Vec<SymbolBars>) -> Vec<FileGroup> {
    let mut groups: BTreeMap<String, Vec<SymbolBars>> = BTreeMap::new();
    for symbol in symbols {
        let name = symbol.symbol.as_str();
        let stem = stem_of_month(name).or_else(|| stem_of_span(name));
        let stem = stem.or_else(|| stem_of_part(name)).unwrap_or(name).to_owned();
        groups.entry(stem).or_default().push(symbol);
    }
    groups
        .into_iter()
        .map(|(stem, parts)| {
            let symbol = if parts.len() == 1 { parts[0].symbol.clone() } else { stem };
            FileGroup { symbol, parts }
        })
        .collect()
}

/// Returns what stands before a date, or one and another, at the end of
/// `name`.
fn stem_of_span(name: &str) -> Option<&str> {
    let stem = stem_of(name)?;
    Some(stem_of(stem).unwrap_or(stem))
}

/// Returns what stands before a date at the end of `name`: a year, and
/// perhaps a month and a day.
fn stem_of(name: &str) -> Option<&str> {
    let is_part = |letter: char| letter.is_ascii_digit() || "-_ ".contains(letter);
    let tail_begin = name
        .rfind(|letter| !is_part(letter))
        .map_or(0, |idx| idx + name[idx..].chars().next().map_or(0, char::len_utf8));
    let tail = &name[tail_begin..];
    for (idx, _) in tail.char_indices() {
        let before_is_digit = tail[..idx].ends_with(|letter: char| letter.is_ascii_digit());
        let digits: String = tail[idx..].chars().filter(char::is_ascii_digit).collect();
        let starts_a_year = tail[idx..].starts_with("19") || tail[idx..].starts_with("20");
        let month = digits.get(4..6).and_then(|month| month.parse::<u32>().ok());
        let day = digits.get(6..8).and_then(|day| day.parse::<u32>().ok());
        let is_date = match digits.len() {
            4 => true,
            6 => month.is_some_and(|month| (1..=12).contains(&month)),
            8 => {
                month.is_some_and(|month| (1..=12).contains(&month))
                    && day.is_some_and(|day| (1..=31).contains(&day))
            }
            _ => false,
        };
        if !before_is_digit && starts_a_year && is_date {
            return Some(name[..tail_begin + idx].trim_end_matches(['-', '_', ' ']));
        }
    }
    None
}

/// Returns what stands before `part 1` or the like at the end of `name`.
fn stem_of_part(name: &str) -> Option<&str> {
    let head = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let head = head.trim_end_matches(['-', '_', ' ', '(']);
    let begin = PARTS.iter().find_map(|part| {
        let begin = head.len().checked_sub(part.len())?;
        head.get(begin..)?.eq_ignore_ascii_case(part).then_some(begin)
    })?;
    (head.len() < name.len()).then(|| head[..begin].trim_end_matches(['-', '_', ' ']))
}

/// Returns what stands before `Jan-2020` or the like at the end of `name`.
fn stem_of_month(name: &str) -> Option<&str> {
    let is_separator = |letter: char| "-_ ".contains(letter);
    let (head, last) = name.rsplit_once(is_separator)?;
    let (stem, first) = head.rsplit_once(is_separator).unwrap_or(("", head));
    let is_word = |text: &str| text.chars().all(char::is_alphabetic);
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_month = is_word(first) && is_year(last) || is_year(first) && is_word(last);
    let text = if is_year(last) { format!("{first} {last}") } else { format!("{last} {first}") };
    (is_month && parse_time_ms(&text).is_some()).then_some(stem)
}

/// Puts `parts` in the order of their times; `None` where they overlap,
/// and so are symbols of their own.
///
/// Fails where they overlap by a few bars only.
pub(super) fn in_order(
    mut parts: Vec<(SymbolBars, DataSummary)>,
) -> Result<Result<Vec<SymbolBars>, Vec<SymbolBars>>> {
    parts.sort_by_key(|(_, summary)| summary.first_ms);
    if parts.iter().all(|(part, summary)| is_contract(&part.symbol, summary)) {
        return Ok(Err(parts.into_iter().map(|(part, _)| part).collect()));
    }
    let mut overlap = None;
    for pair in parts.windows(2) {
        let (before, after) = (&pair[0].1, &pair[1].1);
        if after.first_ms > before.last_ms {
            continue;
        }
        let span_ms = (before.last_ms - before.first_ms).max(1);
        let overlap_ms = before.last_ms - after.first_ms;
        if (overlap_ms as f64) < OVERLAP_MAX * span_ms as f64 && after.last_ms > before.last_ms {
            bail!(
                "`{}` and `{}` are parts of one series, but the second begins before the first \
                 ends; delete the rows that both have from one of them",
                before.source,
                after.source
            );
        }
        overlap = Some(());
    }
    let sources: Vec<SymbolBars> = parts.into_iter().map(|(part, _)| part).collect();
    Ok(if overlap.is_some() { Err(sources) } else { Ok(sources) })
}

/// Whether the month in `name` is that of a contract's end: its bars
/// begin well before it, and none comes after it.
fn is_contract(name: &str, summary: &DataSummary) -> bool {
    let tail = name.rsplit(|letter: char| letter.is_alphabetic()).next().unwrap_or_default();
    let digits: String = tail.chars().filter(char::is_ascii_digit).collect();
    let month = (digits.len() == 6)
        .then(|| NaiveDate::parse_from_str(&format!("{digits}01"), "%Y%m%d").ok())
        .flatten();
    let (Some(begin), Some(end)) =
        (month, month.and_then(|month| month.checked_add_months(Months::new(1))))
    else {
        return false;
    };
    let [begin_ms, end_ms] =
        [begin, end].map(|day| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    summary.first_ms < begin_ms - BEFORE_MS && summary.last_ms < end_ms
}

/// Fails where the symbols follow each other in time: they are one
/// series cut up, or contracts that follow each other.
pub(super) fn check_overlap(summaries: &[DataSummary]) -> Result<()> {
    let mut sorted: Vec<&DataSummary> = summaries.iter().collect();
    sorted.sort_by_key(|summary| summary.first_ms);
    let is_cut =
        sorted.len() > 1 && sorted.windows(2).all(|pair| pair[1].first_ms > pair[0].last_ms);
    if is_cut {
        bail!(
            "`{}` and `{}`{} follow each other in time, and none is there together with another: \
             parts of one series, or contracts, are no symbols of a portfolio; read one of them \
             by `--symbol NAME`, or write them to one file, with the prices of contracts adjusted \
             where one follows another, and read that by `--column symbol=`",
            sorted[0].source,
            sorted[1].source,
            if sorted.len() > 2 { " and the other symbols" } else { "" }
        );
    }
    Ok(())
}

/// Fails where one symbol seems to be spelt in two ways, or is there in
/// several intervals.
pub(super) fn check_spelling(symbols: &[SymbolBars]) -> Result<()> {
    let mut stems: BTreeMap<&str, &str> = BTreeMap::new();
    for SymbolBars { symbol, .. } in symbols {
        let undated = stem_of_span(symbol).unwrap_or(symbol);
        let Some((stem, interval)) = undated.rsplit_once(['-', '_', ' ']) else {
            continue;
        };
        if is_interval(interval)
            && let Some(other) = stems.insert(stem, symbol)
        {
            bail!(
                "`{other}` and `{symbol}` are one symbol in several intervals, no portfolio: \
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
