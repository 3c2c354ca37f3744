//! wgpu's errors as [`DeviceError`]s: error scopes, the uncaptured handler and the lost callback, so that none panics.
//! Decides nothing about what to do next.

use std::sync::{Arc, Mutex, MutexGuard};

use super::DeviceError;

/// What a device reported outside any call: shared with wgpu's callbacks.
#[derive(Debug, Clone, Default)]
pub(super) struct Reports(Arc<Mutex<Option<DeviceError>>>);

impl Reports {
    /// Installs the callbacks. The first report is kept: later ones are usually its consequences.
    pub(super) fn of(device: &wgpu::Device) -> Reports {
        let reports = Reports::default();
        let uncaptured = reports.clone();
        device.on_uncaptured_error(Arc::new(move |error| uncaptured.keep(from_wgpu(&error))));
        let lost = reports.clone();
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.keep(DeviceError::Lost(if message.is_empty() { format!("{reason:?}") } else { message }));
            }
        });
        reports
    }

    fn keep(&self, error: DeviceError) {
        self.lock().get_or_insert(error);
    }

    fn lock(&self) -> MutexGuard<'_, Option<DeviceError>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Fails with what was reported. A lost device stays lost; anything else is reported once.
    ///
    /// # Errors
    /// The report.
    pub(super) fn check(&self) -> Result<(), DeviceError> {
        let mut held = self.lock();
        match &*held {
            None => Ok(()),
            Some(lost @ DeviceError::Lost(_)) => Err(lost.clone()),
            Some(_) => held.take().map_or(Ok(()), Err),
        }
    }
}

/// Runs calls that report errors by scope instead of by result.
///
/// # Errors
/// The first error of a scope, or one reported outside.
pub(super) fn scoped<T>(device: &wgpu::Device, reports: &Reports, calls: impl FnOnce() -> T) -> Result<T, DeviceError> {
    let filters = [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Validation];
    let mut scopes = filters.map(|filter| Some(device.push_error_scope(filter)));
    let value = calls();
    // Scopes pop in reverse order of pushing.
    let errors: Vec<_> =
        scopes.iter_mut().rev().filter_map(Option::take).filter_map(|scope| pollster::block_on(scope.pop())).collect();
    reports.check()?;
    match errors.first() {
        None => Ok(value),
        Some(error) => Err(from_wgpu(error)),
    }
}

fn from_wgpu(error: &wgpu::Error) -> DeviceError {
    match error {
        wgpu::Error::OutOfMemory { source } => DeviceError::OutOfMemory(format!(
            "the driver refused an allocation ({source}); choose a smaller shape or close other programs"
        )),
        other => DeviceError::Failed(format!("wgpu: {other}")),
    }
}

/// Waits for a submission, or for all.
///
/// # Errors
/// The device was lost, or the driver does not answer.
pub(super) fn wait(
    device: &wgpu::Device,
    reports: &Reports,
    submission: Option<wgpu::SubmissionIndex>,
) -> Result<(), DeviceError> {
    let polled = device.poll(wgpu::PollType::Wait { submission_index: submission, timeout: None });
    reports.check()?;
    polled.map(drop).map_err(|error| DeviceError::Failed(format!("waiting for the device: {error}")))
}
