//! Horizontal bars from a low to a high end about a middle: a tornado.
//! Lays out and draws; computes no swing.

use super::{
    axis::Axis,
    canvas::{Anchor, Canvas, Ink, picture, width},
};

const WIDE: f64 = 720.0;
const ROW: f64 = 26.0;
const TEXT: f64 = 12.0;
/// Widest column of names; longer ones are cut.
const NAMES: f64 = 230.0;

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it is.
    pub name: String,
    /// The value with the input held low, and the input's low as a label.
    pub low: (f64, String),
    /// The value with the input held high, and the input's high as a label.
    pub high: (f64, String),
}

/// Bars about a middle, the widest on top.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What the picture is.
    pub title: String,
    /// What it shows, in words, for who cannot see it; set small below the title too.
    pub subtitle: String,
    /// Along the lower side.
    pub axis: Axis,
    /// Where a line is drawn from top to bottom, and what it is.
    pub middle: Option<(f64, String)>,
    /// The bars, top to bottom.
    pub bars: Vec<Bar>,
}

impl Bars {
    /// The picture as SVG.
    pub fn svg(&self) -> String {
        let bars = self
            .bars
            .iter()
            .map(|b| format!("{}: {} at {}, {} at {}", b.name, short(b.low.0), b.low.1, short(b.high.0), b.high.1));
        let desc = std::iter::once(self.subtitle.clone()).chain(bars).collect::<Vec<_>>().join(". ");
        let tall = 176.0 + ROW * self.bars.len() as f64;
        picture((WIDE, tall), &self.title, &desc, |canvas| self.draw(canvas, tall))
    }

    fn draw(&self, canvas: &mut Canvas, tall: f64) {
        let title = canvas.paragraph(&self.title, (20.0, 24.0), 16.0, Ink::Text, WIDE - 40.0);
        let mut down = canvas.paragraph(&self.subtitle, (20.0, title + 20.0), TEXT, Ink::Faint, WIDE - 40.0) + 24.0;
        for (i, name) in ["input held at its low", "held at its high"].into_iter().enumerate() {
            let across = 20.0 + i as f64 * 180.0;
            canvas.rectangle((across, down - 5.0), (across + 18.0, down + 5.0), Ink::Series(i), 1.0);
            canvas.text(name, (across + 24.0, down), TEXT, Ink::Text, Anchor::Left);
        }
        let names: Vec<String> = self.bars.iter().map(|b| cut(&b.name)).collect();
        let left = 32.0 + names.iter().map(|n| width(n, TEXT)).fold(60.0, f64::max);
        // Labels stand outside of the bars' ends.
        let outside =
            self.bars.iter().flat_map(|b| [width(&b.low.1, TEXT), width(&b.high.1, TEXT)]).fold(0.0, f64::max);
        let (from, to) = (left + outside + 10.0, WIDE - 26.0 - outside);
        let at = |x: f64| from + (to - from) * self.axis.place(self.axis.clamp(x));
        down += 20.0;
        let bottom = down + ROW * self.bars.len() as f64 + 4.0;
        for (x, label) in self.axis.ticks(6) {
            canvas.line(&[(at(x), down), (at(x), bottom)], Ink::Grid, 1.0);
            canvas.text(&label, (at(x), bottom + 14.0), TEXT, Ink::Faint, Anchor::Middle);
        }
        for (i, (bar, name)) in self.bars.iter().zip(&names).enumerate() {
            let y = down + ROW * (i as f64 + 0.5) + 2.0;
            canvas.text(name, (left - 12.0, y), TEXT, Ink::Text, Anchor::Right);
            let middle = self.middle.as_ref().map_or((bar.low.0 + bar.high.0) / 2.0, |m| m.0);
            // The end that lies farther from the middle is drawn first, should both lie on one side of it.
            let mut ends = [(&bar.low, 0), (&bar.high, 1)];
            ends.sort_by(|a, b| (b.0.0 - middle).abs().total_cmp(&(a.0.0 - middle).abs()));
            for ((x, _), series) in ends {
                let (a, b) = (at(*x).min(at(middle)), at(*x).max(at(middle)));
                canvas.rectangle((a, y - 8.0), (b, y + 8.0), Ink::Series(series), 1.0);
            }
            let (less, more) = if bar.low.0 <= bar.high.0 { (&bar.low, &bar.high) } else { (&bar.high, &bar.low) };
            let (a, b) = (at(less.0).min(at(middle)), at(more.0).max(at(middle)));
            canvas.text(&less.1, (a - 5.0, y), TEXT, Ink::Faint, Anchor::Right);
            canvas.text(&more.1, (b + 5.0, y), TEXT, Ink::Faint, Anchor::Left);
        }
        let mut below = self.axis.title.clone();
        if let Some((x, what)) = &self.middle {
            canvas.line(&[(at(*x), down), (at(*x), bottom)], Ink::Text, 1.5);
            below = format!("{below}; line: {what} {}", short(*x));
        }
        canvas.text(&below, ((from + to) / 2.0, tall.min(bottom + 36.0)), TEXT, Ink::Faint, Anchor::Middle);
    }
}

fn short(x: f64) -> String {
    crate::report::number::decimal(x, 3)
}

/// A name that fits its column.
fn cut(name: &str) -> String {
    if width(name, TEXT) <= NAMES {
        return name.to_owned();
    }
    let mut kept = String::new();
    for c in name.chars() {
        if width(&kept, TEXT) + TEXT > NAMES {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}
