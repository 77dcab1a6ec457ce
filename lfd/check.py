"""`lfd check`: HL7 v2 messages against the standard, one line for each problem."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict

import orjson

from adapter import er7
from adapter.grammar import Findings, Problem, Rule, check
from lfd.reading import read_bytes

SOME_PROBLEMS = 2


def run(chosen: Namespace) -> int:
    """Takes files; says what departs from the standard in each message of them."""
    messages = problems = 0
    for file in chosen.files:
        for number, findings in enumerate(_findings(read_bytes(file)), 1):
            messages += 1
            problems += len(findings.problems)
            if chosen.json:
                _print_json(file, number, findings)
            else:
                _print_lines(f"{file}, message {number}", findings)
    if not chosen.json:
        # Apart from the problems, so that they can be counted and sorted.
        print(f"messages: {messages}, problems: {problems}", file=sys.stderr)
    return SOME_PROBLEMS if problems else 0


def _findings(content: bytes) -> Iterator[Findings]:
    raw = None
    for raw in er7.split(content):
        try:
            message = er7.read(raw)
        except er7.NotHl7 as error:
            yield _unreadable(error.reason)
            continue
        yield check(message)
    if raw is None:
        yield _unreadable("there is no HL7 message in it")


def _unreadable(reason: str) -> Findings:
    return Findings("", "", (Problem("MSH", Rule.UNREADABLE, reason),), ())


def _print_lines(where: str, findings: Findings) -> None:
    for problem in findings.problems:
        print(f"{where}: {problem.place}: {problem.rule}: {problem.text}")
    for note in findings.notes:
        print(f"{where}: note: {note}")


def _print_json(file: str, number: int, findings: Findings) -> None:
    line = {"file": file, "message": number, **asdict(findings)}
    sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
