//! Recognizes unsupported files, and the delimiter of CSV text, by the
//! first bytes.

use super::place::ZIP;
use super::zstd;
use crate::market::bars::letters::without_mark;
use crate::market::bars::parquet;

/// The first bytes of unsupported formats, and the message with the
/// remedy; `NAME` stands for the name of the file.
const UNSUPPORTED_FORMATS: [(&[u8], &str); 36] = [
    (ZIP, "is a zip file, which cannot come as a stream; name the file itself"),
    (parquet::MAGIC, "is a Parquet file, which cannot come as a stream; name the file itself"),
    (b"PARE", "is an encrypted Parquet file; write it without encryption"),
    (
        b"ARROW1",
        "is a Feather (Arrow) file; write it as Parquet or CSV, such as by `python3 -c \
         \"import sys, pandas; pandas.read_feather(sys.argv[1]).to_csv('bars.csv')\" 'NAME'`",
    ),
    (
        b"FEA1",
        "is a Feather file of version 1; write it as Parquet or CSV, such as by `python3 -c \
         \"import sys, pandas; pandas.read_feather(sys.argv[1]).to_csv('bars.csv')\" 'NAME'`",
    ),
    (
        b"\x89HDF\r\n",
        "is an HDF5 file; write it as Parquet or CSV, such as its first table by `python3 -c \
         \"import sys, pandas; s = pandas.HDFStore(sys.argv[1], 'r'); s[s.keys()[0]].to_csv('bars.csv')\" 'NAME'`",
    ),
    (
        b"SQLite format 3",
        "is an SQLite database; write its table as CSV, such as the first by `sqlite3 -header -csv \
         'NAME' \"select * from \\\"$(sqlite3 'NAME' \"select name from sqlite_master where type = \
         'table' limit 1\")\\\"\" > bars.csv`",
    ),
    (
        b"\x80",
        "is a Python pickle; write it as Parquet or CSV, such as by `python3 -c \
         \"import sys, pandas; pandas.DataFrame(pandas.read_pickle(sys.argv[1])).to_csv('bars.csv')\" 'NAME'`",
    ),
    (
        b"\x93NUMPY",
        "is a NumPy array; write it as CSV, such as by `python3 -c \"import sys, numpy, pandas; \
         a = numpy.load(sys.argv[1]); \
         pandas.DataFrame(a).to_csv('bars.csv', index=False, header=bool(a.dtype.names))\" 'NAME'`",
    ),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet of an old kind (xls); save it as CSV"),
    (b"\x02\x21\x4c\x18", "is packed with lz4; unpack it with `lz4 -d 'NAME' bars.csv`"),
    (b"\xff\x06\0\0sNaPpY", "is packed with Snappy; unpack it with `snzip -dc 'NAME' > bars.csv`"),
    (b"<stata_dta>", STATA),
    (b"r\x02\x01\0", STATA),
    (b"s\x02\x01\0", STATA),
    (b"HEADER RECORD*******", SAS),
    (b"RDX", "is a file of R; write it as CSV, such as by `write.csv`"),
    (b"X\n\0\0", "is a file of R; write it as CSV, such as by `write.csv`"),
    (b"MATLAB ", "is a file of MATLAB; write it as CSV, such as by `writetable`"),
    (b"GIF8", "is a picture; download the data itself"),
    (b"7z\xbc\xaf", "is packed with 7-Zip; unpack it with `7z x 'NAME'`"),
    (b"Rar!", "is packed with RAR; unpack it with `unrar x 'NAME'`"),
    (b"\x04\x22\x4d\x18", "is packed with lz4; unpack it with `lz4 -d 'NAME' bars.csv`"),
    (b"\x1f\x9d", "is packed with compress; unpack it with `uncompress 'NAME'`"),
    (b"%PDF", "is a PDF, not CSV; download the data itself"),
    (b"\xff\xfe\0\0", UTF_32),
    (b"\0\0\xfe\xff", UTF_32),
    (b"\x5d\0\0", "is packed with lzma; unpack it by `xz --format=lzma -dc 'NAME' > bars.csv`"),
    (
        b"PK\x07\x08",
        "is one part of a zip file; unpack all of them by `7z x 'STEM.zip' -obars`, and name that folder",
    ),
    (
        b"ORC",
        "is an ORC file; write it as Parquet or CSV, such as by `python3 -c \"import sys, pandas; \
         pandas.read_orc(sys.argv[1]).to_csv('bars.csv')\" 'NAME'`",
    ),
    (
        b"\xff\xff\xff\xff",
        "is an Arrow stream; write it as Parquet or CSV, such as by `python3 -c \"import sys, pyarrow.ipc; \
         pyarrow.ipc.open_stream(sys.argv[1]).read_all().to_pandas().to_csv('bars.csv')\" 'NAME'`",
    ),
    (b"PK\x05\x06", "is a zip file with nothing in it; download it again"),
    (b"\x89PNG", "is a picture; download the data itself"),
    (b"\xff\xd8\xff", "is a picture; download the data itself"),
    (
        b"DBN",
        "is a file of Databento (DBN); write it as CSV or Parquet, such as by `dbn 'NAME' --csv --output bars.csv`",
    ),
    (b"Obj\x01", "is an Avro file; write it as Parquet or CSV"),
];

