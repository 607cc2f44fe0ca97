//! Names of volumes, in units of the asset or in money, and of what is
//! no volume.

use std::collections::HashSet;

use super::languages::is_any;
use super::names::{DERIVED_WORDS, MONEY, is_prefixed, split_camel_case};
use crate::market::bars::letters::has_word;

/// Names of a volume in units of the asset, best first.
const VOLUME_NAMES: [&str; 42] = [
    "volume",
    "vol",
    "v",
    "volumes",
    "volumn",
    "basevolume",
    "volumebase",
    "volumefrom",
    "totalvolume",
    "tradevolume",
    "realvolume",
    "tickvolume",
    "tickvol",
    "tickqty",
    "shares",
    "quantity",
    "qty",
    "contracts",
    "homenotional",
    "sharevolume",
    "shrs",
    "ttlqnty",
    "ttltrdqnty",
    "tottrdqty",
    "chtottradedqty",
    "vo",
    "totaltradequantity",
    "tradedquantity",
    "cshtrd",
    "quatot",
    "acvoluns",
    "size",
    "lots",
    "adjvolume",
    "totalvol",
    "ttq",
    "ticks",
    "tickcount",
    "baseassetvolume",
    "volume24h",
    "execqty",
    "titres",
];

/// Names of a volume in money, which is not used.
const QUOTE_VOLUME_NAMES: [&str; 22] = [
    "quotevolume",
    "volumequote",
    "volumeto",
    "quoteassetvolume",
    "amount",
    "amt",
    "turnover",
    "totalturnover",
    "turnovervalue",
    "netturnov",
    "dollarvolume",
    "value",
    "sum",
    "money",
    "moneyvolume",
    "notional",
    "foreignnotional",
    "volumenotional",
    "candleacctradeprice",
    "tottrdval",
    "ttltrfval",
    "voltot",
];

/// Words of a volume that is only a part of that of the bar, or more.
const PART_WORDS: &str = "buy sell bid ask taker up down cum cumulative short block dark odd \
                          premarket afterhours after hidden auction opening closing delivery \
                          deliverable call put option options etf etfs otc ats finra";

/// Words of means of volumes, volatilities, the open interest and others
/// that are no volumes, also with a number behind them: `ma20`.
const OTHER_WORDS: &str = "ma sma ema wma ewm ewma avg average mean median std relative rel chg \
                           change delta ratio implied historical hist realized annual annualized \
                           ann rolling interest openinterest int openint oi spread trades bid ask \
                           id index rank percentile signal trend flag osc oscillator profile score \
                           lag weighted vwap obv net z max maximum minimum peak prior yesterday \
                           expected predicted target percent shift momentum spike increase growth \
                           divergence imbalance breakout forecast forecasted color colour power";

/// Sizes and numbers of shares that are those of a contract or a company.
const OTHER_SIZES: [&str; 7] =
    ["tradesize", "lotsize", "contractsize", "ticksize", "ordersize", "totalshares", "marketlot"];

/// Units of the number of bars in a mean, and those shorter than a day.
const LONG_UNITS: &str = "d day days w wk week weeks p";
const SHORT_UNITS: &str = "m min mins minute minutes s sec h hour hours hr";

/// Words in the name of a volume that do not change its meaning: shares
/// and lots.
const VOLUME_FILLERS: [&str; 22] = [
    "total", "ttl", "traded", "trade", "trading", "no", "nb", "nbre", "de", "n", "nm", "num", "of",
    "number", "in", "lot", "股", "手", "張", "株", "주", "unit",
];

/// Pieces in several languages: what is counted so is no money.
const PIECES: &str = "stk stuck stucke szt ks db шт pcs adet";

/// The same, in names that are not in the list above.
const PLAIN_WORDS: &str = "vol volumes share shares contract contracts lots units qty quantity tick \
                           real base from asset stock stocks market exchange session day daily 24h \
                           hourly weekly monthly bar candle deal executed adj adjusted unadjusted \
                           consolidated composite sum all main raw us per last";

/// Coins whose names are known in small letters, too.
const COINS: &str = "btc xbt eth ltc xrp bch ada sol doge dot bnb link xlm trx avax matic pol atom etc \
                     eos xmr uni xtz shib near fil algo neo dash zec sui apt arb op ton pepe aave \
                     bitcoin ethereum coin coins token tokens";

/// The most letters of a ticker.
const N_TICKER_MAX: usize = 5;

/// Words for a multiple of the unit, and what is said of it.
const MULTIPLES: [(&str, &str); 7] = [
    ("00 00s hundreds 100s 百股", "hundreds"),
    ("000 000s k thousand thousands tsd тыс 千 千股", "thousands"),
    ("万 万股 萬 萬股 만", "ten thousands"),
    ("lakh lakhs lac lacs", "hundred thousands"),
    ("mln mio m mm million millions млн 百万", "millions"),
    ("cr crore crores", "ten millions"),
    ("bn bln billion billions mrd 亿 億", "billions"),
];

/// The same of a volume in money.
const TURNOVER_FILLERS: [&str; 4] = ["元", "千元", "万元", "円"];

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

fn are_pieces(words: &[String]) -> bool {
    words.iter().any(|word| has_word(PIECES, word))
}

