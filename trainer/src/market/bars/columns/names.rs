//! Names that files give to the columns of bars.

use anyhow::{Result, bail};

use super::languages::{Language, is_any};
use crate::market::bars::letters::{has_word, plain_letters};
use crate::market::bars::printable;

/// Names that a message shows.
const N_SHOWN: usize = 24;

/// Words that give a column another meaning: `Adj Close`, `quote_volume`,
/// `taker_buy_volume`.
const FOREIGN_WORDS: &str = "adj adjusted quote taker asset prev previous prvs pre spread range limit \
                             mean avg time timestamp ts";

/// Words of derived prices, at which nothing is traded.
pub(super) const DERIVED_WORDS: &str = "log ln norm normalized scaled zscore diff ret return returns pct change ha \
                             heikin";

pub(in crate::market::bars) const PRICES: [&str; 4] = ["open", "high", "low", "close"];

/// Words in the name of a price that say nothing of its role: `Open
/// Price`, `Open (USD)`, `Cours le plus haut`.
const PRICE_FILLERS: [&str; 25] = [
    "price", "prices", "index", "value", "prc", "pric", "px", "trade", "p", "kurs", "cours",
    "prezzo", "precio", "preco", "цена", "of", "de", "di", "d", "le", "el", "do", "curs", "gia",
    "harga",
];

/// Words of the prices of a year: `52W_HIGH`, `52 week low`.
const YEAR_WORDS: [&str; 5] = ["52w", "52wk", "52wks", "52week", "52weeks"];

/// Currencies of prices and of volumes in money.
pub(super) const MONEY: [&str; 46] = [
    "usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "krw", "try", "cny", "tusd", "fdusd",
    "inr", "rs", "brl", "rub", "aud", "nzd", "cad", "chf", "hkd", "sgd", "twd", "sek", "nok",
    "dkk", "pln", "thb", "idr", "zar", "sar", "tl", "元", "円", "원", "currency", "egp", "aed",
    "mxn", "czk", "huf", "ron", "uah", "myr", "php", "r",
];

/// The same at the begin or end of a name in one word: `OPENPRC`.
const PRICE_AFFIXES: [&str; 4] = ["price", "pric", "prc", "px"];

/// Names of a price, best first, and those in other languages.
struct PriceNames {
    tiers: [&'static [&'static str]; 4],
    in_language: fn(&Language) -> &'static str,
}

const OPEN: PriceNames = PriceNames {
    tiers: [&["open", "o"], &["opening", "op", "opn", "openp", "first"], &["prcod", "preabe"], &[]],
    in_language: |language| language.open,
};
const HIGH: PriceNames = PriceNames {
    tiers: [
        &["high", "h"],
        &["highest", "hi", "hgh", "max", "maximum"],
        &["askhi", "prchd", "premax", "high1"],
        &[],
    ],
    in_language: |language| language.high,
};
const LOW: PriceNames = PriceNames {
    tiers: [
        &["low", "l"],
        &["lowest", "lo", "lw", "min", "minimum"],
        &["bidlo", "prcld", "premin", "low1"],
        &[],
    ],
    in_language: |language| language.low,
};
const CLOSE: PriceNames = PriceNames {
    tiers: [
        &["close", "c"],
        &["closing", "cl", "cls", "closep", "closelast", "legalclose", "prccd"],
        &["last", "latest", "ltp", "tradeprice", "preult", "trdprc1"],
        &["price", "prc", "settle", "settlement"],
    ],
    in_language: |language| language.close,
};

