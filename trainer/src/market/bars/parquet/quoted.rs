//! Cells of CSV text that were none before.

/// Writes text as one cell of one line.
pub(in crate::market::bars) fn push_quoted(text: &mut Vec<u8>, value: &[u8]) {
    if !value.iter().any(|byte| b",;\t\"\r\n".contains(byte)) {
        return text.extend_from_slice(value);
    }
    text.push(b'"');
    for &byte in value {
        match byte {
            b'"' => text.extend_from_slice(b"\"\""),
            // Rows are counted by their lines.
            b'\r' | b'\n' => text.push(b' '),
            byte => text.push(byte),
        }
    }
    text.push(b'"');
}
