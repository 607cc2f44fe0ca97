//! Other forms of the same bars: zstd and Parquet.

use std::fs;
use std::path::PathBuf;

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use trainer::market::bars::{Bar, BarSource, BarsConfig};

use super::{BAR, HOUR_MS, read, read_file, test_data, wrapped};

fn zstd(content: &[u8]) -> Vec<u8> {
    compress_to_vec(content, CompressionLevel::Fastest)
}

const CONTENT: &str = "Date,open,high,low,close,volume\n2020-01-01,10,12.5,9,11,3.25\n";

#[test]
fn zstd_is_known_by_its_bytes_not_its_name() {
    assert_eq!(read_file("bars.csv", zstd(CONTENT.as_bytes())), Ok(vec![BAR]));
    assert_eq!(read_file("bars.csv.zst", zstd(CONTENT.as_bytes())), Ok(vec![BAR]));
}

#[test]
fn all_frames_of_a_zstd_file_are_read() {
    let (names, rows) = CONTENT.split_at(20);
    // The frame between is one to skip, with 3 bytes.
    let skipped = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
    let frames = [zstd(names.as_bytes()), skipped, zstd(rows.as_bytes())].concat();
    assert_eq!(read_file("bars.csv.zst", frames), Ok(vec![BAR]));
}

#[test]
fn a_zstd_file_cut_short_is_refused() {
    let rows: String =
        (0..20_000).map(|idx| format!("{},1,1,1,1\n", 1_577_836_800 + 60 * idx)).collect();
    let packed = zstd(format!("time,open,high,low,close\n{rows}").as_bytes());
    for n_missing in [1, 4, packed.len() / 2, packed.len() - 6] {
        let error = read_file("bars.csv.zst", &packed[..packed.len() - n_missing]).unwrap_err();
        assert!(
            error.ends_with("its packed stream has no end; copy or download it again"),
            "{error}"
        );
    }
}

