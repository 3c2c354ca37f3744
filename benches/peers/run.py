#!/usr/bin/env python3
"""Rounds of ceiling, peers and wattmark on one machine: the only comparison that holds on a noisy host.

    benches/peers/run.py --wattmark target/release/wattmark --rounds 9 -o results/<machine>/peers.jsonl
    benches/peers/run.py --table results/<machine>/peers.jsonl          # the table, from the file alone

Each line of the output is one median of one program in one round, in seconds, with its samples where the program tells
them. Ratios are taken within a round; the interval is a bootstrap over rounds. Needs what README.md beside it installs;
a peer that is not there is left out by name. Rounds are added to a file that is already there.
"""
import argparse, json, os, pathlib, random, re, statistics, subprocess, sys, tempfile, threading

# Seconds that burnpeer has for a round: its first one tunes for minutes.
BURN_LIMIT_S = 900

HERE = pathlib.Path(__file__).resolve().parent
DECODE = "attention/decode/f32/batch=1,heads=32,kv_heads=8,d=128,kv=4096/cold"
PREFILL = "attention/prefill/f32/batch=1,heads=32,kv_heads=8,d=128,seq=1024/hot"
MHA = "attention/prefill/f32/batch=1,heads=32,kv_heads=32,d=128,seq=512/hot"
# question, our device, our case, pattern of the rows it is held against, work per launch (FLOP or bytes), goal
QUESTIONS = [
    ("f32 GEMM 1024^3, weights N x K", "cpu", "matmul/gemm/f32/m=1024,n=1024,k=1024/hot", r"f32 1024x1024x1024", None, 1.0),
    ("f32 prefill 128x4096x4096, weights N x K", "cpu", "matmul/gemm/f32/m=128,n=4096,k=4096/hot", r"f32 128x4096x4096", None, 1.0),
    ("f32 GEMV 1x14336x4096 against DRAM read", "cpu", "matmul/gemv/f32/m=1,n=14336,k=4096/cold", r"ceiling DRAM read", 4.0 * (14336 * 4096 + 14336 + 4096), 0.8),
    ("attention decode, KV 4096, against DRAM read", "cpu", DECODE, r"ceiling DRAM read", 4.0 * 128 * (2 * 32 + 2 * 8 * 4096), 0.8),
    ("attention prefill 1024, 32/8 heads", "cpu", PREFILL, r"GroupQueryAttention_prefill f32 h32kv8d128s1024", None, 1.0),
    ("w4a16 GEMV 1x14336x4096, groups of 32, against DRAM read", "cpu", "matmul/gemv/w4a16g32/m=1,n=14336,k=4096/cold", r"ceiling DRAM read", 14336 * 4096 * (0.5 + 2 / 32), 0.8),
    ("w4a16 GEMV 1x14336x4096, groups of 128, against DRAM read", "cpu", "matmul/gemv/w4a16g128/m=1,n=14336,k=4096/cold", r"ceiling DRAM read", 14336 * 4096 * (0.5 + 2 / 128), 0.8),
    ("w4a16 prefill 128x4096x4096, groups of 32", "cpu", "matmul/gemm/w4a16g32/m=128,n=4096,k=4096/hot", r"ort matmulnbits4_acc0 q4b32 128x4096x4096", None, 1.0),
    ("w4a8 prefill 128x4096x4096, groups of 32", "cpu", "matmul/gemm/w4a8g32/m=128,n=4096,k=4096/hot", r"(candle qmatmul (q4k|q4_0)|ort matmulnbits4_acc4 q4b32) 128x4096x4096", None, 1.0),
    ("w4a8 GEMV 1x14336x4096, groups of 32, against DRAM read", "cpu", "matmul/gemv/w4a8g32/m=1,n=14336,k=4096/cold", r"ceiling DRAM read", 14336 * 4096 * (0.5 + 2 / 32), 0.8),
    ("w4a8 GEMV 1x14336x4096, groups of 32", "cpu", "matmul/gemv/w4a8g32/m=1,n=14336,k=4096/hot", r"(candle qmatmul (q4k|q4_0)|ort matmulnbits4_acc4 q4b32) 1x14336x4096", None, 1.0),
    ("i8 GEMM 1024^3", "cpu", "matmul/gemm/i8/m=1024,n=1024,k=1024/hot", r"ort matmulinteger_constB u8s8 1024x1024x1024", None, 1.0),
    ("WGSL f32 matmul 1024^3, software Vulkan", "wgpu-vulkan", "matmul/gemm/f32/m=1024,n=1024,k=1024/hot", r"burn-wgpu gemm\S* f32 1024x1024x1024", None, 1.5),
    ("WGSL f32 GEMV 1x4096x4096, software Vulkan", "wgpu-vulkan", "matmul/gemv/f32/m=1,n=4096,k=4096/hot", r"burn-wgpu gemm\S* f32 1x4096x4096", None, 1.5),
    ("WGSL attention prefill 512, equal KV heads", "wgpu-vulkan", MHA, r"burn-wgpu attention_mha_causal f32 h32d128q512kv512", None, 1.5),
]


