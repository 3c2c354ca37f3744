//! Writing a file in one step: whoever reads it finds the old contents or the new ones, whole.
//! Knows nothing about what is written; records are appended by `record`, not replaced.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::Path,
};

/// Writes aside and renames, so that a full disk or a kill leaves the old contents. What a link points to is replaced,
/// not the link; a device or a pipe (`/dev/null`, `/dev/stdout`) is written to and stays what it is.
///
/// # Errors
/// What `write` returns, and whatever the file system refuses.
pub(crate) fn replace<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<(), E> {
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match fs::metadata(path) {
        Ok(there) if there.is_file() => write_aside(path, Some(there.permissions()), write),
        Ok(_) => {
            let mut out = BufWriter::new(OpenOptions::new().write(true).open(path)?);
            write(&mut out)?;
            Ok(out.flush()?)
        }
        Err(_) => write_aside(path, None, write),
    }
}

fn write_aside<E: From<io::Error>>(
    path: &Path,
    permissions: Option<fs::Permissions>,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory).map_err(io::Error::from)?;
    let aside = path.with_file_name(format!(".{}.part{}", name.to_string_lossy(), std::process::id()));
    let written = || {
        let mut out = BufWriter::with_capacity(1 << 18, Paced { file: File::create(&aside)?, behind: 0 });
        write(&mut out)?;
        let Paced { file, .. } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.sync_all()?;
        Ok(fs::rename(&aside, path)?)
    };
    written().inspect_err(|_: &E| {
        // What is left of it is of no use; that it cannot be removed would hide why it failed.
        let _ = fs::remove_file(&aside);
    })
}

/// Bytes that may wait for the disk.
const MOST_BEHIND: usize = 64 << 20;

/// A file that the disk keeps up with: gigabytes that wait for the last moment would be waited for then.
struct Paced {
    file: File,
    /// Bytes written since the last wait.
    behind: usize,
}

impl Write for Paced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.behind += written;
        if self.behind >= MOST_BEHIND {
            self.file.sync_data()?;
            self.behind = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &Path, text: &str) -> io::Result<()> {
        replace(path, |out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn a_failure_leaves_the_old_contents_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.md");
        text(&path, "old").unwrap();
        let failed: io::Result<()> = replace(&path, |out| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        text(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(text(folder.path(), "").is_err());
        assert!(text(&folder.path().join("nowhere/table.md"), "").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_stay_what_they_are() {
        use std::os::unix::fs::FileTypeExt as _;

        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target.md"), folder.path().join("link.md"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        text(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");

        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        text(&pipe, "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }
}
