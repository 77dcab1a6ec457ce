"""Find: by number alone, and never with the number in an address.

Somebody of the organisation's own cases is shown at once. For everybody else a reason is asked, put
on the audit record, where the parties to the case see it, and answered with what visibility gives
an organisation that has no part: nothing, and the same whether anything is held or not.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from conformance import canonical
from console.case import concern_form
from console.case.references import id_of
from console.find.number import Number, NumberError, read_number
from console.form_id import form_id
from console.pages import page
from console.record import Record
from console.session.gate import Gate
from console.session.session import Session
from console.steps.done import with_done
from nhs import addresses
from registry.api.in_process import InProcess

# Why somebody asks for a person who is in none of their organisation's cases, as v3-PurposeOfUse.
REASONS = {
    "HDECD": "My organisation cared for the person",
    "FAMRQT": "The family, or somebody for them, asked us",
    "HLEGAL": "A medical examiner or a coroner asked us",
    "PATSFTY": "A patient safety matter",
}


class FindRoutes:
    """The pages of Find."""

    def __init__(self, gate: Gate, api: InProcess) -> None:
        self._api = api
        self.routes = [
            Route("/find", gate.page(self._form), methods=["GET"]),
            Route("/find", gate.action(self._find), methods=["POST"]),
            Route("/find/concern", gate.action(self._concern), methods=["POST"]),
        ]

    async def _form(self, _: Request, session: Session) -> Response:
        return _page("find", session, errors={}, number="")

    async def _find(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        typed = fields.get("number", "")
        try:
            number = read_number(typed)
        except NumberError as error:
            return _page("find", session, 400, errors={"number": str(error)}, number=typed)
        reason = fields.get("reason")
        if reason not in REASONS and (reason is not None or "asked" in fields):
            errors = {"reason": "Select why you are asking"}
            return _page("find_reason", session, 400, errors=errors, number=typed, reasons=REASONS)
        record = Record(self._api, request, session)
        patient = await _patient(record, number, reason)
        if patient is not None:
            return RedirectResponse(f"/cases/{patient}", 303)
        if reason is None:
            return _page("find_reason", session, errors={}, number=typed, reasons=REASONS)
        can_raise = number.kind == "nhs"
        return _page("find_outside", session, number=typed, can_raise=can_raise)

    async def _concern(
        self, request: Request, session: Session, fields: dict[str, str]
    ) -> Response:
        """A concern about somebody in none of the organisation's cases: the form, then the
        concern. It is taken whether or not anything is known of the person."""
        try:
            number = read_number(fields.get("number", ""))
        except NumberError:
            return RedirectResponse("/find", 303)
        if "form_id" not in fields:
            return _concern_page(session, number, concern_form.Filled({}))
        sent = concern_form.filled(fields)
        if sent.errors:
            return _concern_page(session, number, sent)
        made = concern_form.request_of(sent.values, "")
        identifier = {"system": addresses.NHS_NUMBER, "value": number.value}
        made = {**made, "subject": {"identifier": identifier}}
        await Record(self._api, request, session).create(made, form_id(fields))
        return RedirectResponse(with_done("/", "concern-outside", session), 303)


async def _patient(record: Record, number: Number, reason: str | None) -> str | None:
    """The id of the Patient, where the organisation may read it."""
    if number.kind == "nhs":
        asked = ("identifier", f"{addresses.NHS_NUMBER}|{number.value}")
        found = await record.search("Patient", asked, purpose=reason)
        return next((one["id"] for one in found.resources), None)
    asked = ("group-identifier", f"{canonical.CASE_ID}|{number.value}")
    found = await record.search("Task", asked, ("_count", "1"), purpose=reason)
    return next((id_of(one.get("for")) for one in found.resources), None)


def _page(name: str, session: Session, status: int = 200, **values: Any) -> Response:
    return page(name, status=status, session=session, area="find", **values)


def _concern_page(session: Session, number: Number, sent: concern_form.Filled) -> Response:
    return page(
        "find_concern",
        status=400 if sent.errors else 200,
        session=session,
        area="find",
        number=number.value,
        form=concern_form.FORM,
        recommendations=concern_form.RECOMMENDATIONS,
        sent=sent,
        form_id=uuid4,
    )
