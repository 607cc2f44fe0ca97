//! Compares the retention rules with those of restic: with a model of
//! its newest rules, and that model with the real restic at hand, which
//! may be too old to keep the oldest.

use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use xtask::vault::retention::{ArchiveItem, RetentionConfig, Span, plan};

use crate::support::time;

const N_REPOSITORIES: usize = 4;
const N_POLICIES: usize = 40;

fn restic(folder: &Path, arguments: &[String]) -> String {
    let output = Command::new("restic")
        .args(["--no-cache", "--quiet", "--repo"])
        .arg(folder.join("repository"))
        .args(arguments)
        .env("RESTIC_PASSWORD", "x")
        .env("TZ", "UTC")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The times that restic keeps, sorted.
fn kept_by_restic(folder: &Path, flags: &[String]) -> Vec<DateTime<Utc>> {
    let mut arguments: Vec<String> = ["forget", "--dry-run", "--json"].map(str::to_owned).to_vec();
    arguments.extend_from_slice(flags);
    let groups: serde_json::Value = serde_json::from_str(&restic(folder, &arguments)).unwrap();
    assert_eq!(groups.as_array().unwrap().len(), 1);
    let kept = groups[0]["keep"].as_array().unwrap();
    let mut times: Vec<_> = kept.iter().map(|kept| time(kept["time"].as_str().unwrap())).collect();
    times.sort();
    times
}

/// Whether this restic fills a place that is left with the oldest
/// snapshot, as it does since 0.16.
fn keeps_the_oldest(text: &str) -> bool {
    let version = text.split_whitespace().nth(1).unwrap();
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (0, 16)
}

fn kept_by_us(times: &[DateTime<Utc>], policy: &RetentionConfig) -> Vec<DateTime<Utc>> {
    let items: Vec<ArchiveItem> = times
        .iter()
        .enumerate()
        .map(|(idx, created_at)| ArchiveItem {
            name: created_at.to_rfc3339(),
            run_number: Some(idx as u64),
            created_at: *created_at,
            // Nothing of what goes beyond restic may play a part.
            ..ArchiveItem::default()
        })
        .collect();
    let plan = plan(&items, policy, time("2026-01-01T00:00:00Z")).unwrap();
    let mut kept: Vec<_> = plan.keep.iter().map(|kept| time(&kept.name)).collect();
    kept.sort();
    kept
}

/// The times, sorted, that restic's `forget` keeps by its documented
/// rules: a snapshot takes a place when its period is not that of the
/// one before, or when it is the oldest of all, since 0.16.
fn kept_by_model(
    times: &[DateTime<Utc>],
    (counts, spans): (&[u32], &[String]),
    keeps_the_oldest: bool,
) -> Vec<DateTime<Utc>> {
    let newest = *times.last().unwrap();
    let begin = |text: &String| Span::from_str(text).map(|span| span.before(newest));
    let periods = ["%Y-%m-%d %H:%M:%S %f", "%Y-%m-%d %H", "%Y-%m-%d", "%G-%V", "%Y-%m", "%Y"];
    let mut kept = std::collections::BTreeSet::new();
    for (idx, period) in periods.iter().enumerate() {
        let within = begin(&spans[idx]).ok();
        let (mut n_left, mut last, mut last_within) = (counts[idx], String::new(), String::new());
        for (place, time) in times.iter().enumerate().rev() {
            let name = time.format(period).to_string();
            let is_oldest = place == 0 && keeps_the_oldest;
            if n_left > 0 && (name != last || is_oldest) {
                n_left -= 1;
                last.clone_from(&name);
                kept.insert(*time);
            }
            // The first rule is the plain one: all within the time.
            let is_new = idx == 0 || name != last_within || is_oldest;
            if within.is_some_and(|within| *time > within) && is_new {
                last_within = name;
                kept.insert(*time);
            }
        }
    }
    kept.into_iter().collect()
}

const COUNTS: [&str; 6] = ["last", "hourly", "daily", "weekly", "monthly", "yearly"];
const SPANS: [&str; 6] =
    ["within", "within-hourly", "within-daily", "within-weekly", "within-monthly", "within-yearly"];

fn flags_and_policy(counts: &[u32], spans: &[String]) -> (Vec<String>, RetentionConfig) {
    let counts = COUNTS.iter().zip(counts).filter(|(_, count)| **count > 0);
    let spans = SPANS.iter().zip(spans).filter(|(_, span)| !span.is_empty());
    let counts = counts.map(|(name, count)| (*name, json!(count), count.to_string()));
    let rules = counts.chain(spans.map(|(name, span)| (*name, json!(span), span.clone())));
    let (mut flags, mut settings) = (Vec::new(), serde_json::Map::new());
    for (name, value, text) in rules {
        flags.extend([format!("--keep-{name}"), text]);
        let key = format!("keep_{name}").replace("keep_last", "keep").replace('-', "_");
        settings.insert(key, value);
    }
    (flags, serde_json::from_value(settings.into()).unwrap())
}

fn any_times() -> impl Strategy<Value = Vec<DateTime<Utc>>> {
    // Gaps of minutes to months, so that every period occurs.
    let gap =
        prop_oneof![1_i64..5_000, 1_000_i64..90_000, 50_000_i64..700_000, 500_000_i64..9_000_000,];
    let start = time("2019-12-20T21:13:00Z");
    proptest::collection::vec(gap, 35).prop_map(move |gaps| {
        let sum = gaps.iter().scan(0, |sum, gap| {
            *sum += gap;
            Some(*sum)
        });
        sum.map(|seconds| start + Duration::seconds(seconds)).collect()
    })
}

fn any_flags() -> impl Strategy<Value = (Vec<u32>, Vec<String>)> {
    let count = prop_oneof![3 => Just(0_u32), 2 => 1_u32..12, 1 => 12_u32..60];
    let span = prop_oneof![
        6 => Just(String::new()),
        1 => (1_u32..2000).prop_map(|n| format!("{n}h")),
        1 => (1_u32..900).prop_map(|n| format!("{n}d")),
        1 => (1_u32..30).prop_map(|n| format!("{n}m")),
        1 => (0_u32..3, 0_u32..12, 1_u32..40).prop_map(|(y, m, d)| format!("{y}y{m}m{d}d")),
    ];
    (proptest::collection::vec(count, 6), proptest::collection::vec(span, 6)).prop_filter(
        "a policy",
        |(counts, spans)| {
            counts.iter().any(|n| *n > 0) || spans.iter().any(|span| !span.is_empty())
        },
    )
}

#[test]
fn the_rules_are_those_of_the_newest_restic() {
    let mut runner = TestRunner::deterministic();
    let mut n_by_the_oldest = 0;
    for _ in 0..400 {
        let times = any_times().new_tree(&mut runner).unwrap().current();
        let (counts, spans) = any_flags().new_tree(&mut runner).unwrap().current();
        let (flags, policy) = flags_and_policy(&counts, &spans);
        let newest = kept_by_model(&times, (&counts, &spans), true);
        assert_eq!(kept_by_us(&times, &policy), newest, "{flags:?} on {times:?}");
        n_by_the_oldest += usize::from(newest != kept_by_model(&times, (&counts, &spans), false));
    }
    assert!(n_by_the_oldest > 40, "{n_by_the_oldest}");
}

#[test]
fn restic_keeps_the_same_snapshots() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let Ok(version) = Command::new("restic").arg("version").output() else {
        println!("skipped: restic is not installed");
        return;
    };
    let version = String::from_utf8(version.stdout).unwrap();
    let keeps_the_oldest = keeps_the_oldest(&version);
    let mut runner = TestRunner::deterministic();
    let mut n_compared = 0;
    let mut n_removed = 0;
    for _ in 0..N_REPOSITORIES {
        let times = any_times().new_tree(&mut runner).unwrap().current();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "x").unwrap();
        restic(folder.path(), &["init".to_owned()]);
        for time in &times {
            let stamp = time.format("%Y-%m-%d %H:%M:%S").to_string();
            let arguments = ["backup", "--host", "h", "--time", &stamp, "file"];
            restic(folder.path(), &arguments.map(str::to_owned));
        }
        for _ in 0..N_POLICIES {
            let (counts, spans) = any_flags().new_tree(&mut runner).unwrap().current();
            let (flags, policy) = flags_and_policy(&counts, &spans);
            let theirs = kept_by_restic(folder.path(), &flags);
            let model = kept_by_model(&times, (&counts, &spans), keeps_the_oldest);
            assert_eq!(model, theirs, "{flags:?} on {times:?}");
            let newest = kept_by_model(&times, (&counts, &spans), true);
            assert_eq!(kept_by_us(&times, &policy), newest, "{flags:?} on {times:?}");
            n_compared += 1;
            n_removed += times.len() - theirs.len();
        }
    }
    println!(
        "{n_compared} policies on {N_REPOSITORIES} repositories, {n_removed} removals alike; {}",
        version.trim()
    );
}
