"""The screen as a picture (SVG) that stands alone: no fonts or anything else from elsewhere."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from lfd.demo import screen
from lfd.demo.seen import Seen
from lfd.failure import Failure

TITLE = "make demo"
_SHOWN_OF_TOKEN = 12
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
# As rich has it, without its web fonts.
_FORMAT = (
    """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: FONTS; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
).replace("FONTS", _FONTS)


def save(seen: Seen, path: Path) -> None:
    """Takes what the screen shows and a path; saves the picture there. Failure: it cannot.

    The token is cut: it would be a credential in a file that is made to be passed on.
    """
    console = Console(
        record=True,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        width=screen.WIDTH,
        highlight=False,
        markup=False,
    )
    screen.show(replace(seen, token=f"{seen.token[:_SHOWN_OF_TOKEN]}…"), console, stays=True)
    try:
        path.write_text(console.export_svg(title=TITLE, code_format=_FORMAT), encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or 'cannot be written'}") from error
