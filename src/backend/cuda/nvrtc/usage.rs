//! What ptxas says a kernel takes of the card: registers, spills, shared memory.
//! Reads text only.

/// What one kernel takes, from the log of `--ptxas-options=-v`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Symbol of the kernel.
    pub kernel: String,
    /// Registers of a thread.
    pub registers: u32,
    /// Bytes of registers written to local memory, a thread.
    pub spill_stores: u32,
    /// Bytes of registers read back, a thread.
    pub spill_loads: u32,
    /// Bytes of stack, a thread.
    pub stack: u32,
    /// Bytes of static shared memory, a block.
    pub shared_bytes: u32,
}

/// Every kernel that the log tells of, in its order.
///
/// ```text
/// ptxas info    : Compiling entry function 'main' for 'sm_90a'
/// ptxas info    : Function properties for main
///     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
/// ptxas info    : Used 118 registers, used 1 barriers, 16384 bytes smem, 588 bytes cmem[0]
/// ```
pub(super) fn usages(log: &str) -> Vec<Usage> {
    let mut found: Vec<Usage> = Vec::new();
    // Functions that are called rather than launched have properties too: only those of entries count.
    let mut of_entry = false;
    for line in log.lines() {
        if let Some(kernel) =
            line.split_once("Compiling entry function '").and_then(|(_, rest)| rest.split('\'').next())
        {
            found.push(Usage { kernel: kernel.to_owned(), ..Usage::default() });
        } else if let Some((_, function)) = line.split_once("Function properties for ") {
            of_entry = found.last().is_some_and(|usage| usage.kernel == function.trim());
        } else if let Some(usage) = found.last_mut() {
            let before = |unit: &str| number_before(line, unit);
            if of_entry && line.contains("bytes stack frame") {
                usage.stack = before(" bytes stack frame").unwrap_or(0);
                usage.spill_stores = before(" bytes spill stores").unwrap_or(0);
                usage.spill_loads = before(" bytes spill loads").unwrap_or(0);
            }
            if line.contains("Used ") && line.contains(" registers") {
                usage.registers = before(" registers").unwrap_or(0);
                usage.shared_bytes = before(" bytes smem").unwrap_or(0);
            }
        }
    }
    found
}

fn number_before(line: &str, unit: &str) -> Option<u32> {
    let (before, _) = line.split_once(unit)?;
    before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_its_figures() {
        let log = "ptxas info    : 0 bytes gmem\n\
            ptxas info    : Compiling entry function 'first' for 'sm_90a'\n\
            ptxas info    : Function properties for helper\n    \
            96 bytes stack frame, 8 bytes spill stores, 8 bytes spill loads\n\
            ptxas info    : Function properties for first\n    \
            16 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads\n\
            ptxas info    : Used 118 registers, used 1 barriers, 16384 bytes smem, 588 bytes cmem[0]\n\
            ptxas info    : Compiling entry function 'second' for 'sm_90a'\n\
            ptxas info    : Function properties for second\n    \
            0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n\
            ptxas info    : Used 8 registers, used 0 barriers, 376 bytes cmem[0]\n";
        let first = Usage {
            kernel: "first".to_owned(),
            registers: 118,
            spill_stores: 4,
            spill_loads: 12,
            stack: 16,
            shared_bytes: 16384,
        };
        let second = Usage { kernel: "second".to_owned(), registers: 8, ..Usage::default() };
        assert_eq!(usages(log), [first, second]);
        assert_eq!(usages("nothing of the sort\n"), []);
    }
}
