//! Paths in an archive: always UTF-8, relative, with `/`.

use std::path::{Component, Path};

use crate::workspace::digest::hex;

/// A file's path in an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArchivePath {
    /// The path as the zip and the manifest spell it.
    pub text: String,
    /// The path's real bytes in hexadecimal, relative to the workspace,
    /// where `text` had to spell some of them as `%XX`.
    pub raw_hex: Option<String>,
}

impl ArchivePath {
    /// Returns the archive path of `relative`, a path below the root.
    ///
    /// Bytes that are not UTF-8, control characters and backslashes, which
    /// unpackers treat differently, are spelled `%XX`.
    pub fn of(relative: &Path) -> Self {
        let names: Vec<Vec<u8>> = relative
            .components()
            .map(|component| component.as_os_str().as_encoded_bytes().to_vec())
            .collect();
        Self::of_bytes(&names.join(&b'/'))
    }

    /// Returns the archive path of the relative path `bytes`.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes).ok().filter(|text| is_portable(text)) {
            Some(text) => Self { text: text.to_owned(), raw_hex: None },
            None => Self { text: escape(bytes), raw_hex: Some(hex(bytes)) },
        }
    }

    /// Returns this path below `folder`.
    pub fn below(self, folder: &str) -> Self {
        Self { text: format!("{folder}/{}", self.text), raw_hex: self.raw_hex }
    }
}

fn is_portable(text: &str) -> bool {
    !text.chars().any(|c| c == '\\' || c.is_control())
}

fn escape(bytes: &[u8]) -> String {
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            let valid = chunk.valid().chars().map(|c| match c {
                '\\' | '%' => format!("%{:02X}", c as u32),
                c if c.is_control() => {
                    c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
                }
                c => c.to_string(),
            });
            let invalid = chunk.invalid().iter().map(|byte| format!("%{byte:02X}"));
            valid.chain(invalid).collect::<Vec<_>>()
        })
        .collect()
}

/// Checks that `path`, read from an archive, stays below the folder it is
/// unpacked to, on every system.
///
/// # Errors
/// When it does not; says what is wrong.
pub fn check_archive_path(path: &str) -> Result<(), &'static str> {
    let bytes = path.as_bytes();
    if path.is_empty() {
        return Err("an empty path");
    }
    if path.starts_with('/') {
        return Err("an absolute path");
    }
    if bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic() {
        return Err("a path with a drive letter");
    }
    if !is_portable(path) {
        return Err("a path with a backslash or a control character");
    }
    if path.split('/').any(|name| matches!(name, "" | "." | "..")) {
        return Err("a path with an empty, `.` or `..` component");
    }
    let is_plain = |component| matches!(component, Component::Normal(_));
    if !Path::new(path).components().all(is_plain) {
        return Err("a path that leaves its folder");
    }
    Ok(())
}
