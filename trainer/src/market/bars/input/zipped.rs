//! Takes the tables out of a zip file, one after the other.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Seek as _, Write as _};

use zip::ZipArchive;

/// What names of tables end in.
const TABLES: [&str; 5] = ["csv", "txt", "tsv", "json", "prn"];

/// Names of texts that lie beside tables.
const NOTES: [&str; 6] = ["readme", "license", "licence", "changelog", "copyright", "notes"];

/// What tells a spreadsheet from other zip files.
const SPREADSHEETS: [(&str, &str); 3] = [
    ("xl/workbook.xml", "is a spreadsheet (xlsx); save it as CSV"),
    ("xl/workbook.bin", "is a spreadsheet (xlsb); save it as CSV"),
    ("content.xml", "is a spreadsheet (ods); save it as CSV"),
];

/// Returns the text of the tables in `file`, unpacked to a nameless file
/// and proved by their checksums. Parts of one table follow each other
/// by their names; the names of columns stand above the first alone.
pub(super) fn open(file: File) -> io::Result<File> {
    let mut archive = ZipArchive::new(file).map_err(|error| damaged(&error))?;
    let names = tables(&archive)?;
    let mut text = BufWriter::new(tempfile::tempfile()?);
    let mut header = None;
    for (idx, name) in names.iter().enumerate() {
        let mut entry = archive.by_name(name).map_err(|error| damaged(&error))?;
        if idx > 0 {
            text.write_all(b"\n")?;
        }
        header = append(&mut entry, &mut text, header)?;
    }
    let mut text = text.into_inner().map_err(io::IntoInnerError::into_error)?;
    text.rewind()?;
    Ok(text)
}

fn tables(archive: &ZipArchive<File>) -> io::Result<Vec<String>> {
    let invalid = |problem: String| io::Error::new(ErrorKind::InvalidData, problem);
    let mut names = Vec::new();
    for name in archive.file_names() {
        names.push(name.map_err(|error| damaged(&error))?);
    }
    let names: Vec<&str> =
        names.iter().map(AsRef::as_ref).filter(|name: &&str| !name.ends_with('/')).collect();
    if let Some((_, remedy)) = SPREADSHEETS.iter().find(|(name, _)| names.contains(name)) {
        return Err(invalid((*remedy).to_owned()));
    }
    let is_hidden =
        |name: &&str| name.starts_with("__MACOSX") || name.starts_with('.') || name.contains("/.");
    let is_note = |name: &&str| NOTES.contains(&stem_of(name).to_ascii_lowercase().as_str());
    let is_table = |name: &&str| {
        let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        !is_hidden(name)
            && !is_note(name)
            && (TABLES.contains(&end.as_str()) || !name.contains('.'))
    };
    let mut tables: Vec<String> =
        names.iter().copied().filter(is_table).map(str::to_owned).collect();
    // A lone file is what is meant, whatever its name.
    if tables.is_empty() && names.len() == 1 {
        tables.push(names[0].to_owned());
    }
    tables.sort();
    if tables.is_empty() {
        let found: Vec<String> =
            names.iter().take(5).map(|name| crate::market::bars::shown(name.as_bytes())).collect();
        return Err(invalid(format!(
            "is a zip file without a CSV file in it (there are: `{}`); unpack it, and write the \
             bars as CSV",
            found.join("`, `")
        )));
    }
    let other = tables.iter().find(|name| series_of(name) != series_of(&tables[0]));
    if let Some(other) = other {
        let [one, other] =
            [&tables[0], other].map(|name| crate::market::bars::shown(name.as_bytes()));
        return Err(invalid(format!(
            "is a zip file of several tables, such as `{one}` and `{other}`, which are no parts \
             of one by their names; unpack it by `unzip 'NAME' -d bars`, and name that folder"
        )));
    }
    Ok(tables)
}

/// Returns the name of a file without its folder and its ending.
fn stem_of(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or_default();
    file.split('.').next().unwrap_or_default()
}

/// Returns what the names of parts of one series have in common; a
/// number may be a symbol, and `202003` the month of a contract.
fn series_of(name: &str) -> String {
    let stem = stem_of(name);
    let letters: String = stem.chars().filter(|letter| letter.is_alphabetic()).collect();
    let n_digits = stem.bytes().rev().take_while(u8::is_ascii_digit).count();
    let is_year = stem.starts_with("19") || stem.starts_with("20");
    let is_doubtful = n_digits == 6 || (letters.is_empty() && !is_year);
    if is_doubtful { stem.to_owned() } else { letters }
}

/// Writes the text of one entry below those before, without the first
/// line where it is that of the first.
fn append(
    entry: &mut impl Read,
    text: &mut BufWriter<File>,
    header: Option<Vec<u8>>,
) -> io::Result<Option<Vec<u8>>> {
    let mut first = Vec::new();
    let mut byte = [0];
    while first.last() != Some(&b'\n') && first.len() < 1 << 16 {
        if entry.read(&mut byte).map_err(|error| failed(&error))? == 0 {
            break;
        }
        first.push(byte[0]);
    }
    let line = first.trim_ascii().to_vec();
    if header.as_ref() != Some(&line) {
        text.write_all(&first)?;
    }
    let mut block = [0; 1 << 14];
    loop {
        let n_bytes = entry.read(&mut block).map_err(|error| failed(&error))?;
        if n_bytes == 0 {
            break;
        }
        text.write_all(&block[..n_bytes])?;
    }
    Ok(header.or(Some(line)))
}

fn damaged(error: &zip::result::ZipError) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, error.to_string())
}

fn failed(error: &io::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, error.to_string())
}