/// Inserts spaces into camel case, and behind bid and ask: `openBid`,
/// `AskClose`, `bidopen`.
pub(super) fn split_camel_case(name: &str) -> String {
    let mut spaced = String::new();
    for side in ["bid", "ask"] {
        if let Some(price) = name.strip_prefix(side).filter(|price| PRICES.contains(price)) {
            return format!("{side} {price}");
        }
    }
    for letter in name.chars() {
        if letter.is_uppercase() && spaced.ends_with(char::is_lowercase) {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    spaced
}

/// Splits `BTC.open`, `Open time` and `baseVolume` into lower-case words.
/// Of a name that repeats its first word, as in `Close Close price
/// adjusted for splits`, the rest explains it.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = plain_letters(&split_camel_case(name))
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if words.len() > 2 && words[0] == words[1] {
        words.truncate(1);
    }
    words
}

fn is_foreign_word(word: &str) -> bool {
    [FOREIGN_WORDS, DERIVED_WORDS].iter().any(|words| has_word(words, word))
}

/// Whether the last word is a role, after a prefix such as `BTC.` that
/// does not change its meaning.
pub(super) fn is_prefixed(words: &[String], is_role: impl Fn(&str) -> bool) -> bool {
    let Some((last, prefix)) = words.split_last() else {
        return false;
    };
    let is_other_price = |word: &str| PRICES.contains(&word) && word != last;
    let is_foreign = |word: &String| is_foreign_word(word) || is_other_price(word);
    let mut pairs = prefix.windows(1).chain(prefix.windows(2)).map(<[String]>::concat);
    let is_of_year = pairs.any(|word| YEAR_WORDS.contains(&word.as_str()));
    !prefix.is_empty() && is_role(last) && !is_of_year && !prefix.iter().any(is_foreign)
}

/// Returns the column for the price `role`: one with the plain name, else
/// with a prefix, else with another word for it, else with a suffix that
/// all four prices have.
///
/// Fails if several match equally well.
pub(super) fn find_price(
    words: &[Vec<String>],
    names: &[String],
    role: &str,
) -> Result<Option<usize>> {
    let PriceNames { tiers, in_language } = match role {
        "open" => OPEN,
        "high" => HIGH,
        "low" => LOW,
        _ => CLOSE,
    };
    let short: Vec<Vec<String>> = words.iter().map(|words| without_fillers(words)).collect();
    let find = |is: &dyn Fn(&str) -> bool| -> Result<Option<usize>> {
        let plain = |words: &Vec<String>| is(&words.concat());
        let prefixed = |words: &Vec<String>| is_prefixed(words, is);
        for words in [words, &short] {
            if let Some(idx) = one_of(words, names, role, plain)? {
                return Ok(Some(idx));
            }
        }
        for words in [words, &short] {
            if let Some(idx) = one_of(words, names, role, prefixed)? {
                return Ok(Some(idx));
            }
        }
        Ok(None)
    };
    for tier in tiers {
        if let Some(idx) = find(&|name| tier.contains(&name))? {
            return Ok(Some(idx));
        }
    }
    if let Some(idx) = find(&|name| is_any(name, in_language))? {
        return Ok(Some(idx));
    }
    one_of(words, names, role, |candidate| is_affixed(words, candidate, role))
}

/// Returns `words` without those that say nothing of the role of a price,
/// unless there are no others.
fn without_fillers(words: &[String]) -> Vec<String> {
    let without = |words: &[String], fillers: &[&str]| -> Vec<String> {
        let is_kept = |word: &&String| !fillers.contains(&word.as_str());
        let kept: Vec<String> = words.iter().filter(is_kept).cloned().collect();
        if kept.is_empty() { words.to_vec() } else { kept }
    };
    let short = without(&without(words, &MONEY), &PRICE_FILLERS);
    let [word] = &short[..] else {
        return short;
    };
    let inner = |affix: &&str| word.strip_suffix(affix).or_else(|| word.strip_prefix(affix));
    let inner = PRICE_AFFIXES.iter().find_map(inner).filter(|inner| !inner.is_empty());
    vec![inner.unwrap_or(word).to_owned()]
}

/// Whether `candidate` is `role` with a suffix, as in `Close_AAPL`, or
/// after `Adj`, if the other prices have that, too.
fn is_affixed(words: &[Vec<String>], candidate: &[String], role: &str) -> bool {
    let all_have = |name: &dyn Fn(&str) -> Vec<String>| {
        PRICES.iter().all(|price| words.iter().any(|words| *words == name(price)))
    };
    match candidate {
        [first, suffix @ ..] if first == role && !suffix.is_empty() => {
            !suffix.iter().any(|word| is_foreign_word(word))
                && all_have(&|price| [&[price.to_owned()], suffix].concat())
        }
        [first, last] if last == role && matches!(first.as_str(), "adj" | "adjusted") => {
            all_have(&|price| vec![first.clone(), price.to_owned()])
        }
        _ => false,
    }
}

/// Returns the column for `role`: one with the plain name, else with a
/// prefix. Fails if several match equally well.
pub(super) fn find_part(
    words: &[Vec<String>],
    names: &[String],
    role: &str,
) -> Result<Option<usize>> {
    let plain = |words: &Vec<String>| words.concat() == role;
    let prefixed = |words: &Vec<String>| is_prefixed(words, |last| last == role);
    match one_of(words, names, role, plain)? {
        Some(idx) => Ok(Some(idx)),
        None => one_of(words, names, role, prefixed),
    }
}

/// Returns the column of the funding rate: `funding` or `funding_rate`,
/// with or without a prefix.
pub(super) fn find_funding(words: &[Vec<String>], names: &[String]) -> Result<Option<usize>> {
    if let Some(idx) = find_part(words, names, "funding")? {
        return Ok(Some(idx));
    }
    let is_rate = |words: &Vec<String>| {
        words.concat() == "fundingrate" || words.ends_with(&["funding".into(), "rate".into()])
    };
    one_of(words, names, "funding_rate", is_rate)
}

fn one_of(
    words: &[Vec<String>],
    names: &[String],
    role: &str,
    fits: impl Fn(&Vec<String>) -> bool,
) -> Result<Option<usize>> {
    let fitting: Vec<usize> = (0..words.len()).filter(|&idx| fits(&words[idx])).collect();
    // Exchanges that use both `l` and `L` mean the price by `l`.
    let is_small =
        |idx: &&usize| names[**idx].len() == 1 && names[**idx] == names[**idx].to_lowercase();
    let small: Vec<&usize> = fitting.iter().filter(is_small).collect();
    match (&fitting[..], &small[..]) {
        ([], _) => Ok(None),
        ([idx], _) => Ok(Some(*idx)),
        (_, [idx]) => Ok(Some(**idx)),
        _ => {
            let names: Vec<String> = fitting.iter().map(|&idx| names[idx].clone()).collect();
            // Series of signals or equity have no such option.
            let is_of_bars = PRICES.contains(&role);
            let flag = if is_of_bars {
                format!(", or say which by `--column {role}=NAME`")
            } else {
                String::new()
            };
            bail!(
                "has {} columns for `{role}`: {}; keep one, or name one of them just `{role}`{flag}",
                fitting.len(),
                quoted(&names)
            )
        }
    }
}

/// Returns the names in backticks, separated by commas; of many the first.
pub(super) fn quoted(names: &[String]) -> String {
    let shown = names.iter().take(N_SHOWN);
    let shown: Vec<String> =
        shown.map(|name| format!("`{}`", printable(name.as_bytes()))).collect();
    let more = if names.len() > N_SHOWN { ", …" } else { "" };
    shown.join(", ") + more
}
