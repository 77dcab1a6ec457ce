"""Entry of the `lfd` command: finds the subcommand, runs it, turns its errors into one line."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Mapping, Sequence

from lfd import settings_file
from lfd.arguments import parser
from lfd.failure import Failure

FAILED = 1
INTERRUPTED = 130


AS_THEY_ARE: Mapping[str, str] = {}
# A key's thumbprint (RFC 7638, SHA-256, base64url) may begin as an option does.
_THUMBPRINT = re.compile(r"-[\w-]{42}", re.ASCII)


def main(arguments: Sequence[str] | None = None, instead: Mapping[str, str] = AS_THEY_ARE) -> int:
    """Takes the words after `lfd`, and the modules that run instead of a command's own; returns the
    exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        chosen = settings_file.read(parser(), [_no_option(word) for word in words], os.environ)
        module = instead.get(chosen.module, chosen.module)
        return importlib.import_module(module).run(chosen)
    except Failure as failure:
        print(f"lfd: {failure}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _no_option(word: str) -> str:
    """To argparse a word that begins with a space is no option; who takes key ids strips it."""
    return f" {word}" if _THUMBPRINT.fullmatch(word) else word
