#!/usr/bin/env python3
"""Checks ci/matrix.toml and makes the launchers' files from it. Runs nothing and schedules nothing.

  matrix.py check                say what is wrong with the matrix
  matrix.py render [--check]     write ci/github/matrix.yml and ci/kubernetes/jobs.yaml, or fail if they differ
  matrix.py slurm [MACHINE...]   one line for each Slurm machine: name, minutes, options, tasks (tab-separated)

MATRIX names another matrix file. Needs Python 3.11 and nothing else.
"""

import argparse
import difflib
import json
import os
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAUNCHERS = ["github", "slurm", "kubernetes"]
# As `wattmark devices` names them.
BACKENDS = ["cpu", "candle", "wgpu", "cuda", "cuda-native", "cublaslt", "mock"]
REQUIRED = {"name": str, "launcher": str, "labels": list, "devices": list, "suites": list, "minutes": int}
OPTIONAL = {"resource": str}
LABEL = {
    "github": re.compile(r"[\w.-]+"),
    "slurm": re.compile(r"[a-z][a-z-]*(=[\w.:,@/*\[\]-]+)?"),
    "kubernetes": re.compile(r"[\w./-]+=[\w.-]+"),
}


class Wrong(Exception):
    """Something in the matrix that cannot be obeyed."""


def nearest(word, known):
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(known)}"