const STATA: &str = "is a Stata file; write it as CSV, such as by `python3 -c \"import sys, pandas; \
     pandas.read_stata(sys.argv[1]).to_csv('bars.csv', index=False)\" 'NAME'`";

const SAS: &str = "is a SAS file; write it as CSV, such as by `python3 -c \"import sys, pandas; f = \
     open(sys.argv[1], 'rb').read(1); pandas.read_sas(sys.argv[1], encoding='latin-1', format='xport' if \
     f == b'H' else 'sas7bdat').to_csv('bars.csv', index=False)\" 'NAME'`";

const UTF_32: &str =
    "is UTF-32 text; save it as UTF-8, such as by `iconv -f UTF-32 -t UTF-8 'NAME' > bars.csv`";

const TAR: &str =
    "is a tar archive; unpack it with `tar xf 'NAME'`, and name the file that was in it";

const LFS: &[u8] = b"version https://git-lfs";

/// The place of the checksum in the header of a tar archive.
const TAR_SUM: std::ops::Range<usize> = 148..156;
const TAR_BYTES: usize = 512;

/// The same of formats that are text themselves, or whose magic bytes are
/// not the first ones, with their offset.
const MARKS: [(usize, &[u8], &str); 6] = [
    (12, b"\xc2\xea\x81\x60", SAS),
    (
        4,
        b"(C)opyright",
        "is a history file of MetaTrader (hst); export it as CSV in its History Center",
    ),
    (0, LFS, "is a pointer of Git LFS, not the file itself; fetch that by `git lfs pull`"),
    (
        0,
        b"00COTAHIST",
        "has the fixed columns of B3's COTAHIST; write it as CSV by `awk 'BEGIN { print \
         \"date,symbol,open,high,low,close,volume\" } /^01/ { s = substr($0, 13, 12); gsub(/ /, \"\", \
         s); printf \"%s,%s,%.2f,%.2f,%.2f,%.2f,%d\\n\", substr($0, 3, 8), s, substr($0, 57, 13) / 100, \
         substr($0, 70, 13) / 100, substr($0, 83, 13) / 100, substr($0, 109, 13) / 100, substr($0, \
         153, 18) }' 'NAME' > bars.csv`",
    ),
    (257, b"ustar", TAR),
    (
        8,
        b"DUCK",
        "is a DuckDB database; write its table as CSV, such as by `duckdb 'NAME' \"copy TABLE to \
         'bars.csv'\"`",
    ),
];

pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];
pub(super) const BZIP2: &[u8] = b"BZh";
pub(super) const XZ: &[u8] = b"\xfd7zXZ\0";

/// The first bytes of packed files, and the extension of each.
const PACKED: [(&[u8], &str); 6] = [
    (GZIP, "gz"),
    (BZIP2, "bz2"),
    (zstd::MAGIC, "zst"),
    (XZ, "xz"),
    (ZIP, "zip"),
    (parquet::MAGIC, "parquet"),
];

/// The number of bytes that are examined for bytes that no text has.
const N_TEXT_BYTES: usize = 1 << 10;

/// The number of lines that are examined for the delimiter.
const N_LINES: usize = 20;

/// The fewest delimiters of a line of cells.
const N_SEPARATORS: usize = 3;

/// Returns the message about a file that begins with `start`, if it is
/// not text.
pub(super) fn unsupported(start: &[u8]) -> Option<&'static str> {
    let head = &start[..start.len().min(N_TEXT_BYTES)];
    // Hive delimits cells by \x01; a page may end in a text.
    let is_control =
        |byte: &u8| byte.is_ascii_control() && !b"\r\n\t\x01\x0b\x0c\x1a".contains(byte);
    let has_controls = head.iter().any(is_control);
    let is_utf8 =
        std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    let known = UNSUPPORTED_FORMATS.iter().find(|(magic, _)| start.starts_with(magic));
    if let Some((magic, remedy)) = known {
        // A table may begin with the letters of a magic number, as a symbol.
        let are_letters = magic.iter().all(|byte| (b' '..127).contains(byte));
        let mut lines = head.split(|&byte| byte == b'\n').filter_map(most_frequent);
        let is_table = is_utf8 && !has_controls && lines.any(|(_, n)| n >= N_SEPARATORS);
        if !(are_letters && is_table) {
            return Some(remedy);
        }
    }
    if is_markup(start) {
        return Some("is a web page or XML, not CSV; download the data itself, as CSV");
    }
    if is_sql(start) {
        return Some(
            "is SQL; export its table as CSV, or take the rows out, such as by `grep -oE \
             \"\\(['0-9][^(),]*(,[^(),]*){4,}\\)\" 'NAME' | tr -d \"()'\" > bars.csv`",
        );
    }
    let has = |(at, mark, _): &&(usize, &[u8], _)| start.get(*at..at + mark.len()) == Some(mark);
    if let Some((_, _, remedy)) = MARKS.iter().find(has) {
        return Some(remedy);
    }
    if is_tar(start) {
        return Some(TAR);
    }
    // Text in an old encoding has no control characters.
    let is_binary = head.contains(&0) || !is_utf8 && has_controls;
    is_binary
        .then_some("is a file of an unknown kind, not text; write it as CSV (UTF-8) or Parquet")
}

