//! Converts text that is not UTF-8 to UTF-8: UTF-16, as Windows programs
//! write it, and the encodings of single languages, which are told by
//! the names of columns.

use std::io::{self, ErrorKind, Read};

use encoding_rs::{
    BIG5, Decoder, DecoderResult, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_16BE, UTF_16LE,
    WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254,
    WINDOWS_1255, WINDOWS_1256,
};

use super::sniff;
use crate::market::bars::block_reader::{BlockReader, BlockSource};
use crate::market::bars::columns::is_name_in_language;

/// The number of bytes that are examined without a byte order mark.
const N_LOOKED_AT: usize = 64;

/// The lines that may be the header, and the fewest known names in it.
const N_LINES: usize = 12;
const N_NAMES_MIN: usize = 3;

/// The encodings of single languages.
static LEGACY: [&Encoding; 11] = [
    GB18030,
    BIG5,
    SHIFT_JIS,
    EUC_KR,
    WINDOWS_1251,
    WINDOWS_1250,
    WINDOWS_1254,
    WINDOWS_1253,
    WINDOWS_1255,
    WINDOWS_1256,
    WINDOWS_874,
];

/// Returns the encoding of a text that begins with `start`, if it is not
/// UTF-8, and is known.
pub(super) fn encoding_of(start: &[u8]) -> Option<&'static Encoding> {
    utf_16(start).or_else(|| legacy(start))
}

/// UTF-16 has a byte order mark, or every second byte is 0.
fn utf_16(start: &[u8]) -> Option<&'static Encoding> {
    if start.starts_with(b"\xff\xfe\0\0") {
        return None;
    }
    if start.starts_with(b"\xff\xfe") {
        return Some(UTF_16LE);
    }
    if start.starts_with(b"\xfe\xff") {
        return Some(UTF_16BE);
    }
    let pairs = || start.as_chunks::<2>().0.iter().take(N_LOOKED_AT / 2);
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let are_enough = pairs().count() == N_LOOKED_AT / 2;
    if are_enough && pairs().all(|&[first, second]| is_text(first) && second == 0) {
        return Some(UTF_16LE);
    }
    let is_big = are_enough && pairs().all(|&[first, second]| first == 0 && is_text(second));
    is_big.then_some(UTF_16BE)
}

/// Returns the encoding in which most names of columns are known, if that
/// is not the one of Western Europe, which is read in any case.
fn legacy(start: &[u8]) -> Option<&'static Encoding> {
    std::str::from_utf8(start).err()?.error_len()?;
    let n_names = |encoding: &'static Encoding| {
        let (text, _) = encoding.decode_without_bom_handling(start);
        let n_in_line = |line: &str| {
            let delimiter = char::from(sniff::delimiter(line.as_bytes()));
            let names = line.split(delimiter).map(|name| name.trim_matches(['"', ' ', '\r']));
            names.filter(|name| is_name_in_language(name)).count()
        };
        text.lines().take(N_LINES).map(n_in_line).max().unwrap_or_default()
    };
    let counts = LEGACY.iter().rev().map(|encoding| (n_names(encoding), *encoding));
    let (n_most, most) = counts.max_by_key(|(n, _)| *n)?;
    (n_most >= N_NAMES_MIN.max(1 + n_names(WINDOWS_1252))).then_some(most)
}

/// Converts text to UTF-8.
pub(super) struct DecodingReader {
    inner: Box<dyn Read + Send>,
    decoder: Decoder,
    is_done: bool,
}

impl DecodingReader {
    pub(super) fn new(
        inner: Box<dyn Read + Send>,
        encoding: &'static Encoding,
    ) -> BlockReader<Self> {
        let decoder = encoding.new_decoder_without_bom_handling();
        BlockReader::new(Vec::new(), Self { inner, decoder, is_done: false })
    }
}

impl BlockSource for DecodingReader {
    fn next_block(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let mut block = [0; 1 << 14];
        if self.is_done {
            return Ok(false);
        }
        let n_bytes = self.inner.read(&mut block)?;
        self.is_done = n_bytes == 0;
        let n_needed = self.decoder.max_utf8_buffer_length(n_bytes).unwrap_or_default();
        let mut decoded = String::with_capacity(n_needed);
        let is_utf_16 = [UTF_16LE, UTF_16BE].contains(&self.decoder.encoding());
        if !is_utf_16 {
            // A name may be cut in the middle of a letter.
            let _ = self.decoder.decode_to_string(&block[..n_bytes], &mut decoded, self.is_done);
        } else if let (DecoderResult::Malformed(..), _) = self
            .decoder
            .decode_to_string_without_replacement(&block[..n_bytes], &mut decoded, self.is_done)
        {
            let problem = if self.is_done {
                "is UTF-16 text that is cut short within a character; copy or download it again"
            } else {
                "is UTF-16 text with an invalid character"
            };
            return Err(io::Error::new(ErrorKind::InvalidData, problem));
        }
        text.extend_from_slice(decoded.as_bytes());
        Ok(true)
    }
}
