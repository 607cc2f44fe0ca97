//! Says why the bytes of a file could not be read.

use std::io::{self, ErrorKind};

use anyhow::{Error, anyhow};

use crate::missing_part::MissingPart;
use crate::wording::counted;

/// Returns the error of the file called `name`, of which `n_bars` were
/// read.
#[cold]
pub(in crate::market::bars) fn input_error(name: &str, n_bars: u64, error: &io::Error) -> Error {
    if matches!(error.get_ref(), Some(inner) if inner.is::<MissingPart>()) {
        return MissingPart { reason: format!("`{name}` is a Parquet file") }.into();
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
            anyhow!("`{name}` {}", error.to_string().replace("NAME", name))
        }
        _ => anyhow!("failed to read `{name}` after {n_read}: {error}"),
    }
}