/// Whether it is what Git LFS has in place of a file that is not fetched.
pub(super) fn is_lfs_pointer(start: &[u8]) -> bool {
    start.starts_with(LFS)
}

/// Whether it begins with the header of a tar archive, also of one without
/// a magic number, as before 1988.
fn is_tar(start: &[u8]) -> bool {
    let Some(header) = start.get(..TAR_BYTES) else {
        return false;
    };
    let number = |digit: u32, byte: &u8| 8 * digit + u32::from(byte - b'0');
    let digits = header[TAR_SUM].iter().filter(|byte| (b'0'..b'8').contains(byte));
    let blank = |idx: usize| if TAR_SUM.contains(&idx) { b' ' } else { header[idx] };
    let sum: u32 = (0..TAR_BYTES).map(|idx| u32::from(blank(idx))).sum();
    header.contains(&0) && digits.fold(0, number) == sum
}

/// Returns the usual extension of a packed file that begins with `start`.
pub(super) fn packed(start: &[u8]) -> Option<&'static str> {
    PACKED.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, extension)| *extension)
}

/// Whether it begins with a tag of HTML or XML; a header such as
/// `<DATE>,<OPEN>` does not count.
fn is_markup(start: &[u8]) -> bool {
    let text = without_mark(start).trim_ascii_start();
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_known = [&b"<!"[..], b"<?xml", b"<html", b"<table", b"<div", b"<head"]
        .iter()
        .any(|tag| line.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)));
    let is_table = line.iter().any(|byte| b",;\t|".contains(byte));
    is_known || (line.starts_with(b"<") && line.contains(&b'>') && !is_table)
}

/// Whether it begins with a statement of SQL, or a comment of a dump.
fn is_sql(start: &[u8]) -> bool {
    let words = ["insert into", "create table", "drop table", "begin transaction", "pragma "];
    let dumps = ["-- mysql dump", "--\n-- postgresql", "-- sqlite"];
    let text = without_mark(start).trim_ascii_start();
    words.iter().chain(&dumps).any(|word| {
        text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// Whether the cells of the first line are in single quotes.
pub(super) fn has_single_quotes(start: &[u8]) -> bool {
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
    let mut cells = line.split(|byte| b",;\t|".contains(byte)).map(<[u8]>::trim_ascii);
    let is_quoted = |cell: &[u8]| matches!(cell, [b'\'', .., b'\'']);
    let is_first = cells.next().is_some_and(is_quoted);
    let are_plain = cells.all(|cell| is_quoted(cell) || !cell.contains(&b'\''));
    is_first && are_plain && !line.contains(&b'"')
}

/// Whether the first bytes of `text` have delimiters.
pub(super) fn has_cells(text: &[u8]) -> bool {
    text.iter().take(N_TEXT_BYTES).any(|byte| b",;\t|".contains(byte))
}

/// Returns the delimiter of the cells in `text`: `,`, `;`, a tab, `|`, `^`,
/// `~` or the one of Hive.
pub(super) fn delimiter(text: &[u8]) -> u8 {
    let lines = || {
        text.split(|&byte| byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty() && line[0] != b'#')
            .take(N_LINES)
    };
    let found = lines().filter_map(most_frequent).filter(|(_, n)| *n >= N_SEPARATORS);
    let found: Vec<(u8, usize)> = found.collect();
    let n_lines = |wanted: u8| found.iter().filter(|(delimiter, _)| *delimiter == wanted).count();
    // Of several, the first one.
    let of_cells = found.iter().rev().max_by_key(|(delimiter, _)| n_lines(*delimiter)).copied();
    let first = || lines().next().and_then(most_frequent);
    of_cells.or_else(first).map_or(b',', |(delimiter, _)| delimiter)
}

/// Returns the most frequent delimiter of `line`, and its count. Another
/// one precedes the comma, which may be a decimal sign.
fn most_frequent(line: &[u8]) -> Option<(u8, usize)> {
    let mut counts = [b';', b'\t', b'|', b'^', b'~', 1, b','].map(|delimiter| (delimiter, 0));
    let (mut is_quoted, mut before) = (false, 0);
    for &byte in line {
        is_quoted ^= byte == b'"';
        // A tab behind a comma only aligns the cells.
        let is_blank = [before, byte] == [b',', b'\t'];
        for (delimiter, count) in &mut counts {
            *count += usize::from(byte == *delimiter && !is_quoted && !is_blank);
        }
        before = if is_blank { b',' } else { byte };
    }
    let other = counts[..counts.len() - 1]
        .iter()
        .filter(|(_, n)| *n >= N_SEPARATORS)
        .max_by_key(|(_, n)| *n);
    let all = counts.iter().rev().filter(|(_, n)| *n > 0).max_by_key(|(_, n)| *n);
    other.or(all).copied()
}
