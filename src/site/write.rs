//! A site's files into a folder: nothing in it is deleted, and nothing overwritten but what a site wrote before.
//! Renders nothing.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::File;

/// File in which a site's folder lists what is the site's own.
const LIST: &str = "made-by-wattmark.json";

/// Why a site cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The folder's name is a file's.
    #[error("{0} is a file, and a site needs a folder: name another with -o")]
    NoFolder(PathBuf),
    /// The folder holds something that no site wrote.
    #[error(
        "{folder} holds files that are no site's, as {example}: nothing was written; name a new or empty folder with -o"
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// One of the files.
        example: String,
    },
    /// Where a page should go lies something that no site wrote.
    #[error("{0} is in the way and no site wrote it: nothing was written; move it, or name another folder with -o")]
    InTheWay(PathBuf),
    /// The list of the site's own files cannot be understood.
    #[error(
        "{path}: {why}; it lists which files a new site may replace: nothing was written, name another folder with -o"
    )]
    List {
        /// The list.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The folder or a file cannot be read or written.
    #[error("cannot write {path}: {source}; name a folder that you may write to with -o")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Files of this site.
    pub files: usize,
    /// Files of an earlier site that this one does not have: they are left where they are.
    pub left: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct List {
    /// What the list is.
    about: String,
    files: BTreeSet<String>,
}

/// Writes a site into a folder, made if it is not there. What lies there already must be an earlier site's.
///
/// # Errors
/// The folder is no folder, holds what is no site's, or cannot be written. Checked before anything is written, but for
/// what the system refuses only then.
pub fn write(files: &[File], folder: &Path) -> Result<Written, SiteError> {
    let own = own(folder)?;
    let mut wanted: BTreeSet<String> = files.iter().map(|f| f.path.clone()).collect();
    for file in files {
        let path = folder.join(&file.path);
        if path.symlink_metadata().is_ok() && !own.contains(&file.path) {
            return Err(SiteError::InTheWay(path));
        }
    }
    let left: Vec<String> = own.difference(&wanted).filter(|f| folder.join(f).exists()).cloned().collect();
    wanted.extend(left.iter().cloned());
    let about = "the files here that the next `wattmark report -o` into this folder may replace".to_owned();
    // First, so that a site that was cut short can be written again.
    put(&folder.join(LIST), &text(&List { about, files: wanted })?)?;
    for file in files {
        put(&folder.join(&file.path), &file.text)?;
    }
    Ok(Written { files: files.len(), left })
}

/// The files of an earlier site in the folder; none if it is new or empty.
fn own(folder: &Path) -> Result<BTreeSet<String>, SiteError> {
    let list = folder.join(LIST);
    let failed = |path: &Path, source| SiteError::Write { path: path.to_owned(), source };
    match std::fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Err(SiteError::NoFolder(folder.to_owned())),
        Err(e) => return Err(failed(folder, e)),
        Ok(mut entries) if !list.exists() => {
            return match entries.next().transpose().map_err(|e| failed(folder, e))? {
                None => Ok(BTreeSet::new()),
                Some(entry) => Err(SiteError::Foreign {
                    folder: folder.to_owned(),
                    example: entry.file_name().to_string_lossy().into_owned(),
                }),
            };
        }
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(&list).map_err(|e| failed(&list, e))?;
    let known: List = serde_json::from_str(&text).map_err(|e| SiteError::List { path: list, why: e.to_string() })?;
    Ok(known.files)
}

fn text(list: &List) -> Result<String, SiteError> {
    let failed = |e: serde_json::Error| SiteError::Write { path: LIST.into(), source: e.into() };
    Ok(serde_json::to_string_pretty(list).map_err(failed)? + "\n")
}

fn put(path: &Path, text: &str) -> Result<(), SiteError> {
    let failed = |source| SiteError::Write { path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(pages: &[&str]) -> Vec<File> {
        pages.iter().map(|p| File::new(*p, format!("{p}\n"))).collect()
    }

    #[test]
    fn only_its_own_files_are_replaced_and_none_is_deleted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new/site");
        let first = write(&site(&["index.html", "claims/a.html"]), &folder).unwrap();
        assert_eq!(first, Written { files: 2, left: vec![] });
        std::fs::write(folder.join("mine.txt"), "mine").unwrap();
        let second = write(&site(&["index.html", "claims/b.html"]), &folder).unwrap();
        assert_eq!(second.left, ["claims/a.html"]);
        assert_eq!(std::fs::read_to_string(folder.join("mine.txt")).unwrap(), "mine");
        std::fs::write(folder.join("heatmap.html"), "mine").unwrap();
        let error = write(&site(&["index.html", "heatmap.html"]), &folder).unwrap_err().to_string();
        assert!(error.contains("heatmap.html is in the way"), "{error}");
        // What was left is still the site's.
        assert_eq!(write(&site(&["claims/a.html"]), &folder).unwrap().left, ["claims/b.html", "index.html"]);
    }

    #[test]
    fn folders_of_others_are_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("thesis.tex"), "").unwrap();
        let error = write(&site(&["index.html"]), root.path()).unwrap_err().to_string();
        assert!(error.contains("thesis.tex") && error.contains("nothing was written"), "{error}");
        assert!(!root.path().join("index.html").exists());
        let file = root.path().join("thesis.tex");
        assert!(matches!(write(&site(&["index.html"]), &file), Err(SiteError::NoFolder(_))));
        std::fs::remove_file(&file).unwrap();
        std::fs::write(root.path().join(LIST), "{").unwrap();
        assert!(matches!(write(&site(&["index.html"]), root.path()), Err(SiteError::List { .. })));
    }
}
