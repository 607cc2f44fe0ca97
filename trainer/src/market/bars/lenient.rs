//! Parses numbers as people and web pages write them: `$1,234.50`,
//! `1.234,5`, `1.2K`, `5 %`.

use super::config::Decimal;
use super::letters::decoded;
use super::number;

/// Currency signs outside of the Unicode block U+20A0 to U+20CF.
const MONEY: [char; 6] = ['$', '¢', '£', '¤', '¥', '฿'];

/// Currencies before or after a number, and units of volumes.
const UNITS: &str = "US$ AU$ A$ CA$ C$ NZ$ HK$ NT$ S$ R$ MX$ RD$ USD EUR GBP JPY CHF CAD AUD NZD \
                     CNY RMB HKD TWD SGD INR KRW BRL MXN SEK NOK DKK PLN CZK HUF RON RUB UAH TRY ILS \
                     SAR AED EGP ZAR IDR THB MYR PHP VND PKR USDT USDC BTC US CA kr zł Kč Ft lei TL \
                     đ руб. руб грн Rs. Rs RM Rp R S/ 元 円 원 shares lots 股 手 株 주";

/// Suffixes that multiply a number by a power of ten.
const SUFFIXES: [(&str, &str); 30] = [
    ("k", "e3"),
    ("mio", "e6"),
    ("mln", "e6"),
    ("mn", "e6"),
    ("m", "e6"),
    ("mrd", "e9"),
    ("bln", "e9"),
    ("bn", "e9"),
    ("b", "e9"),
    ("tn", "e12"),
    ("t", "e12"),
    ("%", "e-2"),
    ("tsd.", "e3"),
    ("тыс.", "e3"),
    ("thousand", "e3"),
    ("万", "e4"),
    ("萬", "e4"),
    ("만", "e4"),
    ("lakh", "e5"),
    ("lac", "e5"),
    ("mio.", "e6"),
    ("млн", "e6"),
    ("million", "e6"),
    ("cr", "e7"),
    ("亿", "e8"),
    ("億", "e8"),
    ("억", "e8"),
    ("mrd.", "e9"),
    ("млрд", "e9"),
    ("billion", "e9"),
];

/// Texts of a missing value, in lower case.
const MISSING: &str = "- -- nan null none na n/a #n/a <na> nat ? n.a. n/d #value! #div/0! #ref! #num! \
                       #name? #nv missing n.d. n.v. nd nil (null) undefined . .. ... … — – * \\n";

/// Parses `text` as a number with this decimal sign.
pub(super) fn parse(text: &[u8], decimal: Decimal) -> Option<f64> {
    let is_point = |byte: u8| byte == b'.' && decimal == Decimal::Point;
    if text.iter().all(|byte| byte.is_ascii_digit() || is_point(*byte)) {
        return number::parse(text);
    }
    // Web pages have marks of no width beside numbers.
    let is_blank = |letter: char| {
        letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    let text = decoded(text);
    let text = without_quotes(text.trim_matches(is_blank));
    let (sign, text) = split_sign(without_money(text));
    let text = without_money(text);
    let is_suffix = |(suffix, _): &&(&str, &str)| {
        let begin = text.len().checked_sub(suffix.len());
        begin.and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    let (digits, power) = match SUFFIXES.iter().find(is_suffix) {
        Some((suffix, power)) => (text[..text.len() - suffix.len()].trim_end(), *power),
        None => split_power(text),
    };
    let plain = without_groups(digits, decimal)?;
    // Parsed as one decimal text, since a multiplication would round.
    number::parse(format!("{sign}{plain}{power}").as_bytes())
}

/// Splits off the power of ten of `1,5E+08`.
fn split_power(text: &str) -> (&str, &str) {
    let at = text.find(['e', 'E']).unwrap_or(text.len());
    let (digits, power) = text.split_at(at);
    let is_power = power.get(1..).is_some_and(|power| power.parse::<i16>().is_ok());
    if is_power { (digits, power) } else { (text, "") }
}

/// Splits off the sign; accountants write negative numbers in brackets.
fn split_sign(text: &str) -> (&'static str, &str) {
    let minus = |text: &'_ str| text.starts_with(['-', '\u{2212}']) || text.ends_with('-');
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        ("-", inner.trim())
    } else if minus(text) && text.len() > 1 {
        ("-", text.trim_matches(['-', '\u{2212}']).trim())
    } else {
        ("", text.strip_prefix('+').unwrap_or(text))
    }
}

/// Removes the quotes that spreadsheets put around a text: `="100"`.
fn without_quotes(text: &str) -> &str {
    let inner = text.strip_prefix('=').unwrap_or(text);
    let quoted = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    // An apostrophe before a number makes it a text, too.
    quoted.or_else(|| text.strip_prefix('\'')).unwrap_or(text).trim_end_matches('\'').trim()
}

/// Removes currency signs and codes.
fn without_money(text: &str) -> &str {
    let is_sign =
        |letter: char| MONEY.contains(&letter) || ('\u{20a0}'..='\u{20cf}').contains(&letter);
    let is_digit =
        |letter: Option<char>| letter.is_some_and(|l| l.is_ascii_digit() || l == '(' || l == '-');
    let is_bare = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic());
    let mut units = UNITS.split_whitespace().filter(|_| !is_bare);
    let word = units.find_map(|word| {
        let before = text.strip_prefix(word).map(str::trim_start);
        let behind = || text.strip_suffix(word).map(str::trim_end);
        before.filter(|rest| is_digit(rest.chars().next())).or_else(behind)
    });
    word.unwrap_or(text).trim_start_matches(is_sign).trim_end_matches(is_sign).trim()
}

