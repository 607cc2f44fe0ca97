//! Pages of one column; zstd is unpacked without C code.

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use crate::market::bars::input::ZstdReader;

/// The size limit of an unpacked page.
const PAGE_BYTES_MAX: u64 = 256 << 20;

/// Opens the pages of `chunk`, a column of `n_rows` rows in `file`.
pub(super) fn open(
    file: &Arc<File>,
    chunk: &ColumnChunkMetaData,
    n_rows: usize,
) -> Result<Box<dyn PageReader>> {
    let pages = |chunk| SerializedPageReader::new(Arc::clone(file), chunk, n_rows, None);
    if !matches!(chunk.compression(), Compression::ZSTD(_)) {
        return Ok(Box::new(pages(chunk)?));
    }
    // The library would unpack zstd by C code. With the compression set to
    // none, it returns the pages as they are.
    let chunk = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
    Ok(Box::new(ZstdPages(pages(&chunk)?)))
}

/// Pages that are packed with zstd.
struct ZstdPages(SerializedPageReader<File>);

impl ZstdPages {
    fn unpack_page(mut page: Page) -> Result<Page> {
        let (buf, n_plain) = match &mut page {
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => (buf, 0),
            Page::DataPageV2 { is_compressed: false, .. } => return Ok(page),
            Page::DataPageV2 {
                buf,
                is_compressed,
                def_levels_byte_len,
                rep_levels_byte_len,
                ..
            } => {
                *is_compressed = false;
                (buf, (*def_levels_byte_len + *rep_levels_byte_len) as usize)
            }
        };
        *buf = unpack(buf, n_plain)?.into();
        Ok(page)
    }
}

/// Unpacks the bytes after the first `n_plain`, which are not packed.
fn unpack(packed: &[u8], n_plain: usize) -> Result<Vec<u8>> {
    let invalid = || ParquetError::General("a page is shorter than it says".to_owned());
    let (plain, packed) = packed.split_at_checked(n_plain).ok_or_else(invalid)?;
    let mut page = plain.to_vec();
    let n_bytes = ZstdReader::new(packed)
        .take(PAGE_BYTES_MAX + 1)
        .read_to_end(&mut page)
        .map_err(|error| ParquetError::General(format!("a page cannot be unpacked: {error}")))?;
    if n_bytes as u64 > PAGE_BYTES_MAX {
        return Err(ParquetError::General("a page has more than 256 MiB".to_owned()));
    }
    Ok(page)
}

impl Iterator for ZstdPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for ZstdPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.0.get_next_page()?.map(Self::unpack_page).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.skip_next_page()
    }
}
