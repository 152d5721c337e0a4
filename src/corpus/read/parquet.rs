//! Parquet: a table with a schema, packed by columns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::{Type, TypePtr};
use serde_json::Value;

use super::CorpusError;
use super::gathering::{File, Gathering};
use super::input::Input;
use super::table::{Column, Table, all_differ};

/// How many rows are looked at for what their columns are for.
const SAMPLE: usize = 200;

pub(super) fn read(input: &Input, file: &File, gathering: &mut Gathering) -> Result<(), CorpusError> {
    let damaged = |reason: String| CorpusError::unusable(file.name, format!("the Parquet file is damaged: {reason}"));
    let contents = Contents::open(input.bytes.clone()).map_err(damaged)?;
    for (column, why) in &contents.left_out {
        gathering.note(format!("{why} in “{column}” are left out"));
    }
    let names = || contents.columns.iter().map(|column| column.name().to_owned());
    let of_first: Vec<_> = contents.rows(&contents.columns).take(SAMPLE).collect::<Result<_, _>>().map_err(damaged)?;
    let columns = Column::of_sample(names(), &of_first);
    let mut may_be_id = |column: usize| {
        let mut failed = None;
        let of = |row: Result<Vec<Option<Value>>, String>| match row.map(|cells| cells.into_iter().next().flatten()) {
            Ok(Some(Value::String(id))) => Some(id),
            Ok(Some(Value::Number(id))) => Some(id.to_string()),
            Ok(_) => None,
            Err(reason) => {
                failed = Some(reason);
                None
            }
        };
        let only = std::slice::from_ref(&contents.columns[column]);
        let differ = all_differ((1..).zip(contents.rows(only).map(of)));
        failed.map_or(differ, Err)
    };
    let mut table = Table::new(file, &columns, "column", gathering, &mut may_be_id)?;
    for (number, row) in (1..).zip(contents.rows(&contents.columns)) {
        let cells = row.map_err(|reason| damaged(format!("row {number}: {reason}")))?;
        table.add(file, gathering, (number, number), cells)?;
    }
    Ok(())
}

/// What a file holds.
struct Contents {
    reader: SerializedFileReader<Bytes>,
    name: String,
    /// Those that are read.
    columns: Vec<TypePtr>,
    /// The others, with what they hold.
    left_out: Vec<(String, &'static str)>,
}

impl Contents {
    fn open(bytes: Vec<u8>) -> Result<Self, String> {
        let reader = guarded(|| SerializedFileReader::new(Bytes::from(bytes)).map_err(|error| error.to_string()))?;
        let schema = reader.metadata().file_metadata().schema();
        let mut left_out = Vec::new();
        let mut columns = Vec::new();
        for column in schema.get_fields() {
            match bulk(column) {
                Some(what) => left_out.push((column.name().to_owned(), what)),
                None => columns.push(Arc::clone(column)),
            }
        }
        let name = schema.name().to_owned();
        Ok(Self { reader, name, columns, left_out })
    }

    /// The values of some columns, row by row, up to the first row that cannot be read.
    fn rows(&self, columns: &[TypePtr]) -> impl Iterator<Item = Result<Vec<Option<Value>>, String>> {
        let mut rows = guarded(|| {
            let schema = Type::group_type_builder(&self.name).with_fields(columns.to_vec()).build();
            let rows = schema.and_then(|schema| self.reader.get_row_iter(Some(schema)));
            rows.map_err(|error| error.to_string())
        })
        .map(Some);
        std::iter::from_fn(move || {
            let next = match &mut rows {
                Ok(Some(rows)) => guarded(|| match rows.next() {
                    Some(Ok(row)) => Ok(Some(cells(row))),
                    Some(Err(error)) => Err(error.to_string()),
                    None => Ok(None),
                }),
                Ok(None) => Ok(None),
                Err(reason) => Err(std::mem::take(reason)),
            };
            if !matches!(next, Ok(Some(_))) {
                rows = Ok(None);
            }
            next.transpose()
        })
    }
}

/// The reader takes a file's word for some things, and panics where a damaged one lies.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(reason.unwrap_or("it contradicts itself").to_owned())
    })
}

/// What a column holds that no memory has room for: vectors, pictures.
fn bulk(column: &TypePtr) -> Option<&'static str> {
    if column.is_primitive() {
        return None;
    }
    let is_list = column.get_basic_info().converted_type() == ConvertedType::LIST;
    let mut leaf = column;
    while let [only] = leaf.as_ref_fields() {
        leaf = only;
    }
    let is_float = leaf.is_primitive()
        && (matches!(leaf.get_physical_type(), Physical::FLOAT | Physical::DOUBLE)
            || leaf.get_basic_info().logical_type_ref() == Some(&LogicalType::Float16));
    if is_list && is_float {
        return Some("lists of numbers");
    }
    has_bytes(column).then_some("binary values")
}

trait Fields {
    /// What it is made of; nothing for a column of plain values.
    fn as_ref_fields(&self) -> &[TypePtr];
}

impl Fields for TypePtr {
    fn as_ref_fields(&self) -> &[TypePtr] {
        if self.is_primitive() { &[] } else { self.get_fields() }
    }
}

/// Whether bytes that are no text are anywhere in it.
fn has_bytes(column: &TypePtr) -> bool {
    if column.is_primitive() {
        let info = column.get_basic_info();
        return column.get_physical_type() == Physical::BYTE_ARRAY
            && info.converted_type() == ConvertedType::NONE
            && info.logical_type_ref().is_none();
    }
    column.get_fields().iter().any(has_bytes)
}

fn cells(row: Row) -> Vec<Option<Value>> {
    let cell = |(_, field): (String, Field)| match field {
        Field::Null => None,
        Field::Str(text) => Some(Value::String(text)),
        // Some writers do not say that their bytes are text.
        Field::Bytes(bytes) => str::from_utf8(bytes.data()).ok().map(|text| Value::String(text.to_owned())),
        field => Some(field.to_json_value()),
    };
    row.into_columns().into_iter().map(cell).collect()
}
