//! Lines over an axis, each with its band, and points that matter marked.
//! Lays out and draws; computes no series.

use super::{
    axis::Axis,
    canvas::{Anchor, Canvas, Ink, lines, picture, width},
};

const SIZE: (f64, f64) = (720.0, 440.0);
const TEXT: f64 = 12.0;

/// The range about a line at a point: x, low, high.
pub type Band = (f64, f64, f64);

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// Its points, x rising.
    pub points: Vec<(f64, f64)>,
    /// The band about it, x rising; empty for none.
    pub band: Vec<Band>,
}

/// A place that matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where along the lower side.
    pub x: f64,
    /// How high, if at a point and not anywhere above `x`.
    pub y: Option<f64>,
    /// What it is.
    pub text: String,
}

/// Lines over an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// What the picture is.
    pub title: String,
    /// What it shows, in words, for who cannot see it; set small below the title too.
    pub subtitle: String,
    /// Along the lower side.
    pub x: Axis,
    /// Along the left side.
    pub y: Axis,
    /// The lines, four at the most, for there are four colours.
    pub lines: Vec<Line>,
    /// Points that matter.
    pub marks: Vec<Mark>,
}

/// The field of the lines within a picture.
struct Field<'p> {
    of: &'p Lines,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Lines {
    /// The picture as SVG.
    pub fn svg(&self) -> String {
        let marks: Vec<_> = self.marks.iter().map(|m| m.text.as_str()).collect();
        let desc = [&[self.subtitle.as_str()][..], &marks].concat().join(". ");
        picture(SIZE, &self.title, &desc, |canvas| self.draw(canvas))
    }

    fn draw(&self, canvas: &mut Canvas) {
        let wide = SIZE.0 - 40.0;
        let title = canvas.paragraph(&self.title, (20.0, 24.0), 16.0, Ink::Text, wide);
        let mut down = canvas.paragraph(&self.subtitle, (20.0, title + 20.0), TEXT, Ink::Faint, wide);
        down += 24.0;
        let mut across = 20.0;
        for (i, line) in self.lines.iter().enumerate() {
            canvas.line(&[(across, down), (across + 22.0, down)], Ink::Series(i), 3.0);
            canvas.text(&line.name, (across + 28.0, down), TEXT, Ink::Text, Anchor::Left);
            across += 28.0 + width(&line.name, TEXT) + 26.0;
        }
        let labels = self.y.ticks(6);
        let widest = labels.iter().map(|(_, l)| width(l, TEXT)).fold(0.0, f64::max);
        down += 26.0;
        canvas.text(&self.y.title, (20.0, down), TEXT, Ink::Faint, Anchor::Left);
        let field =
            Field { of: self, left: 30.0 + widest, right: SIZE.0 - 24.0, top: down + 16.0, bottom: SIZE.1 - 52.0 };
        field.axes(canvas, &labels);
        self.lines.iter().enumerate().for_each(|(i, line)| field.band(canvas, line, i));
        self.lines.iter().enumerate().for_each(|(i, line)| field.line(canvas, line, i));
        self.marks.iter().enumerate().for_each(|(i, mark)| field.mark(canvas, mark, i));
    }
}

impl Field<'_> {
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (x, y) = (self.of.x.place(self.of.x.clamp(x)), self.of.y.place(self.of.y.clamp(y)));
        (self.left + (self.right - self.left) * x, self.bottom + (self.top - self.bottom) * y)
    }

    fn axes(&self, canvas: &mut Canvas, labels: &[(f64, String)]) {
        let (x_low, y_low) = (self.of.x.range.0, self.of.y.range.0);
        for (y, label) in labels {
            let at = self.at((x_low, *y)).1;
            canvas.line(&[(self.left, at), (self.right, at)], Ink::Grid, 1.0);
            canvas.text(label, (self.left - 8.0, at), TEXT, Ink::Faint, Anchor::Right);
        }
        for (x, label) in self.of.x.ticks(8) {
            let at = self.at((x, y_low)).0;
            canvas.line(&[(at, self.bottom), (at, self.bottom + 5.0)], Ink::Faint, 1.0);
            canvas.text(&label, (at, self.bottom + 16.0), TEXT, Ink::Faint, Anchor::Middle);
        }
        canvas.line(&[(self.left, self.bottom), (self.right, self.bottom)], Ink::Faint, 1.0);
        let middle = (self.left + self.right) / 2.0;
        let title = lines(&self.of.x.title, TEXT, self.right - self.left).into_iter().next().unwrap_or_default();
        canvas.text(&title, (middle, SIZE.1 - 16.0), TEXT, Ink::Faint, Anchor::Middle);
    }

    fn band(&self, canvas: &mut Canvas, line: &Line, number: usize) {
        let finite = || line.band.iter().filter(|b| b.1.is_finite() && b.2.is_finite());
        let there = finite().map(|b| self.at((b.0, b.2)));
        let back = finite().rev().map(|b| self.at((b.0, b.1)));
        let around: Vec<_> = there.chain(back).collect();
        if around.len() > 2 {
            canvas.polygon(&around, Ink::Series(number), 0.16);
        }
    }

    fn line(&self, canvas: &mut Canvas, line: &Line, number: usize) {
        let points: Vec<_> = line.points.iter().filter(|p| p.1.is_finite()).map(|p| self.at(*p)).collect();
        canvas.line(&points, Ink::Series(number), 2.25);
    }

    fn mark(&self, canvas: &mut Canvas, mark: &Mark, number: usize) {
        let (x, y) = self.at((mark.x, mark.y.unwrap_or(self.of.y.range.0)));
        let down = self.top + 12.0 + 22.0 * number as f64;
        canvas.line(&[(x, down - 12.0), (x, if mark.y.is_some() { y } else { self.bottom })], Ink::Faint, 1.0);
        if mark.y.is_some() {
            canvas.circle((x, y), 5.0, Ink::Paper);
            canvas.circle((x, y), 3.75, Ink::Text);
        }
        // On the side with more room, on paper so that no line runs through it.
        let size = width(&mark.text, TEXT);
        let left = x + 10.0 + size > self.right;
        let from = if left { x - 10.0 - size } else { x + 10.0 };
        canvas.rectangle((from - 3.0, down - 9.0), (from + size + 3.0, down + 9.0), Ink::Paper, 0.85);
        let (at, anchor) = if left { (x - 10.0, Anchor::Right) } else { (x + 10.0, Anchor::Left) };
        canvas.text(&mark.text, (at, down), TEXT, Ink::Text, anchor);
    }
}
