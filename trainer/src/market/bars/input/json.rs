//! Converts candles in JSON to CSV text.
//!
//! Supported are a list of lists, as ccxt and freqtrade write it; a list
//! of objects; either of them line by line (JSON Lines); and objects that
//! contain such lists, of one or several symbols. The rows of a list are
//! streamed.

mod candles;
mod layouts;
mod paging;
mod rows;
mod values;

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};

use serde::Deserialize as _;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Deserializer, Map, Value};

use candles::{Candles, is_candle, is_row};
use rows::JsonRows;

/// What may precede the JSON in a script; `)]}'` and loops keep pages of
/// others from reading it.
const SCRIPT_ENDS: [&[u8]; 7] =
    [b"=", b"(", b")]}'", b")]}',", b"while(1);", b"for(;;);", b"export default"];

/// The most bytes before it.
const N_SCRIPT_BYTES: usize = 256;

/// Whether text that begins with `start` is JSON.
pub(super) fn is_json(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    let inner = start.get(1..).unwrap_or_default().trim_ascii_start();
    match start.first() {
        Some(b'[') => {
            matches!(inner.first(), Some(b'[' | b'{' | b']' | b'"' | b'-' | b'0'..=b'9'))
        }
        Some(b'{') => matches!(inner.first(), Some(b'"' | b'}')),
        _ => false,
    }
}

/// Returns the number of bytes before the JSON in a script, such as `var
/// bars = [` or `callback({`; 0 if it is none, such as CSV below a comment.
pub(super) fn script_start(text: &[u8]) -> usize {
    if text.trim_ascii_start().starts_with(b"#") {
        return 0;
    }
    let is_start = |at: &usize| {
        let head = text[..*at].trim_ascii_end();
        SCRIPT_ENDS.iter().any(|end| head.ends_with(end)) && is_json(&text[*at..])
    };
    (1..text.len().min(N_SCRIPT_BYTES)).find(is_start).unwrap_or_default()
}

/// Candles as CSV.
pub(super) struct CandleCsv {
    /// An unnamed temporary file.
    pub(super) rows: File,
    /// Warnings, such as that the JSON is one page of several.
    pub(super) warnings: Vec<String>,
}

/// Converts the candles in `json`; in a script, only `)` and `;` may
/// follow them.
pub(super) fn open(json: impl Read, is_script: bool) -> io::Result<CandleCsv> {
    let mut rows = JsonRows::new()?;
    let mut warnings = Vec::new();
    let mut json = io::BufReader::new(json);
    let mut values = Deserializer::from_reader(&mut json);
    loop {
        let top = TopLevel { rows: &mut rows, warnings: &mut warnings };
        top.deserialize(&mut values).map_err(|error| failure(&error))?;
        if values.end().is_ok() || is_script {
            break;
        }
    }
    let mut rest = Vec::new();
    json.read_to_end(&mut rest)?;
    if !rest.iter().all(|byte| b"); \t\r\n".contains(byte)) {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "is a script with more than one value; write the candles alone, as JSON or CSV",
        ));
    }
    let (rows, warning) = rows.finish()?;
    warnings.extend(warning);
    Ok(CandleCsv { rows, warnings })
}

fn failure(error: &serde_json::Error) -> io::Error {
    let told = crate::market::bars::printable(error.to_string().as_bytes());
    let problem = match error.classify() {
        Category::Eof => "is JSON that is cut short; copy or download it again".to_owned(),
        Category::Syntax if told.starts_with("key must be a string") => format!(
            "is no JSON ({told}), whose keys are in double quotes; if Python wrote it, `python3 -c \
             \"import sys, ast, json; json.dump(ast.literal_eval(open(sys.argv[1]).read()), open('bars.json', \
             'w'))\" 'NAME'` writes it so"
        ),
        // A comma too many, or the like.
        Category::Syntax if !told.starts_with("expected value") => {
            format!("is JSON with a fault ({told}); correct it there, or download it again")
        }
        Category::Syntax => format!(
            "is JSON with a fault ({told}); a number that is not known is `null`, not `NaN`: \
             `sed -E 's/-?\\b(NaN|Infinity)\\b/null/g' 'NAME' > bars.json` writes it so"
        ),
        Category::Data | Category::Io => format!(
            "is JSON, but not a list of candles ({told}); write it as `[[time, open, high, low, \
             close, volume], …]`, as a list of objects, or as CSV"
        ),
    };
    io::Error::new(ErrorKind::InvalidData, problem)
}

/// Visits one top-level value of the file.
struct TopLevel<'a> {
    rows: &'a mut JsonRows,
    warnings: &'a mut Vec<String>,
}

impl TopLevel<'_> {
    fn object(&mut self, object: Map<String, Value>) -> Result<(), String> {
        if is_candle(&object) {
            return self.rows.push(Value::Object(object), None);
        }
        let candles = Candles::all(&object)?;
        let n_candles: usize = candles.iter().map(|candles| candles.rows.len()).sum();
        self.warnings.extend(paging::warning(&object, n_candles));
        for Candles { names, rows, label } in candles {
            self.rows.name(names, &rows)?;
            rows.into_iter().try_for_each(|row| self.rows.push(row, label.clone()))?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for TopLevel<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TopLevel<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of candles")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        // A list of numbers is one row, as in JSON Lines.
        let mut cells = Vec::new();
        while let Some(row) = list.next_element::<Value>()? {
            let taken = match row {
                // Pages of candles.
                Value::Array(page) if page.first().is_some_and(Value::is_array) => {
                    page.into_iter().try_for_each(|row| self.rows.push(row, None))
                }
                Value::Array(_) => self.rows.push(row, None),
                row if is_row(&row) => self.rows.push(row, None),
                Value::Object(object) => self.object(object),
                cell => {
                    cells.push(cell);
                    Ok(())
                }
            };
            taken.map_err(A::Error::custom)?;
        }
        if cells.is_empty() {
            return Ok(());
        }
        self.rows.push(Value::Array(cells), None).map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        let object = Map::deserialize(MapAccessDeserializer::new(map))?;
        self.object(object).map_err(A::Error::custom)
    }
}
