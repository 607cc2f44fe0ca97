use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use xtask::vault::retention::{
    ArchiveItem, ArchiveState, BackupItem, BackupPolicy, Best, Count, CoveringArchive, PolicyError,
    RetentionConfig, RetentionPlan, Span, TagList, plan, plan_backups,
};

use crate::support::time;

const NOW: &str = "2030-01-01T00:00:00Z";

fn item(name: &str, run_number: u64, created_at: DateTime<Utc>) -> ArchiveItem {
    ArchiveItem {
        name: name.to_owned(),
        run_number: Some(run_number),
        created_at,
        state: ArchiveState::Complete,
        ..ArchiveItem::default()
    }
}

/// Returns complete archives, the oldest first, named by their time.
fn at(times: &[&str]) -> Vec<ArchiveItem> {
    times
        .iter()
        .enumerate()
        .map(|(idx, text)| {
            let full = format!("{text}{}", &"2026-01-01T00:00:00Z"[text.len()..]);
            item(text, idx as u64 + 1, time(&full))
        })
        .collect()
}

fn count(text: &str) -> Count {
    Count::from_str(text).unwrap()
}

fn span(text: &str) -> Span {
    Span::from_str(text).unwrap()
}

/// Returns the policy of the settings `rules`.
fn rules(rules: &str) -> RetentionConfig {
    serde_json::from_str(&format!("{{{rules}}}")).unwrap()
}

fn keep(n: u32) -> RetentionConfig {
    RetentionConfig { keep: Some(Count::Limit(n)), ..RetentionConfig::default() }
}

fn planned(items: &[ArchiveItem], policy: &RetentionConfig) -> RetentionPlan {
    plan(items, policy, time(NOW)).unwrap()
}

fn kept(plan: &RetentionPlan) -> Vec<&str> {
    plan.keep.iter().map(|kept| kept.name.as_str()).collect()
}

/// Checks which of archives made at `times` stay, the newest first.
#[track_caller]
fn check(times: &[&str], policy: &RetentionConfig, expected: &[&str]) {
    assert_eq!(kept(&planned(&at(times), policy)), expected);
}

#[test]
fn keep_last_counts_archives() {
    let times = ["2026-01-01", "2026-01-02", "2026-01-03"];
    check(&times, &keep(2), &["2026-01-03", "2026-01-02"]);
    check(&times, &keep(9), &["2026-01-03", "2026-01-02", "2026-01-01"]);
}

#[test]
fn a_period_keeps_its_newest_and_empty_ones_use_no_place() {
    let times =
        ["2026-01-01T10", "2026-01-01T12", "2026-01-05T10", "2026-01-05T12", "2026-02-01T10"];
    let daily = |n: &str| rules(&format!("\"keep_daily\": {n}"));
    check(&times, &daily("2"), &["2026-02-01T10", "2026-01-05T12"]);
    // The third day's newest is not the oldest of all, which is left
    // out once the places are used.
    check(&times, &daily("3"), &["2026-02-01T10", "2026-01-05T12", "2026-01-01T12"]);
    // The oldest fills the place that is left.
    check(
        &times,
        &daily("4"),
        &["2026-02-01T10", "2026-01-05T12", "2026-01-01T12", "2026-01-01T10"],
    );
    check(
        &times,
        &daily("\"unlimited\""),
        &["2026-02-01T10", "2026-01-05T12", "2026-01-01T12", "2026-01-01T10"],
    );
}

