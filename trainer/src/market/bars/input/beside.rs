//! Tells files of bars from those that lie beside them, in a folder or a
//! zip file: by name, and by the numbers in them.

/// Extensions of files that lie beside those of bars.
const EXTENSIONS: [&str; 17] = [
    "md", "pdf", "png", "jpg", "html", "py", "ipynb", "checksum", "sha256", "md5", "doc", "docx",
    "xls", "xlsx", "log", "ini", "yaml",
];

/// Names of text files that are not tables.
const NOTES: [&str; 8] =
    ["readme", "license", "licence", "changelog", "copyright", "notes", "checksums", "sha256sums"];

/// The fewest numbers of a bar in a line of text, beside its time.
const N_NUMBERS: usize = 4;

/// Whether a file or folder of this name is hidden, or lies beside files
/// of bars.
pub(in crate::market::bars) fn is_beside(name: &str) -> bool {
    let (stem, _) = name.split_once('.').unwrap_or((name, ""));
    let (_, end) = name.rsplit_once('.').unwrap_or_default();
    name.starts_with('.')
        || name == "__MACOSX"
        || NOTES.contains(&stem.to_ascii_lowercase().as_str())
        || EXTENSIONS.contains(&end.to_ascii_lowercase().as_str())
}

/// Returns one name for the path of a file: the names of its folders, but
/// for those that its own name contains, and its own.
pub(in crate::market::bars) fn flat_name(path: &str) -> String {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let is_told = |folder: &&str| matches!(*folder, "" | "." | "..") || file.contains(*folder);
    let mut parts: Vec<&str> = folders.split('/').filter(|folder| !is_told(folder)).collect();
    parts.push(file);
    parts.join("-")
}

/// Whether `start`, the beginning of a file, may have bars in it: it is no
/// text, or has the numbers of one.
pub(in crate::market::bars) fn has_numbers(start: &[u8]) -> bool {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_some() => return true,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default(),
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.contains('\0') {
        return true;
    }
    let separators = |letter: char| letter.is_whitespace() || ",;|^~[]{}:\u{1}".contains(letter);
    let n_numbers = |line: &str| {
        let cells =
            line.split(separators).map(|cell| cell.trim_start_matches(['"', '\'', '$', '-']));
        cells.filter(|cell| cell.starts_with(|letter: char| letter.is_ascii_digit())).count()
    };
    if text.starts_with(['[', '{']) {
        return n_numbers(text) > N_NUMBERS;
    }
    text.split(['\n', '\r']).any(|line| n_numbers(line) >= N_NUMBERS)
}
