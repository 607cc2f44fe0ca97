//! Dates and clock times as vendors, spreadsheets and people of other
//! languages write them.

use chrono::{Datelike as _, NaiveDateTime, TimeDelta, Timelike as _};

use super::Remedy::Flags;
use super::{Kind, NAMES, table};

pub(super) fn kinds() -> Vec<Kind> {
    let of = |names: &[(&'static str, &str)], first: &str, step_h: i64| -> Vec<Kind> {
        let times = [0, 1, 2, 3, 4, 7].map(|n| at(first) + TimeDelta::hours(step_h * n));
        names.iter().map(|(name, pattern)| kind(name, |_| (*pattern).to_owned(), &times)).collect()
    };
    let mut kinds = of(DAYS, "2020-01-06T00:00:00", 24);
    kinds.extend(of(HOURS, "2020-01-13T09:00:00", 1));
    kinds.extend(of(OLD, "1968-12-27T00:00:00", 24));
    for (name, months, pattern) in MONTHS {
        for first in [1, 7] {
            let day = |month: usize| at(&format!("2019-{month:02}-15T00:00:00"));
            let times: [NaiveDateTime; 6] = std::array::from_fn(|n| day(first + n));
            let pattern = |time: &NaiveDateTime| {
                pattern.replace("{month}", months.split(' ').nth(time.month0() as usize).unwrap())
            };
            kinds.push(kind(name, pattern, &times));
        }
    }
    for (pattern, first, step_h, says, flags) in REFUSED {
        let kind = of(&[(flags, pattern)], first, *step_h).remove(0);
        kinds.push(kind.refused(says, Flags(flags)));
    }
    kinds
}

fn at(time: &str) -> NaiveDateTime {
    time.parse().unwrap()
}

/// A file whose bars are at `times`, each written by its `pattern`.
fn kind(
    name: &'static str,
    pattern: impl Fn(&NaiveDateTime) -> String,
    times: &[NaiveDateTime; 6],
) -> Kind {
    let texts = times.map(|time| written(&pattern(&time), time));
    let shown = times.map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string());
    Kind::new(name, table(NAMES, &texts)).at(&shown.each_ref().map(String::as_str))
}

/// Writes a time by a pattern of `strftime` with some more placeholders.
fn written(pattern: &str, time: NaiveDateTime) -> String {
    let half = usize::from(time.hour() >= 12);
    let digits = time.format("%Y%m%d").to_string();
    let text = pattern
        .replace("{roc}", &(time.year() - 1911).to_string())
        .replace("{exponent}", &format!("{:.18e}", digits.parse::<f64>().unwrap()))
        .replace("{a}", ["A", "P"][half])
        .replace("{es}", ["a. m.", "p. m."][half])
        .replace("{am}", ["a.m.", "p.m."][half])
        .replace("{ja}", ["午前", "午後"][half]);
    let text = time.format(&text).to_string();
    let is_wide = text.starts_with("{wide}");
    let wide = |letter: char| char::from_u32(u32::from(letter) + 0xfee0).unwrap();
    if is_wide {
        text.chars().skip(6).map(|l| if l == '-' { l } else { wide(l) }).collect()
    } else {
        text
    }
}

const DAYS: &[(&str, &str)] = &[
    ("signs of Chinese", "%Y年%-m月%-d日"),
    ("signs of Korean", "%Y년 %-m월 %-d일"),
    ("points and blanks, Korean", "%Y. %-m. %-d."),
    ("points and blanks, Czech", "%-d. %-m. %Y"),
    ("a year of the Republic of China", "{roc}/%m/%d"),
    ("digits of full width", "{wide}%Y-%m-%d"),
    ("blanks", "%Y %m %d"),
    ("underscores", "%Y_%m_%d"),
    ("a weekday", "%a %Y-%m-%d"),
    ("a weekday behind", "%Y/%m/%d (%a)"),
    ("a weekday in German", "Mo %d.%m.%Y"),
    ("a weekday in Japanese", "%Y/%m/%d(月)"),
    ("a day of a week", "%G-W%V-%u"),
    ("a day of a week, compact", "%GW%V%u"),
    ("a short year after an apostrophe", "%d %b '%y"),
    ("an exponent", "{exponent}"),
];