#[test]
fn hours_months_and_years_are_periods_too() {
    let hourly = rules(r#""keep_hourly": 2"#);
    check(
        &["2026-01-01T10:01", "2026-01-01T11:01", "2026-01-01T11:59", "2026-01-01T12:00"],
        &hourly,
        &["2026-01-01T12:00", "2026-01-01T11:59"],
    );
    let monthly = rules(r#""keep_monthly": 2"#);
    check(
        &["2025-11-30", "2025-12-01", "2025-12-31", "2026-01-01"],
        &monthly,
        &["2026-01-01", "2025-12-31"],
    );
    let yearly = rules(r#""keep_yearly": 2"#);
    check(
        &["2023-06-01", "2024-01-01", "2024-12-31", "2026-01-01"],
        &yearly,
        &["2026-01-01", "2024-12-31"],
    );
}

#[test]
fn weeks_are_iso_weeks() {
    // 2020-12-28 to 2021-01-03 is week 53 of 2020; Monday the 4th
    // begins week 1 of 2021.
    let weekly = |n: &str| rules(&format!("\"keep_weekly\": {n}"));
    let times = ["2020-12-20", "2020-12-27", "2020-12-28", "2021-01-03", "2021-01-04"];
    check(&times, &weekly("2"), &["2021-01-04", "2021-01-03"]);
    check(&times, &weekly("3"), &["2021-01-04", "2021-01-03", "2020-12-27"]);
}

#[test]
fn within_is_strictly_after_the_newest_minus_the_time() {
    let times = ["2026-01-01", "2026-01-01T00:00:01", "2026-01-31"];
    let within = |text: &str| rules(&format!("\"keep_within\": \"{text}\""));
    check(&times, &within("30d"), &["2026-01-31", "2026-01-01T00:00:01"]);
    check(&times, &within("720h"), &["2026-01-31", "2026-01-01T00:00:01"]);
    check(&times, &within("31d"), &["2026-01-31", "2026-01-01T00:00:01", "2026-01-01"]);
}

#[test]
fn within_a_period_keeps_its_newest_and_the_oldest_of_all() {
    let times = ["2026-01-01T10", "2026-01-01T12", "2026-01-02T10", "2026-01-02T12"];
    let policy = rules(r#""keep_within_daily": "1w""#);
    check(&times, &policy, &["2026-01-02T12", "2026-01-01T12", "2026-01-01T10"]);
    // Not one that is older than the time.
    let policy = rules(r#""keep_within_daily": "26h""#);
    check(&times, &policy, &["2026-01-02T12", "2026-01-01T12"]);
    // As `--keep-within-yearly 9999y` keeps of restic's own example.
    let times =
        ["2014-08-08", "2014-08-10", "2014-11-22", "2015-08-08", "2015-11-21", "2016-01-18"];
    let policy = rules(r#""keep_within_yearly": "9999y""#);
    check(&times, &policy, &["2016-01-18", "2015-11-21", "2014-11-22", "2014-08-08"]);
    let plan = planned(&at(&times), &policy);
    assert_eq!(plan.keep[2].reasons, ["yearly within 9999y"]);
    assert_eq!(plan.keep[3].reasons, ["yearly within 9999y, the oldest"]);
}

#[test]
fn rules_are_ored_and_one_archive_may_fill_places_of_several() {
    let times = ["2025-12-30", "2026-01-01", "2026-01-02T10", "2026-01-02T12"];
    let policy = rules(r#""keep": 1, "keep_daily": 2, "keep_monthly": 2"#);
    let plan = planned(&at(&times), &policy);
    assert_eq!(kept(&plan), ["2026-01-02T12", "2026-01-01", "2025-12-30"]);
    assert_eq!(plan.keep[0].reasons, ["one of the 1 newest", "daily (1 of 2)", "monthly (1 of 2)"]);
}

#[test]
fn spans_count_as_restic_counts_them() {
    let before = |text, from| span(text).before(time(from)).to_rfc3339();
    // The 31st of February counts on into March.
    assert_eq!(before("1m", "2026-03-31T12:00:00Z"), "2026-03-03T12:00:00+00:00");
    assert_eq!(before("1m", "2024-03-31T12:00:00Z"), "2024-03-02T12:00:00+00:00");
    assert_eq!(before("1y", "2024-02-29T12:00:00Z"), "2023-03-01T12:00:00+00:00");
    assert_eq!(before("1y2m3d4h", "2026-03-10T12:00:00Z"), "2025-01-07T08:00:00+00:00");
    assert_eq!(before("2w", "2026-03-15T00:00:00Z"), "2026-03-01T00:00:00+00:00");
    assert!(span("1000000y").before(time(NOW)) < time("0001-01-01T00:00:00Z"));
    for wrong in ["", "30", "d", "3x", "-1d", "1.5d", "99999999y", "5 d"] {
        assert!(Span::from_str(wrong).is_err(), "{wrong}");
    }
    assert_eq!(span("1y2w3d").to_string(), "1y17d");
    assert!(span("0d").is_zero());
}

#[test]
fn tags_of_a_list_are_anded_and_lists_are_ored() {
    let mut items = at(&["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]);
    items[0].tags = vec!["a".into(), "b".into()];
    items[1].tags = vec!["a".into()];
    items[2].tags = vec!["c".into()];
    let lists = |texts: &[&str]| rules(&format!("\"keep_tags\": {texts:?}"));
    let newest = "2026-01-04"; // complete, and so kept by itself
    assert_eq!(kept(&planned(&items, &lists(&["a,b"]))), [newest, "2026-01-01"]);
    assert_eq!(kept(&planned(&items, &lists(&["a,b", "c"]))), [newest, "2026-01-03", "2026-01-01"]);
    let unknown = plan(&items, &lists(&["a,nosuch"]), time(NOW));
    assert_eq!(unknown, Err(PolicyError::UnknownTag("nosuch".into())));
    let none = plan(&items, &lists(&["b,c"]), time(NOW));
    assert_eq!(none, Err(PolicyError::KeepsNothing { n_archives: 4 }));
}

#[test]
fn an_empty_policy_is_refused() {
    let items = at(&["2026-01-01"]);
    let zero = rules(r#""keep": 0, "keep_daily": 0, "keep_within": "0h""#);
    for policy in [RetentionConfig::default(), zero] {
        assert_eq!(plan(&items, &policy, time(NOW)), Err(PolicyError::Empty));
    }
    let failed_only = rules(r#""keep_failed": 3"#);
    assert_eq!(plan(&items, &failed_only, time(NOW)), Err(PolicyError::Empty));
}

#[test]
fn pinned_failed_future_and_unreadable_ones_take_no_place() {
    let mut items = at(&[
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
        "2026-01-04",
        "2026-01-05",
        "2026-01-06",
        "2026-01-07",
    ]);
    items[1].pin = Some(Some("paper".into()));
    for idx in [2, 3, 4] {
        items[idx].state = ArchiveState::Failed;
    }
    items[5].created_at = time("2031-01-01T00:00:00Z");
    items[6].state = ArchiveState::Unreadable;
    let plan = planned(&items, &keep(1));
    let text: Vec<String> = plan
        .keep
        .iter()
        .map(|kept| format!("{}: {}", kept.name, kept.reasons.join("; ")))
        .collect();
    insta::assert_snapshot!(text.join("\n"), @"
    2026-01-07: cannot be read; delete it by hand when nothing can be saved
    2026-01-06: dated in the future
    2026-01-05: one of the 2 newest failed or interrupted
    2026-01-04: one of the 2 newest failed or interrupted
    2026-01-02: pinned: paper
    2026-01-01: one of the 1 newest
    ");
    assert_eq!(plan.remove, ["2026-01-03"]);
    assert_eq!(plan.warnings.len(), 1);
    let none = rules(r#""keep": 1, "keep_failed": 0"#);
    assert_eq!(planned(&items, &none).remove, ["2026-01-05", "2026-01-04", "2026-01-03"]);
}

#[test]
fn the_current_model_stays_and_uses_its_place() {
    let mut items = at(&["2026-01-01", "2026-01-02", "2026-01-03"]);
    items[0].holds_current_model = true;
    let plan = planned(&items, &keep(1));
    assert_eq!(kept(&plan), ["2026-01-03", "2026-01-01"]);
    items[0].holds_current_model = false;
    items[2].holds_current_model = true;
    assert_eq!(kept(&planned(&items, &keep(2))), ["2026-01-03", "2026-01-02"]);
}

#[test]
fn the_best_stay_by_a_metric_and_its_direction() {
    let mut items = at(&["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]);
    for (item, (sharpe, drawdown)) in
        items.iter_mut().zip([(2.0, 0.1), (1.0, 0.3), (2.0, 0.2), (f64::NAN, 0.9)])
    {
        item.metrics =
            BTreeMap::from([("sharpe".into(), sharpe), ("max_drawdown".into(), drawdown)]);
    }
    let best = |n: &str, metric: &str| {
        rules(&format!(r#""keep": 1, "keep_best": {{"n": {n}, "metric": "{metric}"}}"#))
    };
    assert_eq!(kept(&planned(&items, &best("1", "sharpe"))), ["2026-01-04", "2026-01-03"]);
    assert_eq!(kept(&planned(&items, &best("1", "max_drawdown"))), ["2026-01-04", "2026-01-01"]);
    assert_eq!(
        plan(&items, &best("1", "sharp"), time(NOW)),
        Err(PolicyError::UnknownMetric(
            "sharp".into(),
            vec!["max_drawdown".into(), "sharpe".into()]
        ))
    );
}

#[test]
fn a_metric_that_is_undefined_keeps_nothing_and_alone_is_refused() {
    let mut items = at(&["2026-01-01", "2026-01-02"]);
    for item in &mut items {
        item.metrics = BTreeMap::from([("sharpe".into(), f64::NAN)]);
    }
    let best = rules(r#""keep_best": {"n": 1, "metric": "sharpe"}"#);
    let with_last = RetentionConfig { keep: Some(count("1")), ..best.clone() };
    assert_eq!(kept(&planned(&items, &with_last)), ["2026-01-02"]);
    assert_eq!(
        plan(&items, &best, time(NOW)),
        Err(PolicyError::UnknownMetric("sharpe".into(), Vec::new()))
    );
}

#[test]
fn a_clock_set_back_does_not_make_the_newest_old() {
    let mut items = at(&["2026-03-01", "2026-03-02", "2026-01-01"]);
    items[0].state = ArchiveState::Failed;
    assert_eq!(kept(&planned(&items, &keep(1)))[0], "2026-01-01");
    let policy = rules(r#""keep_within": "1d""#);
    assert!(kept(&planned(&items, &policy)).contains(&"2026-01-01"));
}

#[test]
fn zips_of_another_tool_are_counted_by_the_time_in_their_name() {
    let mut items = at(&["2026-01-01", "2026-01-02", "2026-01-03"]);
    items[1].run_number = None;
    items[1].state = ArchiveState::Unknown;
    items.reverse();
    assert_eq!(kept(&planned(&items, &keep(2))), ["2026-01-03", "2026-01-02"]);
}

fn backup(day: u32, cover: CoveringArchive) -> BackupItem {
    let moved_at = time(&format!("2026-01-{day:02}T00:00:00Z"));
    BackupItem { name: format!("{day}"), moved_at, run_number: None, cover }
}

#[test]
fn a_backup_that_is_the_only_copy_goes_only_on_demand() {
    let items = [
        backup(1, CoveringArchive::None),
        backup(2, CoveringArchive::Archive("2.zip".into())),
        backup(3, CoveringArchive::Trashed("3.zip".into())),
        backup(4, CoveringArchive::Expired("4.zip".into())),
        backup(5, CoveringArchive::None),
        backup(6, CoveringArchive::Archive("6.zip".into())),
    ];
    let planned = |is_explicit| {
        plan_backups(&items, BackupPolicy { keep: count("2"), is_explicit }, time(NOW)).remove
    };
    assert_eq!(planned(false), ["4", "2"]);
    assert_eq!(planned(true), ["4", "3", "2", "1"]);
}

fn any_state() -> impl Strategy<Value = ArchiveState> {
    prop_oneof![
        6 => Just(ArchiveState::Complete),
        1 => Just(ArchiveState::Unknown),
        2 => Just(ArchiveState::Failed),
        1 => Just(ArchiveState::Unreadable),
    ]
}

prop_compose! {
    /// An archive within four years, sometimes pinned, tagged, current,
    /// or dated in the future; the clock may jump.
    fn any_item()(
        hours in 0_i64..36_000,
        state in any_state(),
        flags in proptest::collection::vec(0_u8..10, 3),
        sharpe in proptest::option::of(-2_i32..3),
    ) -> ArchiveItem {
        ArchiveItem {
            state,
            tags: if flags[0] == 0 { vec!["t".into()] } else { Vec::new() },
            pin: (flags[1] == 0).then_some(None),
            holds_current_model: flags[2] == 0,
            metrics: sharpe.map(|value| ("sharpe".to_owned(), f64::from(value))).into_iter().collect(),
            ..item("", 0, time("2026-01-01T00:00:00Z") + Duration::hours(hours))
        }
    }
}

fn any_items() -> impl Strategy<Value = Vec<ArchiveItem>> {
    proptest::collection::vec(any_item(), 0..25).prop_map(|mut items| {
        for (idx, item) in items.iter_mut().enumerate() {
            item.run_number = Some(idx as u64 + 1);
            item.name = format!("{idx:02}");
        }
        items
    })
}

fn any_count() -> impl Strategy<Value = Count> {
    prop_oneof![5 => Just(Count::Limit(0)), 5 => (1_u32..6).prop_map(Count::Limit),
        1 => Just(Count::Unlimited)]
}

fn any_span() -> impl Strategy<Value = Span> {
    prop_oneof![
        4 => Just(Span::default()),
        1 => (1_u32..2000).prop_map(|n| span(&format!("{n}h"))),
        1 => (1_u32..900).prop_map(|n| span(&format!("{n}d"))),
        1 => (1_u32..40).prop_map(|n| span(&format!("{n}m"))),
    ]
}

prop_compose! {
    fn any_policy()(
        counts in proptest::collection::vec(any_count(), 7),
        spans in proptest::collection::vec(any_span(), 6),
        has_tag: bool,
        best in proptest::option::of(any_count()),
    ) -> RetentionConfig {
        RetentionConfig {
            keep: Some(counts[0]), keep_hourly: Some(counts[1]), keep_daily: Some(counts[2]),
            keep_weekly: Some(counts[3]), keep_monthly: Some(counts[4]),
            keep_yearly: Some(counts[5]), keep_failed: Some(counts[6]),
            keep_within: Some(spans[0]), keep_within_hourly: Some(spans[1]),
            keep_within_daily: Some(spans[2]), keep_within_weekly: Some(spans[3]),
            keep_within_monthly: Some(spans[4]), keep_within_yearly: Some(spans[5]),
            keep_tags: if has_tag { vec![TagList(vec!["t".into()])] } else { Vec::new() },
            keep_best: best.map(|n| Best { n, metric: "sharpe".into() }),
            ..RetentionConfig::default()
        }
    }
}

/// Returns `policy` with each count one larger.
fn larger(policy: &RetentionConfig) -> RetentionConfig {
    let more = |count: Count| match count {
        Count::Limit(limit) => Count::Limit(limit + 1),
        Count::Unlimited => Count::Unlimited,
    };
    RetentionConfig {
        keep: policy.keep.map(more),
        keep_hourly: policy.keep_hourly.map(more),
        keep_daily: policy.keep_daily.map(more),
        keep_weekly: policy.keep_weekly.map(more),
        keep_monthly: policy.keep_monthly.map(more),
        keep_yearly: policy.keep_yearly.map(more),
        keep_failed: policy.keep_failed.map(more),
        keep_best: policy.keep_best.clone().map(|best| Best { n: more(best.n), ..best }),
        ..policy.clone()
    }
}

proptest! {
    #[test]
    fn a_plan_keeps_or_removes_each_once(items in any_items(), policy in any_policy()) {
        let Ok(plan) = plan(&items, &policy, time(NOW)) else { return Ok(()); };
        let mut names: Vec<&str> = kept(&plan);
        names.extend(plan.remove.iter().map(String::as_str));
        names.sort_unstable();
        prop_assert_eq!(names, items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>());
        prop_assert!(plan.keep.iter().all(|kept| !kept.reasons.is_empty()));
    }

    #[test]
    fn the_order_of_the_input_says_nothing(
        (items, shuffled) in any_items().prop_flat_map(|items| {
            (Just(items.clone()), Just(items).prop_shuffle())
        }),
        policy in any_policy(),
    ) {
        prop_assert_eq!(plan(&items, &policy, time(NOW)), plan(&shuffled, &policy, time(NOW)));
    }

    #[test]
    fn what_is_left_needs_no_second_prune(items in any_items(), policy in any_policy()) {
        let Ok(first) = plan(&items, &policy, time(NOW)) else { return Ok(()); };
        let mut left = items;
        left.retain(|item| !first.remove.contains(&item.name));
        let second = plan(&left, &policy, time(NOW)).unwrap();
        prop_assert_eq!(second.remove, Vec::<String>::new());
    }

    #[test]
    fn a_larger_count_never_keeps_fewer(items in any_items(), policy in any_policy()) {
        let Ok(fewer) = plan(&items, &policy, time(NOW)) else { return Ok(()); };
        let Ok(more) = plan(&items, &larger(&policy), time(NOW)) else { return Ok(()); };
        prop_assert!(more.remove.iter().all(|name| fewer.remove.contains(name)));
    }

    #[test]
    fn the_protected_always_stay(items in any_items(), policy in any_policy()) {
        let Ok(plan) = plan(&items, &policy, time(NOW)) else { return Ok(()); };
        let newest = items.iter().rfind(|item| item.state == ArchiveState::Complete);
        let is_protected = |item: &&ArchiveItem| {
            item.pin.is_some()
                || item.holds_current_model
                || item.state == ArchiveState::Unreadable
                || item.created_at > time(NOW)
        };
        for item in items.iter().filter(is_protected).chain(newest) {
            prop_assert!(!plan.remove.contains(&item.name), "{}", item.name);
        }
    }

    #[test]
    fn an_error_comes_only_from_the_policy(items in any_items(), policy in any_policy()) {
        // With a plain count beside them, rules that fit nothing are
        // fine, unless a name is unknown.
        let policy = RetentionConfig { keep: Some(Count::Limit(1)), ..policy };
        match plan(&items, &policy, time(NOW)) {
            Ok(_) | Err(PolicyError::UnknownTag(_) | PolicyError::UnknownMetric(..)) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
