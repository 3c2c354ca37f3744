//! Whether another CPU plays the one that this program was built for: what then runs says nothing about hardware.
//! Observes only; never guesses: a machine that hides its emulator well is taken for what it says it is.

use std::{fs, process::Command, sync::OnceLock};

/// What is asked of the system. Absent where the system has no such file.
#[derive(Debug, Default)]
struct Signs {
    /// `/proc/sys/kernel/arch`: what the kernel was built for, which emulators of single programs pass through.
    kernel: Option<String>,
    /// `/proc/cpuinfo`, which some of them pass through too.
    cpuinfo: Option<String>,
    /// The main ID register of CPU 0, as an Arm kernel shows it.
    midr: Option<String>,
    /// `sysctl.proc_translated` of macOS.
    translated: Option<String>,
}

/// How it is known that the CPU is emulated; none if nothing says so.
pub(crate) fn emulation() -> Option<String> {
    static FOUND: OnceLock<Option<String>> = OnceLock::new();
    FOUND.get_or_init(|| verdict(std::env::consts::ARCH, &Signs::observe())).clone()
}

impl Signs {
    fn observe() -> Signs {
        let read = |path: &str| fs::read_to_string(path).ok();
        let sysctl = || {
            let output = Command::new("sysctl").args(["-n", "sysctl.proc_translated"]).output().ok()?;
            String::from_utf8(output.stdout).ok()
        };
        Signs {
            kernel: read("/proc/sys/kernel/arch"),
            cpuinfo: read("/proc/cpuinfo"),
            midr: read("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1"),
            translated: if cfg!(target_os = "macos") { sysctl() } else { None },
        }
    }
}

fn verdict(arch: &str, signs: &Signs) -> Option<String> {
    let cpuinfo = signs.cpuinfo.as_deref().unwrap_or_default();
    let field = |name: &str| {
        let of = |line: &str| Some(line.split_once(':').filter(|(key, _)| key.trim() == name)?.1.trim().to_owned());
        cpuinfo.lines().find_map(of)
    };
    if let Some(kernel) = signs.kernel.as_deref().map(str::trim)
        && let Some(kernel) = family(kernel)
        && family(arch).is_some_and(|own| own != kernel)
    {
        return Some(format!("an {arch} program on an {kernel} kernel"));
    }
    // An Arm kernel lists implementers, an x86 one vendors.
    let foreign = match family(arch) {
        Some("arm") => field("vendor_id").filter(|_| field("CPU implementer").is_none()),
        Some("x86") => field("CPU implementer").filter(|_| field("vendor_id").is_none()),
        _ => None,
    };
    if let Some(other) = foreign {
        return Some(format!("an {arch} program on a CPU of `{other}`"));
    }
    if field("vendor_id").as_deref() == Some("VirtualApple") || signs.translated.as_deref().map(str::trim) == Some("1")
    {
        return Some("translated by Rosetta".to_owned());
    }
    let qemu = "QEMU's made-up CPU".to_owned();
    if field("model name").is_some_and(|name| name.starts_with("QEMU TCG CPU")) {
        return Some(qemu);
    }
    let number = |text: &str| u64::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok();
    let implementer = field("CPU implementer").and_then(|text| number(&text));
    let part = field("CPU part").and_then(|text| number(&text));
    // `max` has implementer 0, kept for software, and part 0x51, which is a Q.
    let by_register =
        signs.midr.as_deref().and_then(number).is_some_and(|r| r >> 24 & 0xff == 0 && r >> 4 & 0xfff == 0x51);
    ((implementer, part) == (Some(0), Some(0x51)) || by_register).then_some(qemu)
}

/// Programs of one family run on its kernels as they are: 32-bit ones on a 64-bit kernel, too. By the names of Rust and
/// of Linux; none for a family that nobody has built this for.
fn family(arch: &str) -> Option<&'static str> {
    match arch {
        "x86" | "x86_64" | "i386" | "i686" => Some("x86"),
        "arm" | "aarch64" | "armv7l" | "armv8l" | "arm64" => Some("arm"),
        "riscv" | "riscv32" | "riscv64" => Some("riscv"),
        "powerpc64" | "ppc64" | "ppc64le" => Some("powerpc"),
        "s390x" => Some("s390"),
        "loongarch64" => Some("loongarch"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X86: &str =
        "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 7B13\nflags\t\t: fpu hypervisor\n";
    const ARM: &str = "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n";

    fn signs(kernel: &str, cpuinfo: &str) -> Signs {
        let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        Signs { kernel: some(kernel), cpuinfo: some(cpuinfo), ..Signs::default() }
    }

    #[test]
    fn a_cpu_is_itself_unless_something_says_otherwise() {
        assert_eq!(verdict("x86_64", &signs("x86_64\n", X86)), None);
        assert_eq!(verdict("aarch64", &signs("aarch64\n", ARM)), None);
        assert_eq!(verdict("arm", &signs("aarch64\n", ARM)), None, "32 bits on 64");
        assert_eq!(verdict("aarch64", &Signs::default()), None, "a system that tells nothing");
        assert_eq!(verdict("riscv64", &signs("riscv64\n", "isa\t: rv64imafdcv\n")), None);
        let qemu_kvm = X86.replace("AMD EPYC 7B13", "QEMU Virtual CPU version 2.5+");
        assert_eq!(verdict("x86_64", &signs("x86_64\n", &qemu_kvm)), None, "that name is also a virtual machine's");
    }

    #[test]
    fn a_program_for_another_kernel_is_emulated() {
        let how = verdict("aarch64", &signs("x86_64\n", X86)).unwrap();
        assert_eq!(how, "an aarch64 program on an x86 kernel");
        assert!(verdict("x86_64", &signs("aarch64\n", X86)).is_some(), "however well the CPU is disguised");
        // Before Linux 6.1 the kernel's file is absent.
        assert!(verdict("aarch64", &signs("", X86)).unwrap().contains("AuthenticAMD"));
        assert!(verdict("x86_64", &signs("", ARM)).is_some());
    }

    #[test]
    fn made_up_cpus_are_known_by_their_marks() {
        let max = ARM.replace("0x41", "0x00").replace("0xd0b", "0x051");
        assert!(verdict("aarch64", &signs("aarch64\n", &max)).unwrap().contains("QEMU"));
        let midr = |text: &str| Signs { midr: Some(text.to_owned()), ..signs("aarch64\n", "") };
        assert!(verdict("aarch64", &midr("0x00000000000f0510\n")).is_some());
        assert_eq!(verdict("aarch64", &midr("0x00000000410fd0b1\n")), None);
        let tcg = X86.replace("AMD EPYC 7B13", "QEMU TCG CPU version 2.5+");
        assert!(verdict("x86_64", &signs("x86_64\n", &tcg)).is_some());
        let rosetta = X86.replace("AuthenticAMD", "VirtualApple");
        assert!(verdict("x86_64", &signs("", &rosetta)).unwrap().contains("Rosetta"));
        let mac = Signs { translated: Some("1\n".to_owned()), ..Signs::default() };
        assert!(verdict("x86_64", &mac).is_some());
    }
}
