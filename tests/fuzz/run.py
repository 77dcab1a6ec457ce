"""Runs a target under atheris for a bounded time: `python -m tests.fuzz.er7 [SECONDS]`.

A crash, an input that takes more than ten seconds or 2 GB ends the run with a status other than 0;
libFuzzer then writes the input into the directory that is named last.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

_SECONDS = 300
_SLOWEST = 10
_MEGABYTES = 2048
_LONGEST = 8192

# Instrumented as they are imported, so they are not to be imported before.
_INSTRUMENTED = ["adapter", "mappings", "nhs"]


def run(name: str, arguments: Sequence[str]) -> None:
    """Takes a target's name and the words after the command; does not return."""
    import atheris

    fuzzer = cast(Any, atheris)
    with fuzzer.instrument_imports(include=_INSTRUMENTED):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.seeds import seeds

    seconds = int(arguments[0]) if arguments else _SECONDS
    found = Path(os.environ.get("LFD_FUZZ_FOUND", tempfile.mkdtemp(prefix="lfd-fuzz-found-")))
    corpus = Path(tempfile.mkdtemp(prefix="lfd-fuzz-"))
    for number, seed in enumerate(seeds()):
        (corpus / f"{number:04d}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={_SLOWEST}",
        f"-rss_limit_mb={_MEGABYTES}",
        f"-max_len={_LONGEST}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
    ]
    target: Callable[[bytes], None] = TARGETS[name]
    fuzzer.Setup([sys.argv[0], *options, str(corpus)], target)
    fuzzer.Fuzz()
