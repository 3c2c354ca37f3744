//! What cannot be translated says so, by name and line.

use crate::wgsl2cuda::{Error, Options, translate};

/// The error of a module, with its line.
fn refused(wgsl: &str) -> (String, u32) {
    match translate(wgsl, &Options::default()) {
        Err(Error::Unsupported { what, line, .. }) => (what, line),
        other => panic!("{other:?}"),
    }
}

#[test]
fn textures_and_their_like_are_named_with_their_line() {
    let store = "@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;\n";
    let main = "@compute @workgroup_size(1) fn main() {\n";
    let cases = [
        ("@group(1) @binding(0) var t: texture_2d<f32>;\n", "out[0] = textureLoad(t, vec2(0), 0);", "a texture", 2),
        (
            "@group(1) @binding(0) var t: texture_storage_2d<rgba8unorm, write>;\n",
            "textureStore(t, vec2(0), out[0]);",
            "a texture",
            2,
        ),
        (
            "enable wgpu_binding_array;\n@group(1) @binding(0) var<storage> t: binding_array<S, 4>; struct S { v: vec4f }\n",
            "out[0] = t[1].v;",
            "a binding array",
            3,
        ),
        ("var<immediate> k: vec4f;\n", "out[0] = k;", "an immediate", 2),
    ];
    for (declaration, statement, what, line) in cases {
        // `enable` has to come first.
        let (enable, declaration) = match declaration.strip_prefix("enable wgpu_binding_array;\n") {
            Some(rest) => ("enable wgpu_binding_array;\n", rest),
            None => ("", declaration),
        };
        let (found, at) = refused(&format!("{enable}{store}{declaration}{main}{statement}\n}}\n"));
        assert!(found.contains(what), "{found}");
        assert_eq!(at, line, "{found}");
    }
}

#[test]
fn unused_resources_are_no_obstacle() {
    let wgsl = "@group(0) @binding(0) var t: texture_2d<f32>;
        @group(0) @binding(1) var<storage, read_write> out: array<u32>;
        @fragment fn shade() -> @location(0) vec4f { return textureLoad(t, vec2(0), 0); }
        @compute @workgroup_size(1) fn main() { out[0] = 1u; }";
    let made = translate(wgsl, &Options::default()).unwrap();
    assert_eq!(made.abi.params.len(), 1);
}

#[test]
fn errors_say_what_to_do() {
    let error = |wgsl: &str, options: &Options| translate(wgsl, options).unwrap_err().to_string();
    let two = "@compute @workgroup_size(1) fn a() {} @compute @workgroup_size(1) fn b() {}";
    assert!(error(two, &Options::default()).contains("name one with --entry"));
    let other = Options { entry: Some("c".to_owned()), ..Options::default() };
    assert!(error(two, &other).contains("no compute entry point `c`: the module has `a`, `b`"));
    assert!(error("fn main() {", &Options::default()).contains("not WGSL"));
    assert!(error("@compute @workgroup_size(1) fn a() { _ = 1 / 0; }", &Options::default()).contains("not "));
    assert!(error("@compute @workgroup_size(2048) fn a() {}", &Options::default()).contains("1024"));
    assert!(
        error("override n: u32; @compute @workgroup_size(n) fn a() {}", &Options::default()).contains("--override")
    );
    let large = "var<workgroup> a: array<vec4f, 20000>; @compute @workgroup_size(1) fn main() { a[0] = vec4f(); }";
    assert!(error(large, &Options::default()).contains("320000 bytes of workgroup variables"));
    let stray = Options { overrides: [("k".to_owned(), 1.0)].into(), ..Options::default() };
    assert!(error("@compute @workgroup_size(1) fn a() {}", &stray).contains("k"));
}