def load(path):
    """The machines of a matrix file, all of them sound, and the image that containers start from."""
    try:
        with open(path, "rb") as file:
            tables = tomllib.load(file)
    except OSError as error:
        raise Wrong(f"cannot read it: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise Wrong(f"no TOML: {error}") from error
    for key in sorted(tables.keys() - {"machine", "image"}):
        raise Wrong(f"unknown key `{key}`{nearest(key, ['machine', 'image'])}")
    image = tables.get("image", "")
    if not isinstance(image, str) or not re.fullmatch(r"[\w./:@-]*", image):
        raise Wrong(f"image {image!r} is no name of a container image")
    machines = tables.get("machine", [])
    if not isinstance(machines, list) or not machines:
        raise Wrong("no [[machine]]")
    problems = [problem for number, machine in enumerate(machines, 1) for problem in wrong(machine, number, path)]
    names = [machine.get("name") for machine in machines]
    problems += [f"two machines are called `{name}`" for name in sorted({str(n) for n in names if names.count(n) > 1})]
    if not image and any(machine.get("launcher") == "kubernetes" for machine in machines):
        problems.append("a kubernetes machine needs an `image` at the head of the file")
    if problems:
        raise Wrong("\n  ".join(["", *problems]))
    return machines, image


def wrong(machine, number, path):
    """What is wrong with one machine, a sentence each."""
    who = f"machine {number} (`{machine.get('name', 'without a name')}`)"
    known = REQUIRED | OPTIONAL
    for key, value in machine.items():
        if key not in known:
            yield f"{who}: unknown key `{key}`{nearest(key, list(known))}"
        elif type(value) is not known[key]:
            yield f"{who}: `{key}` must be a {known[key].__name__}, not {value!r}"
        elif known[key] is list and (not value or not all(isinstance(v, str) for v in value)):
            yield f"{who}: `{key}` must be a list of one string or more"
    missing = [key for key in REQUIRED if key not in machine]
    if missing:
        yield f"{who}: lacks {', '.join(f'`{key}`' for key in missing)}"
    if missing or any(type(machine.get(key, "")) is not sort for key, sort in REQUIRED.items()):
        return
    # Part of file names, job names and record names: nothing that a shell or a YAML reader could take for more.
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", machine["name"]):
        yield f"{who}: the name must be lower-case letters, digits and dashes, 40 at most"
    if machine["launcher"] not in LAUNCHERS:
        yield f"{who}: unknown launcher `{machine['launcher']}`{nearest(machine['launcher'], LAUNCHERS)}"
        return
    if not 1 <= machine["minutes"] <= 7 * 24 * 60:
        yield f"{who}: {machine['minutes']} minutes; give 1 minute to a week"
    for label in map(str, machine["labels"]):
        if not LABEL[machine["launcher"]].fullmatch(label):
            yield f"{who}: `{label}` is no label of {machine['launcher']}: see the head of the matrix file"
    for device in map(str, machine["devices"]):
        if not re.fullmatch(r"[a-z-]+(:\d+)?", device) or device.split(":")[0] not in BACKENDS:
            yield f"{who}: unknown device `{device}`{nearest(device.split(':')[0], BACKENDS)}"
    suites = sorted(file.stem for file in (ROOT / "kernels/suites").glob("*.toml"))
    for suite in map(str, machine["suites"]):
        if suite.endswith(".toml"):
            if machine["launcher"] != "slurm" or not re.fullmatch(r"[\w./-]+", suite):
                yield f"{who}: suite `{suite}`: only Slurm machines, which share a file system, take suites by path"
            elif not (path.parent / suite).is_file():
                yield f"{who}: there is no suite file {path.parent / suite}"
        elif suite not in suites:
            yield f"{who}: unknown suite `{suite}`{nearest(suite, suites)}"
    if "resource" in machine:
        if machine["launcher"] != "kubernetes":
            yield f"{who}: `resource` is for kubernetes; a {machine['launcher']} machine is chosen by its labels"
        elif not re.fullmatch(r"[\w./-]+=[1-9]\d*", str(machine["resource"])):
            yield f"{who}: resource `{machine['resource']}`; write it as nvidia.com/gpu=1"
    tasks = task_names(machine)
    for task in sorted({t for t in tasks if tasks.count(t) > 1}):
        yield f"{who}: task {task} stands twice"


def tasks(machine):
    return [(device, suite) for device in machine["devices"] for suite in machine["suites"]]


def task_names(machine):
    return [f"{device}/{suite}" for device, suite in tasks(machine)]


def records(machine, device, suite):
    """The record file of a task."""
    return f"{machine['name']}-{device.replace(':', '-')}-{pathlib.Path(suite).stem}.jsonl"


HEAD = "# Made by `python3 ci/matrix.py render` from ci/matrix.toml: change that file, not this one.\n"

GITHUB = HEAD + """\
# Copy it to .github/workflows/. Each runner needs Rust; records of all machines end in one artifact, merged.
name: matrix
on:
  workflow_dispatch:
permissions:
  contents: read
jobs:
  run:
    strategy:
      fail-fast: false
      matrix:
        include:
%(include)s
    name: ${{ matrix.machine }} ${{ matrix.device }} ${{ matrix.suite }}
    runs-on: ${{ matrix.labels }}
    timeout-minutes: ${{ matrix.minutes }}
    steps:
      - uses: actions/checkout@v4
      - run: cargo build --release --locked
      - name: run
        run: >-
          target/release/wattmark run --quiet --resume --machine "${{ matrix.machine }}"
          --device "${{ matrix.device }}" --suite "${{ matrix.suite }}" -o "raw/${{ matrix.records }}"
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: raw-${{ matrix.records }}
          path: raw/
          if-no-files-found: warn
  merge:
    needs: run
    if: always()
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/download-artifact@v4
        with:
          pattern: raw-*
          path: raw
          merge-multiple: true
      - run: cargo build --release --locked
      - run: target/release/wattmark merge raw -o merged
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: merged
          path: merged/
"""


def github(machines):
    """The workflow for self-hosted runners."""
    entries = []
    for machine in machines:
        for device, suite in tasks(machine):
            entry = {
                "machine": machine["name"],
                "labels": machine["labels"],
                "device": device,
                "suite": suite,
                "records": records(machine, device, suite),
                "minutes": machine["minutes"],
            }
            lines = [f"{key}: {json.dumps(value)}" for key, value in entry.items()]
            entries.append("          - " + "\n            ".join(lines))
    return GITHUB % {"include": "\n".join(entries)}


JOB = """\
---
apiVersion: batch/v1
kind: Job
metadata:
  name: wattmark-%(name)s
  labels:
    app.kubernetes.io/name: wattmark
spec:
  # One task after the other: two on one node would share its memory and its power.
  completionMode: Indexed
  completions: %(completions)d
  parallelism: 1
  backoffLimitPerIndex: 2
  activeDeadlineSeconds: %(seconds)d
  template:
    metadata:
      labels:
        app.kubernetes.io/name: wattmark
    spec:
      restartPolicy: Never
      nodeSelector:
%(selector)s
      containers:
        - name: wattmark
          image: %(image)s
          command:
            - sh
            - -ec
            - >-
              shift "$JOB_COMPLETION_INDEX";
              exec wattmark run --quiet --resume --machine %(name)s
              --device "${1%%%%/*}" --suite "${1##*/}"
              -o "/results/raw/%(name)s-$(echo "$1" | tr :/ --).jsonl"
            - wattmark
%(tasks)s
          env:
            - name: WATTMARK_JOB_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.labels['batch.kubernetes.io/job-name']
            - name: WATTMARK_JOB_FAILURES
              valueFrom:
                fieldRef:
                  fieldPath: metadata.annotations['batch.kubernetes.io/job-index-failure-count']
            - name: WATTMARK_JOB_NODE
              valueFrom:
                fieldRef:
                  fieldPath: spec.nodeName
          resources:
            requests:
              cpu: "2"
              memory: 8Gi
%(limits)s          volumeMounts:
            - name: results
              mountPath: /results
      volumes:
        - name: results
          persistentVolumeClaim:
            claimName: wattmark-results
"""


def kubernetes(machines, image):
    """A Job for each machine, with an index for each of its tasks."""
    jobs = []
    for machine in machines:
        selector = [f"        {key}: {json.dumps(value)}" for key, value in (l.split("=") for l in machine["labels"])]
        key, _, count = machine.get("resource", "").partition("=")
        jobs.append(JOB % {
            "name": machine["name"],
            "completions": len(tasks(machine)),
            # An index may be tried three times.
            "seconds": machine["minutes"] * 60 * len(tasks(machine)) * 3,
            "selector": "\n".join(selector),
            "image": image,
            "tasks": "\n".join(f"            - {task}" for task in task_names(machine)),
            "limits": f"            limits:\n              {key}: {json.dumps(count)}\n" if key else "",
        })
    return HEAD + "# Needs a volume claim `wattmark-results`; when all are done, merge.yaml merges what they wrote.\n" + "".join(jobs)


def slurm(machines, path):
    """What ci/slurm/submit needs, a line for each machine."""
    lines = []
    for machine in machines:
        options = " ".join(f"--{label}" for label in machine["labels"])
        full = [f"{d}/{(path.parent / s).resolve() if s.endswith('.toml') else s}" for d, s in tasks(machine)]
        lines.append("\t".join([machine["name"], str(machine["minutes"]), options, " ".join(full)]))
    return "".join(f"{line}\n" for line in lines)


def render(machines, image, check):
    """Writes the launchers' files, or says which differ."""
    by = {launcher: [m for m in machines if m["launcher"] == launcher] for launcher in LAUNCHERS}
    stale = []
    for path, text in (("ci/github/matrix.yml", github(by["github"])), ("ci/kubernetes/jobs.yaml", kubernetes(by["kubernetes"], image))):
        file = ROOT / path
        if file.exists() and file.read_text() == text:
            continue
        stale.append(path)
        if not check:
            file.write_text(text)
            print(f"{path}: written", file=sys.stderr)
    if check and stale:
        raise Wrong(f"{', '.join(stale)}: not what the matrix renders to; run `python3 ci/matrix.py render`")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check", "render", "slurm"])
    parser.add_argument("machines", nargs="*", metavar="MACHINE")
    parser.add_argument("--check", action="store_true", help="with render: change nothing, exit 5 if a file differs")
    arguments = parser.parse_args()
    path = pathlib.Path(os.environ.get("MATRIX") or ROOT / "ci/matrix.toml")
    try:
        machines, image = load(path)
        if arguments.what == "slurm":
            ours = [m for m in machines if m["launcher"] == "slurm"]
            names = [m["name"] for m in ours]
            for name in arguments.machines:
                if name not in names:
                    raise Wrong(f"no Slurm machine `{name}`{nearest(name, names)}")
            wanted = [m for m in ours if not arguments.machines or m["name"] in arguments.machines]
            if not wanted:
                raise Wrong("no machine has the launcher `slurm`")
            print(slurm(wanted, path), end="")
    except Wrong as error:
        sys.exit(f"error: {path}: {error}")
    if arguments.what == "render":
        try:
            render(machines, image, arguments.check)
        except Wrong as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(5)


if __name__ == "__main__":
    main()
