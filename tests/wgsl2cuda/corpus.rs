//! Every shader of the corpus, run every way there is, all results compared.

use crate::{
    compare::differences,
    expected, require,
    shader::{Memory, Shader},
    vulkan::Vulkan,
};

#[test]
fn software_vulkan_agrees_with_what_is_expected() {
    let Some(vulkan) = Vulkan::open() else {
        return require::missing("vulkan", "no Vulkan adapter");
    };
    println!("Vulkan: {}", vulkan.name);
    let mut failures = Vec::new();
    for shader in Shader::all() {
        if let Some(need) = vulkan.lacks(&shader) {
            println!("{}: {need:?} is missing on {}", shader.name, vulkan.name);
            continue;
        }
        match vulkan.run(&shader) {
            Err(error) => failures.push(format!("{}: {error}", shader.name)),
            Ok(got) => {
                let Some(expected) = expected::of(&shader) else { continue };
                let mut want: Memory = shader.memory();
                expected(&mut want, 8);
                let wrong = differences(&shader, ("vulkan", &got), ("expected", &want));
                match (&shader.head.lavapipe, wrong) {
                    (Some(why), wrong) => println!("{}: not compared: {why} ({})", shader.name, wrong.is_some()),
                    (None, Some(wrong)) => failures.push(wrong),
                    (None, None) => {}
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}