/// Whether the name is that of a volume in money.
pub(super) fn is_quote_volume(words: &[String]) -> bool {
    let is_known = |name: &str| {
        QUOTE_VOLUME_NAMES.contains(&name) || is_any(name, |language| language.turnover)
    };
    if are_pieces(words) {
        return false;
    }
    let short = without(&without_fillers(words), &TURNOVER_FILLERS);
    [words, &short, &without(&short, &MONEY)].iter().any(|words| is_known(&words.concat()))
}

/// Whether the name is that of a part of a volume; words that the name of
/// a `price` has, too, are those of the symbol.
pub(super) fn is_part(words: &[String], price: &[String]) -> bool {
    let is_part = |word: &String| has_word(PART_WORDS, word) && !price.contains(word);
    let is_volume = |word: &String| ["volume", "vol", "qty", "quantity"].contains(&word.as_str());
    words.iter().any(is_part) && words.iter().any(is_volume)
}

/// Whether the name is that of something derived from volumes, or of none;
/// words that the name of a `price` has, too, are those of the symbol.
pub(super) fn is_derived(words: &[String], price: &[String]) -> bool {
    let is_known = |word: &str| {
        let root = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        [word, root].iter().any(|word| has_word(OTHER_WORDS, word) || has_word(DERIVED_WORDS, word))
    };
    let is_other = |(idx, word): (usize, &String)| {
        let next = words.get(idx + 1).map_or("", String::as_str);
        // `5. volume` is the fifth column, `5 min volume` that of a bar.
        let is_count = word.bytes().all(|byte| byte.is_ascii_digit())
            && (idx == 0 && !has_word(LONG_UNITS, next) || has_word(SHORT_UNITS, next));
        !price.contains(word) && (is_known(word) || is_number_of_bars(word) && !is_count)
    };
    words.iter().enumerate().any(is_other)
}

/// Whether the `name` of a volume, of these `words`, has a word that may
/// change its meaning: not known, no symbol, and not in that of a `price`.
pub(super) fn is_guess(name: &str, words: &[String], price: &[String]) -> bool {
    let is_known_name =
        |name: &str| VOLUME_NAMES.contains(&name) || is_any(name, |language| language.volume);
    let short = without_fillers(words);
    if are_pieces(words) || is_known_name(&words.concat()) || is_known_name(&short.concat()) {
        return false;
    }
    let spaced = split_camel_case(name);
    let is_mixed = name.chars().any(char::is_lowercase);
    let is_symbol = |word: &str| {
        let mut pieces = spaced.split(|letter: char| !letter.is_alphanumeric());
        let is_upper = |piece: &str| piece == piece.to_uppercase() && piece.to_lowercase() == word;
        let is_pair = word.len() > 4 && MONEY.iter().any(|money| word.ends_with(money));
        let is_short = word.len() <= N_TICKER_MAX;
        is_pair || has_word(COINS, word) || is_mixed && is_short && pieces.any(is_upper)
    };
    let is_known = |(idx, word): (usize, &String)| {
        let is_digit = |byte: u8| byte.is_ascii_digit();
        let is_after_number = idx > 0 && short[idx - 1].bytes().all(is_digit);
        has_word(PLAIN_WORDS, word)
            || is_after_number && [LONG_UNITS, SHORT_UNITS].iter().any(|all| has_word(all, word))
            || VOLUME_NAMES.contains(&word.as_str())
            || MONEY.contains(&word.as_str())
            || word.bytes().any(is_digit)
            || price.contains(word)
            || is_symbol(word)
    };
    !short.iter().enumerate().all(is_known)
}

/// Whether the word of a name is a number of bars or days, as that of a
/// moving average: `20`, `20d`.
fn is_number_of_bars(word: &str) -> bool {
    let (digits, unit) =
        word.split_at(word.find(|l: char| !l.is_ascii_digit()).unwrap_or(word.len()));
    let least = if unit.is_empty() { 5 } else { 2 };
    let is_unit = has_word(LONG_UNITS, unit) || unit.is_empty();
    is_unit && !digits.starts_with('0') && digits.parse().is_ok_and(|n| (least..=400).contains(&n))
}

/// Returns the multiple of its unit in which a volume of this name is.
pub(super) fn multiple_of(words: &[String]) -> Option<&'static str> {
    let is_in = |(known, _): &&(&str, &str)| words.iter().any(|word| has_word(known, word));
    MULTIPLES.iter().find(is_in).map(|(_, multiple)| *multiple)
}

/// Returns the words of a volume's name that tell what it is.
fn without_fillers(words: &[String]) -> Vec<String> {
    let is_multiple = |word: &str| MULTIPLES.iter().any(|(known, _)| has_word(known, word));
    let is_filler = |word: &str| is_multiple(word) || has_word(PIECES, word);
    without(words, &VOLUME_FILLERS).into_iter().filter(|word| !is_filler(word)).collect()
}

fn without(words: &[String], fillers: &[&str]) -> Vec<String> {
    let is_filler = |word: &&String| fillers.contains(&word.as_str());
    words.iter().filter(|word| !is_filler(word)).cloned().collect()
}