#[test]
fn a_damaged_zstd_file_is_refused() {
    let mut packed = zstd(CONTENT.as_bytes());
    let last = packed.len() - 1;
    packed[last] ^= 1;
    insta::assert_snapshot!(wrapped(read_file("bars.csv.zst", packed).unwrap_err()), @r"
    `bars.csv.zst` is damaged after 1 bar: a checksum is wrong; copy or
    download it again
    ");
}

fn parquet(name: &str) -> Result<Vec<Bar>, String> {
    let reader =
        test_data(&format!("parquet/{name}")).read().map_err(|error| format!("{error:#}"))?;
    reader.map(|bar| bar.map_err(|error| format!("{error:#}"))).collect()
}

#[test]
fn parquet_gives_the_very_bars_of_the_csv() {
    let bars = parquet("bars.csv").unwrap();
    assert_eq!(bars.len(), 60);
    for name in [
        "pandas_snappy.parquet",
        "polars_zstd.parquet",
        "zstd_v2.parquet",
        "gzip_v2.parquet",
        "decimals_lz4.parquet",
        "epoch.parquet",
    ] {
        assert_eq!(parquet(name), Ok(bars.clone()), "{name}");
    }
}

#[test]
fn single_precision_stays_what_it_is() {
    let (bars, single) = (parquet("bars.csv").unwrap(), parquet("single.parquet").unwrap());
    for (bar, single) in bars.iter().zip(&single) {
        assert_eq!(single.time_ms, bar.time_ms);
        #[expect(clippy::cast_possible_truncation, reason = "that is the point")]
        let close = f64::from(bar.close as f32);
        assert_eq!(single.close.to_bits(), close.to_bits());
    }
    assert_eq!(single.len(), bars.len());
}

#[test]
fn parquet_of_every_kind_of_time_and_number_gives_the_same_bars() {
    let bars = &parquet("bars.csv").unwrap()[..6];
    for unit in ["s", "ms", "us", "ns"] {
        for zone in ["none", "utc", "new_york"] {
            let name = format!("times_{unit}_{zone}.parquet");
            assert_eq!(parquet(&name).as_deref(), Ok(bars), "{name}");
            // An instant is one in any zone; a clock is not.
            let config =
                BarsConfig { time_zone: Some("Asia/Tokyo".to_owned()), ..BarsConfig::default() };
            let source = test_data(&format!("parquet/{name}")).with_config(&config);
            let first = source.read().unwrap().next().unwrap().unwrap();
            let shift_ms = if zone == "none" { 9 * HOUR_MS } else { 0 };
            assert_eq!(first.time_ms, bars[0].time_ms - shift_ms, "{name}");
        }
    }
    for name in [
        "counts_ms",
        "counts_us",
        "counts_ns",
        "named_index",
        "two_levels",
        "texts",
        "large_decimals",
        "structs",
    ] {
        assert_eq!(parquet(&format!("{name}.parquet")).as_deref(), Ok(bars), "{name}");
    }
    let error = parquet("lists.parquet").unwrap_err();
    assert!(error.contains("whose cells are lists; write a row for each value"), "{error}");
}

#[test]
fn other_bytes_behind_a_gzip_stream_are_no_damage() {
    let packed = super::gzip(CONTENT.as_bytes());
    let error = read_file("bars.csv.gz", [&packed[..], b"not of a stream"].concat()).unwrap_err();
    assert_eq!(read_file("bars.csv.gz", [&packed[..], b"\0"].concat()).unwrap_err(), error);
    insta::assert_snapshot!(wrapped(error), @r"
    `bars.csv.gz` has other bytes behind its gzip stream; `gzip -dc
    'bars.csv.gz' > bars.csv` leaves them out, with a warning
    ");
    assert_eq!(read_file("bars.csv.gz", [&packed[..], &packed[..0]].concat()), Ok(vec![BAR]));
}

#[test]
fn an_error_in_parquet_names_the_row() {
    insta::assert_snapshot!(wrapped(parquet("hole.parquet").unwrap_err()), @r"
    `parquet/hole.parquet` row 42, column `low`: `` is not a price: delete
    the row, or leave such rows out with `--bad-rows drop`
    ");
}

#[test]
fn the_summary_has_the_digest_of_the_parquet_file() {
    let summary = test_data("parquet/polars_zstd.parquet").summarize().unwrap();
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/parquet/polars_zstd.parquet");
    assert_eq!(summary.sha256, trainer::digest::sha256_of_file(&path).unwrap());
    assert_eq!((summary.n_bars, summary.interval_ms), (60, 3_600_000));
}

#[test]
fn a_parquet_file_cut_short_or_damaged_is_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/parquet/zstd_v2.parquet");
    let whole = fs::read(path).unwrap();
    let read = |bytes: &[u8]| {
        fs::write(folder.path().join("bars.parquet"), bytes).unwrap();
        let source = BarSource::open("bars.parquet", folder.path()).unwrap();
        let bars: anyhow::Result<Vec<Bar>> = source.read().and_then(Iterator::collect);
        bars.map_err(|error| format!("{error:#}"))
    };
    insta::assert_snapshot!(wrapped(read(&whole[..whole.len() - 9]).unwrap_err()), @r"
    `bars.parquet` is damaged after 0 bars: Parquet error: Invalid Parquet
    file. Corrupt footer; copy or download it again
    ");
    // A byte of the first page's packed content.
    let mut damaged = whole.clone();
    damaged[60] ^= 0xff;
    assert!(read(&damaged).is_err());
    assert_eq!(read(&whole).unwrap().len(), 60);
}

#[test]
fn a_symbol_may_be_the_letters_of_a_format() {
    for symbol in ["RDX", "ORC", "PARE", "DBN", "FEA1"] {
        for delimiter in [",", ";", "|", "\t"] {
            let row = |day: usize| format!("{symbol},2020-01-0{day},10,12.5,9,11,3.25\n");
            let rows: String = (1..7).map(row).collect();
            let bars = read(rows.replace(',', delimiter));
            assert_eq!(bars.map(|bars| bars.len()), Ok(6), "{symbol} {delimiter}");
        }
    }
    let error = read("RDX2\nX\n\0\0\0\x02").unwrap_err();
    assert!(error.contains("is a file of R"), "{error}");
}

#[test]
fn text_in_an_old_encoding_may_have_the_delimiter_of_hive_or_a_form_feed() {
    let header = b"Dat\xe9\x01open\x01high\x01low\x01close\x01volume\n";
    let row = b"2020-01-01\x0110\x0112.5\x019\x0111\x013.25\n";
    assert_eq!(read([&header[..], row].concat()), Ok(vec![BAR]));
    let text =
        b"Gr\xf6\xdfe\x0c;x\nDate,open,high,low,close,volume\n2020-01-01,10,12.5,9,11,3.25\n";
    assert_eq!(read(text), Ok(vec![BAR]));
}
