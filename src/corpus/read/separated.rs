//! CSV and TSV: values with something between them, and a line of names above.

use std::io::{Chain, Read};

use csv::ByteRecord;
use serde_json::{Number, Value};

use super::CorpusError;
use super::gathering::{File, Gathering};
use super::input::{Input, line_feeds};
use super::table::{Column, Table, all_differ, mean_of};

/// What stands between values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    Tab,
    /// Whatever divides the first rows into equally many.
    Guessed,
}

/// How many rows are looked at for what divides them, and how many bytes.
const SAMPLE: (usize, usize) = (20, 64 * 1024);
/// The longest name of a column, in bytes. What is longer is a text.
const LONGEST_NAME: usize = 100;
/// Stands behind the file: where it comes out as a row of its own, no quote was left open. No text holds NUL.
const END: &[u8] = b"\n\0";

pub(super) fn read(
    input: &Input,
    file: &File,
    gathering: &mut Gathering,
    delimiter: Delimiter,
) -> Result<(), CorpusError> {
    let is_tab = delimiter == Delimiter::Tab;
    let delimiter = match delimiter {
        Delimiter::Tab => b'\t',
        Delimiter::Guessed => guess_delimiter(&input.bytes),
    };
    if let (Some((_, name)), false) = (UNUSUAL.into_iter().find(|&(unusual, _)| unusual == delimiter), is_tab) {
        gathering.note(format!("values are divided by {name}"));
    }
    let mut from_start = Rows::new(&input.bytes, delimiter).enumerate();
    let Some((above, first)) = from_start.find(|(_, row)| !row.is_blank()) else { return Ok(()) };
    let header =
        first.texts(input).map_err(|(line, reason)| CorpusError::BadLine { name: file.name.into(), line, reason })?;
    let is_named = !header.iter().any(|name| name.len() > LONGEST_NAME || number(name).is_some());
    if !is_named {
        gathering.note("the first line holds no names, so columns are called “column 1” and so on".into());
    }
    let names = column_names(&header, is_named);
    let rows = || Rows::new(&input.bytes, delimiter).skip(above + usize::from(is_named));
    if rows().all(|row| row.is_blank()) {
        return Ok(());
    }
    let survey = Survey::of(rows().filter(|row| row.fits(names.len())), names.len());
    let columns: Vec<Column> = survey.columns(&names);
    let mut may_be_id = |column| {
        let of = |row: Row| (row.line, row.record.get(column).map(|id| String::from_utf8_lossy(id).into_owned()));
        all_differ(rows().filter(|row| row.fits(names.len())).map(of))
    };
    let mut table = Table::new(file, &columns, "column", gathering, &mut may_be_id)?;
    for row in rows() {
        if row.is_blank() {
            gathering.blank(file, row.line);
            continue;
        }
        match row.misfit(names.len()).map_or_else(|| row.texts(input), |reason| Err((row.line, reason))) {
            Ok(texts) => {
                let cell = |(text, is_number): (String, &bool)| {
                    let number = is_number.then(|| number(&text)).flatten();
                    (!text.is_empty()).then(|| number.map_or_else(|| Value::String(text), Value::Number))
                };
                let cells = texts.into_iter().zip(&survey.are_numbers).map(cell).collect();
                table.add(file, gathering, (row.line, row.line), cells)?;
            }
            Err((line, reason)) => gathering.bad(file, line, reason)?,
        }
    }
    Ok(())
}

/// What may stand between values besides a comma, and what to call it.
const UNUSUAL: [(u8, &str); 3] = [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];

/// What divides the first rows into more than one value each, and into equally many.
fn guess_delimiter(bytes: &[u8]) -> u8 {
    let sample = &bytes[..bytes.len().min(SAMPLE.1)];
    let alike = |delimiter| {
        let mut rows = Rows::new(sample, delimiter);
        let width = rows.next().map_or(0, |row| row.record.len());
        if width < 2 { 0 } else { 1 + rows.take(SAMPLE.0).filter(|row| row.fits(width)).count() }
    };
    let unusual = UNUSUAL.map(|(delimiter, _)| (alike(delimiter), delimiter));
    let mut best = (alike(b','), b',');
    for candidate in unusual {
        if candidate.0 > best.0 {
            best = candidate;
        }
    }
    best.1
}

/// One name for each column, all of them different.
fn column_names(header: &[String], is_named: bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (place, name) in (1..).zip(header) {
        let name = if is_named && !name.trim().is_empty() { name.trim().into() } else { format!("column {place}") };
        let is_taken = names.contains(&name);
        names.push(if is_taken { format!("{name} ({place})") } else { name });
    }
    names
}

/// A row, and where it stands.
struct Row<'a> {
    record: ByteRecord,
    /// As it is written.
    bytes: &'a [u8],
    /// The line on which it begins, from 1.
    line: usize,
    /// Whether its last value begins with a quote that nothing closes.
    is_open: bool,
}

