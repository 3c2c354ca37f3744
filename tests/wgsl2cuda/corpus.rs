//! Every shader of the corpus, run every way there is, all results compared: the host shim under several schedules and
//! subgroup sizes, software Vulkan, and what is expected.

use std::{collections::BTreeMap, sync::Mutex};

use wattmark::wgsl2cuda::Policy;

use crate::{
    compare::differences,
    expected,
    host::Built,
    job::Contents,
    require,
    shader::{Need, Shader},
    shim::Shim,
    vulkan::Vulkan,
};

/// Schedules; zero runs invocations in order.
const SEEDS: [u64; 4] = [0, 1, 2, 0x5EED];

/// What is expected of a shader under a subgroup size, where it is written down.
fn expectation(shader: &Shader, subgroup: u32) -> Option<Contents> {
    let expected = expected::of(shader)?;
    let mut buffers = shader.job().buffers;
    expected(&mut buffers, subgroup as usize);
    Some(buffers)
}

/// Results of software Vulkan by shader; why there is none where the shader or the device stands against it.
fn on_vulkan(vulkan: &Vulkan, shaders: &[Shader]) -> BTreeMap<String, Result<Contents, String>> {
    let one = |shader: &Shader| match (&shader.head.lavapipe, vulkan.lacks(shader)) {
        (Some(why), _) => Err(why.clone()),
        (None, Some(need)) => Err(format!("{} lacks {need:?}", vulkan.name)),
        (None, None) => Ok(vulkan.run(&shader.job()).unwrap_or_else(|error| panic!("{error}"))),
    };
    shaders.iter().map(|shader| (shader.name.clone(), one(shader))).collect()
}

/// Runs `work` on every shader, on all cores; returns what went wrong.
pub fn for_every<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, failures) = (Mutex::new(items.iter()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(item) = next.lock().expect("no panic holds it").next() else { break };
                    if let Err(failure) = work(item) {
                        failures.lock().expect("no panic holds it").push(failure);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("all threads have ended");
    failures.sort();
    failures
}

#[test]
fn the_corpus_is_sound() {
    let shaders = Shader::all();
    assert!(shaders.len() >= 45, "only {} shaders", shaders.len());
    for shader in &shaders {
        assert!(!shader.head.about.is_empty(), "{}: says not what it is there for", shader.name);
        let judged = shader.head.lavapipe.is_none() || expected::of(shader).is_some();
        assert!(judged, "{}: neither Vulkan nor an expectation judges it", shader.name);
    }
    for (name, _) in expected::TABLE {
        assert!(shaders.iter().any(|s| s.name == *name), "an expectation without a shader: {name}");
    }
}

#[test]
fn software_vulkan_agrees_with_what_is_expected() {
    let Some(vulkan) = Vulkan::open() else {
        return require::missing("vulkan", "no Vulkan adapter");
    };
    let shaders = Shader::all();
    let mut failures = Vec::new();
    for (name, result) in on_vulkan(&vulkan, &shaders) {
        let shader = shaders.iter().find(|s| s.name == name).expect("results are of shaders");
        match (result, expectation(shader, vulkan.subgroup)) {
            (Err(why), _) => println!("{name}: not on {}: {why}", vulkan.name),
            (Ok(_), None) => {}
            (Ok(got), Some(want)) => {
                failures.extend(differences(shader, ("vulkan", &got), ("expected", &want)));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn translated_shaders_agree_with_vulkan_and_with_what_is_expected() {
    let Some(shim) = Shim::find() else {
        return require::missing("g++", "no g++ on PATH");
    };
    let vulkan = Vulkan::open();
    if vulkan.is_none() {
        require::missing("vulkan", "no Vulkan adapter; compared with what is expected only");
    }
    let shaders = Shader::all();
    let references = vulkan.as_ref().map(|vulkan| on_vulkan(vulkan, &shaders)).unwrap_or_default();
    let failures = for_every(&shaders, |shader| {
        let reference = vulkan.as_ref().zip(references.get(&shader.name).and_then(|r| r.as_ref().ok()));
        let reference = reference.map(|(vulkan, memory)| (vulkan.subgroup, memory));
        check(&shim, shader, reference, Policy::default(), &SEEDS)?;
        match &shader.head.timed {
            Some(_) => Ok(()),
            None => check(&shim, shader, reference, Policy::timed(), &SEEDS[3..]),
        }
    });
    assert!(failures.is_empty(), "{} of {} shaders fail\n{}", failures.len(), shaders.len(), failures.join("\n"));
}

/// Runs a shader on the shim; `reference` is Vulkan's result and subgroup size.
fn check(
    shim: &Shim,
    shader: &Shader,
    reference: Option<(u32, &Contents)>,
    policy: Policy,
    seeds: &[u64],
) -> Result<(), String> {
    let job = shader.job();
    let built = Built::new(shim, &job, policy)?;
    let subgroups: &[u32] = if shader.needs(Need::Subgroups) { &[8, 32] } else { &[32] };
    for &subgroup in subgroups {
        let expected = expectation(shader, subgroup);
        // Without subgroup operations a result has nothing to do with their size.
        let reference = reference.filter(|r| r.0 == subgroup || !shader.needs(Need::Subgroups)).map(|r| r.1);
        for &seed in seeds {
            let got = built.run(seed, subgroup)?;
            let who = format!("shim (seed {seed}, subgroups of {subgroup}, {policy:?})");
            let wrong = expected.as_ref().and_then(|want| differences(shader, (&who, &got), ("expected", want)));
            let wrong = wrong.or_else(|| differences(shader, (&who, &got), ("vulkan", reference?)));
            wrong.map_or(Ok(()), Err)?;
        }
    }
    Ok(())
}

/// A few shaders of each kind whose host programs run under the address and undefined-behaviour sanitizers.
const SANITIZED: [&str; 8] = [
    "bounds_private",
    "bounds_storage",
    "integer_divide",
    "integer_wrap",
    "float_to_int",
    "shifts",
    "struct_layout",
    "atomics_workgroup",
];

#[test]
fn host_programs_are_clean_under_sanitizers() {
    let Some(shim) = Shim::find().map(Shim::sanitized) else {
        return require::missing("g++", "no g++ on PATH");
    };
    let shaders: Vec<_> = Shader::all().into_iter().filter(|s| SANITIZED.contains(&s.name.as_str())).collect();
    assert_eq!(shaders.len(), SANITIZED.len());
    let failures = for_every(&shaders, |shader| check(&shim, shader, None, Policy::default(), &SEEDS[..2]));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
