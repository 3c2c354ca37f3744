//! Units, formulas and draws: known answers, every error, and laws that hold for any text.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn unit(text: &str) -> Unit {
    Unit::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// A system of given quantities (name, mode, unit, boundary) and computed ones (name, formula, unit).
fn system(given: &[(&str, f64, &str, &str)], computed: &[(&str, &str, &str)]) -> (System, Arc<Scope>) {
    let mut system = System::default();
    let mut scope = Scope::new();
    for (name, x, text, place) in given {
        let unit = unit(text);
        let boundary = if place.is_empty() { Boundary::NONE } else { Boundary::of(place, unit.dimension()).unwrap() };
        let x = unit.to_base(*x);
        let held = Given { low: x, mode: x, high: x, distribution: Distribution::Fixed(x), key: (*name).to_owned() };
        let content = Content::Given(held);
        scope.insert((*name).to_owned(), system.add(Cell { name: (*name).to_owned(), unit, boundary, content }));
    }
    let mut ids = Vec::new();
    for (name, _, text) in computed {
        let (unit, boundary) = (unit(text), Boundary::NONE);
        let x = f64::NAN;
        let held = Given { low: x, mode: x, high: x, distribution: Distribution::Fixed(x), key: String::new() };
        let id = system.add(Cell { name: (*name).to_owned(), unit, boundary, content: Content::Given(held) });
        scope.insert((*name).to_owned(), id);
        ids.push(id);
    }
    let scope = Arc::new(scope);
    for (id, (name, formula, _)) in ids.iter().zip(computed) {
        let formula = formula.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
        system.replace(*id, Content::Computed(formula, scope.clone()));
    }
    (system, scope)
}

/// The value of a formula over given quantities, in a unit.
fn value(given: &[(&str, f64, &str, &str)], formula: &str, text: &str) -> f64 {
    let (mut system, scope) = system(given, &[("result", formula, text)]);
    let faults = system.check();
    assert!(faults.is_empty(), "{formula}: {faults:?}");
    let result = scope["result"];
    let mut cone = Cone::of(&system, &[result], &[], &scope).unwrap();
    cone.set_modes();
    cone.compute(1);
    unit(text).from_base(cone.column(result)[0])
}

/// What the check says of a formula.
fn fault(given: &[(&str, f64, &str, &str)], formula: &str, text: &str) -> String {
    let (mut system, _) = system(given, &[("result", formula, text)]);
    match &system.check()[..] {
        [Fault::Formula(_, error)] => error.to_string(),
        other => panic!("{formula}: {other:?}"),
    }
}

fn syntax(formula: &str) -> String {
    formula.parse::<Formula>().expect_err(formula).to_string()
}

fn close(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-12
}

#[test]
fn units_mean_what_they_say() {
    for (text, base, dimension) in [
        ("USD/GPU-h", 1.0 / 3600.0, "USD/GPU-s"),
        ("kWh", 3.6e6, "J"),
        ("TOPS/vehicle", 1e12, "op/vehicle-s"),
        ("PFLOPS", 1e15, "FLOP/s"),
        ("Mbit/s", 1.25e5, "B/s"),
        ("GUSD/GW-yr", 1.0 / 31_536_000.0, "USD/J"),
        ("W/GPU/h", 1.0 / 3600.0, "W/GPU-s"),
        ("month", 2_628_000.0, "s"),
        ("ZB", 1e21, "B"),
        ("us", 1e-6, "s"),
        ("µs", 1e-6, "s"),
        ("mi", 1.0, "mi"),
        ("ms", 1e-3, "s"),
        ("FLOP/param-tok", 1.0, "FLOP/tok-param"),
        ("1/yr", 1.0 / 31_536_000.0, "1/s"),
        ("1", 1.0, "1"),
    ] {
        let unit = unit(text);
        assert!(close(unit.to_base(1.0), base), "{text}: {}", unit.to_base(1.0));
        assert_eq!(unit.dimension().to_string(), dimension, "{text}");
    }
    // What must not be mixed up.
    for (a, b) in [("OPS", "FLOPS"), ("GPU-h", "h"), ("vehicle", "robot"), ("tok", "1"), ("USD", "J"), ("W", "J")] {
        assert_ne!(unit(a).dimension(), unit(b).dimension(), "{a} {b}");
    }
}

