//! Extracts the tables of a zip file: one is read like a file, several
//! like a folder.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::path::Path;

use tempfile::TempDir;
use zip::ZipArchive;
use zip::result::ZipError;

use super::beside::{flat_names, has_rows, is_beside, retain_tables};
use super::place::{Packing, ZIP, container};
use crate::market::bars::printable;

/// The bytes of a text that are examined for rows.
const N_EXAMINED_BYTES: u64 = 1 << 14;

/// Entries that only files of other programs have, and the message about
/// each.
const OTHER_PROGRAMS: [(&str, &str); 4] = [
    (
        "xl/workbook.xml",
        "is a spreadsheet (xlsx); save it as CSV, such as by `python3 -c \"import sys, pandas; \
         pandas.read_excel(sys.argv[1]).to_csv('bars.csv', index=False)\" 'NAME'`",
    ),
    ("xl/workbook.bin", "is a spreadsheet (xlsb); save it as CSV"),
    (
        "content.xml",
        "is a spreadsheet (ods); save it as CSV, such as by `python3 -c \"import sys, pandas; \
         pandas.read_excel(sys.argv[1], engine='odf').to_csv('bars.csv', index=False)\" 'NAME'`",
    ),
    ("word/document.xml", "is a text document (docx); download the data itself"),
];

/// The tables of a zip file.
pub(in crate::market::bars) struct Unpacked {
    pub(in crate::market::bars) folder: TempDir,
    /// Warnings about what was left out.
    pub(in crate::market::bars) warnings: Vec<String>,
}

/// The names of the tables in a zip file, and of other files that may have
/// bars.
struct TableNames {
    tables: Vec<String>,
    others: Vec<String>,
}

impl TableNames {
    fn warnings(&self) -> Vec<String> {
        let names = || self.others.iter().map(|name| printable(name.as_bytes()));
        let others = names().collect::<Vec<_>>().join("`, `");
        let warning =
            format!("left out, since it is no CSV, JSON or Parquet by its name: `{others}`");
        names().next().map(|_| warning).into_iter().collect()
    }
}

/// Extracts the only table in `file` to an unnamed temporary file, and
/// verifies its checksum; returns it with warnings. Fails if there are
/// several.
pub(super) fn open(file: File) -> io::Result<(File, Vec<String>)> {
    let mut archive = archive(file)?;
    let found = tables(&mut archive)?;
    let names = &found.tables;
    let [name] = &names[..] else {
        return Err(invalid(format!(
            "is a zip file of several tables, such as `{}` and `{}`; unpack it by `unzip 'NAME' -d \
             bars`, and name one of them",
            printable(names[0].as_bytes()),
            printable(names[1].as_bytes())
        )));
    };
    let mut table = tempfile::tempfile()?;
    unpack(&mut archive, name, &mut table)?;
    table.rewind()?;
    Ok((table, found.warnings()))
}

/// Extracts the tables of the zip file at `path` to a temporary folder;
/// `None` if it is not a zip file or has only one table.
pub(in crate::market::bars) fn unpack_several(path: &Path) -> io::Result<Option<Unpacked>> {
    let mut file = File::open(path)?;
    if container(&mut file)? != Some(Packing::Zip) {
        return Ok(None);
    }
    let mut archive = archive(file)?;
    let found = tables(&mut archive)?;
    let names = &found.tables;
    if names.len() == 1 {
        return Ok(None);
    }
    let folder = TempDir::new()?;
    let common = common_folder(names);
    let paths: Vec<String> = names.iter().map(|name| name[common..].to_owned()).collect();
    for (name, file) in names.iter().zip(flat_names(&paths)) {
        let path = folder.path().join(file);
        let mut table = File::create_new(&path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => invalid(format!(
                "is a zip file with two tables of the name `{}`; unpack it by `unzip 'NAME' -d \
                 bars`, and name the folder in it",
                printable(name.as_bytes())
            )),
            _ => error,
        })?;
        unpack(&mut archive, name, &mut table)?;
    }
    Ok(Some(Unpacked { folder, warnings: found.warnings() }))
}

