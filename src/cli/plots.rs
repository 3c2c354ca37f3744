//! Where pictures go: SVG files in a folder.
//! Draws nothing; `plot` does.

use std::path::Path;

use anyhow::Context;

use super::output::write_file;
use crate::plot::Picture;

/// Writes pictures into a folder, made if it is not there, and says which.
pub(super) fn write(folder: &Path, pictures: &[Picture]) -> anyhow::Result<()> {
    let fix = || format!("cannot make the folder {}; choose another with --plot", folder.display());
    std::fs::create_dir_all(folder).with_context(fix)?;
    for picture in pictures {
        let path = folder.join(format!("{}.svg", picture.name));
        write_file(&path, &picture.svg)?;
        eprintln!("wrote {}", path.display());
    }
    if pictures.is_empty() {
        eprintln!("nothing to draw: no input moves what is asked for");
    }
    Ok(())
}
