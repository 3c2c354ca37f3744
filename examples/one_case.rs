//! The library without workers: open a device, verify one case, measure it, print its rate.
//!
//!     cargo run --release --example one_case -- cpu:0 matmul/gemv/f32/m=1,n=4096,k=4096/cold

use wattmark::{
    backend::backends,
    kernel::{Case, Inputs, verify},
    measure::{Settings, measure},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let device = args.next().unwrap_or_else(|| "cpu:0".to_owned());
    let case: Case = args.next().unwrap_or_else(|| "matmul/gemm/f32/m=512,n=512,k=512/hot".to_owned()).parse()?;

    let name = device.split(':').next().unwrap_or_default();
    let backend = backends().into_iter().find(|b| b.name() == name).ok_or(format!("no backend {name}"))?;
    let mut device = backend.open(&device)?;
    println!("{case} on {}", device.facts().name);

    let inputs = Inputs::seeded(&case);
    let tuning = device.tunings(&case).into_iter().next().unwrap_or_default();
    let mut executable = device.prepare(&case, &inputs, &tuning)?;

    executable.poison()?;
    executable.run(1)?;
    let verification = verify(&case, &inputs, &executable.output()?);
    if let Some(failure) = verification.failure {
        return Err(format!("the output is wrong: {failure}").into());
    }

    let measured = measure(executable.as_mut(), &Settings::within(1.0), &mut || {})?;
    let mut samples = measured.time.samples_s;
    samples.sort_by(f64::total_cmp);
    let median = samples[samples.len() / 2];
    println!("{} samples, median {median:.3e} s, {:.1} GFLOP/s", samples.len(), case.work().flop / median * 1e-9);
    Ok(())
}
