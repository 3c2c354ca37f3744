//! Discovery, one child process a backend: a driver that crashes while being asked costs its own backend only.
//! Opens nothing.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::backend::{Discovery, Missing, backends};

/// How long a backend may look for devices.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks every backend of `binary` for its devices, in list order.
pub fn discover_all(binary: &Path) -> Discovery {
    let names: Vec<&'static str> = backends().iter().map(|b| b.name()).collect();
    let asked: Vec<_> = names.iter().map(|name| (*name, ask(binary, name))).collect();
    let mut all = Discovery::default();
    for (name, answer) in asked {
        match answer {
            Ok(found) => {
                all.devices.extend(found.devices);
                all.missing.extend(found.missing);
            }
            Err(why) => all.missing.push(Missing {
                what: format!("{name} devices"),
                why,
                fix: format!(
                    "a driver failed while listing devices: update it, or see `wattmark worker --discover {name}`"
                ),
            }),
        }
    }
    all
}

fn ask(binary: &Path, backend: &str) -> Result<Discovery, String> {
    let mut command = Command::new(binary);
    command.args(["worker", "--discover", backend]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("cannot start {}: {e}", binary.display()))?;
    let output = child.stdout.take().expect("piped");
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || sender.send(std::io::read_to_string(output)));
    let answer = answer.recv_timeout(PATIENCE);
    if answer.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    match answer {
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        Ok(Ok(text)) if status.success() => {
            // Drivers may print before the answer; the answer is the last line.
            let last = text.lines().last().unwrap_or_default();
            serde_json::from_str(last).map_err(|e| format!("the answer makes no sense: {e}"))
        }
        Ok(_) => Err(format!("the process that asked for them died ({status})")),
    }
}
