//! How far compositions were off, as a table: the lines that `examples/decoder_check` appends.
//! Computes no error itself; the lines hold it.

use serde::Deserialize;

use super::{Made, Marker, PageError};
use crate::{
    measure::stats,
    report::{number::seconds, text},
};

const SCHEMA: &str = "wattmark.decoder-check/1";

/// What the table shows of a line.
#[derive(Deserialize)]
struct Line {
    schema: String,
    ended: jiff::Timestamp,
    wattmark: String,
    model: String,
    layers: u64,
    context: u64,
    prompt: u64,
    phases: Vec<Phase>,
}

#[derive(Deserialize)]
struct Phase {
    phase: String,
    whole_s: Vec<f64>,
    composed_s: Vec<f64>,
    error: Ends,
}

#[derive(Deserialize)]
struct Ends {
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

pub(super) fn make(marker: &Marker) -> Result<Made, PageError> {
    let mut lines = Vec::new();
    for file in &marker.words {
        let path = marker.folder.join(file);
        let text = std::fs::read_to_string(&path).map_err(|source| PageError::Read {
            line: marker.line,
            path: path.clone(),
            source,
        })?;
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let refused =
                |what: String| PageError::Line { line: marker.line, path: path.clone(), at: number + 1, what };
            let parsed: Line = serde_json::from_str(line).map_err(|e| refused(e.to_string()))?;
            if parsed.schema != SCHEMA {
                return Err(refused(format!("schema `{}` where `{SCHEMA}` is wanted", parsed.schema)));
            }
            lines.push(parsed);
        }
    }
    if lines.is_empty() {
        return Err(PageError::Empty { line: marker.line });
    }
    let mut table = String::from(
        "| model | phase | whole decoder, median | sum of kernels, median | error of the sum | 95 % interval | rounds |\n\
         | --- | --- | ---: | ---: | ---: | --- | ---: |\n",
    );
    for line in &lines {
        line.phases.iter().for_each(|phase| table += &row(line, phase));
    }
    Ok(Made { table, provenance: provenance(&lines, marker), picture: None, problems: vec![] })
}

fn row(line: &Line, phase: &Phase) -> String {
    let percent = |x: f64| format!("{:+.1} %", x * 100.0);
    let interval = match (phase.error.low, phase.error.high) {
        (Some(low), Some(high)) => format!("{} to {}", percent(low), percent(high)),
        _ => "too few rounds".to_owned(),
    };
    let median = |all: &[f64]| stats::median(all).map_or_else(|| "?".to_owned(), seconds);
    let tokens = match phase.phase.as_str() {
        "decode" => format!(", {} cached tokens", line.context),
        "prefill" => format!(", {} tokens", line.prompt),
        _ => String::new(),
    };
    format!(
        "| {}, {} layers | {}{tokens} | {} | {} | {} | {interval} | {} |\n",
        text::markdown(&line.model),
        line.layers,
        text::markdown(&phase.phase),
        median(&phase.whole_s),
        median(&phase.composed_s),
        percent(phase.error.value),
        phase.whole_s.len(),
    )
}

fn provenance(lines: &[Line], marker: &Marker) -> String {
    let days: Vec<String> = lines.iter().map(|l| l.ended.strftime("%Y-%m-%d").to_string()).collect();
    let builds: Vec<&str> = lines.iter().map(|l| l.wattmark.as_str()).collect();
    let unique = |mut all: Vec<&str>| {
        all.sort_unstable();
        all.dedup();
        all.join(", ")
    };
    let files: Vec<String> = marker.words.iter().map(|f| format!("[{}]({f})", text::markdown(f))).collect();
    format!(
        "f32, one stream, random weights. Measured on {} (UTC) by `examples/decoder_check` of wattmark {}: {}. Table by \
         `wattmark report --tables`.",
        unique(days.iter().map(String::as_str).collect()),
        unique(builds),
        files.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::super::refresh;

    #[test]
    fn each_phase_is_a_row_and_a_foreign_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let page = "<!-- wattmark:decoder decoder.jsonl -->\n<!-- /wattmark:decoder -->";
        let line = r#"{"schema":"wattmark.decoder-check/1","ended":"2026-01-02T03:04:05Z","wattmark":"0.1.0","model":"llama",
            "layers":4,"context":1024,"prompt":256,"phases":[{"phase":"decode","whole_s":[0.03,0.01,0.02],
            "composed_s":[0.02],"error":{"value":-0.05,"low":-0.061,"high":0.01}}]}"#;
        let file = folder.path().join("decoder.jsonl");
        std::fs::write(&file, line.replace('\n', "") + "\n").unwrap();
        let fresh = refresh(page, folder.path()).unwrap().text;
        let row =
            "| llama, 4 layers | decode, 1024 cached tokens | 20.00 ms | 20.00 ms | -5.0 % | -6.1 % to +1.0 % | 3 |";
        assert!(fresh.contains(row), "{fresh}");
        std::fs::write(&file, "{}\n").unwrap();
        let error = refresh(page, folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("line 1: ") && error.contains("decoder.jsonl:1: missing field"), "{error}");
    }
}
