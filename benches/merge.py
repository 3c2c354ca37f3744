#!/usr/bin/env python3
"""Merges a fleet's worth of records, makes a site of the set, and says what that took.

  benches/merge.py --wattmark target/release/wattmark [--records 1000000] [--files 1000] [--cpus 2] [--folder DIR]

Records are made from one of the committed ones, with a run, a time and samples of their own, 2.6 KB each (those under
results/ are 2.9 KB in the mean, with more samples); one file is one run, every tenth one is also dealt into a second file, so
that there are duplicates to find. The runs are of 50 machines, so that there are 20 records of each case and
device with the default numbers. The last line is the first merge and the site together. Standard library only.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "results/2026-11-21-epyc-vm/quick.jsonl"


def generate(folder, records, files):
    """Writes the files; returns bytes and how many lines are there twice."""
    lines = [json.loads(line) for line in TEMPLATE.read_text().splitlines()]
    template = next(r for r in lines if r["status"] == "ok" and len(r["time"]["samples_s"]) >= 45)
    template["time"]["samples_s"] = template["time"]["samples_s"][:30]
    rng = random.Random(1)
    each = records // files
    size = twice = 0
    previous = []
    for number in range(files):
        started = f"2026-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}T00:00:00Z"
        template["run"] |= {"id": f"{rng.getrandbits(64):016x}", "started": started}
        template["environment"]["machine"] = f"node{number % 50:02d}"
        marked = json.dumps(template | {"ended": "@ENDED@"}, separators=(",", ":"))
        marked = marked.replace(template["case"]["id"], "@CASE@")
        first = json.dumps(template["time"]["samples_s"][0])
        written = []
        for record in range(each):
            seconds = record * 2
            ended = f"{started[:11]}{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{record:09d}Z"
            case = f"matmul/gemv/f32/m=1,n={record + 1},k=4096/cold"
            line = marked.replace("@ENDED@", ended).replace("@CASE@", case).replace(first, repr(rng.uniform(1e-3, 2e-3)), 1)
            written.append(line)
        repeated = rng.sample(previous, len(previous) // 10)
        previous = written
        twice += len(repeated)
        text = "\n".join(written + repeated) + "\n"
        size += len(text)
        pathlib.Path(folder, f"{number:04d}.jsonl").write_text(text)
    return size, each * files, twice


def measured(command, cpus):
    """Runs a command on so many CPUs; returns its wall seconds and its largest resident set in MiB."""
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    _, status, usage = os.wait4(child.pid, 0)
    return os.waitstatus_to_exitcode(status), time.monotonic() - started, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wattmark", type=pathlib.Path, required=True)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--folder", type=pathlib.Path, help="where some gigabytes are free")
    arguments = parser.parse_args()
    cpus = set(sorted(os.sched_getaffinity(0))[: arguments.cpus])
    folder = pathlib.Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        (folder / "raw").mkdir()
        size, records, twice = generate(folder / "raw", arguments.records, arguments.files)
        print(f"{records} records and {twice} duplicates in {arguments.files} files, {size / 1e9:.2f} GB", file=sys.stderr)
        steps = {
            "merge": ["merge", folder / "raw", "-o", folder / "set"],
            "merge again": ["merge", folder / "raw", "-o", folder / "set"],
            "report": ["report", folder / "set", "-o", f"{folder}/site/"],
        }
        rows = {}
        for name, step in steps.items():
            code, seconds, mib = measured([arguments.wattmark.resolve(), *step], cpus)
            rows[name] = row = {"step": name, "exit": code, "wall_s": round(seconds, 1), "max_rss_mib": round(mib), "cpus": len(cpus),
                   "records": records, "duplicates": twice, "files": arguments.files, "bytes": size}
            if name == "report":
                pages = [path for path in (folder / "site").rglob("*") if path.is_file()]
                row |= {"site_files": len(pages), "site_bytes": sum(path.stat().st_size for path in pages),
                        "largest_page_bytes": max((p.stat().st_size for p in pages if p.suffix == ".html"), default=0)}
                if code != 0:
                    sys.exit(f"error: report ended with {code}")
            print(json.dumps(row), flush=True)
            if name.startswith("merge"):
                with open(folder / "set/records.jsonl") as lines:
                    got = sum(1 for _ in lines)
                if code != 0 or got != records:
                    sys.exit(f"error: {name} ended with {code} and left {got} records")
        both = rows["merge"], rows["report"]
        together = {"step": "merge and report", "wall_s": round(sum(row["wall_s"] for row in both), 1),
                    "max_rss_mib": max(row["max_rss_mib"] for row in both)}
        print(json.dumps(rows["merge"] | together), flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
