//! Windows of one case as a record keeps them: joules of a launch by meter, and what to doubt about them.
//! Reads no meter.

use std::collections::BTreeMap;

use crate::{
    power::{
        SensorInfo,
        energy::{
            CrossVerdict, Energy as WindowEnergy, Grade, Measured, Method, combine, cross_check, least_window_s, net,
        },
    },
    record::{Gauge, Interval, Meter, Warning, WindowKind},
};

/// One meter's windows together, per launch.
pub(super) fn meter(
    info: &SensorInfo,
    windows: &[(WindowEnergy, u64)],
    idle: Option<(&Measured, &Measured)>,
) -> Result<Meter, String> {
    let mut good = Vec::new();
    let mut launches = Vec::new();
    for (window, count) in windows {
        match window {
            WindowEnergy::Measured(m) if *count > 0 => {
                good.push(m.clone());
                launches.push(*count as f64);
            }
            WindowEnergy::Measured(_) => return Err(format!("{}: a window held no launch", info.id)),
            WindowEnergy::Unmeasured(u) => return Err(format!("{}: {}", info.id, u.reason)),
        }
    }
    let gross = combine(&good, &launches).map_err(|e| e.to_string())?;
    let mut warnings = gross.warnings.clone();
    let nets: Option<Vec<_>> =
        idle.and_then(|(before, after)| good.iter().map(|m| net(m, before, after).ok()).collect());
    let net_j = nets.as_ref().map(|nets| {
        let per: Vec<f64> = nets.iter().zip(&launches).map(|(n, l)| n.joules / l).collect();
        let mean = per.iter().sum::<f64>() / per.len() as f64;
        // Idle is common to the windows: its uncertainty does not average down; the repeats' spread is the gross one's.
        let common = nets.iter().zip(&launches).map(|(n, l)| n.u95 / l).fold(0.0, f64::max);
        Interval { value: mean, u95: common.hypot(2.0 * gross.budget.repeats) }
    });
    for net in nets.iter().flatten() {
        warnings.extend(net.warnings.clone());
    }
    warnings.sort();
    warnings.dedup();
    let relative = |part: f64| part / gross.joules_per_unit.abs().max(f64::MIN_POSITIVE);
    let seconds: f64 = good.iter().map(|m| m.window.seconds()).sum();
    Ok(Meter {
        sensor: info.id.clone(),
        kind: if gross.method == Method::Counter { Gauge::Counter } else { Gauge::Gauge },
        boundary: gross.boundary.as_str().to_owned(),
        window: if gross.grade == Grade::Published { WindowKind::Published } else { WindowKind::Short },
        window_s: seconds,
        launches: launches.iter().sum::<f64>() as u64,
        gross_j: Interval { value: gross.joules_per_unit, u95: gross.u95 },
        net_j,
        watts: Interval { value: gross.watts_mean, u95: relative(gross.u95) * gross.watts_mean },
        idle_watts: idle.map(|(b, a)| vec![b.watts_mean, a.watts_mean]).unwrap_or_default(),
        repeats_j: good.iter().zip(&launches).map(|(m, l)| m.joules / l).collect(),
        budget: BTreeMap::from([
            ("gain".to_owned(), relative(gross.budget.gain)),
            ("edges".to_owned(), relative(gross.budget.edges)),
            ("repeats".to_owned(), relative(gross.budget.repeats)),
            ("clock".to_owned(), relative(gross.budget.clock)),
        ]),
        warnings,
    })
}

/// Windows whose edges alone leave too much, for what the meter says of itself or was found to do.
pub(super) fn too_short(infos: &[SensorInfo], measured: &[Vec<(WindowEnergy, u64)>]) -> Vec<Warning> {
    let mut found = Vec::new();
    for (info, windows) in infos.iter().zip(measured) {
        let averages_s = info.averaging_window_s.unwrap_or(0.0);
        // Seconds that each window lacks.
        let lacks = windows.iter().filter_map(|(window, _)| {
            let m = window.measured()?;
            Some((least_window_s(m.period_s, averages_s), m.period_s, m.window.seconds()))
        });
        if let Some((least, period_s, seconds)) = lacks.max_by(|a, b| (a.0 - a.2).total_cmp(&(b.0 - b.2)))
            && seconds < least
        {
            let text = format!(
                "a window of {seconds:.1} s is too short for {}, which updates every {period_s:.3} s and averages over \
                 {averages_s:.3} s: under {least:.1} s the edges alone leave over 5 %; run with --energy published",
                info.id
            );
            found.push(Warning { code: "window_too_short".to_owned(), text });
        }
    }
    found
}

/// Counter against gauge of one boundary over the same windows.
pub(super) fn disagreement(infos: &[SensorInfo], measured: &[Vec<(WindowEnergy, u64)>]) -> Vec<Warning> {
    let mut found = Vec::new();
    for (i, counter) in infos.iter().enumerate().filter(|(_, i)| i.is_counter()) {
        for (j, gauge) in infos.iter().enumerate().filter(|(_, i)| !i.is_counter()) {
            if counter.boundary != gauge.boundary || counter.matches != gauge.matches {
                continue;
            }
            let pairs = measured[i].iter().zip(&measured[j]);
            let checks = pairs.filter_map(|(c, g)| cross_check(c.0.measured()?, g.0.measured()?).ok());
            if let Some(worst) = checks.max_by(|a, b| a.relative.abs().total_cmp(&b.relative.abs()))
                && worst.verdict != CrossVerdict::Agree
            {
                let text = format!(
                    "{} and {} differ by {:+.1} % over the same window: {}",
                    counter.id,
                    gauge.id,
                    worst.relative * 100.0,
                    if worst.verdict == CrossVerdict::Invalid {
                        "over 5 %, so neither is to be relied on until one is understood"
                    } else {
                        "over 3 %, both are kept"
                    }
                );
                found.push(Warning { code: "meters_disagree".to_owned(), text });
            }
        }
    }
    found
}
