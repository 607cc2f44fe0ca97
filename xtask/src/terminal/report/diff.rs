//! What `diff` prints: one screen.

use serde_json::Value;

use super::Report;
use crate::vault::diff::{Change, ConfigChange, Diff, MetricPair, Pair};
use crate::vault::manifest::{DataSummary, GitState};
use crate::workspace::text;

/// The most lines of each section of the text.
const N_LINES_MAX: usize = 12;
/// The most characters of a value in the text.
const N_CHARS_MAX: usize = 40;

impl Report for Diff {
    fn text(&self) -> String {
        let mut shown = format!("a  {}\nb  {}\n\n", self.a, self.b);
        shown.push_str(&pair("git", &self.git, commit));
        shown.push_str(&pair("data", &self.data, data));
        shown.push_str(&pair("seed", &self.seed, u64::to_string));
        if !self.metrics.is_empty() {
            shown.push('\n');
            shown.push_str(&metrics(&self.metrics));
        }
        shown.push_str("\nsettings\n");
        shown.push_str(&some(self.config.iter().map(setting).collect(), "the same"));
        let files = &self.files;
        let marked = |mark: char, paths: &[String]| -> Vec<String> {
            paths.iter().map(|path| format!("  {mark} {path}\n")).collect()
        };
        let lines = [('+', &files.added), ('-', &files.removed), ('~', &files.changed)];
        let lines = lines.into_iter().flat_map(|(mark, paths)| marked(mark, paths)).collect();
        shown.push_str(&format!(
            "\nfiles: {} added, {} removed, {} changed, {} the same\n",
            files.added.len(),
            files.removed.len(),
            files.changed.len(),
            files.n_same
        ));
        shown.push_str(&some(lines, ""));
        shown
    }
}

fn pair<T>(title: &str, pair: &Pair<T>, spell: impl Fn(&T) -> String) -> String {
    let spell = |side: &Option<T>| side.as_ref().map_or_else(|| "-".to_owned(), &spell);
    let (a, b) = (spell(&pair.a), spell(&pair.b));
    if pair.is_same {
        format!("{title:8}  {a}  (the same)\n")
    } else {
        format!("{title:8}  {a}\n{:8}  {b}\n", "")
    }
}

fn commit(git: &GitState) -> String {
    let commit = git.commit.as_ref().map(|commit| commit.chars().take(12).collect::<String>());
    git.describe(commit.as_deref())
}

fn data(data: &DataSummary) -> String {
    let source = data.source.as_deref().unwrap_or("unnamed");
    let n_bars = data.n_bars.map(|n| format!(", {}", text::count(n, "bar"))).unwrap_or_default();
    let digest: String = data.sha256.as_deref().unwrap_or("-").chars().take(12).collect();
    format!("{source}{n_bars}, SHA-256 {digest}")
}

fn metrics(metrics: &[MetricPair]) -> String {
    let columns = [("metric", false), ("a", true), ("b", true), ("b - a", true)];
    // All metrics of the agent; those of others only if they differ.
    let rows = metrics.iter().filter(|row| row.policy == "agent" || row.a != row.b).map(|row| {
        let of = if row.policy == "agent" { "" } else { &row.policy };
        let name = format!("{of} {}", row.metric).trim().replace('_', " ");
        let delta = row.delta.map_or_else(|| "-".to_owned(), |delta| format!("{delta:+.4}"));
        vec![name, number(row.a), number(row.b), delta]
    });
    let (shown, n_more) = cut(rows.collect(), 2 * N_LINES_MAX);
    let more = more(n_more);
    text::table(&columns, shown) + &more
}

fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        Some(value) => format!("{value:.4}"),
    }
}

fn setting(change: &ConfigChange) -> String {
    let file = change.file.trim_start_matches("config/");
    let key = format!("{file}: {}", change.key);
    let (old, new) = (value(change.old.as_ref()), value(change.new.as_ref()));
    match change.change {
        Change::Added => format!("  + {key} = {new}\n"),
        Change::Removed => format!("  - {key} = {old}\n"),
        Change::Changed => format!("  ~ {key} = {old} -> {new}\n"),
    }
}

fn value(value: Option<&Value>) -> String {
    let text = value.map(Value::to_string).unwrap_or_default();
    if text.chars().count() <= N_CHARS_MAX {
        return text;
    }
    text.chars().take(N_CHARS_MAX).chain(['…']).collect()
}

fn some(lines: Vec<String>, none: &str) -> String {
    if lines.is_empty() && !none.is_empty() {
        return format!("  {none}\n");
    }
    let (shown, n_more) = cut(lines, N_LINES_MAX);
    shown.concat() + &more(n_more)
}

fn cut<T>(mut lines: Vec<T>, n_lines_max: usize) -> (Vec<T>, usize) {
    let n_more = lines.len().saturating_sub(n_lines_max);
    lines.truncate(n_lines_max);
    (lines, n_more)
}

fn more(n_more: usize) -> String {
    if n_more == 0 {
        return String::new();
    }
    format!("  … and {n_more} more; `--format json` names all\n")
}