def shell(command, **environment):
    """Standard output of a command, or None if it cannot run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, env={**os.environ, **environment})
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"left out: {command[0]}: {error}", file=sys.stderr)
        return None
    if done.returncode != 0:
        print(f"left out: {' '.join(map(str, command))}: exit {done.returncode}", file=sys.stderr)
    return done.stdout


def peak_rows(threads):
    """The best of each kind of ceiling that peak.c offers, in GB/s or GFLOP/s."""
    text = shell([HERE / "peak", str(threads), "3"]) or ""
    best = {}
    for name, value in re.findall(r"^(.+?)\s+T=\d+ median\s+[\d.]+ max\s+([\d.]+)", text, re.M):
        kind = "DRAM read" if name.startswith("read 256MiB") else name.strip()
        best[kind] = max(best.get(kind, 0.0), float(value))
    return [{"who": "peak.c", "what": f"ceiling {kind}", "rate": rate} for kind, rate in best.items()]


def csv_rows(text):
    """Rows of pypeers, rustpeers and burnpeer: peer,threads,kernel,dtype,shape,median_s,min_s,reps,..."""
    for line in (text or "").splitlines():
        cells = line.split("#")[0].strip().split(",")
        if len(cells) >= 8 and not line.startswith("#"):
            who, _, kernel, dtype, shape, median = cells[:6]
            yield {"who": who, "what": f"{who} {kernel} {dtype} {shape}", "median_s": float(median)}


def our_rows(binary, devices, folder, questions):
    """Every question's case on its device, and our own read ceiling where one is held against it."""
    read = "ceiling/read/f32/bytes=268435456/cold"
    ceilings = {("cpu", read) for *_, work, _ in questions if work}
    for device, case in sorted({(d, c) for _, d, c, *_ in questions} | ceilings):
        if device not in devices:
            continue
        file = pathlib.Path(folder) / "ours.jsonl"
        file.unlink(missing_ok=True)
        shell([binary, "run", "--device", devices[device], "--case", case, "--energy", "off", "--max-time", "1.0", "-q", "-o", file])
        for line in file.read_text().splitlines() if file.exists() else []:
            record = json.loads(line)
            if record["status"] != "ok":
                print(f"left out: {case}: {record['reason']}", file=sys.stderr)
                continue
            samples = record["time"]["samples_s"]
            row = {"who": "wattmark", "what": f"ours {device} {case}", "median_s": statistics.median(samples),
                   "samples_s": samples, "clock": record["time"]["clock"], "source_sha256": record["build"]["source_sha256"]}
            if case == read:
                yield {"who": "wattmark", "what": "ceiling DRAM read", "rate": record["work"]["bytes"] / min(samples) * 1e-9}
            else:
                yield row


def our_devices(binary):
    """Our devices by what the questions call them."""
    listing = json.loads(shell([binary, "devices", "--format", "json"]) or "[]")
    found = {}
    for facts in (row for row in listing if row["row"] == "device"):
        if facts["backend"] == "cpu":
            found.setdefault("cpu", facts["id"])
        if facts["backend"] == "wgpu" and facts["api"].lower() == "vulkan":
            found.setdefault("wgpu-vulkan", facts["id"])
    return found


