//! Names of volumes, in units of the asset or in money.

use super::languages;
use super::names::is_prefixed;

/// Names of a volume in units of the asset, best first.
const VOLUME_NAMES: [&str; 12] = [
    "volume",
    "vol",
    "v",
    "basevolume",
    "volumebase",
    "volumefrom",
    "totalvolume",
    "tradevolume",
    "realvolume",
    "tickvolume",
    "tickvol",
    "shares",
];

/// Names of a volume in money, which is not used.
const QUOTE_VOLUME_NAMES: [&str; 11] = [
    "quotevolume",
    "volumequote",
    "volumeto",
    "quoteassetvolume",
    "amount",
    "turnover",
    "dollarvolume",
    "valuetraded",
    "moneyvolume",
    "candleacctradeprice",
    "volumenotional",
];

/// Currencies of volumes in money.
pub(super) const MONEY: [&str; 12] =
    ["usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "krw", "try", "cny", "tusd", "fdusd"];

/// Returns the columns that can be the volume, best first.
pub(super) fn find_volumes(words: &[Vec<String>], names: &[String]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for name in VOLUME_NAMES {
        let all = |is: &dyn Fn(&Vec<String>) -> bool| -> Vec<usize> {
            (0..words.len()).filter(|&idx| is(&words[idx])).collect()
        };
        let mut plain = all(&|words| words.concat() == name);
        // Exchanges that use both `v` and `V` mean the volume by `v`.
        plain.sort_by_key(|idx| names[*idx] != name);
        found.extend(plain);
        found.extend(all(&|words| is_prefixed(words, |last| last == name)));
    }
    // Of `Volume BTC` and `Volume USD`, the one in money comes last.
    let is_of_unit = |words: &Vec<String>| {
        words.len() > 1 && matches!(words[0].as_str(), "volume" | "vol") && !is_quote_volume(words)
    };
    let is_money = |idx: &usize| words[*idx].iter().any(|word| MONEY.contains(&word.as_str()));
    let (money, units): (Vec<usize>, Vec<usize>) =
        (0..words.len()).filter(|&idx| is_of_unit(&words[idx])).partition(is_money);
    found.extend(units.into_iter().chain(money));
    let is_other = |idx: &usize| languages::VOLUME.contains(&words[*idx].concat().as_str());
    found.extend((0..words.len()).filter(is_other));
    let mut unique = Vec::new();
    found.retain(|idx| {
        !is_quote_volume(&words[*idx]) && {
            let is_new = !unique.contains(idx);
            unique.push(*idx);
            is_new
        }
    });
    found
}

/// Whether the name is that of a volume in money.
pub(super) fn is_quote_volume(words: &[String]) -> bool {
    QUOTE_VOLUME_NAMES.contains(&words.concat().as_str())
}
