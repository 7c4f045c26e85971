"""The counts of scripts/instructions.

    instructions.py program <MESSAGES-OF-CARGO
    instructions.py compare|update DIRECTORY FILE COMPILER
"""

import json
import pathlib
import re
import sys

# How many times the committed instructions a call may have.
MORE = 1.10
# Below this share of them, the committed figure should be updated.
FEWER = 0.90
MARK = "counting_ended"
ALLOCATES = {"malloc", "calloc", "realloc", "memalign", "posix_memalign", "aligned_alloc"}


def program(messages):
    """The path of the library's unit tests, from cargo's messages."""
    for line in messages:
        if not line.startswith("{"):
            continue
        message = json.loads(line)
        if message.get("reason") != "compiler-artifact" or not message.get("executable"):
            continue
        target = message["target"]
        if target["name"] == "backlog_mcp_hub" and "lib" in target["kind"]:
            return message["executable"]
    sys.exit("cargo built no unit tests of backlog-mcp-hub")


def read(dump):
    """The instructions and allocations of one part of callgrind's output."""
    names, called, allocations, total = {}, "", 0, None
    for line in dump.open(encoding="utf-8", errors="replace"):
        if line.startswith(("fn=(", "cfn=(")):
            # A number, and where it is first met, the name.
            number, _, name = line.rstrip("\n").partition("(")[2].partition(")")
            if name:
                names[number] = name.strip()
            if line.startswith("cfn="):
                called = names.get(number, "")
        elif line.startswith("calls=") and called in ALLOCATES:
            allocations += int(line[6:].split()[0])
        elif line.startswith("totals:"):
            total = int(line.split()[1])
    if total is None:
        sys.exit(f"{dump}: callgrind wrote no totals")
    return total, allocations


def counted(directory):
    """The instructions and allocations of one call of each kind."""
    # The first is on the line where the test's own name begins.
    kinds = re.findall(r"\bcounted: (\d+) (.*)$", (directory / "output").read_text(), re.MULTILINE)
    dumps = [path for path in directory.glob("callgrind.*") if path.suffix[1:].isdigit()]
    dumps.sort(key=lambda path: int(path.suffix[1:]))
    # The last part is what follows the last mark.
    parts = [read(dump) for dump in dumps if f"--dump-before={MARK}" in trigger(dump)]
    if not kinds or len(parts) != 2 * len(kinds):
        sys.exit(f"{len(kinds)} kinds of calls, but {len(parts)} counts: expected two of each")
    calls = {}
    for (times, name), once, twice in zip(kinds, parts[::2], parts[1::2]):
        each = [round((b - a) / int(times)) for a, b in zip(once, twice)]
        calls[name] = {"instructions": each[0], "allocations": each[1]}
    return calls


def trigger(dump):
    """The reason of a part. The name of its function is reduced to that of the mark."""
    with dump.open(encoding="utf-8", errors="replace") as lines:
        found = next((line for line in lines if line.startswith("desc: Trigger:")), "")
    return re.sub(rf"=.*{MARK}.*", f"={MARK}", found)


def compare(calls, committed, compiler):
    """Prints each call beside its committed figure; whether all are within the limit."""
    held = True
    print(f"\n{'call':32} {'instructions':>14} {'committed':>14} {'share':>6} {'allocations':>12}")
    for name in sorted(set(calls) | set(committed["calls"])):
        now, before = calls.get(name), committed["calls"].get(name)
        if now is None or before is None:
            missing = "not counted" if now is None else "not committed"
            print(f"{name:32} {missing}")
            held = False
            continue
        share = now["instructions"] / before["instructions"]
        verdict = ""
        if share > MORE:
            verdict, held = "  too many", False
        elif share < FEWER:
            verdict = "  fewer: commit the result of scripts/instructions --update"
        print(
            f"{name:32} {now['instructions']:14,} {before['instructions']:14,} {share:6.2f}"
            f" {now['allocations']:5,} / {before['allocations']:,}{verdict}"
        )
    if committed["compiler"] != compiler:
        print(f"\nCommitted with {committed['compiler']}, counted with {compiler}.")
    return held


def main():
    mode = sys.argv[1]
    if mode == "program":
        print(program(sys.stdin))
        return
    directory, file, compiler = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4]
    calls = counted(directory)
    if mode == "update":
        file.write_text(json.dumps({"compiler": compiler, "calls": calls}, indent=2) + "\n")
        print(f"\nwrote {file}")
        return
    committed = {"compiler": compiler, "calls": {}}
    if file.exists():
        committed = json.loads(file.read_text())
    if not compare(calls, committed, compiler):
        sys.exit(
            "\nA call costs more than the committed figure by more than 10 %, or has none.\n"
            "If the change is worth it: scripts/instructions --update"
        )


if __name__ == "__main__":
    main()
