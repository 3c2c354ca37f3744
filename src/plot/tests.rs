//! Pictures: ticks as people write them, the same bytes each time, words for who cannot see.

use super::*;

fn labels(axis: &Axis) -> Vec<String> {
    axis.ticks(6).into_iter().map(|t| t.1).collect()
}

#[test]
fn ticks_are_round_numbers() {
    assert_eq!(labels(&Axis::linear("x", 0.0, 1.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    assert_eq!(labels(&Axis::linear("x", 0.1, 0.7)), ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]);
    assert_eq!(labels(&Axis::linear("x", 0.0, 10000.0)), ["0", "2000", "4000", "6000", "8000", "10000"]);
    let log = Axis { log: true, ..Axis::linear("x", 0.04, 3.0) };
    assert_eq!(labels(&log), ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
    let wide = Axis { log: true, ..Axis::linear("x", 0.004, 3000.0) };
    assert_eq!(labels(&wide), ["0.01", "0.1", "1", "10", "100", "1000"]);
    let between = Axis { log: true, ..Axis::linear("x", 1.3, 470.0) };
    assert_eq!(labels(&between), ["2", "5", "10", "20", "50", "100", "200"]);
    let narrow = Axis { log: true, ..Axis::linear("x", 1.1, 1.9) };
    assert!(labels(&narrow).len() >= 3, "{:?}", labels(&narrow));
}

#[test]
fn axes_fit_what_they_hold() {
    assert!(Axis::around("y", [0.02, 5.0].into_iter()).log);
    assert_eq!(Axis::around("y", [0.0, 5.0].into_iter()).range.0, 0.0);
    assert!(Axis::around("y", [100.0, 101.0].into_iter()).range.0 > 99.0);
    assert_eq!(Axis::around("y", [f64::NAN, f64::INFINITY].into_iter()).range, (0.0, 1.0));
    let same = Axis::around("y", [2.0, 2.0].into_iter());
    assert!(same.range.0 < 2.0 && same.range.1 > 2.0);
}

fn picture() -> Lines {
    Lines {
        title: "a < b & c".to_owned(),
        subtitle: "what is seen".to_owned(),
        x: Axis::linear("x", 0.0, 1.0),
        y: Axis::linear("y", 0.0, 2.0),
        lines: vec![Line { name: "first".to_owned(), points: vec![(0.0, 0.5), (1.0, f64::NAN)], band: vec![] }],
        marks: vec![Mark { x: 0.99, y: Some(1.0), text: "a mark".to_owned() }],
        dots: vec![Dot { x: 0.2, y: 1.0, label: "1".to_owned(), text: "a dot".to_owned(), series: 1, square: true }],
    }
}

#[test]
fn a_picture_has_words_and_a_dark_form_and_the_same_bytes() {
    let svg = picture().svg();
    assert_eq!(svg, picture().svg());
    assert!(svg.starts_with("<svg class=\"wattmark-plot\" role=\"img\""));
    assert!(svg.contains("<title>a &lt; b &amp; c</title>\n<desc>what is seen. a mark. a dot</desc>"));
    assert!(svg.contains("color-scheme: light dark") && svg.trim_end().ends_with("</svg>"));
    // Every colour used has a dark form.
    let used = svg.split(['"']).filter(|t| t.len() == 7 && t.starts_with('#'));
    for colour in used {
        assert!(svg.contains(&format!("[fill=\"{colour}\"]")), "{colour}");
    }
    assert!(!svg.contains("NaN"));
}

#[test]
fn names_of_files_are_safe() {
    assert_eq!(Picture::of("own/../rent = x", String::new()).name, "own----rent---x");
}
