//! Acts out the faults of a script: errors, crashes, hangs, noise on stdout, spoilt outputs.
//! Decides nothing about time.

use std::{io::Write as _, time::Duration};

use half::{bf16, f16};
use wildmatch::WildMatch;

use super::{
    super::DeviceError,
    script::{Fault, FaultKind, Stage},
};
use crate::kernel::Data;

/// Where a device is when a fault may strike. Counts are from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) stage: Stage,
    pub(super) case: Option<&'a str>,
    pub(super) nth_case: u32,
    pub(super) nth_run: u32,
}

impl Moment<'_> {
    /// Before there is a case.
    pub(super) fn early(stage: Stage) -> Moment<'static> {
        Moment { stage, case: None, nth_case: 0, nth_run: 0 }
    }
}

/// The faults that strike at a moment, in the script's order.
pub(super) fn due<'f>(faults: &'f [Fault], moment: Moment<'f>) -> impl Iterator<Item = FaultKind> + 'f {
    let holds = move |fault: &&Fault| {
        fault.at == moment.stage
            && fault.nth_case.is_none_or(|n| n == moment.nth_case)
            && fault.nth_run.is_none_or(|n| n == moment.nth_run)
            && fault.case.as_deref().is_none_or(|glob| moment.case.is_some_and(|id| WildMatch::new(glob).matches(id)))
    };
    faults.iter().filter(holds).map(|fault| fault.kind)
}

/// Lets the faults of a moment strike. Output faults are left to [`write`].
///
/// # Errors
/// The scripted error; crashes and hangs do not return.
pub(super) fn strike(faults: &[Fault], moment: Moment<'_>) -> Result<(), DeviceError> {
    for kind in due(faults, moment) {
        match kind {
            FaultKind::Wrong | FaultKind::Nan | FaultKind::Unwritten => {}
            FaultKind::Unsupported => return Err(DeviceError::Unsupported("scripted: not supported".to_owned())),
            FaultKind::Failed => return Err(DeviceError::Failed("scripted failure".to_owned())),
            FaultKind::Lost => return Err(DeviceError::Lost("scripted loss of the device".to_owned())),
            FaultKind::OutOfMemory => return Err(DeviceError::OutOfMemory("scripted shortage".to_owned())),
            FaultKind::Abort => std::process::abort(),
            FaultKind::Exit => std::process::exit(137),
            FaultKind::Killed => {
                eprintln!("scripted: out of memory, killed");
                std::process::abort();
            }
            FaultKind::Hang => loop {
                std::thread::sleep(Duration::from_secs(3600));
            },
            FaultKind::Garbage => print_garbage(),
        }
    }
    Ok(())
}

/// A driver does not care whether anyone reads it, so neither does this.
fn print_garbage() {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(b"\xff\xfe{\"driver\": says \x00 hello}\n");
    let _ = out.flush();
}

/// Writes a run's result over `output`, spoilt as the due faults ask.
pub(super) fn write(output: &mut Data, result: &Data, faults: &[Fault], moment: Moment<'_>) {
    let mut spoilt = result.clone();
    for kind in due(faults, moment) {
        match kind {
            FaultKind::Wrong => change(&mut spoilt, 0, |x| x + 1.0),
            FaultKind::Nan if matches!(spoilt, Data::I32(_)) => {
                let poison = crate::kernel::poison(spoilt.elem());
                change(&mut spoilt, 0, |_| f64::from(i32::from_ne_bytes([poison; 4])));
            }
            FaultKind::Nan => change(&mut spoilt, 0, |_| f64::NAN),
            FaultKind::Unwritten => keep_tail(&mut spoilt, output),
            _ => {}
        }
    }
    *output = spoilt;
}

fn change(data: &mut Data, at: usize, by: impl Fn(f64) -> f64) {
    let value = by(data.get(at));
    match data {
        Data::F32(v) => v[at] = value as f32,
        Data::F16(v) => v[at] = f16::from_f64(value),
        Data::Bf16(v) => v[at] = bf16::from_f64(value),
        Data::Fp8(v) => v[at] = float8::F8E4M3::from_f64(value),
        Data::I8(v) => v[at] = value as i8,
        Data::I32(v) => v[at] = value as i32,
    }
}

/// Puts the last quarter of `old`, one element at least, back over `new`.
fn keep_tail(new: &mut Data, old: &Data) {
    let from = new.len() - new.len().div_ceil(4);
    let bytes = from * new.elem().bytes() as usize;
    let mixed = [&new.as_bytes()[..bytes], &old.as_bytes()[bytes..]].concat();
    *new = Data::from_bytes(new.elem(), &mixed);
}
