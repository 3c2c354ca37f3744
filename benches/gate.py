#!/usr/bin/env python3
"""How often the regression gate is wrong: false alarms on pairs of equal runs, and planted slowdowns that it misses.

  benches/gate.py --wattmark target/release/wattmark --device cpu [--case matmul/gemm/f32] [--pairs 100] [--fail-on 3%]
                  [--interleaved] [--machine NAME -o results/<machine>/gate.jsonl]
  benches/gate.py --table results/<machine>/gate.jsonl [--check results/README.md]

Runs one build against itself, a run after the other or, with --interleaved, in turns as `run --against` takes them, and asks
`compare --fail-on` of each pair; then again with the second run's samples made longer by --planted. Prints one JSON line, or
appends it to a file. Standard library only.
"""

import argparse
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def share(count, of):
    """A count as a share, with its 95 % interval by Wilson."""
    z, p = 1.96, count / of
    middle, half = (p + z * z / (2 * of)), z * (p * (1 - p) / of + z * z / (4 * of * of)) ** 0.5
    low, high = max(middle - half, 0) / (1 + z * z / of), (middle + half) / (1 + z * z / of)
    return f"{count} of {of} ({low * 100:.0f} to {high * 100:.0f} %)"


def table(path):
    lines = ["| device | case | runs of a pair | gate | false alarms on equal pairs | planted | found |", "|---" * 7 + "|"]
    for row in (line["gate"] for line in records(path)):
        runs = "in turns" if row.get("interleaved") else "one after the other"
        lines.append(f"| {row['device']} | {row['case']} | {runs} | {row['fail_on']} "
                     f"| {share(row['false_alarms'], row['pairs'])} | {row['planted'] * 100:g} % | {share(row['found'], row['pairs'])} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wattmark", type=pathlib.Path)
    parser.add_argument("--device")
    parser.add_argument("--suite", default="quick")
    parser.add_argument("--case", default="matmul/gemm/f32")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--fail-on", default="3%")
    parser.add_argument("--planted", type=float, default=0.05)
    parser.add_argument("--interleaved", action="store_true", help="both runs of a pair in turns: run --against")
    parser.add_argument("--machine", default="", help="alias of this machine, for the line")
    parser.add_argument("-o", "--output", type=pathlib.Path, help="append the line to this file")
    parser.add_argument("--table", type=pathlib.Path, metavar="FILE", help="print the table of an earlier file")
    parser.add_argument("--check", type=pathlib.Path, metavar="PAGE", help="with --table: fail unless this page holds it")
    arguments = parser.parse_args()
    if arguments.table:
        made = table(arguments.table)
        print(made, end="")
        if arguments.check and made not in arguments.check.read_text():
            sys.exit(f"error: {arguments.check} does not hold this table of {arguments.table}: put it there")
        return
    if not arguments.wattmark or not arguments.device:
        parser.error("give --wattmark and --device, or --table")
    binary = arguments.wattmark.resolve()
    alarms = found = judged = 0
    with tempfile.TemporaryDirectory() as folder:
        def run(name, *more):
            path = pathlib.Path(folder, f"{name}.jsonl")
            subprocess.run([binary, "run", "--quiet", "--energy", "off", "--suite", arguments.suite, "--device", arguments.device,
                            "--case", arguments.case, "-o", path, *more], check=True, stdout=subprocess.DEVNULL)
            return path

        def pair_of_runs(number):
            if arguments.interleaved:
                after = run(number, "--against", binary)
                return after.with_suffix(".rival.jsonl"), after
            return run(f"{number}-before"), run(f"{number}-after")

        def broken(before, after):
            command = [binary, "compare", before, after, "--fail-on", arguments.fail_on]
            code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
            if code not in (0, 5):
                sys.exit(f"error: compare ended with {code}")
            return code == 5

        for pair in range(arguments.pairs):
            before, after = pair_of_runs(pair)
            judged += len(records(after))
            alarms += broken(before, after)
            slower = records(after)
            for record in slower:
                record["time"]["samples_s"] = [s * (1 + arguments.planted) for s in record["time"]["samples_s"]]
            after.write_text("".join(json.dumps(record) + "\n" for record in slower))
            found += broken(before, after)
    version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.split()[-1]
    # Nested, because a query over all files of a folder wants one type for each name.
    line = json.dumps({"schema": "wattmark.gate/1", "gate": {
        "ended": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"), "wattmark": version,
        "machine": arguments.machine, "device": arguments.device, "case": arguments.case,
        "interleaved": arguments.interleaved, "pairs": arguments.pairs, "judged": judged, "fail_on": arguments.fail_on,
        "false_alarms": alarms, "planted": arguments.planted, "found": found}})
    print(line)
    if arguments.output:
        with arguments.output.open("a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()
