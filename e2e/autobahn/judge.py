"""Judges a report of the Autobahn fuzzing client.

Fails on a case that failed, on an unclean close, and on more than two cases that are not strict.
With UPDATE=1 the outcome of every case is written to the page given, which is compared otherwise.
"""

import json
import os
import sys
from collections import Counter

NOT_STRICT_MAX = 2
# Outcomes that say nothing against the server: OK, informational, and options that were declined.
HARMLESS = {"OK", "INFORMATIONAL", "UNIMPLEMENTED", "NON-STRICT"}
CLOSES = {"OK", "INFORMATIONAL", "UNIMPLEMENTED"}


def in_order(case):
    return [int(part) for part in case.split(".")]


def judge(cases):
    """What speaks against the server, as sentences."""
    for case in sorted(cases, key=in_order):
        outcome = cases[case]
        if outcome["behavior"] not in HARMLESS:
            yield f"case {case}: {outcome['behavior']}"
        if outcome["behaviorClose"] not in CLOSES:
            yield f"case {case} closed: {outcome['behaviorClose']}"
    not_strict = [case for case in cases if cases[case]["behavior"] == "NON-STRICT"]
    if len(not_strict) > NOT_STRICT_MAX:
        yield f"{len(not_strict)} cases are not strict: {', '.join(sorted(not_strict, key=in_order))}"


def as_page(cases):
    rows = [f'  "{case}": "{cases[case]["behavior"]}"' for case in sorted(cases, key=in_order)]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def compare(page, cases):
    """What differs from the page that is checked in; informational cases may go either way."""
    if os.environ.get("UPDATE"):
        with open(page, "w", encoding="utf-8") as file:
            file.write(as_page(cases))
        return
    with open(page, encoding="utf-8") as file:
        known = json.load(file)
    for case, outcome in cases.items():
        if known.get(case) == "OK" and outcome["behavior"] != "OK":
            yield f"case {case} was OK and is {outcome['behavior']}"


def main(report, page):
    with open(report, encoding="utf-8") as file:
        cases = next(iter(json.load(file).values()))
    counts = Counter(outcome["behavior"] for outcome in cases.values())
    print(f"{len(cases)} cases:", ", ".join(f"{counts[name]} {name}" for name in sorted(counts)))
    against = [*judge(cases), *compare(page, cases)]
    print("\n".join(against) if against else "nothing speaks against the server")
    return 1 if against else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
