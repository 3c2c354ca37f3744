#!/usr/bin/env python3
"""How often the regression gate is wrong: false alarms on pairs of equal runs, and planted slowdowns that it misses.

  benches/gate.py --wattmark target/release/wattmark --device cpu [--case matmul/gemm/f32] [--pairs 100] [--fail-on 3%]

Runs one build against itself, a run after the other, and asks `compare --fail-on` of each pair; then again with the second
run's samples made longer by --planted. Prints one JSON line. Standard library only.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wattmark", type=pathlib.Path, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--suite", default="quick")
    parser.add_argument("--case", default="matmul/gemm/f32")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--fail-on", default="3%")
    parser.add_argument("--planted", type=float, default=0.05)
    arguments = parser.parse_args()
    binary = arguments.wattmark.resolve()
    alarms = found = judged = 0
    with tempfile.TemporaryDirectory() as folder:
        def run(number):
            path = pathlib.Path(folder, f"{number}.jsonl")
            subprocess.run([binary, "run", "--quiet", "--energy", "off", "--suite", arguments.suite, "--device", arguments.device,
                            "--case", arguments.case, "-o", path], check=True, stdout=subprocess.DEVNULL)
            return path

        def broken(before, after):
            command = [binary, "compare", before, after, "--fail-on", arguments.fail_on]
            code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
            if code not in (0, 5):
                sys.exit(f"error: compare ended with {code}")
            return code == 5

        for pair in range(arguments.pairs):
            before, after = run(2 * pair), run(2 * pair + 1)
            judged += len(records(after))
            alarms += broken(before, after)
            slower = records(after)
            for record in slower:
                record["time"]["samples_s"] = [s * (1 + arguments.planted) for s in record["time"]["samples_s"]]
            after.write_text("".join(json.dumps(record) + "\n" for record in slower))
            found += broken(before, after)
    print(json.dumps({"device": arguments.device, "case": arguments.case, "pairs": arguments.pairs, "judged": judged,
                      "fail_on": arguments.fail_on, "false_alarms": alarms, "planted": arguments.planted, "found": found}))


if __name__ == "__main__":
    main()
