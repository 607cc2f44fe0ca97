//! Finds the further columns that patterns name.

use std::collections::HashSet;

use anyhow::{Result, bail};

use super::{BarSource, Origin};
use crate::market::bars::columns::matches_pattern;

impl BarSource {
    /// Returns the columns that `patterns` name, in their order. In one,
    /// `*` stands for any text, and so for all that fit and are no part
    /// of a bar, of a folder those of its first file.
    ///
    /// Fails where nothing fits. A name without `*` is not looked for.
    pub fn find_columns(&self, patterns: &[String]) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        for pattern in patterns {
            if !pattern.contains('*') {
                found.push(pattern.clone());
                continue;
            }
            let all = match &self.origin {
                Origin::Folder(folder) => {
                    let symbols = Self::files_of(folder)?;
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
