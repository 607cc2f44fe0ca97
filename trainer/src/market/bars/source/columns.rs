//! Finds further columns by patterns.

use std::collections::HashSet;

use anyhow::{Result, bail};

use super::{BarSource, Origin};
use crate::market::bars::columns::matches_pattern;

impl BarSource {
    /// Returns the further columns that match `patterns`, in the order of
    /// the patterns. `*` stands for any text. Columns of the bar itself do
    /// not match. In a folder, the first file is searched.
    ///
    /// Fails if nothing matches. Names without `*` are returned unchecked.
    pub fn find_columns(&self, patterns: &[String]) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        for pattern in patterns {
            if !pattern.contains('*') {
                found.push(pattern.clone());
                continue;
            }
            let all = match &self.origin {
                Origin::Folder(folder) => {
                    let symbols = Self::files_of(folder, folder.filled_files()?.0)?;
                    self.with_folder_settings(symbols[0].source.clone())
                        .reader(None)?
                        .further_names()
                }
                Origin::Spilled(_) => Vec::new(),
                _ => self.reader(None)?.further_names(),
            };
            let n_before = found.len();
            found.extend(all.iter().filter(|name| matches_pattern(pattern, name)).cloned());
            if found.len() == n_before {
                bail!(
                    "`{}` has no further column that fits `{pattern}`, as `features.columns` has \
                     it; beside the bars it has {}",
                    self.name,
                    if all.is_empty() {
                        "none".to_owned()
                    } else {
                        format!("`{}`", all.join("`, `"))
                    }
                );
            }
        }
        let mut seen = HashSet::new();
        found.retain(|name| seen.insert(name.clone()));
        Ok(found)
    }
}
