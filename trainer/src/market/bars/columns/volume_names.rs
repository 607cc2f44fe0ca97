//! Names of volumes, in units of the asset or in money, and of what is
//! no volume.

use super::languages::is_any;
use super::names::{DERIVED_WORDS, MONEY};
use crate::market::bars::letters::has_word;

/// Names of a volume in units of the asset, best first.
pub(super) const VOLUME_NAMES: [&str; 43] = [
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
    "lasttradedvolume",
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
                          deliverable call put option options etf etfs otc ats finra \
                          nyse nasdaq amex arca";

/// Words of means of volumes, volatilities, the open interest and others
/// that are no volumes, also with a number behind them: `ma20`.
const OTHER_WORDS: &str = "ma sma ema wma ewm ewma avg average mean median std relative rel chg \
                           change delta ratio implied historical hist realized annual annualized \
                           ann rolling interest openinterest int openint oi spread trades bid ask \
                           id index rank percentile signal trend flag osc oscillator profile score \
                           lag weighted vwap obv net z max maximum minimum peak prior yesterday \
                           expected predicted target percent shift momentum spike increase growth \
                           divergence imbalance breakout forecast forecasted color colour power rsi macd poc mfi \
                           cmf roc vpt ytd mtd wtd";

/// Sizes and numbers of shares that are those of a contract or a company.
pub(super) const OTHER_SIZES: [&str; 7] =
    ["tradesize", "lotsize", "contractsize", "ticksize", "ordersize", "totalshares", "marketlot"];

/// Units of the number of bars in a mean, and those shorter than a day.
pub(super) const LONG_UNITS: &str = "d day days w wk week weeks p";
pub(super) const SHORT_UNITS: &str = "m min mins minute minutes s sec h hour hours hr";

/// Words in the name of a volume that do not change its meaning: shares
/// and lots.
const VOLUME_FILLERS: [&str; 33] = [
    "total",
    "ttl",
    "traded",
    "trade",
    "trading",
    "no",
    "nb",
    "nbre",
    "de",
    "n",
    "nm",
    "num",
    "of",
    "number",
    "in",
    "lot",
    "股",
    "手",
    "張",
    "株",
    "주",
    "unit",
    "negociado",
    "negociada",
    "echange",
    "echangee",
    "echanges",
    "des",
    "gehandelte",
    "торгов",
    "nombre",
    "transaksi",
    "obrotu",
];

/// Pieces in several languages: what is counted so is no money.
const PIECES: &str = "stk stuck stucke stuks szt akcji ks db шт акций лоты pcs adet titres titulos \
                      acciones azioni aktier aksjer kpl lembar saham shs nos";

/// Words for a multiple of the unit, and what is said of it.
const MULTIPLES: [(&str, &str); 7] = [
    ("00 00s hundreds 100s 百股", "hundreds"),
    ("000 000s k thousand thousands tsd тыс 千 千股 千株 천주", "thousands"),
    ("万 万股 萬 萬股 만", "ten thousands"),
    ("lakh lakhs lac lacs", "hundred thousands"),
    ("mln mio m mm million millions млн 百万", "millions"),
    ("cr crore crores", "ten millions"),
    ("bn bln billion billions mrd 亿 億", "billions"),
];

/// The same of a volume in money.
const TURNOVER_FILLERS: [&str; 4] = ["元", "千元", "万元", "円"];

pub(super) fn are_pieces(words: &[String]) -> bool {
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
pub(super) fn without_fillers(words: &[String]) -> Vec<String> {
    let is_multiple = |word: &str| MULTIPLES.iter().any(|(known, _)| has_word(known, word));
    let is_filler = |word: &str| is_multiple(word) || has_word(PIECES, word);
    let kept = without(words, &VOLUME_FILLERS);
    let short: Vec<String> = kept.iter().filter(|word| !is_filler(word)).cloned().collect();
    if short.is_empty() { kept } else { short }
}

fn without(words: &[String], fillers: &[&str]) -> Vec<String> {
    let is_filler = |word: &&String| fillers.contains(&word.as_str());
    words.iter().filter(|word| !is_filler(word)).cloned().collect()
}
