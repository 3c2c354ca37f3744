//! Compiles the host program of a translation with g++ and launches it, under a schedule chosen by a seed.
//! Knows neither shaders nor kernels, only parameters' bytes.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

/// What a host program may take; one that waits for itself is ended.
const PATIENCE: Duration = Duration::from_secs(120);

/// A C++ compiler that can build host programs.
pub struct Shim {
    version: String,
    sanitized: bool,
}

/// What a kernel is launched with.
pub struct Launch {
    pub grid: [u32; 3],
    /// Zero runs invocations in order; any other value draws a schedule.
    pub seed: u64,
    pub subgroup: u32,
    /// Bytes of every parameter, in the order of the ABI.
    pub params: Vec<Vec<u8>>,
}

impl Shim {
    /// The compiler, if there is one.
    pub fn find() -> Option<Shim> {
        let output = Command::new("g++").arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned();
        Some(Shim { version, sanitized: false })
    }

    /// The same, its programs stopping at the first access out of bounds or undefined operation.
    pub fn sanitized(self) -> Shim {
        Shim { sanitized: true, ..self }
    }

    fn flags(&self) -> &'static [&'static str] {
        // One rounding per operation, as CUDA is told.
        const PLAIN: &[&str] = &["-std=c++20", "-O1", "-ffp-contract=off", "-w", "-pthread"];
        const SANITIZED: &[&str] = &[
            "-std=c++20",
            "-O1",
            "-g",
            "-ffp-contract=off",
            "-w",
            "-pthread",
            "-fsanitize=address,undefined",
            "-fno-sanitize-recover=all",
        ];
        if self.sanitized { SANITIZED } else { PLAIN }
    }

    /// Builds a host program, or finds the one built before from the same text, flags and compiler.
    ///
    /// # Errors
    /// What the compiler said.
    pub fn build(&self, source: &str) -> Result<PathBuf, String> {
        let mut hash = Sha256::new();
        for part in [&[self.version.as_str()], self.flags(), &[source]].concat() {
            hash.update(part.as_bytes());
        }
        let key: String = hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-programs");
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let program = folder.join(&key);
        if program.exists() {
            return Ok(program);
        }
        // Two tests may build the same text at once.
        let unique = format!("{key}-{}-{:?}", std::process::id(), std::thread::current().id());
        let (text, fresh) = (folder.join(format!("{unique}.cpp")), folder.join(&unique));
        std::fs::write(&text, source).map_err(|e| e.to_string())?;
        let mut compiler = Command::new("g++");
        let output =
            compiler.args(self.flags()).arg(&text).arg("-o").arg(&fresh).output().map_err(|e| e.to_string())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said: Vec<_> = said.lines().take(30).collect();
            return Err(format!("g++ refuses {}:\n{}", text.display(), said.join("\n")));
        }
        std::fs::remove_file(&text).and_then(|()| std::fs::rename(&fresh, &program)).map_err(|e| e.to_string())?;
        Ok(program)
    }

    /// Launches a kernel; returns the bytes of its storage parameters.
    ///
    /// # Errors
    /// A fault that the host program found, a crash, or no end within [`PATIENCE`].
    pub fn run(&self, program: &Path, launch: &Launch) -> Result<Vec<Vec<u8>>, String> {
        let (status, stdout, stderr) = execute(program, encode(launch)).map_err(|e| e.to_string())?;
        if !status.success() {
            let said: Vec<_> = stderr.lines().take(20).collect();
            return Err(format!("the host program ended with {status}:\n{}", said.join("\n")));
        }
        let mut rest = &stdout[..];
        let mut storage = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<8>() {
            let length = u64::from_le_bytes(*length) as usize;
            let (bytes, after) = after.split_at_checked(length).ok_or("the host program's output is cut short")?;
            storage.push(bytes.to_vec());
            rest = after;
        }
        Ok(storage)
    }
}

fn encode(launch: &Launch) -> Vec<u8> {
    let mut bytes = Vec::new();
    launch.grid.iter().for_each(|extent| bytes.extend(extent.to_le_bytes()));
    bytes.extend(launch.seed.to_le_bytes());
    bytes.extend(launch.subgroup.to_le_bytes());
    bytes.extend((launch.params.len() as u32).to_le_bytes());
    for param in &launch.params {
        bytes.extend((param.len() as u64).to_le_bytes());
        bytes.extend(param);
    }
    bytes
}

fn execute(program: &Path, input: Vec<u8>) -> std::io::Result<(std::process::ExitStatus, Vec<u8>, String)> {
    let mut command = Command::new(program);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (mut stdin, mut stdout, mut stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (out, err) = (Mutex::new(Vec::new()), Mutex::new(String::new()));
    let status = std::thread::scope(|scope| {
        // A program that stops early closes the pipe; its status says more.
        scope.spawn(|| drop(stdin.take().map(|mut pipe| pipe.write_all(&input))));
        scope.spawn(|| stdout.take().map(|mut pipe| pipe.read_to_end(&mut out.lock().expect("one writer"))));
        scope.spawn(|| stderr.take().map(|mut pipe| pipe.read_to_string(&mut err.lock().expect("one writer"))));
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if started.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                return Err(std::io::Error::other(format!("no end within {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    })?;
    Ok((status, out.into_inner().expect("joined"), err.into_inner().expect("joined")))
}
