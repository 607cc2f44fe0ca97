//! Tells files of bars from those that lie beside them, in a folder or a
//! zip file: by name, and by the numbers in them.

use std::collections::HashSet;

use super::sniff::is_lfs_pointer;

/// Extensions of files that lie beside those of bars.
const EXTENSIONS: [&str; 10] =
    ["md", "pdf", "png", "jpg", "html", "py", "ipynb", "checksum", "sha256", "md5"];

/// Extensions of files beside tables in a zip file.
const OTHERS: [&str; 8] = ["jpeg", "gif", "db", "xml", "xsd", "sql", "ini", "url"];

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

/// The fewest in a line of a bar: a time and four prices.
const N_BAR_NUMBERS: usize = 5;

/// The fewest in JSON, which has some in a message, too.
const N_JSON_NUMBERS: usize = 5;

/// Whether a file or folder of this name is hidden, or lies beside files
/// of bars.
pub(in crate::market::bars) fn is_beside(name: &str) -> bool {
    let (stem, _) = name.split_once('.').unwrap_or((name, ""));
    let (_, end) = name.rsplit_once('.').unwrap_or_default();
    name.starts_with('.')
        || name.starts_with("~$")
        || name == "__MACOSX"
        || NOTES.contains(&stem.to_ascii_lowercase().as_str())
        || EXTENSIONS.contains(&end.to_ascii_lowercase().as_str())
}

/// Removes what is no table beside those of a zip file: files of other
/// extensions. Returns those of them that may have bars nevertheless.
pub(super) fn retain_tables(names: &mut Vec<String>) -> Vec<String> {
    let is_of = |name: &String, extensions: &[&str]| {
        let file = name.rsplit('/').next().unwrap_or_default();
        let end = file.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        end.is_none_or(|end| extensions.contains(&end.as_str()))
    };
    let is_known = |name: &String| is_of(name, &TABLES);
    if !names.iter().any(is_known) {
        return Vec::new();
    }
    let (tables, mut others) = std::mem::take(names).into_iter().partition(is_known);
    *names = tables;
    others.retain(|name| !is_of(name, &OTHERS));
    others
}

/// Returns one name for the path of each file: the names of its folders
/// and its own. Where all files have the names of their folders in their
/// own, these are not repeated, if the names still differ then.
pub(in crate::market::bars) fn flat_names(paths: &[String]) -> Vec<String> {
    if let Some(names) = partition_names(paths) {
        return names;
    }
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
    if are_apart(&short) {
        return short;
    }
    whole.iter().map(|parts| parts.join("-")).collect()
}

fn are_apart(names: &[String]) -> bool {
    names.iter().collect::<HashSet<_>>().len() == names.len()
}

/// Returns the names of files in folders that are partitions, as Spark and
/// pyarrow write them, by their values: `BTC-2024-03.parquet` for
/// `symbol=BTC/year=2024/month=3/part-0.parquet`. `None` if folders are
/// called otherwise, such as `CL=F` and `GC=F`.
fn partition_names(paths: &[String]) -> Option<Vec<String>> {
    let partitions: Option<Vec<Partition>> = paths.iter().map(|path| Partition::of(path)).collect();
    let partitions = partitions.filter(|partitions| partitions.len() > 1)?;
    if partitions.iter().any(|other| other.keys != partitions[0].keys) {
        return None;
    }
    let short: Vec<String> =
        partitions.iter().map(|one| format!("{}.{}", one.values, one.extension)).collect();
    if are_apart(&short) {
        return Some(short);
    }
    Some(partitions.iter().map(|one| format!("{}-{}", one.values, one.file)).collect())
}

/// The path of a file in folders that are partitions.
struct Partition<'a> {
    keys: Vec<&'a str>,
    /// The values, such as `BTC-2024-03`.
    values: String,
    file: &'a str,
    extension: &'a str,
}

impl<'a> Partition<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (folders, file) = path.rsplit_once('/')?;
        let pairs: Option<Vec<(&str, &str)>> =
            folders.split('/').map(|folder| folder.split_once('=')).collect();
        let pairs = pairs?;
        let value = |&(key, value): &(&str, &str)| match key.to_ascii_lowercase().as_str() {
            "month" | "day" | "hour" => format!("{value:0>2}"),
            "week" => format!("W{value}"),
            "quarter" => format!("Q{value}"),
            _ => value.to_owned(),
        };
        Some(Self {
            keys: pairs.iter().map(|(key, _)| *key).collect(),
            values: pairs.iter().map(value).collect::<Vec<_>>().join("-"),
            file,
            extension: file.rsplit('.').next().unwrap_or_default(),
        })
    }
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
    if text.starts_with(['[', '{']) {
        return n_numbers(text) >= N_JSON_NUMBERS;
    }
    is_lfs_pointer(start) || text.split(['\n', '\r']).any(|line| n_numbers(line) >= N_NUMBERS)
}

/// Whether a text that begins with `start` has a line with the numbers of
/// a bar: a time and four prices.
pub(super) fn has_rows(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    text.split(['\n', '\r']).any(|line| n_numbers(line) >= N_BAR_NUMBERS)
}

/// Returns the number of cells with digits.
fn n_numbers(line: &str) -> usize {
    let separators = |letter: char| letter.is_whitespace() || ",;|^~[]{}\u{1}".contains(letter);
    let cells = line.split(separators);
    cells.filter(|cell| cell.contains(|letter: char| letter.is_numeric())).count()
}