const HOURS: &[(&str, &str)] = &[
    ("a comma before the clock", "\"%d/%m/%Y, %H:%M:%S\""),
    ("a comma before the clock, US", "\"%-m/%-d/%Y, %-I:%M:%S %p\""),
    ("a narrow blank before AM", "\"%-m/%-d/%Y, %-I:%M:%S\u{202f}%p\""),
    ("a hyphen before the clock", "%Y/%m/%d-%H:%M:%S"),
    ("a hyphen before the clock, day first", "%d/%m/%Y-%H:%M:%S"),
    ("the clock first", "%H:%M %d/%m/%Y"),
    ("the clock first, US", "%I:%M %p %m/%d/%Y"),
    ("a word before the clock", "%d.%m.%Y um %H:%M Uhr"),
    ("a word before the clock, US", "\"%B %d, %Y at %I:%M %p\""),
    ("a sign before the clock", "%Y-%m-%d | %H:%M"),
    ("in brackets", "[%Y-%m-%d %H:%M:%S]"),
    ("an offset and its name", "%Y-%m-%d %H:%M:%S +0000 UTC"),
    ("kdb+", "%Y.%m.%dD%H:%M:%S.000000000"),
    ("h in the clock", "%Y-%m-%d %Hh%M"),
    ("h alone", "%d/%m/%Y %Hh"),
    ("A or P", "%m/%d/%Y %I:%M{a}"),
    ("AM before the clock", "%Y-%m-%d %p %I:%M"),
    ("a.m. before the clock", "%Y-%m-%d {am} %I:%M"),
    ("a.m. behind the clock first", "%I:%M {am} %Y-%m-%d"),
    ("a. m.", "%d/%m/%Y %I:%M {es}"),
    ("AM in Japanese", "%Y/%m/%d {ja}%-I:%M"),
    ("signs for hour and minute", "%Y年%m月%d日%H时%M分"),
    ("microseconds in digits", "%Y%m%d%H%M%S000000"),
    ("midnight before the clock", "%Y-%m-%d 00:00:00 %H:%M:%S"),
    ("1899 before the clock", "%Y-%m-%d 1899-12-30 %H:%M:%S"),
    ("days before the clock", "%Y-%m-%d 0 days %H:%M:%S"),
    ("milliseconds in digits", "%Y-%m-%d %H%M%S000"),
];

/// Years of two digits that would be in the future.
const OLD: &[(&str, &str)] =
    &[("1968, short", "%d/%m/%y"), ("1968, with a word", "%d-%b-%y"), ("1968, digits", "%y-%m-%d")];

/// The pattern, the first time and the hours to the next; what is said,
/// and the flags.
const REFUSED: &[(&str, &str, i64, &str, &str)] = &[
    (
        "%Y-%d-%m",
        "2020-01-13T00:00:00",
        24,
        "if its pattern is `%Y-%d-%m`",
        "--time-format %Y-%d-%m",
    ),
    (
        "%y%m%d-%H%M%S",
        "2020-01-13T09:00:00",
        1,
        "if its pattern is",
        "--time-format '%y%m%d-%H%M%S'",
    ),
    ("%d%m%Y", "2020-01-28T00:00:00", 24, "`DDMMYYYY`", "--time-format ddmmyyyy"),
    ("%-m%d%Y", "2020-01-28T00:00:00", 24, "`MMDDYYYY`", "--time-format mmddyyyy"),
    ("%d%m%y", "2020-01-28T00:00:00", 24, "`DDMMYY`", "--time-format ddmmyy"),
    ("%m%d%y", "2020-01-28T00:00:00", 24, "`MMDDYY`", "--time-format mmddyy"),
    ("%y%m%d", "1968-12-27T00:00:00", 24, "is not a plausible time", "--time-format yymmdd"),
    ("%y%m%d", "1962-06-18T00:00:00", 24, "is not a plausible time", "--time-format yymmdd"),
    ("%G%V", "2019-12-02T00:00:00", 168, "`YYYYWW`", "--time-format yyyyww"),
];

/// The months in each language, and what surrounds them.
const MONTHS: &[(&str, &str, &str)] = &[
    ("German", "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez", "%d. {month} %Y"),
    (
        "Austrian",
        "Jänner Feber März April Mai Juni Juli August September Oktober November Dezember",
        "%d. {month} %Y",
    ),
    ("French", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.", "%d {month} %Y"),
    (
        "Spanish",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "%d de {month} de %Y",
    ),
    ("Italian", "gen feb mar apr mag giu lug ago set ott nov dic", "%d-{month}-%y"),
    ("Portuguese", "jan fev mar abr mai jun jul ago set out nov dez", "%d/{month}/%Y"),
    ("Dutch", "jan feb mrt apr mei jun jul aug sep okt nov dec", "%d-{month}-%Y"),
    ("Swedish", "jan feb mar apr maj jun jul aug sep okt nov dec", "%d {month} %Y"),
    (
        "Norwegian",
        "januar februar mars april mai juni juli august september oktober november desember",
        "%d. {month} %Y",
    ),
    (
        "Finnish",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
        "%d. {month} %Y",
    ),
    ("Polish", "sty lut mar kwi maj cze lip sie wrz paź lis gru", "%d {month} %Y"),
    (
        "Polish, in full",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "%d {month} %Y",
    ),
    (
        "Czech",
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "%d. {month} %Y",
    ),
    ("Turkish", "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara", "%d {month} %Y"),
    ("Indonesian", "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des", "%d {month} %Y"),
    (
        "Hungarian",
        "január február március április május június július augusztus szeptember október november december",
        "%Y. {month} %d.",
    ),
    ("Romanian", "ian. feb. mar. apr. mai iun. iul. aug. sept. oct. nov. dec.", "%d {month} %Y"),
    (
        "Russian",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "%d {month} %Y г.",
    ),
    ("Russian, short", "янв фев мар апр май июн июл авг сен окт ноя дек", "%d.{month}.%Y"),
];
