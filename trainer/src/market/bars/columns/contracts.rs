//! Names of columns that identify a series, and the codes of contracts.

use super::names::words;
use crate::market::bars::timestamp::month_number;

/// Words for a symbol; the name of a column of symbols has one of them.
const SYMBOLS: [&str; 31] = [
    "symbol",
    "symbols",
    "ticker",
    "tickers",
    "tic",
    "instrument",
    "pair",
    "asset",
    "secid",
    "isin",
    "cusip",
    "sedol",
    "figi",
    "ric",
    "wkn",
    "security",
    "stock",
    "coin",
    "token",
    "product",
    "commodity",
    "permno",
    "gvkey",
    "conid",
    "underlying",
    "root",
    "tradingsymbol",
    "localsymbol",
    "productid",
    "name",
    "code",
];

/// Words for one of several contracts.
const CONTRACTS: [&str; 9] = [
    "contract",
    "expiry",
    "expiration",
    "expire",
    "expires",
    "maturity",
    "delivery",
    "future",
    "contractmonth",
];

/// Words that the name may have in addition.
const OTHERS: [&str; 16] = [
    "id", "code", "name", "month", "date", "key", "no", "number", "trading", "local", "currency",
    "market", "raw", "short", "full", "yahoo",
];

/// Contracts expire at most so many years after their last bar, and not
/// before it; other numbers may be codes of shares.
const N_YEARS_MAX: i32 = 12;

/// The month codes of futures.
const MONTHS: &[u8] = b"FGHJKMNQUVXZ";

/// Whether a column of this name holds symbols.
pub(super) fn is_symbol(name: &str) -> bool {
    is_named(name, &SYMBOLS)
}

/// Whether a column of this name holds contracts.
pub(super) fn is_contract(name: &str) -> bool {
    let all = words(name);
    is_named(name, &CONTRACTS) || all.iter().any(|word| word == "contract") && is_symbol(name)
}

/// Returns the rank of `name` as the name of a column of symbols; lower
/// is better.
pub(super) fn rank(name: &str) -> usize {
    let words = words(name);
    let known = SYMBOLS.iter().position(|symbol| words.iter().any(|word| word == symbol));
    known.unwrap_or(SYMBOLS.len())
}

fn is_named(name: &str, roots: &[&str]) -> bool {
    let words = words(name);
    let is_root = |word: &String| roots.contains(&word.as_str());
    let is_known = |word: &String| {
        [&SYMBOLS[..], &CONTRACTS, &OTHERS].iter().any(|list| list.contains(&word.as_str()))
    };
    words.iter().any(is_root) && words.iter().all(is_known)
}

/// Whether `text` is the code of a future, such as `CLF20`, `ESH2020`,
/// `6EZ9` or `Z19`. `Q1` is a quarter.
pub(super) fn is_future(text: &str) -> bool {
    future_root(text).is_some()
}

/// Returns what the code of a future begins with: `CL` of `CLF20`.
fn future_root(text: &str) -> Option<&str> {
    let n_digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (month, root) = text.as_bytes()[..text.len() - n_digits].split_last()?;
    let n_digits_of_root = root.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_root = match root.len() {
        0 => n_digits == 2,
        1..=5 => n_digits_of_root <= 1 && n_digits_of_root < root.len(),
        _ => false,
    };
    let year = &text[text.len() - n_digits..];
    let is_year = n_digits < 4 || year.starts_with("19") || year.starts_with("20");
    let is_future = matches!(n_digits, 1 | 2 | 4)
        && is_year
        && MONTHS.contains(month)
        && is_root
        && root.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_future.then(|| &text[..root.len()])
}

/// Returns what the name of a contract begins with, also where its expiry
/// is a date: `rb` of `rb2401`, `NQ` of `NQ 03-24`, `BTC` of
/// `BTC-29MAR24`. Its last bar is of the year and month `last`.
pub(in crate::market::bars) fn contract_root(text: &str, last: (i32, u32)) -> Option<&str> {
    let is_open = |(year, month): (&str, u32)| {
        let century = if year.len() == 4 { 0 } else { 2000 };
        let year = year.parse::<i32>().map_or(0, |year| century + year);
        (1..=12).contains(&month) && last <= (year, month) && year <= last.0 + N_YEARS_MAX
    };
    let by_code = future_root(text).filter(|root| {
        let (letter, year) = text[root.len()..].split_at(1);
        let month = MONTHS.iter().zip(1..).find(|(code, _)| letter.as_bytes() == [**code]);
        year.len() == 1 || month.is_some_and(|(_, month)| is_open((year, month)))
    });
    let by_expiry = || {
        let end = text.find(|letter: char| !letter.is_alphabetic())?;
        (end > 0 && is_expiry(&text[end..], is_open)).then(|| &text[..end])
    };
    by_code.or_else(by_expiry)
}

/// Whether `text` is a month or day of expiry: `2401`, `401`, `29MAR24`,
/// and behind a separator `03-24`, `03-2024`, `2024-03`, `240329`.
fn is_expiry(text: &str, is_open: impl Fn((&str, u32)) -> bool) -> bool {
    let parts: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let number = |digits: &str| digits.parse::<u32>().unwrap_or_default();
    let is_day = |digits: &str| (1..=31).contains(&number(digits));
    if let Some(at) = parts.find(|letter: char| letter.is_ascii_alphabetic()) {
        let (day, rest) = parts.split_at(at);
        let (name, year) = rest.split_at_checked(3).unwrap_or_default();
        let is_day = day.is_empty() || is_day(day);
        let month = month_number(name).unwrap_or_default();
        return is_day && matches!(year.len(), 2 | 4) && is_open((year, month));
    }
    let [two, four] = [2, 4].map(|at| parts.split_at_checked(at).unwrap_or_default());
    let is = |year: &str, month: &str| is_open((year, number(month)));
    match (parts.len(), parts.len() < text.len()) {
        // The last digit of the year, as in Zhengzhou.
        (3, false) => (1..=12).contains(&number(&parts[1..])),
        (4, false) => is(two.0, two.1),
        (4, true) => is(two.1, two.0) || is(two.0, two.1),
        (6, true) => {
            is(two.1, two.0) || is(four.0, four.1) || is(two.0, &four.0[2..]) && is_day(four.1)
        }
        _ => false,
    }
}

/// Whether `text` is an ISIN.
pub(super) fn is_isin(text: &str) -> bool {
    let (country, rest) = text.split_at_checked(2).unwrap_or_default();
    rest.len() == 10
        && country.bytes().all(|letter| letter.is_ascii_uppercase())
        && rest.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
        && rest.ends_with(|letter: char| letter.is_ascii_digit())
}
