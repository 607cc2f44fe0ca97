//! The rules, as those of restic's `forget`.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Utc};

use super::policy::FAILED_DEFAULT;
use super::{ArchiveItem, Count, RetentionConfig, Span};

/// The index of an archive, and why it is kept.
type Reason = (usize, String);
/// Returns the number of the period of a time.
type Period = fn(DateTime<Utc>) -> i64;

/// The periods of which the newest archives are kept, in the order of
/// the policy's rules.
const PERIODS: [(Period, &str); 5] =
    [(hour, "hourly"), (day, "daily"), (week, "weekly"), (month, "monthly"), (year, "yearly")];

/// Parts of the names of metrics of which lower values are better.
const LOWER_IS_BETTER: [&str; 12] = [
    "drawdown",
    "volatility",
    "turnover",
    "commission",
    "slippage",
    "cost",
    "fee",
    "liquidation",
    "loss",
    "error",
    "ulcer",
    "deviation",
];

/// Returns which of `items`, newest first, the rules for finished
/// sessions keep. Items that do not count are not among them.
pub fn keep_counted(items: &[&ArchiveItem], policy: &RetentionConfig) -> Vec<Reason> {
    let mut reasons = by_count(items, policy);
    reasons.extend(by_span(items, policy));
    reasons.extend(by_tag(items, policy));
    reasons.extend(by_metric(items, policy));
    reasons
}

/// Returns which of the failed `items`, newest first, are kept.
pub fn keep_failed(items: &[&ArchiveItem], policy: &RetentionConfig) -> Vec<Reason> {
    let count = policy.keep_failed.unwrap_or(FAILED_DEFAULT);
    let mut reasons: Vec<Reason> = (0..items.len())
        .take_while(|idx| count.allows_after(*idx))
        .map(|idx| (idx, newest(count, " failed or interrupted")))
        .collect();
    reasons.extend(by_tag(items, policy));
    reasons
}

fn newest(count: Count, of: &str) -> String {
    match count {
        Count::Limit(limit) => format!("one of the {limit} newest{of}"),
        Count::Unlimited => format!("all{of} are kept"),
    }
}

fn by_count(items: &[&ArchiveItem], policy: &RetentionConfig) -> Vec<Reason> {
    let last = policy.keep.unwrap_or_default();
    let mut reasons: Vec<Reason> = (0..items.len())
        .take_while(|idx| last.allows_after(*idx))
        .map(|idx| (idx, newest(last, "")))
        .collect();
    for ((period, name), count) in PERIODS.into_iter().zip(policy.counts()) {
        let mut seen = BTreeSet::new();
        let mut n_kept = 0;
        for (idx, item) in items.iter().enumerate() {
            // The oldest one fills a remaining slot, so that the history is as long
            // as the counts allow.
            let is_oldest = idx + 1 == items.len();
            let is_new = !seen.contains(&period(item.created_at));
            if count.allows_after(n_kept) && (is_new || is_oldest) {
                seen.insert(period(item.created_at));
                n_kept += 1;
                let place = if is_new { "" } else { ", the oldest" };
                reasons.push((idx, format!("{name} ({n_kept} of {count}{place})")));
            }
        }
    }
    reasons
}

fn by_span(items: &[&ArchiveItem], policy: &RetentionConfig) -> Vec<Reason> {
    // All of these rules keep the newest by run number, so the limit stays
    // the same after old archives are removed.
    let Some(newest) = items.first().map(|item| item.created_at) else {
        return Vec::new();
    };
    let is_within = |item: &ArchiveItem, span: Span| item.created_at > span.before(newest);
    let mut reasons = Vec::new();
    let within = policy.keep_within.unwrap_or_default();
    if !within.is_zero() {
        let kept = items.iter().enumerate().filter(|(_, item)| is_within(item, within));
        reasons.extend(kept.map(|(idx, _)| (idx, format!("within {within}"))));
    }
    let spans = PERIODS.into_iter().zip(policy.spans());
    for ((period, name), span) in spans.filter(|(_, span)| !span.is_zero()) {
        let mut seen = BTreeSet::new();
        for (idx, item) in items.iter().enumerate() {
            // Keep the oldest one, as above.
            let is_oldest = idx + 1 == items.len();
            let is_new = seen.insert(period(item.created_at));
            if is_within(item, span) && (is_new || is_oldest) {
                let place = if is_new { "" } else { ", the oldest" };
                reasons.push((idx, format!("{name} within {span}{place}")));
            }
        }
    }
    reasons
}

fn by_tag(items: &[&ArchiveItem], policy: &RetentionConfig) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (idx, item) in items.iter().enumerate() {
        for list in &policy.keep_tags {
            if list.0.iter().all(|tag| item.tags.contains(tag)) {
                reasons.push((idx, format!("tagged {list}")));
            }
        }
    }
    reasons
}

fn by_metric(items: &[&ArchiveItem], policy: &RetentionConfig) -> Vec<Reason> {
    let Some(best) = &policy.keep_best else {
        return Vec::new();
    };
    let sign = if is_lower_better(&best.metric) { 1.0 } else { -1.0 };
    let mut ranked: Vec<(f64, usize)> = items
        .iter()
        .enumerate()
        .filter_map(|(idx, item)| Some((sign * *item.metrics.get(&best.metric)?, idx)))
        .filter(|(value, _)| value.is_finite())
        .collect();
    // Among equals, prefer the newer one, which has the lower index.
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    ranked
        .iter()
        .enumerate()
        .take_while(|(rank, _)| best.n.allows_after(*rank))
        .map(|(rank, (_, idx))| (*idx, format!("number {} by {}", rank + 1, best.metric)))
        .collect()
}

/// Whether lower values of `metric` are better.
pub fn is_lower_better(metric: &str) -> bool {
    let metric = metric.to_ascii_lowercase();
    LOWER_IS_BETTER.iter().any(|part| metric.contains(part))
}

fn hour(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(3600)
}

fn day(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(86_400)
}

/// Weeks begin on Monday, as ISO weeks; 1 January 1970 was a Thursday.
fn week(time: DateTime<Utc>) -> i64 {
    (day(time) + 3).div_euclid(7)
}

fn month(time: DateTime<Utc>) -> i64 {
    i64::from(time.year()) * 12 + i64::from(time.month0())
}

fn year(time: DateTime<Utc>) -> i64 {
    i64::from(time.year())
}
