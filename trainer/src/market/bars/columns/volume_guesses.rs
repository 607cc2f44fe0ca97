//! Tells volumes by names that are known from those that are a guess: a
//! word may be a ticker, or change the meaning.

use super::languages::is_any;
use super::names::{MONEY, split_camel_case};
use super::volume_names::{LONG_UNITS, SHORT_UNITS, VOLUME_NAMES, are_pieces, without_fillers};
use crate::market::bars::letters::has_word;

/// Words that do not change the meaning, and units.
const PLAIN_WORDS: &str = "vol volumes share shares contract contracts lots units qty quantity tick \
                           real base from asset stock stocks session day daily 24h bar candle deal \
                           executed adj adjusted unadjusted consolidated composite sum all main raw \
                           us per equity comdty curncy mw mwh gwh kwh wh t mt ton tons tonnes kg lb \
                           oz bbl barrels gal";

/// Coins whose names are known in small letters, too.
const COINS: &str = "btc xbt eth ltc xrp bch ada sol doge dot bnb link xlm trx avax matic pol atom etc \
                     eos xmr uni xtz shib near fil algo neo dash zec sui apt arb op ton pepe aave \
                     bitcoin ethereum coin coins token tokens";

/// The most letters of a ticker.
const N_TICKER_MAX: usize = 5;
/// The fewest letters of a currency in a pair.
const N_CURRENCY_MIN: usize = 3;

/// Whether the `name` of a volume, of these `words`, has a word that may
/// change its meaning: not known, no symbol, and not in that of a `price`.
pub(super) fn is_guess(name: &str, words: &[String], price: &[String]) -> bool {
    let is_known_name =
        |name: &str| VOLUME_NAMES.contains(&name) || is_any(name, |language| language.volume);
    let short = without_fillers(words);
    if are_pieces(words) || is_known_name(&words.concat()) || is_known_name(&short.concat()) {
        return false;
    }
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let is_known = |(idx, word): (usize, &String)| {
        let is_after_number = idx > 0 && short[idx - 1].bytes().all(is_digit);
        has_word(PLAIN_WORDS, word)
            || is_after_number && [LONG_UNITS, SHORT_UNITS].iter().any(|all| has_word(all, word))
            || VOLUME_NAMES.contains(&word.as_str())
            || MONEY.contains(&word.as_str())
            || price.contains(word)
            || !is_months(name, word) && (word.bytes().any(is_digit) || is_symbol(name, word))
    };
    !short.iter().enumerate().all(is_known)
}

/// Whether the `word` of a `name` is a coin, a pair, or a ticker: capital
/// letters beside small ones.
fn is_symbol(name: &str, word: &str) -> bool {
    let is_upper = has_piece(name, &word.to_uppercase()) && name.chars().any(char::is_lowercase);
    let currencies = MONEY.iter().filter(|money| money.len() >= N_CURRENCY_MIN);
    let mut bases = currencies.filter_map(|money| word.strip_suffix(money));
    let is_base = |base: &str| has_word(COINS, base) || MONEY.contains(&base);
    has_word(COINS, word)
        || is_upper && word.len() <= N_TICKER_MAX
        || bases.any(|base| is_base(base) || is_upper)
}

/// Whether the `word` is a number of months, as `3M`; `5m` are minutes.
fn is_months(name: &str, word: &str) -> bool {
    let number = word.strip_suffix('m').unwrap_or_default();
    number.parse::<u8>().is_ok() && has_piece(name, &word.to_uppercase())
}

fn has_piece(name: &str, piece: &str) -> bool {
    split_camel_case(name).split(|letter: char| !letter.is_alphanumeric()).any(|one| one == piece)
}
