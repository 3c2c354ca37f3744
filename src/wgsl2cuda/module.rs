//! The whole text: prelude, types, constants, workgroup variables, functions, kernel; and the program for the host.
//! Writes what is global; functions write themselves.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt::Write as _,
};

use naga::{
    TypeInner,
    proc::{Layouter, NameKey},
};

use super::{
    Abi, Error, Feature, Options, ParamKind, Translation,
    abi::Globals,
    front::Shader,
    function::{Key, Writer},
    names::Names,
    types::Context,
};

/// Threads a block can have, in all and along z.
const MOST_THREADS: u32 = 1024;
const MOST_THREADS_Z: u32 = 64;

pub(super) fn translate(wgsl: &str, options: &Options) -> Result<Translation, Error> {
    let shader = Shader::new(wgsl, options)?;
    let size = shader.module.entry_points[shader.entry].workgroup_size;
    if size.iter().map(|&s| u64::from(s)).product::<u64>() > u64::from(MOST_THREADS) || size[2] > MOST_THREADS_Z {
        return Err(Error::TooLarge(format!(
            "a workgroup of {size:?} invocations: a CUDA block has {MOST_THREADS} in all, {MOST_THREADS_Z} along z"
        )));
    }
    let mut layouts = Layouter::default();
    layouts.update(shader.module.to_ctx()).map_err(|e| Error::Invalid(e.to_string()))?;
    let mut names = Names::new(&shader.module);
    let globals = Globals::new(&shader, &layouts, &mut names, options.policy)?;
    let cx = Context {
        shader: &shader,
        policy: options.policy,
        names: RefCell::new(names),
        layouts,
        globals,
        features: RefCell::new(BTreeSet::new()),
        labels: Cell::new(0),
    };
    let kernel = cx.names.borrow_mut().fresh(&format!("{}_kernel", shader.module.entry_points[shader.entry].name));
    let (body, workgroup) = body(&cx, &kernel)?;
    let features = cx.features.take();
    let name = |g| cx.name(NameKey::GlobalVariable(g));
    let (shared_bytes, dynamic_shared_bytes) = cx.globals.shared();
    let abi = Abi {
        params: cx.globals.params(&shader, &cx.layouts, name)?,
        kernel,
        workgroup_size: size,
        shared_bytes,
        dynamic_shared_bytes,
        min_sm: if features.contains(&Feature::CoopMatrix) { 75 } else { 70 },
        features: features.iter().copied().collect(),
    };
    let source = format!("{}{body}", prelude(options, &features));
    Ok(Translation { source, abi, body_at: prelude(options, &features).len(), workgroup })
}

/// The part of the text that every kernel with these features has alike.
fn prelude(options: &Options, features: &BTreeSet<Feature>) -> String {
    let has = |feature| features.contains(&feature);
    let flag = |on: bool| u8::from(on);
    let mut text = format!(
        "#define WG_FAST_MATH {}\n#define WG_HAS_F16 {}\n",
        flag(options.policy.fast_math),
        flag(has(Feature::F16))
    );
    let _ = write!(text, "#ifndef WG_HOST\n{}#endif\n", include_str!("prelude/device.cuh"));
    text.push_str(include_str!("prelude/core.cuh"));
    text.push_str(include_str!("prelude/arithmetic.cuh"));
    text.push_str(include_str!("prelude/convert.cuh"));
    text.push_str(include_str!("prelude/invocation.cuh"));
    text.push_str(include_str!("prelude/math.cuh"));
    if has(Feature::F16) {
        text.push_str(include_str!("prelude/half.cuh"));
    }
    if has(Feature::Subgroups) || has(Feature::CoopMatrix) {
        let (device, host) = (include_str!("prelude/device_lanes.cuh"), include_str!("host_lanes.h"));
        let _ = write!(text, "#ifdef WG_HOST\n{host}#else\n{device}#endif\n");
        text.push_str(include_str!("prelude/subgroup.cuh"));
    }
    if has(Feature::CoopMatrix) {
        text.push_str(include_str!("prelude/coop.cuh"));
    }
    text
}

/// What is the shader's own, and the names of its workgroup variables.
fn body(cx: &Context<'_>, kernel: &str) -> Result<(String, Vec<String>), Error> {
    let module = &cx.shader.module;
    let mut text = "\nnamespace shader {\n\n".to_owned();
    text.push_str(&cx.structs()?);
    text.push_str(&constants(cx)?);
    let mut workgroup = Vec::new();
    if cx.globals.dynamic() {
        text.push_str("extern __shared__ __align__(16) unsigned char dynamic_shared[];\n\n");
        workgroup.push("dynamic_shared".to_owned());
    } else {
        for &global in cx.globals.workgroup.keys() {
            let name = cx.name(NameKey::GlobalVariable(global));
            let _ = writeln!(text, "__shared__ {} {name};", cx.type_name(module.global_variables[global].ty)?);
            workgroup.push(name);
        }
        text.push_str(if workgroup.is_empty() { "" } else { "\n" });
    }
    for (handle, _) in module.functions.iter().filter(|(h, _)| cx.globals.functions.contains(h)) {
        text.push_str(&Writer::new(cx, Key::Function(handle)).write_function(handle)?);
    }
    text.push_str(&Writer::new(cx, Key::Entry).write_kernel(kernel)?);
    text.push_str("\n}  // namespace shader\n");
    Ok((text, workgroup))
}

fn constants(cx: &Context<'_>) -> Result<String, Error> {
    let module = &cx.shader.module;
    let writer = Writer::new(cx, Key::Entry);
    let mut text = String::new();
    for (handle, constant) in module.constants.iter() {
        let name = cx.name(NameKey::Constant(handle));
        let ty = cx.type_name(constant.ty)?;
        // Class types are not constants to a device unless they have a place; small ones are written out instead.
        let head = match *cx.inner(constant.ty) {
            TypeInner::Scalar(scalar) if scalar.width != 2 && constant.name.is_some() => "constexpr",
            TypeInner::Scalar(_) | TypeInner::Vector { .. } => continue,
            _ => "__constant__ const",
        };
        let _ = writeln!(text, "{head} {ty} {name} = {};", writer.constant(constant.init)?);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    Ok(text)
}

/// See [`super::host_program`].
pub(super) fn host_program(translation: &Translation) -> String {
    let abi = &translation.abi;
    let mut text = format!("{}\n{}", include_str!("host_shim.h"), translation.source);
    if abi.dynamic_shared_bytes > 0 {
        let bytes = abi.dynamic_shared_bytes;
        let _ = writeln!(text, "namespace shader {{ __align__(16) unsigned char dynamic_shared[{bytes}]; }}");
    }
    text.push('\n');
    text.push_str(include_str!("host_main.h"));
    let regions: String =
        translation.workgroup.iter().map(|name| format!("{{&shader::{name}, sizeof shader::{name}}}, ")).collect();
    let storage: String = abi
        .params
        .iter()
        .map(|p| if matches!(p.kind, ParamKind::Storage { .. }) { "true, " } else { "false, " })
        .collect();
    let [x, y, z] = abi.workgroup_size;
    let (kernel, count) = (&abi.kernel, translation.workgroup.len());
    let _ = write!(
        text,
        "
int main() {{
    wg_host::read_job();
    wg_host::make_fibres({x}, {y}, {z});
    wg_host::invoke = [] {{ wg_host::call(shader::{kernel}); }};
    const wg_host::Region shared[] = {{{regions}{{nullptr, 0}}}};
    wg_host::run_grid(shared, {count});
    const bool storage[] = {{{storage}false}};
    wg_host::write_storage(storage);
}}
"
    );
    text
}
