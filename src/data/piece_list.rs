//! The list that comes with MAESTRO: composer and title of each file.

use serde::Deserialize;
use serde_json::Value;

use super::listing::latin_1;

const FILE: &str = "midi_filename";
const COMPOSER: &str = "canonical_composer";
const TITLE: &str = "canonical_title";
/// Columns that only MAESTRO's list has.
const MAESTRO_ONLY: [&str; 2] = ["audio_filename", "split"];

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Row {
    #[serde(rename = "midi_filename")]
    pub file: String,
    #[serde(rename = "canonical_composer")]
    pub composer: String,
    #[serde(rename = "canonical_title")]
    pub title: String,
}

/// A list of pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceList {
    pub rows: Vec<Row>,
    /// Its columns show that it is MAESTRO's.
    pub is_maestro: bool,
    /// Number of lines that could not be read.
    pub bad_lines: usize,
}

/// Reads a CSV list with any separator. `Ok(None)` if it is another kind of table.
///
/// # Errors
/// A message, if the list names files but not their composers.
pub fn parse_csv(bytes: &[u8]) -> Result<Option<PieceList>, String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => latin_1(bytes),
    };
    let text = text.trim_start_matches('\u{feff}');
    // Spreadsheets may state the separator in the first line.
    let text = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("sep=") => rest,
        _ => text,
    };
    let reader = |delimiter: u8| {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).trim(csv::Trim::All);
        builder.from_reader(text.as_bytes())
    };
    let has_files = |delimiter: &u8| {
        let mut reader = reader(*delimiter);
        reader.headers().is_ok_and(|h| h.iter().any(|c| c.eq_ignore_ascii_case(FILE)))
    };
    let Some(delimiter) = [b',', b';', b'\t', b'|'].into_iter().find(has_files) else {
        return Ok(None);
    };
    let mut reader = reader(delimiter);
    let headers = reader.headers().map_err(|e| e.to_string())?;
    let headers: csv::StringRecord = headers.iter().map(str::to_ascii_lowercase).collect();
    let has = |column: &&str| headers.iter().any(|h| h == *column);
    if let Some(missing) = [COMPOSER, TITLE].iter().find(|column| !has(column)) {
        return Err(format!("it has no column {missing}"));
    }
    let mut list = PieceList { rows: Vec::new(), is_maestro: MAESTRO_ONLY.iter().all(has), bad_lines: 0 };
    for record in reader.records() {
        match record.and_then(|record| record.deserialize(Some(&headers))) {
            Ok(row) => list.rows.push(row),
            Err(_) => list.bad_lines += 1,
        }
    }
    Ok(Some(list))
}

/// Reads MAESTRO's list in JSON, with an object of numbered values for each column. `None` if it is something else.
pub fn parse_json(bytes: &[u8]) -> Option<PieceList> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let column = |name: &str| value.get(name)?.as_object();
    let (files, composers, titles) = (column(FILE)?, column(COMPOSER)?, column(TITLE)?);
    let text = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
    let row = |(number, file): (&String, &Value)| {
        Some(Row {
            file: text(file)?,
            composer: text(composers.get(number)?)?,
            title: text(titles.get(number)?)?,
        })
    };
    let rows: Vec<Row> = files.iter().filter_map(row).collect();
    Some(PieceList {
        bad_lines: files.len() - rows.len(),
        is_maestro: MAESTRO_ONLY.iter().all(|name| value.get(name).is_some()),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "Frédéric Chopin;\"Nocturne, Op. 9\";train;2018;2018/a.midi;a.wav;60";
    const HEAD: &str = "canonical_composer;canonical_title;split;year;midi_filename;audio_filename;duration";

    fn row() -> Row {
        Row {
            file: "2018/a.midi".to_owned(),
            composer: "Frédéric Chopin".to_owned(),
            title: "Nocturne, Op. 9".to_owned(),
        }
    }

    #[test]
    fn reads_any_separator_and_spelling() {
        let list = format!("{HEAD}\n{LINE}\n");
        let latin: Vec<u8> = list.chars().map(|c| c as u8).collect();
        for bytes in [
            list.clone().into_bytes(),
            list.replace(';', "\t").into_bytes(),
            list.replace(';', ",").into_bytes(),
            list.replace('\n', "\r\n").into_bytes(),
            format!("\u{feff}{list}").into_bytes(),
            format!("sep=;\r\n{list}").into_bytes(),
            list.replace("canonical_composer", "Canonical_Composer").into_bytes(),
            latin,
        ] {
            let read = parse_csv(&bytes).unwrap().unwrap();
            assert_eq!(read.rows, [row()], "{}", String::from_utf8_lossy(&bytes));
            assert!(read.is_maestro && read.bad_lines == 0);
        }
    }

    #[test]
    fn problems_are_reported() {
        assert_eq!(parse_csv(b"name,size\na,1\n"), Ok(None));
        assert_eq!(parse_csv(b""), Ok(None));
        let error = parse_csv(b"midi_filename,canonical_title\na,b\n").unwrap_err();
        assert_eq!(error, "it has no column canonical_composer");
        let short = format!("{HEAD}\n{LINE}\nFrédéric Chopin;Etude\n");
        let read = parse_csv(short.as_bytes()).unwrap().unwrap();
        assert_eq!((read.rows.len(), read.bad_lines), (1, 1));
    }

    #[test]
    fn the_json_list_gives_the_same_rows() {
        let json = r#"{"canonical_composer": {"0": "Frédéric Chopin", "1": "X"}, "canonical_title": {"0": "Nocturne, Op. 9"},
            "split": {}, "audio_filename": {}, "midi_filename": {"0": "2018/a.midi", "1": "2018/b.midi"}}"#;
        let read = parse_json(json.as_bytes()).unwrap();
        assert_eq!((read.rows, read.bad_lines, read.is_maestro), (vec![row()], 1, true));
        assert_eq!(parse_json(b"[1]"), None);
        assert_eq!(parse_json(b"no"), None);
    }
}
