//! The cluster job that a run is part of, from the variables that schedulers set.
//! Reads variables only; keeps no name of a user, a project or a repository.

use super::{HostAlias, Job};
use crate::digest::sha256_short;

/// The job that this process runs in, if a scheduler that is known started it. The node goes by the machine's alias where
/// there is one, unless a manifest hands its name over for the records. Anonymously it has no name, and the job's own is
/// replaced by a digest of it.
pub fn observe(alias: &HostAlias) -> Option<Job> {
    from_variables(&|name| std::env::var(name).ok().filter(|v| !v.is_empty()), alias)
}

/// Variable by which a manifest hands over the name of the node.
const NODE: &str = "WATTMARK_JOB_NODE";

type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

fn from_variables(get: Variables<'_>, alias: &HostAlias) -> Option<Job> {
    let job = slurm(get).or_else(|| kubernetes(get)).or_else(|| github(get))?;
    Some(match alias {
        HostAlias::Host => job,
        HostAlias::Named(alias) => Job { node: get(NODE).or_else(|| Some(alias.clone())), ..job },
        HostAlias::Anonymous => Job { node: None, id: sha256_short([&job.id]), ..job },
    })
}

fn slurm(get: Variables<'_>) -> Option<Job> {
    let own = get("SLURM_JOB_ID")?;
    let id = match (get("SLURM_ARRAY_JOB_ID"), get("SLURM_ARRAY_TASK_ID")) {
        (Some(array), Some(task)) => format!("{array}_{task}"),
        _ => own,
    };
    let attempt = after(get("SLURM_RESTART_COUNT"));
    Some(Job { scheduler: "slurm".to_owned(), id, attempt, node: get("SLURMD_NODENAME") })
}

/// Kubernetes tells a container nothing of its job: the manifest has to, by the downward API.
fn kubernetes(get: Variables<'_>) -> Option<Job> {
    get("KUBERNETES_SERVICE_HOST")?;
    let name = get("WATTMARK_JOB_NAME")?;
    let id = get("JOB_COMPLETION_INDEX").map_or_else(|| name.clone(), |index| format!("{name}_{index}"));
    let attempt = after(get("WATTMARK_JOB_FAILURES"));
    Some(Job { scheduler: "kubernetes".to_owned(), id, attempt, node: get(NODE) })
}

fn github(get: Variables<'_>) -> Option<Job> {
    get("GITHUB_ACTIONS").filter(|v| v == "true")?;
    let run = get("GITHUB_RUN_ID")?;
    let id = get("GITHUB_JOB").map_or_else(|| run.clone(), |job| format!("{run}/{job}"));
    let attempt = get("GITHUB_RUN_ATTEMPT").and_then(|a| a.parse().ok()).unwrap_or(1);
    Some(Job { scheduler: "github".to_owned(), id, attempt, node: get("RUNNER_NAME") })
}

/// The attempt after so many failed ones.
fn after(failures: Option<String>) -> u32 {
    failures.and_then(|f| f.parse::<u32>().ok()).map_or(1, |f| f.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(variables: &[(&str, &str)], alias: &HostAlias) -> Option<Job> {
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        from_variables(&get, alias)
    }

    const ARRAY: &[(&str, &str)] = &[
        ("SLURM_JOB_ID", "45"),
        ("SLURM_ARRAY_JOB_ID", "43"),
        ("SLURM_ARRAY_TASK_ID", "2"),
        ("SLURM_RESTART_COUNT", "1"),
        ("SLURMD_NODENAME", "gpu07"),
        ("SLURM_JOB_USER", "someone"),
    ];

    #[test]
    fn each_scheduler_is_understood() {
        let slurm = job(ARRAY, &HostAlias::Host).unwrap();
        assert_eq!((slurm.id.as_str(), slurm.attempt, slurm.node.as_deref()), ("43_2", 2, Some("gpu07")));
        let plain = job(&[("SLURM_JOB_ID", "45")], &HostAlias::Host).unwrap();
        assert_eq!((plain.id.as_str(), plain.attempt, plain.node), ("45", 1, None));
        let pod = [
            ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
            ("WATTMARK_JOB_NAME", "wattmark-h100"),
            ("JOB_COMPLETION_INDEX", "3"),
            ("WATTMARK_JOB_FAILURES", "2"),
            ("WATTMARK_JOB_NODE", "pool-a"),
        ];
        let pod = job(&pod, &HostAlias::Host).unwrap();
        assert_eq!((pod.scheduler.as_str(), pod.id.as_str(), pod.attempt), ("kubernetes", "wattmark-h100_3", 3));
        let actions = [("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", "9"), ("GITHUB_RUN_ATTEMPT", "2")];
        let actions = job(&actions, &HostAlias::Host).unwrap();
        assert_eq!((actions.scheduler.as_str(), actions.id.as_str(), actions.attempt), ("github", "9", 2));
        assert_eq!(job(&[("HOME", "x")], &HostAlias::Host), None);
        assert_eq!(job(&[("KUBERNETES_SERVICE_HOST", "10.0.0.1")], &HostAlias::Host), None, "any pod, no job of ours");
    }

    #[test]
    fn an_alias_stands_for_the_node_and_anonymity_hides_the_job() {
        let bench = HostAlias::Named("bench".to_owned());
        let named = job(ARRAY, &bench).unwrap();
        assert_eq!((named.id.as_str(), named.node.as_deref()), ("43_2", Some("bench")));
        let handed_over = [ARRAY, &[(NODE, "rack-3")]].concat();
        assert_eq!(job(&handed_over, &bench).unwrap().node.as_deref(), Some("rack-3"));
        let hidden = job(ARRAY, &HostAlias::Anonymous).unwrap();
        assert_eq!((hidden.node, hidden.id.len(), hidden.attempt), (None, 12, 2));
        assert_ne!(hidden.id, "43_2");
        assert_eq!(job(ARRAY, &HostAlias::Anonymous).unwrap().id, hidden.id, "records of one job stay together");
    }
}
