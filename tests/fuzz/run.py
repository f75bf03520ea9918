#!/usr/bin/env python3
"""Runs fuzz targets for some time each.

usage: run.py BUILD SECONDS NAME...

BUILD is the build folder. Each target starts from the inputs kept in
tests/fuzz/corpus/NAME and puts what it finds worth keeping into BUILD/fuzz/corpus/NAME;
an input that breaks it lands in BUILD/fuzz/failures/NAME-*. Ends with 1 if any did.

SPDX-License-Identifier: BSD-2-Clause
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def fuzz(build, name, seconds):
    """Returns True if nothing broke."""
    kept = ROOT / "tests/fuzz/corpus" / name
    found = build / "fuzz/corpus" / name
    failures = build / "fuzz/failures"
    for folder in (found, failures):
        folder.mkdir(parents=True, exist_ok=True)
    command = [str(build / "fuzz" / f"fuzz_{name}"), f"-max_total_time={seconds}",
               "-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={failures}/{name}-", str(found)]
    if kept.is_dir():
        command.append(str(kept))
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace", check=False)
    lines = run.stdout.splitlines()
    runs = next((line.split()[-1] for line in lines if "number_of_executed_units" in line), "?")
    if run.returncode == 0:
        print(f"{name}: {runs} inputs in {seconds} s, nothing broke", flush=True)
        return True
    print("\n".join(lines[-60:]))
    print(f"{name}: FAILED, the input is in {failures}", flush=True)
    return False


def main():
    if len(sys.argv) < 4 or not sys.argv[2].isdigit() or int(sys.argv[2]) == 0:
        sys.exit("usage: run.py BUILD SECONDS NAME...")
    build, seconds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    results = [fuzz(build, name, seconds) for name in sys.argv[3:]]
    print(f"{results.count(True)} targets held, {results.count(False)} failed")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
