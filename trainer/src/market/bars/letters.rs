//! Letters and words of texts in many languages: decoded, without accents,
//! in a list.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// Returns `text` without the byte order mark of UTF-8.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Whether `word` is one of the `words`, which are separated by blanks.
pub(super) fn has_word(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

/// Decodes `text` as UTF-8, or else as Windows-1252, in which different
/// texts stay different.
pub(super) fn decoded(text: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(text) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(text).0,
    }
}

/// Returns `text` in lower case, without accents on Latin letters and
/// on `ё`.
pub(super) fn plain_letters(text: &str) -> String {
    // Of a dotted capital I, the point is left.
    text.to_lowercase().replace('\u{307}', "").chars().map(without_accent).collect()
}

fn without_accent(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ț' | 'ţ' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ё' => 'е',
        other => other,
    }
}
