//! Plain lines and short numbers, which are read the fast way, give what
//! the slow way gives.

use std::io::{self, Read};

use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use trainer::market::bars::{Bar, BarReader, Reading};

use super::read;

const HEADER: &str = "time,open,high,low,close,volume";
/// What market data is made of, and what it should not be.
const BYTES: &[u8] = b"0123456789.-+eEnaif \r:/TZ\xb2";

/// Gives at most so many bytes at once.
struct Dribble(Vec<u8>, usize);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.1.min(buffer.len()).min(self.0.len());
        for (to, from) in buffer.iter_mut().zip(self.0.drain(..n_bytes)) {
            *to = from;
        }
        Ok(n_bytes)
    }
}

fn read_stream(content: Vec<u8>, n_bytes_at_once: usize) -> Result<Vec<Bar>, String> {
    let reader = BarReader::of_stream(Dribble(content, n_bytes_at_once), &Reading::default());
    let bars = reader.and_then(Iterator::collect);
    bars.map_err(|error| format!("{error:#}").replace("standard input", "bars.csv"))
}

#[test]
fn lines_below_the_bars_may_end_a_stream() {
    let bars = format!("{HEADER}\n1577836800,1,1,1,1,1\n1577923200,1,1,1,1,1\n");
    let below = format!("{bars}合计,,,,,2\nSource: A\n");
    assert_eq!(read_stream(below.clone().into_bytes(), 7).map(|bars| bars.len()), Ok(2));
    let error = read_stream(format!("{below}1578009600,1,1,1,1,1\n").into_bytes(), 7).unwrap_err();
    assert!(error.contains("line 4, column `time`: `合计` is not a time"), "{error}");
}

fn line(cells: &[Vec<u8>]) -> Vec<u8> {
    cells.join(&b',')
}

/// The same cells in quotes.
fn quoted(cells: &[Vec<u8>]) -> Vec<u8> {
    line(&cells.iter().map(|cell| [b"\"", cell.as_slice(), b"\""].concat()).collect::<Vec<_>>())
}

fn with_header(lines: &[Vec<u8>]) -> Vec<u8> {
    let text = [vec![HEADER.as_bytes().to_vec()], lines.to_vec()].concat().join(&b'\n');
    [text, vec![b'\n']].concat()
}

/// A volume that is `text`, as it is read.
fn volume(text: &str) -> Result<f64, String> {
    read(format!("{HEADER}\n1577836800,1,1,1,1,{text}\n")).map(|bars| bars[0].volume)
}

#[test]
fn numbers_of_every_length_are_exact() {
    for n_digits in 1..=24 {
        let digits: String = "9081726354819263758490".chars().cycle().take(n_digits).collect();
        for point in 0..=n_digits {
            let (whole, decimals) = digits.split_at(point);
            for text in [format!("{whole}.{decimals}"), digits.clone()] {
                if text != "." {
                    let expected: f64 = text.parse().unwrap();
                    assert_eq!(volume(&text), Ok(expected), "{text}");
                }
            }
        }
    }
}

#[test]
fn what_is_almost_a_number_is_none() {
    for text in ["1.2.3", "1..2", "12345678.9.", "1_000", "12a", "0x10", "\u{661}"] {
        let error = volume(&format!("\"{text}\"")).unwrap_err();
        assert!(error.contains(&format!("column `volume`: `{text}` is not a number")), "{error}");
        assert_eq!(volume(text).unwrap_err(), error);
    }
    // SAS writes so what is missing.
    assert_eq!(volume("."), Ok(0.0));
    assert_eq!(volume("+1.5"), Ok(1.5));
    assert_eq!(volume(" 1.5\t"), Ok(1.5));
    assert_eq!(volume("-0"), Ok(0.0));
}

#[test]
fn a_row_longer_than_the_buffer_is_read() {
    let note = "x".repeat(300_000);
    for quote in ["", "\""] {
        let row = |time: u32| format!("{time},1,1,1,1,1,{quote}{note}{quote}\n");
        let content = format!("{HEADER},note\n{}{}", row(1_577_836_800), row(1_577_836_860));
        assert_eq!(read(content).map(|bars| bars.len()), Ok(2));
    }
}

#[test]
fn a_row_of_hundreds_of_quoted_cells_is_read() {
    let notes = ",\"a \"\"b\"\" c\"".repeat(500);
    let names: String = (0..500).map(|idx| format!(",note {idx}")).collect();
    let content = format!("{HEADER}{names}\n1577836800,1,1,1,1,2.5{notes}\n");
    assert_eq!(read(content).map(|bars| bars[0].volume), Ok(2.5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn quotes_round_the_cells_change_nothing(
        rows in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(prop::sample::select(BYTES), 0..12), 5..7),
            1..5,
        ),
        first_is_right: bool,
    ) {
        let mut rows = rows;
        if first_is_right {
            rows.insert(0, b"1577836800,10,12.5,9,11,3.25".split(|&b| b == b',').map(<[u8]>::to_vec).collect());
        }
        let plain: Vec<Vec<u8>> = rows.iter().map(|cells| line(cells)).collect();
        let in_quotes: Vec<Vec<u8>> = rows.iter().map(|cells| quoted(cells)).collect();
        prop_assert_eq!(read(with_header(&plain)), read(with_header(&in_quotes)));
    }

    #[test]
    fn pieces_of_any_size_give_the_same(
        quotes in prop::collection::vec(any::<bool>(), 1..60),
        n_bytes_at_once in 1..90_usize,
        ends_in_newline: bool,
    ) {
        let mut content = format!("{HEADER},note\n");
        for (minute, is_quoted) in quotes.iter().enumerate() {
            let time = 1_577_836_800 + 60 * minute;
            let note = if *is_quoted { "\"a \"\"b\"\",\nc\"" } else { "d" };
            content += &format!("{time},1,1,1,1,{minute}.5,{note}\n");
        }
        if !ends_in_newline {
            content.pop();
        }
        let bars = read(&content);
        prop_assert_eq!(bars.as_ref().map(Vec::len), Ok(quotes.len()));
        prop_assert_eq!(read_stream(content.into_bytes(), n_bytes_at_once), bars);
    }
}
