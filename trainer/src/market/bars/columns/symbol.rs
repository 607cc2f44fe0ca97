//! The columns of the symbol: one, or two such as root and contract.

use crate::market::bars::letters::decoded;
use crate::market::bars::rows::Row;

/// The columns of the symbol, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market::bars) enum SymbolColumn {
    Whole(usize),
    /// A symbol, and a column that distinguishes several series of it, such
    /// as the contract month.
    Split(usize, usize),
}

impl SymbolColumn {
    /// Returns the first column.
    pub(in crate::market::bars) fn idx(self) -> usize {
        match self {
            Self::Whole(idx) | Self::Split(idx, _) => idx,
        }
    }

    /// Returns all columns.
    pub(in crate::market::bars) fn all(self) -> Vec<usize> {
        match self {
            Self::Whole(idx) => vec![idx],
            Self::Split(idx, other) => vec![idx, other],
        }
    }

    /// Whether `row` belongs to `symbol`.
    #[inline]
    pub(in crate::market::bars) fn is(self, row: Row<'_>, symbol: &str) -> bool {
        let cell = |idx: usize| row.get(idx).unwrap_or_default().trim_ascii();
        let is_same = match self {
            Self::Whole(idx) => cell(idx) == symbol.as_bytes(),
            Self::Split(idx, other) => {
                let rest = symbol.as_bytes().strip_prefix(cell(idx));
                rest.is_some_and(|rest| {
                    let is_apart = rest.first().is_none_or(u8::is_ascii_whitespace);
                    is_apart && rest.trim_ascii() == cell(other)
                })
            }
        };
        is_same || !symbol.is_ascii() && self.text(row) == symbol
    }

    /// Returns the symbol of `row`.
    pub(in crate::market::bars) fn text(self, row: Row<'_>) -> String {
        let text = |idx: usize| decoded(row.get(idx).unwrap_or_default().trim_ascii()).into_owned();
        self.joined(text)
    }

    /// Returns the symbol of a row of the sample.
    pub(in crate::market::bars) fn text_of(self, cells: &[String]) -> String {
        self.joined(|idx| cells.get(idx).map(|cell| cell.trim().to_owned()).unwrap_or_default())
    }

    fn joined(self, text: impl Fn(usize) -> String) -> String {
        match self {
            Self::Whole(idx) => text(idx),
            Self::Split(idx, other) => format!("{} {}", text(idx), text(other)).trim().to_owned(),
        }
    }
}
