//! One row: fields as slices of its text.

use std::ops::Index;

use crate::market::bars::number;

/// The fields of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The fields, separated by `gap` bytes.
    pub(super) text: &'a [u8],
    /// The end of each field in `text`; as a slice, its length would be
    /// loaded before it is stored.
    pub(super) ends: &'a Vec<usize>,
    /// 1 if there is a delimiter between fields, else 0.
    pub(super) gap: usize,
}

impl<'a> Row<'a> {
    /// Returns the number of fields.
    #[inline]
    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    /// Returns the field at `idx`, if there is one.
    #[inline]
    pub(crate) fn get(self, idx: usize) -> Option<&'a [u8]> {
        let (begin, end) = self.span(idx)?;
        self.text.get(begin..end)
    }

    /// Parses the field at `idx` as a number, without blanks around it.
    #[inline]
    pub(crate) fn number(self, idx: usize) -> Option<f64> {
        let (begin, end) = self.span(idx)?;
        // The bytes after the field may be loaded with it.
        let short = self.text[begin..].first_chunk().and_then(|b| number::parse_in(b, end - begin));
        short.or_else(|| number::parse(self.text[begin..end].trim_ascii()))
    }

    #[inline]
    fn span(self, idx: usize) -> Option<(usize, usize)> {
        let end = *self.ends.get(idx)?;
        let begin = if idx == 0 { 0 } else { self.ends[idx - 1] + self.gap };
        Some((begin, end))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).filter_map(move |idx| self.get(idx))
    }

    /// Whether the row is blank, or a comment.
    #[inline]
    pub(crate) fn is_blank_or_comment(self) -> bool {
        // Most rows begin with a digit, and need no further look.
        let first = self.text.first();
        !first.is_some_and(u8::is_ascii_alphanumeric) && (self.is_comment() || self.is_blank())
    }

    /// Whether the row is a comment.
    #[inline]
    pub(crate) fn is_comment(self) -> bool {
        self.text.first() == Some(&b'#')
    }

    /// Whether all fields are blank, as in the rows that spreadsheets
    /// write below a table, or the row is the end-of-file character of DOS.
    #[cold]
    pub(crate) fn is_blank(self) -> bool {
        let ends_text = self.len() == 1 && self[0].trim_ascii() == b"\x1a";
        ends_text || self.iter().all(|field| field.trim_ascii().is_empty())
    }
}

impl Index<usize> for Row<'_> {
    type Output = [u8];

    #[inline]
    fn index(&self, idx: usize) -> &[u8] {
        self.get(idx).expect("a row has as many fields as it was checked to have")
    }
}