fn archive(mut file: File) -> io::Result<ZipArchive<File>> {
    let mut start = Vec::new();
    (&mut file).take(ZIP.len() as u64).read_to_end(&mut start)?;
    let archive = ZipArchive::new(file).map_err(|error| {
        if error.to_string().contains("ulti-disk") {
            return invalid(
                "is one part of a zip file; unpack all of them by `7z x 'STEM.zip' -obars`, and name that folder"
                    .to_owned(),
            );
        }
        damaged(&error)
    })?;
    if archive.offset() > 0 && start == ZIP {
        return Err(invalid(
            "is several zip files, one behind the other; cut them apart, or download each again"
                .to_owned(),
        ));
    }
    Ok(archive)
}

fn unpack(archive: &mut ZipArchive<File>, name: &str, table: &mut File) -> io::Result<()> {
    let mut entry = archive.by_name(name).map_err(|error| match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => invalid(
            "is a zip file with a password; unpack it by `7z x 'NAME' -obars`, which asks for it, \
             and name that folder"
                .to_owned(),
        ),
        ZipError::UnsupportedArchive(problem) => invalid(format!(
            "is a zip file of an unsupported kind ({problem}); unpack it by `unzip 'NAME' -d \
             bars`, and name that folder"
        )),
        error if error.to_string().contains("method not supported") => unread_method(),
        error => damaged(&error),
    })?;
    let mut block = [0; 1 << 14];
    loop {
        let n_bytes = entry.read(&mut block).map_err(|error| {
            let is_unread = error.to_string().contains("method not supported");
            if is_unread { unread_method() } else { failed(&error) }
        })?;
        if n_bytes == 0 {
            return Ok(());
        }
        table.write_all(&block[..n_bytes])?;
    }
}

fn unread_method() -> io::Error {
    invalid(
        "is a zip file with an unsupported compression; unpack it by `7z x 'NAME' -obars`, and \
         name that folder"
            .to_owned(),
    )
}

fn tables(archive: &mut ZipArchive<File>) -> io::Result<TableNames> {
    let mut names = Vec::new();
    for name in archive.file_names() {
        names.push(name.map_err(|error| damaged(&error))?.into_owned());
    }
    let names: Vec<&str> =
        names.iter().map(AsRef::as_ref).filter(|name: &&str| !name.ends_with('/')).collect();
    if names.iter().all(|name| name.rsplit('.').next() == Some("npy")) && !names.is_empty() {
        return Err(invalid("is a set of NumPy arrays (npz); write them as CSV".to_owned()));
    }
    if let Some((_, remedy)) = OTHER_PROGRAMS.iter().find(|(name, _)| names.contains(name)) {
        return Err(invalid((*remedy).to_owned()));
    }
    let is_table = |name: &&str| !name.split('/').any(is_beside);
    let mut tables: Vec<String> =
        names.iter().copied().filter(is_table).map(str::to_owned).collect();
    let others = retain_tables(&mut tables);
    let all = tables.clone();
    tables.retain(|name| !is_report(archive, name, &all));
    // A single file is the table, whatever its name.
    if tables.is_empty() && names.len() == 1 {
        tables.push(names[0].to_owned());
    }
    tables.sort();
    if names.is_empty() {
        return Err(invalid("is a zip file with nothing in it; download it again".to_owned()));
    }
    if tables.is_empty() {
        let found: Vec<String> =
            names.iter().take(5).map(|name| printable(name.as_bytes())).collect();
        return Err(invalid(format!(
            "is a zip file without a CSV file in it (there are: `{}`); unpack it, and write the \
             bars as CSV",
            found.join("`, `")
        )));
    }
    Ok(TableNames { tables, others })
}

/// Whether the file is a text beside a table of the same name that reports
/// on it, without rows of its own.
fn is_report(archive: &mut ZipArchive<File>, name: &str, all: &[String]) -> bool {
    let Some(stem) = name.strip_suffix(".txt") else {
        return false;
    };
    let mut start = Vec::new();
    all.contains(&format!("{stem}.csv"))
        && archive.by_name(name).is_ok_and(|entry| {
            entry.take(N_EXAMINED_BYTES).read_to_end(&mut start).is_ok() && !has_rows(&start)
        })
}

/// Returns the length of the path of the folder that all files are in.
fn common_folder(names: &[String]) -> usize {
    let Some((first, others)) = names.split_first() else {
        return 0;
    };
    let ends = first.rmatch_indices('/').map(|(idx, _)| idx + 1);
    let is_common = |end: &usize| others.iter().all(|name| name.starts_with(&first[..*end]));
    ends.into_iter().find(is_common).unwrap_or_default()
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, problem)
}

fn damaged(error: &ZipError) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, error.to_string())
}

fn failed(error: &io::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, error.to_string())
}
