//! Reorders the flags of tasks that forward arguments, so that ours may
//! be anywhere.

use std::ffi::OsString;

/// The tasks that forward unknown arguments to the trainer.
const TASKS: [&str; 2] = ["simulate", "metrics"];
/// Our flags with a value; `--format` is also the trainer's.
const WITH_VALUE: [&str; 4] = ["--root", "--trainer-bin", "--color", "--clock"];
const ALONE: &str = "--quiet";

/// Returns the command line with our own flags before the trainer's, if
/// the task forwards arguments: clap treats everything after the first
/// unknown flag as the trainer's. Arguments after `--` are not moved.
pub fn own_flags_first(arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(task) = forwarding_task_idx(&arguments) else { return arguments };
    let mut words = arguments.into_iter();
    let mut ordered: Vec<OsString> = words.by_ref().take(task + 1).collect();
    let mut others = Vec::new();
    while let Some(word) = words.next() {
        if word == "--" {
            others.push(word);
            break;
        }
        let takes_next = WITH_VALUE.iter().any(|flag| word == *flag);
        if takes_next || word == ALONE || has_value(&word) {
            ordered.push(word);
            ordered.extend(words.by_ref().take(usize::from(takes_next)));
        } else {
            others.push(word);
        }
    }
    ordered.extend(others);
    ordered.extend(words);
    ordered
}

/// Returns the index of the task's name, if it forwards arguments.
fn forwarding_task_idx(arguments: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while arguments.get(at)?.to_string_lossy().starts_with('-') {
        let takes_next = WITH_VALUE.iter().chain(&["--format"]).any(|flag| arguments[at] == *flag);
        at += 1 + usize::from(takes_next);
    }
    TASKS.iter().any(|task| arguments[at] == *task).then_some(at)
}

/// Whether `word` is one of our flags with its value, as in `--x=v`.
fn has_value(word: &OsString) -> bool {
    let word = word.to_string_lossy();
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| WITH_VALUE.contains(&name))
}
