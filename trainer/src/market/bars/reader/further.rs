//! Further columns beside the bars, as numbers.

use anyhow::{Result, anyhow};

use super::{BarReader, Inner};

impl BarReader {
    /// Takes the columns `names`, too: each row must have a finite
    /// number in each of them.
    ///
    /// Fails where the file lacks one.
    pub fn with_columns(mut self, names: &[String]) -> Result<Self> {
        if let Inner::Text(text) = &mut self.0 {
            let found = text.format.columns.find_further(names);
            text.further = found.map_err(|error| anyhow!("`{}` {error}", text.name))?;
            text.numbers = vec![0.0; names.len()];
        }
        Ok(self)
    }

    /// Returns the numbers of the further columns in the row of the last
    /// bar, in the order in which they were named.
    #[inline]
    pub fn columns(&self) -> &[f64] {
        match &self.0 {
            Inner::Text(text) => &text.numbers,
            Inner::Spilled(bars) => bars.columns(),
            // Only bars without further columns are kept.
            Inner::Kept(_) => &[],
        }
    }

    /// Returns the names of the columns that could be taken beside the
    /// bars, in the order of the file.
    pub(in crate::market::bars) fn further_names(&self) -> Vec<String> {
        match &self.0 {
            Inner::Text(text) => {
                text.format.columns.further().into_iter().map(str::to_owned).collect()
            }
            Inner::Spilled(_) | Inner::Kept(_) => Vec::new(),
        }
    }
}
