//! SHA-256 as text: what tells sources, quotes, catalogues and record files apart.
//! Keeps nothing secret, and decides nothing about what it is given.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

use sha2::{Digest as _, Sha256};

/// Hexadecimal digits of a digest that people are shown: enough to tell files apart.
const SHORT: usize = 12;

/// All 64 hexadecimal digits.
pub(crate) fn sha256_hex(text: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(text))
}

/// The first 12 hexadecimal digits of the digest of parts that follow each other.
pub(crate) fn sha256_short<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut sum = Sha256::new();
    parts.into_iter().for_each(|part| sum.update(part));
    short(sum)
}

/// As [`sha256_short`], of a file, which is not held in memory.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    let mut sum = Sha256::new();
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    loop {
        let part = file.fill_buf()?;
        if part.is_empty() {
            return Ok(short(sum));
        }
        sum.update(part);
        let length = part.len();
        file.consume(length);
    }
}

fn short(sum: Sha256) -> String {
    hex(&sum.finalize()[..SHORT / 2])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256_short(["a", "bc"]), "ba7816bf8f01");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        assert_eq!(of_file(file.path()).unwrap(), "ba7816bf8f01");
    }
}
