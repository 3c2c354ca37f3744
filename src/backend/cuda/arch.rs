//! Which architecture to compile for: the card's own as a binary, or what the driver can make of an older one.
//! A table in code; asks no library.

use super::super::Missing;

/// What to hand to the compiler, and what of its output to the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// NVRTC's name: `sm_90a` for a binary, `compute_90` for PTX.
    pub(super) arch: String,
    /// Anything to note beside the result.
    pub(super) note: Option<String>,
}

impl Choice {
    /// True if the driver compiles the rest of the way, from PTX.
    pub(super) fn is_ptx(&self) -> bool {
        self.arch.starts_with("compute_")
    }
}

/// Chooses for a card of compute capability `sm` (90 for 9.0), a compiler of version `nvrtc` that knows `known`
/// architectures, and a driver for CUDA `driver`.
///
/// A binary for the card's own architecture needs no compiler in the driver, so it goes first even where the driver is
/// older than the compiler. From 9.0 on it has the architecture's own instructions (`a`), which only that card runs.
///
/// # Errors
/// The compiler knows nothing that this card and driver can run, and what to install.
pub(super) fn choose(sm: u32, known: &[u32], nvrtc: (u32, u32), driver: (u32, u32)) -> Result<Choice, Missing> {
    if known.contains(&sm) {
        let own = if sm >= 90 { "a" } else { "" };
        return Ok(Choice { arch: format!("sm_{sm}{own}"), note: None });
    }
    let (major, minor) = nvrtc;
    let card = format!("{}.{}", sm / 10, sm % 10);
    let below = known.iter().copied().filter(|&arch| arch < sm).max();
    if let Some(arch) = below.filter(|_| driver >= nvrtc) {
        let note = format!(
            "NVRTC {major}.{minor} does not know compute capability {card}: compiled to PTX for {arch}, and on by the \
             driver"
        );
        return Ok(Choice { arch: format!("compute_{arch}"), note: Some(note) });
    }
    // Binaries run on later cards of the same generation.
    if let Some(arch) = below.filter(|arch| arch / 10 == sm / 10) {
        let note = format!("NVRTC {major}.{minor} does not know compute capability {card}: compiled for sm_{arch}");
        return Ok(Choice { arch: format!("sm_{arch}"), note: Some(note) });
    }
    let why = match (known.first(), below) {
        (Some(oldest), None) => {
            format!("NVRTC {major}.{minor} compiles for sm_{oldest} and later; the card is sm_{sm}")
        }
        _ => format!(
            "NVRTC {major}.{minor} does not know sm_{sm}, and the driver (CUDA {}.{}) is too old for its PTX",
            driver.0, driver.1
        ),
    };
    Err(Missing {
        what: format!("a compiler for compute capability {card}"),
        why,
        fix: if below.is_none() { super::nvrtc::fix(Some((12, 9))) } else { super::nvrtc::fix(Some(driver)) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NVRTC_13_0: &[u32] = &[75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121];
    const NVRTC_12_4: &[u32] = &[50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90];
    const NVRTC_12_8: &[u32] = &[50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90, 100, 101, 120];

    fn arch(sm: u32, known: &[u32], nvrtc: (u32, u32), driver: (u32, u32)) -> String {
        choose(sm, known, nvrtc, driver).map_or_else(|missing| missing.why, |choice| choice.arch)
    }

    #[test]
    fn a_known_card_gets_its_own_binary() {
        for (sm, expected) in [
            (75, "sm_75"),
            (80, "sm_80"),
            (87, "sm_87"),
            (89, "sm_89"),
            (90, "sm_90a"),
            (110, "sm_110a"),
            (120, "sm_120a"),
        ] {
            assert_eq!(arch(sm, NVRTC_13_0, (13, 0), (13, 0)), expected);
            // A driver older than the compiler cannot read its PTX; a binary it can.
            assert_eq!(arch(sm, NVRTC_13_0, (13, 0), (12, 4)), expected);
        }
    }

    #[test]
    fn a_newer_card_gets_ptx_where_the_driver_reads_it() {
        let choice = choose(121, NVRTC_12_4, (12, 4), (13, 0)).unwrap();
        assert!(choice.arch == "compute_90" && choice.is_ptx());
        assert!(choice.note.unwrap().contains("12.1"));
        assert_eq!(arch(88, NVRTC_12_8, (12, 8), (13, 0)), "compute_87");
    }

    #[test]
    fn with_an_older_driver_only_the_same_generation_is_left() {
        assert_eq!(arch(121, NVRTC_12_8, (12, 8), (12, 6)), "sm_120");
        assert!(arch(121, NVRTC_12_4, (12, 4), (12, 2)).contains("too old"));
    }

    #[test]
    fn a_card_older_than_the_compiler_is_told_so() {
        let missing = choose(70, NVRTC_13_0, (13, 0), (12, 4)).unwrap_err();
        assert!(missing.why.contains("sm_75 and later"), "{missing:?}");
        assert!(missing.fix.contains("nvidia-cuda-nvrtc-cu12"), "{missing:?}");
    }
}
