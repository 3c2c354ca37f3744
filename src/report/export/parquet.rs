//! Parquet: optional columns of text, doubles and counts, compressed with Snappy, in groups of rows.
//! Has no column of its own, and no Arrow; the data dictionary is in the file's metadata.

use std::{io, io::Write, sync::Arc};

use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::{ParquetError, Result},
    file::{metadata::KeyValue, properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

use super::{
    super::{
        Field,
        columns::{COLUMNS, GridColumn, Sort},
    },
    dictionary,
    rows::RowWriter,
};

/// Rows that are held until they are written: what a reader decodes at once.
const GROUP: usize = 1 << 16;

/// Name of the data dictionary in the metadata.
const DICTIONARY: &str = "wattmark.columns";

/// A file under way.
pub(super) struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Column>,
    held: usize,
}

/// Values of a column that are held, and for every row whether it has one.
enum Column {
    Text(Vec<ByteArray>, Vec<i16>),
    Number(Vec<f64>, Vec<i16>),
    Count(Vec<i64>, Vec<i16>),
}

impl Column {
    fn of(column: &GridColumn) -> Column {
        match column.sort {
            Sort::Text => Column::Text(vec![], vec![]),
            Sort::Number => Column::Number(vec![], vec![]),
            Sort::Count => Column::Count(vec![], vec![]),
        }
    }

    /// What is not known is null, and what is no finite number, as in the CSV.
    fn push(&mut self, field: Field) -> Result<()> {
        let levels = match (self, field) {
            (Column::Text(values, levels), Field::Text(text)) => {
                values.push(text.into_bytes().into());
                levels.push(1);
                return Ok(());
            }
            (Column::Number(values, levels), Field::Number(number)) if number.is_finite() => {
                values.push(number);
                levels.push(1);
                return Ok(());
            }
            (Column::Count(values, levels), Field::Count(count)) => {
                values.push(i64::try_from(count).unwrap_or(i64::MAX));
                levels.push(1);
                return Ok(());
            }
            (Column::Number(_, levels), Field::Number(_)) => levels,
            (Column::Text(_, levels) | Column::Number(_, levels) | Column::Count(_, levels), Field::Empty) => levels,
            (_, field) => return Err(ParquetError::General(format!("{field:?} is not what its column holds"))),
        };
        levels.push(0);
        Ok(())
    }
}

impl<W: Write + Send> Writer<W> {
    pub(super) fn new(out: W) -> io::Result<Writer<W>> {
        let meanings = KeyValue::new(DICTIONARY.to_owned(), dictionary());
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("wattmark ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![meanings]))
            .build();
        let file = SerializedFileWriter::new(out, Arc::new(schema()?), Arc::new(properties))?;
        Ok(Writer { file, columns: COLUMNS.iter().map(Column::of).collect(), held: 0 })
    }

    fn flush(&mut self) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        for (held, column) in self.columns.iter_mut().zip(&COLUMNS) {
            let Some(mut writer) = group.next_column()? else { break };
            match std::mem::replace(held, Column::of(column)) {
                Column::Text(values, levels) => {
                    writer.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?
                }
                Column::Number(values, levels) => {
                    writer.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?
                }
                Column::Count(values, levels) => {
                    writer.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?
                }
            };
            writer.close()?;
        }
        group.close()?;
        self.held = 0;
        Ok(())
    }
}

impl<W: Write + Send> RowWriter for Writer<W> {
    fn row(&mut self, row: Vec<Field>) -> io::Result<()> {
        self.columns.iter_mut().zip(row).try_for_each(|(column, field)| column.push(field))?;
        self.held += 1;
        if self.held == GROUP {
            self.flush()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if self.held > 0 {
            self.flush()?;
        }
        self.file.close()?;
        Ok(())
    }
}

fn schema() -> Result<Type> {
    let field = |column: &GridColumn| {
        let (physical, logical) = match column.sort {
            Sort::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Sort::Number => (Physical::DOUBLE, None),
            Sort::Count => (Physical::INT64, None),
        };
        let field = Type::primitive_type_builder(column.name, physical);
        Ok(Arc::new(field.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build()?))
    };
    Type::group_type_builder("record").with_fields(COLUMNS.iter().map(field).collect::<Result<_>>()?).build()
}

#[cfg(test)]
mod tests {
    use parquet::{
        file::reader::{FileReader as _, SerializedFileReader},
        record::Field as Cell,
    };

    use super::*;
    use crate::report::{Rows as _, fixtures, results::Results};

    #[test]
    fn what_is_read_back_is_what_the_csv_says() {
        let records = fixtures::records();
        let grid = Results::of(&records).grid();
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = Box::new(Writer::new(&mut file).unwrap());
        grid.rows.iter().for_each(|row| writer.row(row.clone()).unwrap());
        writer.finish().unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let metadata = reader.metadata().file_metadata();
        let names: Vec<_> = metadata.schema().get_fields().iter().map(|f| f.name().to_owned()).collect();
        assert_eq!(names, grid.header);
        assert_eq!(metadata.key_value_metadata().unwrap()[0].value, Some(dictionary()));
        let mut rows = 0;
        for (row, expected) in reader.get_row_iter(None).unwrap().zip(&grid.rows) {
            for ((name, cell), field) in row.unwrap().get_column_iter().zip(expected) {
                let read = match cell {
                    Cell::Null => Field::Empty,
                    Cell::Str(text) => Field::Text(text.clone()),
                    Cell::Double(number) => Field::Number(*number),
                    Cell::Long(count) => Field::Count(*count as u64),
                    other => panic!("{name}: {other:?}"),
                };
                assert_eq!(read, *field, "{name}");
            }
            rows += 1;
        }
        assert_eq!(rows, records.len());
    }
}
