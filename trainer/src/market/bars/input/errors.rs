//! Errors of files whose bytes cannot be read.

use std::io::{self, ErrorKind};

use anyhow::{Error, anyhow};

use crate::missing_feature::MissingFeature;
use crate::wording::counted;

/// Returns the error of the file `name`, after `n_bars` of it were read.
#[cold]
pub(in crate::market::bars) fn input_error(name: &str, n_bars: u64, error: &io::Error) -> Error {
    if matches!(error.get_ref(), Some(inner) if inner.is::<MissingFeature>()) {
        return MissingFeature { reason: format!("`{name}` is a Parquet file") }.into();
    }
    let n_read = counted(n_bars, "bar");
    match error.kind() {
        ErrorKind::UnexpectedEof => anyhow!(
            "`{name}` is cut short after {n_read}: its packed stream has no end; \
             copy or download it again"
        ),
        ErrorKind::InvalidInput => {
            anyhow!("`{name}` is damaged after {n_read}: {error}; copy or download it again")
        }
        ErrorKind::InvalidData => {
            anyhow!("`{name}` {}", with_name(&error.to_string(), name))
        }
        _ => anyhow!("failed to read `{name}` after {n_read}: {error}"),
    }
}

/// Names of the files that commands in messages write.
const OUTPUTS: [&str; 8] = [
    "bars.csv",
    "bars.json",
    "bars.gz",
    "bars.bz2",
    "bars.zst",
    "bars.xz",
    "bars.zip",
    "bars.parquet",
];

/// Replaces `'NAME'` in `problem` by `name`, quoted for a shell. If the
/// command would overwrite the file that it reads, its output is renamed.
pub(in crate::market::bars) fn with_name(problem: &str, name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or_default();
    let mut problem = problem.to_owned();
    for output in OUTPUTS.iter().filter(|output| **output == file) {
        problem = problem.replace(output, &format!("new_{output}"));
    }
    // A name that begins so would be an option.
    let folder = if name.starts_with('-') { "./" } else { "" };
    let quoted = |name: &str| format!("'{folder}{}'", name.replace('\'', "'\\''"));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let problem = problem.replace("'STEM.zip'", &quoted(&format!("{stem}.zip")));
    problem.replace("'NAME'", &quoted(name))
}
