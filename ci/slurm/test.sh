#!/usr/bin/env bash
# Tries the Slurm launcher on a real Slurm of two nodes on this machine: submits an array over scripted devices, kills a
# node in the middle for good, and wants every case of the plan exactly once in the merged set.
# Needs root, for Slurm's daemons; installs slurm-wlm and munge from Debian where they are missing.
# WATTMARK names the binary, release/wattmark in Cargo's target folder by default.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export WATTMARK=${WATTMARK:-${CARGO_TARGET_DIR:-$here/../../target}/release/wattmark}
limit=150

fail() {
  echo "error: $*" >&2
  tail -n 20 "$work"/*.log "$work"/results/log/*.log >&2 2>/dev/null || true
  exit 1
}

if [ "$(id -u)" -ne 0 ]; then
  echo "error: Slurm's daemons need root; run this as root, or in a container" >&2
  exit 1
fi
[ -x "$WATTMARK" ] || { echo "error: no binary at $WATTMARK" >&2; exit 1; }
command -v slurmctld slurmd sbatch munged >/dev/null || bash "$here/../apt-install.sh" slurm-wlm munge

work=$(mktemp -d)
host=$(hostname -s)
# No other cluster of this machine is called so, and no process of another one has this in its environment.
cluster=wattmark$$
export SLURM_CONF=$work/slurm.conf
started=()

stop() {
  local pid
  for pid in "${started[@]}" $(processes_of node1) $(processes_of node2); do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT

# What runs on a node: first the steps' keepers, which would report how their job ended, then the jobs' processes.
processes_of() {
  local process parent keepers= jobs=
  for process in /proc/[0-9]*; do
    grep -qzxF "SLURM_CONF=$SLURM_CONF" "$process/environ" 2>/dev/null || continue
    grep -qzxF "SLURMD_NODENAME=$1" "$process/environ" 2>/dev/null || continue
    parent=$(awk '$1 == "PPid:" { print $2 }' "$process/status" 2>/dev/null) || continue
    if grep -qx slurmstepd "/proc/$parent/comm" 2>/dev/null; then keepers+=" $parent"; fi
    jobs+=" ${process#/proc/}"
  done
  echo "$keepers $jobs"
}

cat >"$SLURM_CONF" <<EOF
ClusterName=$cluster
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
ReturnToService=2
SlurmctldPort=17000
SlurmdTimeout=8
BatchStartTimeout=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd-%n.log
MailProg=/bin/true
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17001 CPUs=1
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=17002 CPUs=1
PartitionName=test Nodes=node1,node2 Default=YES State=UP MaxTime=60
EOF
mkdir "$work/state"

if ! munge -n </dev/null 2>/dev/null | unmunge >/dev/null 2>&1; then
  install -d -o munge -g munge -m 755 /run/munge
  setpriv --reuid=munge --regid=munge --clear-groups munged --foreground >"$work/munged.log" 2>&1 &
  started+=($!)
fi
slurmctld -D >"$work/slurmctld.out" 2>&1 &
started+=($!)
declare -A daemon
for node in node1 node2; do
  SLURMD_NODENAME=$node slurmd -D -N "$node" >"$work/$node.out" 2>&1 &
  daemon[$node]=$!
  started+=($!)
done
# Or the shell tells of each that is killed.
disown -a
for _ in $(seq 60); do
  [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" -eq 2 ] && break
  sleep 0.5
done
[ "$(sinfo -h -N -t idle -o %N | wc -l)" -eq 2 ] || fail "the two nodes did not become idle: $(sinfo -h -N -o '%N %T')"

export WATTMARK_MOCK=$here/mock.toml MATRIX=$here/matrix.toml
bash "$here/submit" "$work/results"

# The first task runs on the first node. Once it has two records and lacks some, the node dies and stays dead.
first=$work/results/raw/scripted-mock-0-small.jsonl
for _ in $(seq 300); do
  [ "$(cat "$first" 2>/dev/null | wc -l)" -ge 2 ] && break
  sleep 0.1
done
node=$(squeue -h -r -o '%i %N' | awk '$1 ~ /_0$/ { print $2 }')
before=$(wc -l <"$first")
[ -n "$node" ] && [ "$before" -ge 2 ] || fail "the first task ended or never began: $before records, on '$node'"
kill -9 "${daemon[$node]}"
for pid in $(processes_of "$node"); do kill -9 "$pid" 2>/dev/null || true; done
echo "killed $node after $before records of task 0"

while [ -n "$(squeue -h -o %i)" ]; do
  [ "$SECONDS" -lt "$limit" ] || fail "not done after $limit s: $(squeue -h -r -o '%i %T %r')"
  sleep 0.5
done

plan() { "$WATTMARK" run --plan --device mock --suite "$here/small.toml"; }
python3 - "$work/results/records.jsonl" "$node" <(plan) <<'EOF' || fail "the merged set is not what was planned"
import collections, json, re, sys

records = [json.loads(line) for line in open(sys.argv[1])]
planned, device = collections.Counter(), None
for line in open(sys.argv[3]):
    if found := re.match(r"(mock:\d+) ", line):
        device = found[1]
    elif found := re.match(r" +[\d.]+ s  (\S+)", line):
        planned[device, found[1]] += 1
got = collections.Counter((r["device"]["id"], r["case"]["id"]) for r in records)
assert len(planned) == 24, planned
assert got == planned, (got - planned, planned - got)
assert all(r["status"] == "ok" for r in records), [r.get("reason") for r in records]
jobs = [r["run"]["job"] for r in records]
assert all(j["scheduler"] == "slurm" and re.fullmatch(r"\d+_[0-3]", j["id"]) for j in jobs), jobs
first = [(j["attempt"], j["node"]) for r, j in zip(records, jobs) if r["device"]["id"] == "mock:0"]
other = {"node1": "node2", "node2": "node1"}[sys.argv[2]]
assert set(first) == {(1, sys.argv[2]), (2, other)}, first
assert all(j["attempt"] == 1 or j["node"] == other for j in jobs)
print(f"{len(records)} records, every case of the plan once; task 0: "
      f"{first.count((1, sys.argv[2]))} on {sys.argv[2]}, then {first.count((2, other))} on {other}")
EOF
echo "Slurm: done in $SECONDS s"