impl Row<'_> {
    fn fits(&self, width: usize) -> bool {
        self.record.len() == width && !self.is_open
    }

    /// Why it is no row of a table.
    fn misfit(&self, width: usize) -> Option<String> {
        let lines = line_feeds(self.bytes.trim_ascii_end()) + 1;
        if self.is_open {
            return Some(format!("a quote is never closed; {} not read", counted(lines, "line is", "lines are")));
        }
        let (cells, lines) = (self.record.len(), if lines > 1 { format!(" on {lines} lines") } else { String::new() });
        let cells = counted(cells, "value", "values");
        (self.record.len() != width)
            .then(|| format!("{cells}{lines}; there are {}", counted(width, "column", "columns")))
    }

    /// Whether it is a line on which nothing stands.
    fn is_blank(&self) -> bool {
        self.record.len() == 1 && self.bytes.trim_ascii().is_empty()
    }

    /// Its values; else the line where one is no text, and why.
    fn texts(&self, input: &Input) -> Result<Vec<String>, (usize, String)> {
        let text = |cell: &[u8]| str::from_utf8(cell).ok().filter(|text| !text.contains('\0')).map(str::to_owned);
        let texts: Option<Vec<_>> = self.record.iter().map(text).collect();
        texts.ok_or_else(|| {
            let mut lines = (self.line..).zip(self.bytes.split(|&byte| byte == b'\n'));
            let bad = lines.find_map(|(number, line)| Some((number, input.decode(line, usize::MAX).err()?)));
            bad.unwrap_or_else(|| (self.line, "it is no text".into()))
        })
    }
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// The rows of a file.
struct Rows<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<Chain<&'a [u8], &'static [u8]>>,
    /// Up to where lines are counted, in bytes, and the number of the line there.
    counted: (usize, usize),
}

impl<'a> Rows<'a> {
    fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(delimiter);
        Self { bytes, reader: builder.from_reader(bytes.chain(END)), counted: (0, 1) }
    }

    fn place(&self) -> usize {
        usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX)
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        let mut record = ByteRecord::new();
        let before = self.place();
        // Reading from memory cannot fail, and rows may be of any length.
        let is_row = self.reader.read_byte_record(&mut record).unwrap_or(false);
        let end = self.place();
        // The reader passes over empty lines, which count all the same.
        let passed = self.bytes.get(before..)?.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = before + passed;
        if !is_row || start >= self.bytes.len() {
            return None;
        }
        let feeds = line_feeds(&self.bytes[self.counted.0..start]);
        self.counted = (start, self.counted.1 + feeds);
        let bytes = &self.bytes[start..end.min(self.bytes.len())];
        // One more byte than the file has ends its last row. The next is only taken for part of an open one.
        Some(Row { record, bytes, line: self.counted.1, is_open: end > self.bytes.len() + 1 })
    }
}

/// What columns hold.
struct Survey {
    /// Whether each value that is there is a number.
    are_numbers: Vec<bool>,
    /// How many bytes its values have, and how many of them there are.
    sizes: Vec<(usize, usize)>,
}

impl Survey {
    fn of<'a>(rows: impl Iterator<Item = Row<'a>>, width: usize) -> Self {
        let mut survey = Self { are_numbers: vec![true; width], sizes: vec![(0, 0); width] };
        for row in rows {
            for (column, cell) in row.record.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let (sum, count) = survey.sizes[column];
                survey.sizes[column] = (sum + cell.len(), count + 1);
                if survey.are_numbers[column] {
                    survey.are_numbers[column] = str::from_utf8(cell).is_ok_and(|cell| number(cell).is_some());
                }
            }
        }
        survey
    }

    fn columns(&self, names: &[String]) -> Vec<Column> {
        let mean = |column: usize| {
            let (sum, count) = self.sizes[column];
            if self.are_numbers[column] { None } else { mean_of(sum, count) }
        };
        names.iter().enumerate().map(|(place, name)| Column { name: name.clone(), mean_bytes: mean(place) }).collect()
    }
}

/// A value as a number, if that loses nothing of how it is written but zeros at the end.
fn number(cell: &str) -> Option<Number> {
    /// As many decimal digits a 64-bit float holds for certain.
    const DIGITS: usize = 15;
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // A zero in front belongs to a code, as that of a town or a telephone.
    if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) || cell == "-0" {
        return None;
    }
    match fraction {
        None => cell.parse::<i64>().map(Number::from).or_else(|_| cell.parse::<u64>().map(Number::from)).ok(),
        Some(fraction) if all_digits(fraction) && whole.len() + fraction.len() <= DIGITS => {
            cell.parse().ok().and_then(Number::from_f64)
        }
        Some(_) => None,
    }
}