#[test]
fn two_prefixes_are_told_with_what_they_would_mean() {
    let error = Unit::parse("Peta-TOPS").unwrap_err();
    assert!(
        matches!(&error, UnitError::TwoPrefixes { first: "peta", second: "tera", literal, .. } if *literal == 1e27)
    );
    assert!(error.to_string().contains("two prefixes, peta and tera"), "{error}");
    assert!(matches!(Unit::parse("PTOPS"), Err(UnitError::TwoPrefixes { .. })));
    assert!(matches!(Unit::parse("Exa-OPS"), Err(UnitError::WordPrefix { letter: "E", .. })));
    // The right figure: the one prefix that keeps the digits.
    assert_eq!(Unit::prefixed(7e6 * 144e12, "OPS", Some(1008.0)), (1008.0, "EOPS".to_owned()));
    assert_eq!(Unit::prefixed(1.008e21, "OPS", None).1, "ZOPS");
}

#[test]
fn wrong_units_say_how_to_mend_them() {
    for (text, says) in [
        ("", "the unit is missing"),
        ("fraction", "unknown unit `fraction`"),
        ("USD per GPU", "is not a unit"),
        ("usd", "did you mean `USD`?"),
        ("kkW", "two prefixes"),
        ("s^0", "a power is an integer"),
        ("s^12", "a power is an integer"),
        ("USD/", "is not a unit"),
        ("kh", "unknown unit `kh`"),
    ] {
        let error = Unit::parse(text).expect_err(text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn known_answers_come_out() {
    // The published calculator: H100 at 1,000 tok/s, 1.30 USD/h, 1.73 kW.
    let h100 = [("rate", 1000.0, "tok/GPU-s", ""), ("price", 1.3, "USD/GPU-h", ""), ("power", 1.73, "kW/GPU", "")];
    assert!((value(&h100, "price / rate", "USD/Mtok") - 0.3611).abs() < 5e-5);
    assert!((value(&h100, "rate / power", "tok/MW-s") - 578_035.0).abs() < 0.5);
    assert!((value(&h100, "power / rate", "J/tok") - 1.73).abs() < 1e-12);
    let decode =
        [("rate", 1850.0, "tok/GPU-s", ""), ("all_in", 1072.0, "tok/GPU-s", ""), ("price", 2.0, "USD/GPU-h", "")];
    assert!((value(&decode, "price / rate", "USD/Mtok") - 0.3003).abs() < 1e-4);
    assert!((value(&decode, "price / all_in", "USD/Mtok") - 0.5182).abs() < 1e-4);
    let energy = [("j", 0.12, "J/tok", ""), ("tariff", 0.08, "USD/kWh", "")];
    assert!((value(&energy, "j * tariff", "USD/Mtok") - 0.00267).abs() < 5e-6);
    let fleet = [("cars", 7e6, "vehicle", ""), ("tops", 144.0, "TOPS/vehicle", "")];
    assert!(close(value(&fleet, "cars * tops", "EOPS"), 1008.0));
    // 10 % over 5 years: the annuity of every textbook.
    let annuity = [("rate", 0.1, "1/yr", ""), ("life", 5.0, "yr", ""), ("none", 0.0, "1/yr", "")];
    assert!((value(&annuity, "crf(rate, life)", "1/yr") - 0.263_797_480_8).abs() < 1e-10);
    assert!(close(value(&annuity, "crf(none, life)", "1/yr"), 0.2));
}

#[test]
fn precedence_and_functions() {
    let x = [("a", 2.0, "1", ""), ("b", 3.0, "1", "")];
    for (formula, result) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 - 3 - 4", -5.0),
        ("12 / 3 / 2", 2.0),
        ("-a^2", -4.0),
        ("(-a)^2", 4.0),
        ("b^-1 * 3", 1.0),
        ("min(a, b, 1) + max(a, b)", 4.0),
        ("abs(a - b)", 1.0),
        ("1.5e1 + .5", 15.5),
        ("2e-1 * 10", 2.0),
    ] {
        assert!((value(&x, formula, "1") - result).abs() < 1e-12, "{formula}");
    }
}

#[test]
fn mixed_dimensions_are_rejected_with_both_units_and_the_place() {
    let given = [
        ("usd", 1.0, "USD", ""),
        ("watts", 1.0, "W", ""),
        ("cars", 1.0, "vehicle", ""),
        ("ops", 1.0, "OPS", ""),
        ("hours", 1.0, "h", ""),
        ("gpu_hours", 1.0, "GPU-h", ""),
        ("rate", 1.0, "1", ""),
    ];
    for (formula, unit, says, at) in [
        ("usd + watts", "USD", "cannot add USD and W", 0),
        ("usd * 2 - watts", "USD", "cannot subtract USD and W", 0),
        ("hours + gpu_hours", "h", "cannot add h and GPU-h", 0),
        ("max(cars, ops)", "OPS", "cannot compare vehicle and OPS", 0),
        ("cars * ops + ops", "OPS", "cannot add op-vehicle/s and OPS", 0),
        ("usd + 3", "USD", "cannot add USD and 1", 0),
        ("usd / watts", "USD", "the formula gives USD-s/J", 0),
        ("crf(rate, 5 [yr])", "1/yr", "1/yr is due, not 1", 4),
        ("usd > 1 [USD]", "1", "this is true or false", 0),
        ("usd * missing", "USD", "unknown name `missing`", 6),
        ("usd + hors", "USD", "did you mean `hours`?", 6),
    ] {
        let text = fault(&given, formula, unit);
        assert!(text.contains(says), "{formula}: {text}");
        assert!(text.contains(&format!("\n    {}^", " ".repeat(at))), "{formula}: {text}");
    }
    // Zero is zero in every unit; no other bare number is.
    assert_eq!(value(&given, "max(usd, 0)", "USD"), 1.0);
}

#[test]
fn numbers_meet_only_at_one_boundary() {
    let given = [
        ("board", 450.0, "W", "board"),
        ("to_it", 1.6, "1", "board->it"),
        ("pue", 1.2, "1", "it->facility"),
        ("site", 1000.0, "W", "facility"),
        ("car", 250.0, "W", "car"),
        ("charger", 0.88, "1", "wall->car"),
        ("tariff", 0.2, "USD/kWh", "wall"),
        ("plain", 100.0, "W", ""),
    ];
    assert!(fault(&given, "board + site", "W").contains("at board and one at facility"));
    assert!(close(value(&given, "board * to_it * pue + site", "W"), 1864.0));
    assert!(fault(&given, "board * pue + site", "W").contains("one boundary"));
    // Dollars per kWh at the wall times car watts: the charger stands between.
    assert!(fault(&given, "car * tariff + board * tariff", "USD/h").contains("boundary"));
    assert!(value(&given, "car / charger * tariff", "USD/h") > 0.05);
    // What was taken nowhere in particular meets anything.
    assert!(close(value(&given, "board + plain", "W"), 550.0));
    let bad = Boundary::of("moon", Dimension::NONE).unwrap_err().to_string();
    assert!(bad.contains("unknown boundary `moon`") && bad.contains("chip"), "{bad}");
}

#[test]
fn syntax_errors_have_a_place_and_a_fix() {
    for (formula, says, caret) in [
        ("", "the formula is empty", 0),
        ("a +", "is due here", 3),
        ("a + * b", "is due here", 4),
        ("(a + b", "`(` is never closed", 0),
        ("a + b)", "`)` closes nothing", 5),
        ("a b", "an operator", 2),
        ("24 h", "in brackets, as in 24 [h]", 3),
        ("24 [hh]", "unknown unit `hh`", 3),
        ("24 [h", "no `]` closes", 3),
        ("[h]", "a unit needs its number", 0),
        ("a < b < c", "do not chain", 6),
        ("a = b", "write `==`", 2),
        ("a ** 2", "write `^`", 2),
        ("a ^ b", "a power is a whole number", 4),
        ("log(a)", "no function `log`: known are min", 0),
        ("crf(a)", "takes 2 arguments, not 1", 0),
        ("min(a, b", "`)` is due", 8),
        ("1 if a else 0", "there is no `if`", 2),
        ("a $ b", "means nothing", 2),
        ("1e400", "not a number", 0),
        ("é", "means nothing", 0),
    ] {
        let text = syntax(formula);
        assert!(text.contains(says), "{formula}: {text}");
        assert!(text.contains(&format!("\n    {}^", " ".repeat(caret))), "{formula}: {text}");
    }
    assert!(syntax(&"(".repeat(1000)).contains("nested deeper"));
    assert!(syntax(&"-".repeat(1000)).contains("nested deeper"));
    assert!(syntax(&"a+".repeat(3000)).contains("bytes"));
}

#[test]
fn a_ring_of_definitions_is_named() {
    let (mut ring, _) = system(&[("x", 1.0, "1", "")], &[("a", "b + x", "1"), ("b", "c * 2", "1"), ("c", "a", "1")]);
    let faults = ring.check();
    let [Fault::Cycle(_, names)] = &faults[..] else { panic!("{faults:?}") };
    assert_eq!(names.join(" "), "a b c a");
    let (mut own, _) = system(&[], &[("a", "a + 1", "1")]);
    assert!(matches!(&own.check()[..], [Fault::Cycle(_, names)] if names.len() == 2));
    // Any order of writing will do.
    let (mut free, scope) = system(&[("x", 2.0, "1", "")], &[("a", "b + 1", "1"), ("b", "x * 2", "1")]);
    assert!(free.check().is_empty());
    let mut cone = Cone::of(&free, &[scope["a"]], &[], &scope).unwrap();
    cone.set_modes();
    cone.compute(1);
    assert_eq!(cone.column(scope["a"])[0], 5.0);
}

#[test]
fn a_division_by_a_possible_zero_is_found_where_it_stands() {
    let (mut system, _) = system(&[("x", 1.0, "1", ""), ("y", 1.0, "1", "")], &[("a", "x / (y - 0.5)", "1")]);
    assert!(system.check().is_empty());
    let whole = |g: &Given| Interval { low: 0.0, high: g.high };
    let (_, faults) = system.ranges(whole);
    let [Fault::Formula(_, error)] = &faults[..] else { panic!("{faults:?}") };
    assert!(error.to_string().contains("possible zero"), "{error}");
    assert_eq!(error.span(), 4..13);
    assert!(system.ranges(|g| Interval::point(g.mode)).1.is_empty());
}

#[test]
fn distributions_follow_the_rule() {
    let of = |low, mode, high, name| Distribution::of((low, mode, high), name, &[]).map(|d| d.name());
    assert_eq!(of(1.0, 1.0, 1.0, None), Ok("fixed"));
    assert_eq!(of(1.0, 2.0, 4.0, None), Ok("triangular"));
    assert_eq!(of(1.0, 2.0, 4.1, None), Ok("log-triangular"));
    assert_eq!(of(0.0, 2.0, 9.0, None), Ok("triangular"));
    assert_eq!(of(1.0, 2.0, 3.0, Some("pert")), Ok("PERT"));
    assert!(of(2.0, 1.0, 3.0, None).is_err());
    assert!(of(1.0, 3.0, 2.0, None).is_err());
    assert!(of(0.0, 1.0, 9.0, Some("logtri")).is_err());
    assert!(of(1.0, f64::NAN, 2.0, None).is_err());
    assert!(of(1.0, 2.0, 3.0, Some("normal")).unwrap_err().to_string().contains("tri, logtri, pert or choice"));
    assert!(Distribution::of((4.0, 5.0, 6.0), None, &[4.0, 5.0, 6.0]).is_ok());
    assert!(Distribution::of((4.0, 5.5, 6.0), None, &[4.0, 5.0, 6.0]).is_err());
}

#[test]
fn draws_have_the_moments_of_their_distribution() {
    let draw = |d: &Distribution| {
        let mut out = vec![0.0; 200_000];
        Stream::new(7, "x").fill(d, &mut out);
        out
    };
    let mean = |xs: &[f64]| xs.iter().sum::<f64>() / xs.len() as f64;
    let tri = draw(&Distribution::Triangular { low: 1.0, mode: 2.0, high: 6.0 });
    assert!((mean(&tri) - 3.0).abs() < 0.01);
    let below = tri.iter().filter(|x| **x < 2.0).count() as f64 / tri.len() as f64;
    assert!((below - 0.2).abs() < 0.005, "the mode's share of a triangle is (mode - low) / (high - low)");
    let log = draw(&Distribution::LogTriangular { low: 1.0, mode: 10.0, high: 100.0 });
    assert!((mean(&log.iter().map(|x| x.log10()).collect::<Vec<_>>()) - 1.0).abs() < 0.005);
    let pert = draw(&Distribution::Pert { low: 0.0, mode: 1.0, high: 4.0 });
    assert!((mean(&pert) - 8.0 / 6.0).abs() < 0.01);
    let choice = draw(&Distribution::Choice(vec![4.0, 5.0, 6.0]));
    assert!([4.0, 5.0, 6.0].iter().all(|v| {
        let share = choice.iter().filter(|x| *x == v).count() as f64 / choice.len() as f64;
        (share - 1.0 / 3.0).abs() < 0.01
    }));
}

#[test]
fn a_key_has_its_own_stream() {
    let d = Distribution::Triangular { low: 0.0, mode: 0.5, high: 1.0 };
    let draw = |seed, key: &str, n: usize| {
        let mut out = vec![0.0; n];
        Stream::new(seed, key).fill(&d, &mut out);
        out
    };
    assert_eq!(draw(1, "a", 100), draw(1, "a", 200)[..100]);
    assert_ne!(draw(1, "a", 100), draw(1, "b", 100));
    assert_ne!(draw(1, "a", 100), draw(2, "a", 100));
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-d]",
        (0.001f64..1e6).prop_map(|x| format!("{x}")),
        (1u32..99).prop_map(|x| format!("{x} [kWh/GPU-h]")),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof!["\\+", "-", "\\*", "/"], inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            (inner.clone(), 1i8..4).prop_map(|(a, n)| format!("({a})^{n}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a}, {b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} + {b}")),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_panics_the_parsers(text in ".*") {
        let _ = Unit::parse(&text);
        if let Err(error) = text.parse::<Formula>() {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn no_text_of_the_languages_letters_panics(text in "[a-c0-9.eE+*/^()<>=,\\[\\] andor-]{0,60}") {
        let _ = text.parse::<Formula>();
        let _ = Unit::parse(&text);
    }

    #[test]
    fn formulas_print_and_parse_back(text in expression()) {
        let formula: Formula = text.parse().unwrap();
        let printed = formula.to_string();
        let again: Formula = printed.parse().unwrap();
        prop_assert_eq!(again.to_string(), printed);
        prop_assert_eq!(again.names(), formula.names());
    }

    #[test]
    fn printing_changes_no_value(text in expression(), xs in prop::array::uniform4(0.5f64..2.0)) {
        let names = ["a", "b", "c", "d"];
        let slot = |name: &str| names.iter().position(|n| *n == name);
        let columns: Vec<Vec<f64>> = xs.iter().map(|x| vec![*x; CHUNK]).collect();
        let run = |text: &str| {
            let code = super::eval::Code::of(&text.parse().unwrap(), &slot).unwrap();
            code.run(&columns, 1, &mut Default::default())[0]
        };
        let (a, b) = (run(&text), run(&text.parse::<Formula>().unwrap().to_string()));
        prop_assert!(a == b || (a.is_nan() && b.is_nan()), "{} {}", a, b);
    }

    #[test]
    fn units_multiply_and_divide(a in 0usize..8, b in 0usize..8) {
        let texts = ["USD", "kWh", "GPU-h", "Mtok", "TOPS", "vehicle", "B/s", "1"];
        let (a, b) = (unit(texts[a]), unit(texts[b]));
        let product = a.dimension().times(b.dimension()).unwrap();
        prop_assert_eq!(product.over(b.dimension()), Some(a.dimension()));
        prop_assert_eq!(b.dimension().times(a.dimension()), Some(product));
        prop_assert_eq!(unit(&product.to_string()).dimension(), product);
        prop_assert!(close(a.from_base(a.to_base(3.5)), 3.5));
    }

    #[test]
    fn draws_stay_within_their_ends(low in 0.0f64..10.0, a in 0.0f64..10.0, b in 0.0f64..100.0, seed: u64) {
        let distribution = Distribution::of((low, low + a, low + a + b), None, &[]).unwrap();
        let mut out = vec![0.0; 64];
        Stream::new(seed, "x").fill(&distribution, &mut out);
        let (least, most) = distribution.ends();
        prop_assert!(out.iter().all(|x| *x >= least && *x <= most), "{:?}", out);
    }

    #[test]
    fn a_range_holds_every_value(text in expression(), xs in prop::array::uniform4(0.5f64..2.0)) {
        let names = ["a", "b", "c", "d"];
        let formula: Formula = text.parse().unwrap();
        let whole = |name: &str| names.contains(&name).then_some(Interval { low: 0.5, high: 2.0 });
        if let Ok(range) = super::interval::range(&formula, &whole) {
            let slot = |name: &str| names.iter().position(|n| *n == name);
            let columns: Vec<Vec<f64>> = xs.iter().map(|x| vec![*x; CHUNK]).collect();
            let code = super::eval::Code::of(&formula, &slot).unwrap();
            let x = code.run(&columns, 1, &mut Default::default())[0];
            let slack = 1e-9 * x.abs();
            prop_assert!(x.is_nan() || (range.low - slack <= x && x <= range.high + slack), "{} {:?}", x, range);
        }
    }
}
