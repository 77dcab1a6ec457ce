"""Pages made of templates: HTML that works without script, and says whose session it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from console import wording
from console.headers import content_security_policy
from console.navigation import Area, ways_for
from console.session.session import Session

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
SERVICE = "Learning from Deaths"


@lru_cache
def asset(name: str) -> str:
    """Takes the name of a file of console/static; returns its address, another one whenever its
    content is another, so that browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/assets/{name}?v={digest[:16]}"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(day=wording.day, moment=wording.moment, spaced=wording.spaced)
_GLOBALS = cast(dict[str, object], _ENVIRONMENT.globals)
_GLOBALS.update(asset=asset, service=SERVICE, ways_for=ways_for)


def page(
    template: str,
    *,
    status: int = 200,
    session: Session | None = None,
    area: Area | None = None,
    form_targets: Sequence[str] = (),
    has_script: bool = False,
    **values: object,
) -> HTMLResponse:
    """Takes a template's name, the session whose person reads the page, the part of the console it
    belongs to (None: none of those in the header), the origins its forms may go to beside ours,
    whether it brings a script of ours, and the template's values; returns the page."""
    made = _ENVIRONMENT.get_template(f"{template}.html.jinja")
    text = made.render(session=session, area=area, **values)
    response = HTMLResponse(text, status)
    if form_targets or has_script:
        policy = content_security_policy(form_targets, has_script=has_script)
        response.headers["Content-Security-Policy"] = policy
    return response


def message(
    status: int,
    title: str,
    paragraphs: Sequence[str],
    *,
    session: Session | None = None,
    link: tuple[str, str] | None = None,
) -> HTMLResponse:
    """Takes a status, a heading, paragraphs, and the address and text of the way on; returns the
    page that says so."""
    return page(
        "message", status=status, session=session, title=title, paragraphs=paragraphs, link=link
    )
