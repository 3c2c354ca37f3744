//! stub
use crate::{backend::Discovery, power::SensorInfo, record::*};
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Table,
    Jsonl,
}
impl std::str::FromStr for Format {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "table" => Ok(Format::Table),
            "jsonl" => Ok(Format::Jsonl),
            _ => Err(s.to_string()),
        }
    }
}
pub fn render_records(_f: Format, r: &[Record], _w: usize, _c: bool) -> String {
    r.iter()
        .map(|r| {
            format!(
                "{} {} {:?} {:?} {:?}\n",
                r.device.id,
                r.case.id,
                r.status,
                r.reason,
                r.time.as_ref().map(|t| (
                    t.samples_s.len(),
                    t.samples_s[t.samples_s.len() / 2],
                    t.noise,
                    r.work.flop / t.samples_s[t.samples_s.len() / 2] / 1e9
                ))
            )
        })
        .collect()
}
pub fn render_verification(_f: Format, r: &[Record], w: usize, c: bool) -> String {
    render_records(_f, r, w, c)
}
pub fn render_devices(
    _f: Format,
    d: &Discovery,
    s: &[SensorInfo],
    m: &[crate::power::Missing],
    _w: usize,
    _c: bool,
) -> String {
    format!("{d:#?} {s:?} {m:#?}\n")
}
pub fn explain(t: &str) -> Result<String, String> {
    Err(t.into())
}