/// Returns `text` with a decimal point and without thousands separators.
fn without_groups(text: &str, decimal: Decimal) -> Option<String> {
    let (sign, separators): (char, &[char]) = match decimal {
        Decimal::Point => ('.', &[',', ' ', '\'', '\u{2019}', '\u{a0}', '\u{2009}', '\u{202f}']),
        Decimal::Comma => (',', &['.', ' ', '\'', '\u{2019}', '\u{a0}', '\u{2009}', '\u{202f}']),
    };
    let (whole, fraction) = match text.split_once(sign) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(separators);
    let first = groups.next()?;
    let mut plain = first.to_owned();
    let mut rest: Vec<&str> = groups.collect();
    let last = rest.pop();
    // India groups by two digits above the thousands.
    let is_right = rest.iter().all(|group| matches!(group.len(), 2 | 3))
        && last.is_none_or(|last| last.len() == 3 && matches!(first.len(), 1..=3));
    for group in rest.into_iter().chain(last) {
        plain.push_str(group);
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    let has_digits = plain.bytes().any(|byte| byte.is_ascii_digit());
    let all_digits = are_digits(&plain.replacen('.', "", 1));
    (is_right && has_digits && all_digits).then_some(plain)
}

/// Whether `text` marks a missing value.
pub(super) fn is_unknown(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let is = |missing: &str| text.eq_ignore_ascii_case(missing.as_bytes());
    MISSING.split(' ').chain(["", "not available"]).any(is)
}

/// Whether `cell` marks a missing value by a word, such as `null`.
pub(super) fn is_null(cell: &str) -> bool {
    cell.len() > 1 && cell.chars().any(char::is_alphabetic) && is_unknown(cell.as_bytes())
}

/// Parses `cell` as a number with either decimal sign.
pub(super) fn number_in(cell: &str) -> Option<f64> {
    let bytes = cell.trim().as_bytes();
    // Most others are times.
    let is_time = || bytes.contains(&b':') || bytes.split(|byte| *byte == b'-').count() > 2;
    let parse_lenient = || parse(bytes, Decimal::Point).or_else(|| parse(bytes, Decimal::Comma));
    number::parse(bytes).or_else(|| if is_time() { None } else { parse_lenient() })
}

/// Returns the decimal sign that most of the `prices` and `volumes` show.
///
/// Fails with a message if none is conclusive and some could have either.
pub(super) fn decide(prices: &[&str], volumes: &[&str]) -> Result<Decimal, String> {
    let (mut n_points, mut n_commas, mut either) = (0, 0, None);
    let cells = prices.iter().chain(volumes).copied();
    for cell in cells.filter(|cell| number_in(cell).is_some()) {
        match sign_of(cell) {
            Some(Decimal::Point) => n_points += 1,
            Some(Decimal::Comma) => n_commas += 1,
            None => either = either.or(cell.contains(',').then_some(cell)),
        }
    }
    if n_commas > n_points {
        return Ok(Decimal::Comma);
    }
    let is_open = n_points == 0 && n_commas == 0;
    match either.or_else(|| grouped_by_points(prices, volumes)) {
        Some(cell) if is_open => {
            let read = |decimal| parse(cell.as_bytes(), decimal).unwrap_or_default();
            Err(format!(
                "`{cell}` could be {} or {}: set `bars.decimal`, or pass `--decimal`: `point` \
                 for the first or `comma` for the second",
                read(Decimal::Point),
                read(Decimal::Comma)
            ))
        }
        _ => Ok(Decimal::Point),
    }
}

/// Returns a cell whose point may separate thousands, of cells that all
/// have three digits behind it. Prices of the yen have, but volumes beside
/// them are whole, and no unit follows.
fn grouped_by_points<'a>(prices: &[&'a str], volumes: &[&'a str]) -> Option<&'a str> {
    let [of_prices, of_volumes] = [prices, volumes].map(|cells| {
        let pointed = cells.iter().copied().find(|cell| cell.contains('.'))?;
        // With decimals, all cells would have them.
        let is_whole = |cell: &&str| cell.parse().is_ok_and(|n: u32| (1..1000).contains(&n));
        Some((pointed, cells.iter().any(is_whole)))
    });
    match (of_prices, of_volumes) {
        (Some((cell, _)), Some(_)) | (Some((cell, true)), _) | (_, Some((cell, true))) => {
            Some(cell)
        }
        (Some((cell, _)), _) => (!cell.ends_with(|l: char| l.is_ascii_digit())).then_some(cell),
        _ => None,
    }
}

/// Fails if the prices have the other decimal sign than `decimal`.
pub(super) fn refuse_other(prices: &[&str], decimal: Decimal) -> Result<(), String> {
    let numbers = || prices.iter().filter(|cell| number_in(cell).is_some());
    match numbers().next() {
        Some(first) if numbers().all(|cell| parse(cell.as_bytes(), decimal).is_none()) => {
            Err(format!(
                "`{first}` has another decimal sign than `bars.decimal` says; take `bars.decimal` \
                 or `--decimal` out"
            ))
        }
        _ => Ok(()),
    }
}

/// Fails if all prices look like bond prices of the CME in 32nds:
/// `110'165` is 110 + 16.5 / 32, or 110,165 with a thousands separator.
pub(super) fn refuse_32nds(prices: &[&str]) -> Result<(), String> {
    let is_one = |cell: &&&str| -> bool {
        let Some((whole, rest)) = cell.split_once('\'') else {
            return false;
        };
        let n_320ths = rest.parse::<u32>().ok().filter(|n| *n < 320);
        whole.len() <= 3
            && rest.len() == 3
            && n_320ths.is_some_and(|n| matches!(n % 10, 0 | 2 | 5 | 7))
    };
    let quoted: Vec<&&str> = prices.iter().filter(|cell| cell.contains('\'')).collect();
    match quoted.first() {
        Some(first) if quoted.iter().all(is_one) => Err(format!(
            "`{first}` could be thousands, or a price in 32nds as of bonds: pass `--decimal point` \
             for thousands, or write the price as a decimal, such as `110.515625` for `110'165`"
        )),
        _ => Ok(()),
    }
}

/// Returns the decimal sign of `cell`, if it is unambiguous.
fn sign_of(cell: &str) -> Option<Decimal> {
    // The point of `Rs. 100` is none.
    let cell = cell.trim_matches(|letter: char| !letter.is_ascii_digit());
    let (points, commas) = (cell.matches('.').count(), cell.matches(',').count());
    let after = |sign: char| {
        let tail = cell.rsplit(sign).next().unwrap_or_default();
        tail.bytes().take_while(u8::is_ascii_digit).count()
    };
    let before = |sign: char| {
        let head = cell.split(sign).next().unwrap_or_default();
        head.bytes().filter(u8::is_ascii_digit).count()
    };
    match (points, commas) {
        (0, 0) => None,
        (1.., 1..) if cell.rfind('.') > cell.rfind(',') => Some(Decimal::Point),
        (0, 2..) => Some(Decimal::Point),
        (1.., 1..) | (2.., 0) => Some(Decimal::Comma),
        (0, _) if after(',') != 3 || !(1..=3).contains(&before(',')) => Some(Decimal::Comma),
        (0, _) if cell.starts_with("0,") => Some(Decimal::Comma),
        (0, _) => None,
        _ if after('.') != 3 || !(1..=3).contains(&before('.')) => Some(Decimal::Point),
        _ if cell.starts_with("0.") => Some(Decimal::Point),
        _ => None,
    }
}
