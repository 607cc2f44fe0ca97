//! Quotes the cells of CSV text.

/// Appends `value` as one cell to `text`, quoted if necessary.
pub(in crate::market::bars) fn push_quoted(text: &mut Vec<u8>, value: &[u8]) {
    if !value.iter().any(|byte| b",;\t\"\r\n".contains(byte)) {
        return text.extend_from_slice(value);
    }
    text.push(b'"');
    for &byte in value {
        match byte {
            b'"' => text.extend_from_slice(b"\"\""),
            // A row must be one line, since rows are counted by lines.
            b'\r' | b'\n' => text.push(b' '),
            byte => text.push(byte),
        }
    }
    text.push(b'"');
}
