//! Finds the columns that can be the volume by their names.

use std::collections::HashSet;

use super::languages::is_any;
use super::names::{MONEY, is_prefixed};
use super::volume_guesses::is_guess;
use super::volume_names::{
    OTHER_SIZES, VOLUME_NAMES, are_pieces, is_derived, is_part, is_quote_volume, without_fillers,
};

/// Returns the columns that can be the volume, best first; `close` is that
/// of the close.
pub(super) fn find_volumes(
    all_words: &[Vec<String>],
    names: &[String],
    close: usize,
) -> Vec<usize> {
    let short: Vec<Vec<String>> = all_words.iter().map(|words| without_fillers(words)).collect();
    let all = |all: &[Vec<String>], is: &dyn Fn(&Vec<String>) -> bool| -> Vec<usize> {
        (0..all.len()).filter(|&idx| is(&all[idx])).collect()
    };
    let mut found: Vec<usize> = Vec::new();
    let plain = |name: &&str| {
        let mut plain = all(all_words, &|words| words.concat() == *name);
        plain.extend(all(&short, &|words| words.concat() == *name));
        // Exchanges that use both `v` and `V` mean the volume by `v`.
        plain.sort_by_key(|idx| names[*idx] != *name);
        plain
    };
    let prefixed = |name: &&str| all(all_words, &|words| is_prefixed(words, |last| last == *name));
    // `bid_size` is no volume of trades.
    let is_volume = |name: &&str| name.starts_with('v') || name.ends_with("volume");
    let (volumes, others): (Vec<&str>, Vec<&str>) = VOLUME_NAMES.into_iter().partition(is_volume);
    found.extend(volumes.iter().flat_map(plain));
    found.extend(volumes.iter().flat_map(prefixed));
    found.extend(others.iter().flat_map(plain));
    // Of `Volume BTC` and `Volume USD`, the one in money comes last.
    let is_of_unit = |words: &Vec<String>| {
        words.len() > 1 && matches!(words[0].as_str(), "volume" | "vol") && !is_quote_volume(words)
    };
    let is_money = |idx: &usize| all_words[*idx].iter().any(|word| MONEY.contains(&word.as_str()));
    let (money, units): (Vec<usize>, Vec<usize>) =
        all(all_words, &is_of_unit).into_iter().partition(is_money);
    found.extend(units.into_iter().chain(money));
    found.extend(all(&short, &is_of_unit));
    for words in [all_words, &short] {
        found.extend(all(words, &|words| is_any(&words.concat(), |language| language.volume)));
    }
    let turnovers = all(&short, &|words| is_any(&words.concat(), |language| language.turnover));
    found.extend(turnovers.into_iter().filter(|idx| are_pieces(&all_words[*idx])));
    // What is in money, or called by an unknown word, comes last.
    let is_last =
        |idx: &usize| is_money(idx) || is_guess(&names[*idx], &all_words[*idx], &all_words[close]);
    found.sort_by_key(is_last);
    let mut seen = HashSet::new();
    let is_other = |idx: &usize| {
        let words = &all_words[*idx];
        let is_derived = is_derived(words, &all_words[close]) || names[*idx].contains('%');
        let is_size = OTHER_SIZES.contains(&words.concat().as_str());
        is_derived || is_size || is_quote_volume(words) || is_part(words, &all_words[close])
    };
    found.retain(|idx| !is_other(idx) && seen.insert(*idx));
    found
}
