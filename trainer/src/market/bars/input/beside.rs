//! Tells files of bars from those that lie beside them, in a folder or a
//! zip file: by name, and by the numbers in them.

use std::collections::HashSet;

/// Extensions of files that lie beside those of bars.
const EXTENSIONS: [&str; 10] =
    ["md", "pdf", "png", "jpg", "html", "py", "ipynb", "checksum", "sha256", "md5"];

/// Extensions of tables, packed or not.
pub(in crate::market::bars) const TABLES: [&str; 21] = [
    "csv", "tsv", "txt", "prn", "dat", "asc", "json", "jsonl", "ndjson", "parquet", "pq",
    "feather", "gz", "gzip", "zst", "zstd", "bz2", "xz", "zip", "part", "ohlcv",
];

/// Names of text files that are not tables.
const NOTES: [&str; 8] =
    ["readme", "license", "licence", "changelog", "copyright", "notes", "checksums", "sha256sums"];

/// The fewest cells with digits in a line of a table: a time and a price.
const N_NUMBERS: usize = 2;

/// The fewest in JSON, which has some in a message, too.
const N_JSON_NUMBERS: usize = 5;

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

/// Removes what is no table beside those of a zip file: files of other
/// extensions, and the text of the same name that is a report on a table.
pub(super) fn retain_tables(names: &mut Vec<String>) {
    let is_known = |name: &String| {
        let file = name.rsplit('/').next().unwrap_or_default();
        let end = file.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        end.is_none_or(|end| TABLES.contains(&end.as_str()))
    };
    if names.iter().any(is_known) {
        names.retain(is_known);
    }
    let all = names.clone();
    let is_report = |name: &String| {
        let stem = name.strip_suffix(".txt");
        stem.is_some_and(|stem| all.contains(&format!("{stem}.csv")))
    };
    names.retain(|name| !is_report(name));
}

/// Returns one name for the path of each file: the names of its folders
/// and its own. Where all files have the names of their folders in their
/// own, these are not repeated, if the names still differ then.
pub(in crate::market::bars) fn flat_names(paths: &[String]) -> Vec<String> {
    let parts = |path: &String| -> Vec<String> {
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
        parts.map(str::to_owned).collect()
    };
    let whole: Vec<Vec<String>> = paths.iter().map(parts).collect();
    let is_told = |parts: &Vec<String>, depth: usize| {
        depth + 1 >= parts.len() || has_part(&parts[parts.len() - 1], &parts[depth])
    };
    let n_depths = whole.iter().map(Vec::len).max().unwrap_or_default();
    let is_dropped: Vec<bool> =
        (0..n_depths).map(|depth| whole.iter().all(|parts| is_told(parts, depth))).collect();
    let short = whole.iter().map(|parts| {
        let kept = (0..parts.len()).filter(|depth| depth + 1 == parts.len() || !is_dropped[*depth]);
        kept.map(|depth| parts[depth].as_str()).collect::<Vec<_>>().join("-")
    });
    let short: Vec<String> = short.collect();
    if short.iter().collect::<HashSet<_>>().len() == short.len() {
        return short;
    }
    whole.iter().map(|parts| parts.join("-")).collect()
}

/// Whether `name` has `part`, from one of its signs or ends to another.
fn has_part(name: &str, part: &str) -> bool {
    let is_end = |letter: Option<char>| letter.is_none_or(|letter| "-_.".contains(letter));
    name.match_indices(part).any(|(at, _)| {
        is_end(name[..at].chars().next_back()) && is_end(name[at + part.len()..].chars().next())
    })
}

/// Whether a file that begins with `start`, which is all of it if
/// `is_whole`, may have bars in it: it is long, no text, or has numbers.
pub(in crate::market::bars) fn may_have_bars(start: &[u8], is_whole: bool) -> bool {
    let Ok(text) = std::str::from_utf8(start) else { return true };
    if !is_whole || text.contains('\0') {
        return true;
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let separators = |letter: char| letter.is_whitespace() || ",;|^~[]{}\u{1}".contains(letter);
    let n_numbers = |line: &str| {
        let cells = line.split(separators);
        cells.filter(|cell| cell.contains(|letter: char| letter.is_numeric())).count()
    };
    if text.starts_with(['[', '{']) {
        return n_numbers(text) >= N_JSON_NUMBERS;
    }
    text.split(['\n', '\r']).any(|line| n_numbers(line) >= N_NUMBERS)
}
