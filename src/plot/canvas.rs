//! A sheet of SVG to draw on: shapes and text in pixels, colours by what they mean, title and description.
//! Knows no axes and no data.

use std::fmt::Write as _;

use plotters::{
    backend::DrawingBackend,
    prelude::{Color, IntoFont, RGBColor, SVGBackend, ShapeStyle, TextStyle},
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::report::text::plain;

/// Units of the drawing in a pixel: the backend rounds to whole units, and curves must not show it.
const FINE: f64 = 8.0;
/// What the backend divides a font's size by.
const FONT: f64 = 1.24;

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Paper,
    Text,
    Faint,
    Grid,
    /// A series, by its number.
    Series(usize),
}

/// Light and dark form of each colour. The series are Okabe and Ito's, darkened where light paper needs it, lightened
/// where dark paper does: every sort of colour vision tells them apart.
const COLOURS: [(Ink, u32, u32); 8] = [
    (Ink::Paper, 0xFFFFFF, 0x0D1117),
    (Ink::Text, 0x1F2328, 0xE6EDF3),
    (Ink::Faint, 0x59636E, 0x9198A1),
    (Ink::Grid, 0xDDE3E9, 0x30363D),
    (Ink::Series(0), 0x0072B2, 0x56B4E9),
    (Ink::Series(1), 0xC44E00, 0xF0A04B),
    (Ink::Series(2), 0x00795A, 0x2FC79B),
    (Ink::Series(3), 0xA8488A, 0xE39CC8),
];

impl Ink {
    fn colour(self) -> RGBColor {
        let wanted = if let Ink::Series(n) = self { Ink::Series(n % 4) } else { self };
        let [_, r, g, b] = COLOURS.iter().find(|c| c.0 == wanted).map_or(0, |c| c.1).to_be_bytes();
        RGBColor(r, g, b)
    }
}

/// Where text lies about its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// A drawing under way. Positions are in pixels from the upper left.
pub(super) struct Canvas<'s>(SVGBackend<'s>);

/// Draws a picture of a size in pixels; `title` names it and `desc` says in words what it shows.
pub(super) fn picture(size: (f64, f64), title: &str, desc: &str, draw: impl FnOnce(&mut Canvas)) -> String {
    let mut body = String::new();
    let mut canvas = Canvas(SVGBackend::with_string(&mut body, ((size.0 * FINE) as u32, (size.1 * FINE) as u32)));
    canvas.rectangle((0.0, 0.0), size, Ink::Paper, 1.0);
    draw(&mut canvas);
    canvas.0.present().expect(MEMORY);
    drop(canvas);
    // The backend's opening tag knows neither pixels nor words.
    let shapes = body.split_once(">\n").map_or("", |(_, rest)| rest);
    format!(
        "<svg class=\"wattmark-plot\" role=\"img\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {} {}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n<title>{}</title>\n<desc>{}</desc>\n<style>{}</style>\n{shapes}",
        size.0 * FINE,
        size.1 * FINE,
        escaped(title),
        escaped(desc),
        dark(),
        w = size.0,
        h = size.1,
    )
}

/// Writing to memory cannot fail.
const MEMORY: &str = "drawing to memory does not fail";

/// How wide text is, about: no font is loaded, and readers have their own.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let wide = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ':' | ' ' | '/' | '(' | ')' | '|' | '\'' => 0.34,
        'm' | 'w' | 'M' | 'W' | '%' => 0.86,
        c if c.is_uppercase() => 0.68,
        _ => 0.57,
    };
    // Generous: some readers' fonts are wider than others, and cut text is worse than a gap.
    text.chars().map(wide).sum::<f64>() * size * 1.08
}

impl Canvas<'_> {
    pub(super) fn line(&mut self, points: &[(f64, f64)], ink: Ink, width: f64) {
        let style = ShapeStyle { color: ink.colour().into(), filled: false, stroke_width: (width * FINE) as u32 };
        self.0.draw_path(points.iter().copied().map(fine), &style).expect(MEMORY);
    }

    pub(super) fn polygon(&mut self, points: &[(f64, f64)], ink: Ink, opacity: f64) {
        let style: ShapeStyle = ink.colour().mix(opacity).filled();
        self.0.fill_polygon(points.iter().copied().map(fine), &style).expect(MEMORY);
    }

    pub(super) fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, opacity: f64) {
        let style: ShapeStyle = ink.colour().mix(opacity).filled();
        self.0.draw_rect(fine(from), fine(to), &style, true).expect(MEMORY);
    }

    pub(super) fn circle(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        let style: ShapeStyle = ink.colour().filled();
        self.0.draw_circle(fine(at), (radius * FINE) as u32, &style, true).expect(MEMORY);
    }

    /// Text with its middle line at a point.
    pub(super) fn text(&mut self, text: &str, at: (f64, f64), size: f64, ink: Ink, anchor: Anchor) {
        let across = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let font = ("sans-serif", size * FINE * FONT).into_font();
        let colour = ink.colour();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(across, VPos::Center));
        self.0.draw_text(&plain(text), &style, fine(at)).expect(MEMORY);
    }

    /// Text over several lines of a width, from a middle line down; returns how far down the last one's is.
    pub(super) fn paragraph(&mut self, text: &str, at: (f64, f64), size: f64, ink: Ink, wide: f64) -> f64 {
        let mut down = at.1;
        for (i, line) in lines(text, size, wide).iter().enumerate() {
            down = at.1 + i as f64 * size * 1.35;
            self.text(line, (at.0, down), size, ink, Anchor::Left);
        }
        down
    }
}

/// Text broken into lines of a width.
pub(super) fn lines(text: &str, size: f64, wide: f64) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if width(line, size) + width(word, size) + 0.34 * size <= wide => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn fine((x, y): (f64, f64)) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

/// The dark form of every colour: style rules win over the attributes that the shapes carry.
fn dark() -> String {
    let mut rules = String::from("@media (prefers-color-scheme: dark) {");
    for (_, light, dark) in COLOURS {
        let _ = write!(
            rules,
            " .wattmark-plot [fill=\"#{light:06X}\"] {{ fill: #{dark:06X} }} .wattmark-plot [stroke=\"#{light:06X}\"] \
             {{ stroke: #{dark:06X} }}"
        );
    }
    rules + " }"
}

fn escaped(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