class Burn:
    """burnpeer, kept alive from round to round: it tunes once."""

    def __init__(self, case):
        self.case, self.process = case, None

    def rows(self):
        try:
            if self.process is None:
                environment = {**os.environ, "CUBECL_WGPU_DEFAULT_DEVICE": "Cpu"}
                self.process = subprocess.Popen([HERE / "burnpeer/target/release/burnpeer", "wgpu", "0.5", self.case],
                                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
            else:
                self.process.stdin.write("\n")
                self.process.stdin.flush()
        except OSError as error:
            print(f"left out: burnpeer: {error}", file=sys.stderr)
            return
        limit = threading.Timer(BURN_LIMIT_S, self.process.kill)
        limit.start()
        lines = []
        for line in self.process.stdout:
            if line.strip() == "#":
                break
            lines.append(line)
        else:
            print(f"left out: burnpeer {self.case}: it ended early, or was killed after {BURN_LIMIT_S} s", file=sys.stderr)
        limit.cancel()
        yield from csv_rows("".join(lines))


def burn_cases(questions):
    """What burnpeer is to run for the questions: its attention alone tunes for minutes."""
    cases = {"1024x1024x1024": "1024x1024x1024", "1x4096x4096": "1x4096x4096", "attention": "attn s512"}
    asked = [held for *_, held, _, _ in questions if held.startswith("burn")]
    return [case for key, case in cases.items() if any(key in held for held in asked)]


def rounds(arguments):
    """Runs the rounds and appends each row as soon as it is known."""
    threads = str(os.cpu_count() if not hasattr(os, "sched_getaffinity") else len(os.sched_getaffinity(0)))
    devices = our_devices(arguments.wattmark)
    questions = [q for q in QUESTIONS if re.search(arguments.only, q[0])]
    if not questions:
        sys.exit(f"--only {arguments.only}: no such question: {'; '.join(q[0] for q in QUESTIONS)}")
    python = HERE / "venv/bin/python"
    quiet = {"RAYON_NUM_THREADS": threads, "MATMUL_NUM_THREADS": threads}
    burns = [Burn(case) for case in burn_cases(questions)]
    programs = {
        "peak": lambda _: peak_rows(threads),
        "ours": lambda folder: our_rows(arguments.wattmark, devices, folder, questions),
        "numpy": lambda _: csv_rows(shell([python, HERE / "pypeers.py", "--peer", "numpy", "--threads", threads, "--budget", "0.3", "--only", r"f32/(1024x|128x|1x14336)"])),
        "ort": lambda _: csv_rows(shell([python, HERE / "pypeers.py", "--peer", "ort", "--threads", threads, "--budget", "0.3", "--only", r"/f32/(1024x1024|128x|h32kv8d128s1024)|/u8s8/1024x1024|/q4b32/(128x|1x14336)"])),
        **{peer: lambda _, p=peer: (r for size in ("1024x1024x1024", "128x4096x4096", "1x14336x4096") for r in csv_rows(shell([HERE / "rustpeers/target/release/rustpeers", p, threads, "0.3", size], **quiet)))
           for peer in ("gemm", "faer", "candle", "matrixmultiply")},
        "burn": lambda _: (row for burn in burns for row in burn.rows()),
    }
    burn = [r.startswith("burn") for _, _, _, r, *_ in questions]
    programs = {name: run for name, run in programs.items() if (any(burn) if name == "burn" else name == "ours" or not all(burn))}
    # burn searches for its tiles before it is timed; so do we, once.
    for _, device, case, *_ in questions:
        if device == "wgpu-vulkan" and device in devices:
            shell([arguments.wattmark, "tune", "--device", devices[device], "--case", case])
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    first = 1 + max((json.loads(line)["round"] for line in open(arguments.output)), default=-1) if arguments.output.exists() else 0
    with open(arguments.output, "a") as out, tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + arguments.rounds):
            order = list(programs)
            random.Random(number).shuffle(order)
            for name in order:
                load = os.getloadavg()[0]
                for row in programs[name](folder):
                    out.write(json.dumps({"round": number, "load_1m": load, **row}) + "\n")
                    out.flush()
            print(f"round {number - first + 1} of {arguments.rounds}", file=sys.stderr)


def interval(ratios):
    """Median of the rounds' ratios with a bootstrap 95 % interval."""
    rng = random.Random(1)
    medians = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(4000))
    return statistics.median(ratios), medians[100], medians[-101]


def table(path):
    """The questions, each with the ratio to the best it is held against."""
    rows = [json.loads(line) for line in open(path)]
    numbers = sorted({row["round"] for row in rows})
    lines = ["| question | ratio, ours to the best | 95 % interval | rounds | goal | held against, most often |", "|---|---|---|---|---|---|"]
    for title, device, case, pattern, work, goal in QUESTIONS:
        ratios, winners = [], []
        for number in numbers:
            mine = [r for r in rows if r["round"] == number and r["what"] == f"ours {device} {case}"]
            held = [r for r in rows if r["round"] == number and r["who"] != "wattmark" or r["round"] == number and "rate" in r]
            held = [r for r in held if re.search(pattern, r["what"]) and (r["who"] == "burn-wgpu") == pattern.startswith("burn")]
            if not mine or not held:
                continue
            if work is None:
                best = min(held, key=lambda r: r["median_s"])
                ratios.append(best["median_s"] / mine[0]["median_s"])
            else:
                best = max(held, key=lambda r: r["rate"])
                ratios.append(work / mine[0]["median_s"] * 1e-9 / best["rate"])
            winners.append(best["what"] if best["who"] != "wattmark" else "wattmark's own ceiling")
        if not ratios:
            lines.append(f"| {title} | not yet run | | 0 | {goal} | |")
            continue
        middle, low, high = interval(ratios)
        lines.append(f"| {title} | {middle:.2f} | {low:.2f} to {high:.2f} | {len(ratios)} | {goal} | {statistics.mode(winners)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wattmark", type=pathlib.Path, help="the binary to compare")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", metavar="REGEX", help="the questions to ask, by their titles in the table")
    parser.add_argument("-o", "--output", type=pathlib.Path)
    parser.add_argument("--table", type=pathlib.Path, metavar="FILE", help="print the table of an earlier file")
    parser.add_argument("--check", type=pathlib.Path, metavar="PAGE", help="with --table: fail unless this page holds it")
    arguments = parser.parse_args()
    if arguments.table:
        made = table(arguments.table)
        print(made, end="")
        if arguments.check and made not in arguments.check.read_text():
            sys.exit(f"error: {arguments.check} does not hold this table of {arguments.table}: put it there")
    elif arguments.wattmark and arguments.output:
        rounds(arguments)
        print(table(arguments.output), end="")
    else:
        parser.error("give --wattmark and --output, or --table")


if __name__ == "__main__":
    main()
