//! A scripted case: every run writes the right answer, or what its faults make of it.
//! Computes nothing; the device did.

use std::{rc::Rc, time::Duration};

use super::{
    super::{Build, Condition, DeviceError, Elapsed, Executable},
    clockwork::Clockwork,
    fault::{self, Moment},
    meter::Meter,
    script::{DeviceScript, Stage},
};
use crate::kernel::{Data, poison};

/// A prepared case.
pub(super) struct MockExecutable {
    case: String,
    nth_case: u32,
    script: Rc<DeviceScript>,
    meter: Option<Rc<Meter>>,
    clockwork: Clockwork,
    /// The right answer.
    result: Data,
    /// What the device's memory holds.
    output: Data,
    build: Build,
}

impl MockExecutable {
    pub(super) fn new(
        case: String,
        nth_case: u32,
        script: Rc<DeviceScript>,
        meter: Option<Rc<Meter>>,
        clockwork: Clockwork,
        result: Data,
        build: Build,
    ) -> MockExecutable {
        let output = poisoned(&result);
        MockExecutable { case, nth_case, script, meter, clockwork, result, output, build }
    }
}

impl Executable for MockExecutable {
    fn run(&mut self, launches: u32) -> Result<Elapsed, DeviceError> {
        let nth_run = self.clockwork.runs() + 1;
        let elapsed = self.clockwork.run(launches);
        let moment = Moment { stage: Stage::Run, case: Some(&self.case), nth_case: self.nth_case, nth_run };
        fault::strike(&self.script.faults, moment)?;
        if launches > 0 {
            fault::write(&mut self.output, &self.result, &self.script.faults, moment);
        }
        if self.script.real_sleep {
            let sleep = || std::thread::sleep(Duration::try_from_secs_f64(elapsed.host_s).unwrap_or_default());
            match &self.meter {
                Some(meter) => meter.load(sleep),
                None => sleep(),
            }
        }
        Ok(elapsed)
    }

    fn poison(&mut self) -> Result<(), DeviceError> {
        self.output = poisoned(&self.result);
        Ok(())
    }

    fn output(&mut self) -> Result<Data, DeviceError> {
        Ok(self.output.clone())
    }

    fn build(&self) -> &Build {
        &self.build
    }

    fn condition(&mut self) -> Condition {
        self.clockwork.condition()
    }
}

fn poisoned(like: &Data) -> Data {
    Data::from_bytes(like.elem(), &vec![poison(like.elem()); like.as_bytes().len()])
}
