"""Pages made of templates: HTML that works without script, and says whose session it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from console.headers import content_security_policy
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
_GLOBALS = cast(dict[str, object], _ENVIRONMENT.globals)
_GLOBALS.update(asset=asset, service=SERVICE)


def page(
    template: str,
    *,
    status: int = 200,
    session: Session | None = None,
    form_targets: Sequence[str] = (),
    **values: object,
) -> HTMLResponse:
    """Takes a template's name, the session whose person reads the page, the origins its forms may
    go to beside ours, and the template's values; returns the page."""
    text = _ENVIRONMENT.get_template(f"{template}.html.jinja").render(session=session, **values)
    response = HTMLResponse(text, status)
    if form_targets:
        response.headers["Content-Security-Policy"] = content_security_policy(form_targets)
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
