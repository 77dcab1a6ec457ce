"""A step on a review: its form, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.case.review import Review
from console.form_id import form_id
from console.pages import page
from console.record import Record
from console.session.gate import Gate
from console.session.session import Session
from console.steps.changes import changes
from console.steps.done import with_done
from console.steps.forms import Filled, StepForm, filled, form_of
from console.steps.patch import operations
from nhs.london_time import london_date
from registry.api.in_process import InProcess
from registry.api.outcomes import FhirError
from registry.core.decision import Step

# Where the API says that something is wrong, and the field that asks for it.
_FIELDS = {
    "Task.owner": ("to",),
    "Task.owner.identifier": ("to",),
    "Task.statusReason": ("reason",),
    "Task.statusReason.coding": ("reason_code",),
    "Task.output": ("judgement", "finding", "screening"),
    "Task.input": ("words", "contact"),
}


@dataclass(frozen=True, slots=True)
class Taking:
    """A step that somebody is about to take: the review as they saw it, and the step's form."""

    review: Review
    step: Step
    form: StepForm


class StepRoutes:
    """The pages of steps. `clock` gives the time."""

    def __init__(self, gate: Gate, api: InProcess, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock
        path = "/reviews/{task}/{step}"
        self.routes = [
            Route("/reviews/{task}", gate.page(self._review), methods=["GET"]),
            Route(path, gate.page(self._form), methods=["GET"]),
            Route(path, gate.action(self._take), methods=["POST"]),
        ]

    async def _review(self, request: Request, session: Session) -> Response:
        """Where a review is shown: in its case; a question, where it is answered."""
        review = await self._now(Record(self._api, request, session), request, session)
        if review.is_question and not review.is_over:
            return RedirectResponse(f"/reviews/{review.id}/{Step.COMPLETE}", 303)
        return RedirectResponse(f"/cases/{review.person}#review-{review.id}", 303)

    async def _form(self, request: Request, session: Session) -> Response:
        review = await self._now(Record(self._api, request, session), request, session)
        step = _step(request)
        if step not in review.steps:
            return page("step_not_open", status=409, session=session, review=review)
        taking = Taking(review, step, form_of(step, review))
        return _page(taking, session, Filled({"contact": review.family_contact or ""}))

    async def _take(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        assert session.place is not None
        record, step = Record(self._api, request, session), _step(request)
        task_id, version = request.path_params["task"], fields.get("version", "")
        shown = self._seen(await record.version("Task", task_id, version), session)
        taking = Taking(shown, step, form_of(step, shown))
        sent = filled(taking.form, fields)
        if sent.errors:
            return _page(taking, session, sent)
        try:
            change = operations(step, shown.task, sent.values, session.place.organisation)
        except KeyError:
            return page("step_not_open", status=409, session=session, review=shown)
        try:
            await record.patch("Task", task_id, version, change, form_id(fields))
        except FhirError as error:
            return await self._refused(error, taking, sent, record, session)
        return RedirectResponse(_next(taking, session), 303)

    async def _refused(
        self, error: FhirError, taking: Taking, sent: Filled, record: Record, session: Session
    ) -> Response:
        if error.status not in (412, 422, 403):
            raise error
        now = self._seen(await record.read("Task", taking.review.id), session)
        if error.status == 412:
            written = [
                (field.label, sent.values[field.name])
                for field in taking.form.fields
                if field.kind != "choice" and sent.values[field.name]
            ]
            return page(
                "review_changed",
                status=412,
                session=session,
                review=now,
                taking=taking,
                changes=changes(taking.review, now),
                written=written,
            )
        if taking.step not in now.steps:
            return page("step_not_open", status=409, session=session, review=now)
        return _page(taking, session, Filled(sent.values, _errors(error, taking.form)))

    async def _now(self, record: Record, request: Request, session: Session) -> Review:
        return self._seen(await record.read("Task", request.path_params["task"]), session)

    def _seen(self, task: dict[str, object], session: Session) -> Review:
        assert session.place is not None
        place = session.place
        return Review(task, place.organisation, place.role, self._today())

    def _today(self) -> date:
        return london_date(self._clock())


def _step(request: Request) -> Step:
    try:
        step = Step(request.path_params["step"])
    except ValueError:
        raise HTTPException(404) from None
    if step is Step.ESCALATE:
        raise HTTPException(404)
    return step


def _page(taking: Taking, session: Session, sent: Filled) -> Response:
    return page(
        "step",
        status=400 if sent.errors else 200,
        session=session,
        review=taking.review,
        step=taking.step,
        form=taking.form,
        sent=sent,
        form_id=uuid4,
    )


def _errors(error: FhirError, form: StepForm) -> dict[str, str]:
    """The API's refusal at the field that it is about; at the form where none is asked."""
    names = [field.name for field in form.fields]
    found: dict[str, str] = {}
    for issue in error.issues:
        wanted = _FIELDS.get(issue.expression or "", ())
        name = next((one for one in wanted if one in names), names[0] if names else "form")
        found.setdefault(name, issue.text)
    return found


def _next(taking: Taking, session: Session) -> str:
    """The next page: whoever declines, or answers a question, may see no more of the case."""
    if taking.review.is_question:
        return with_done("/", "answer", session)
    if taking.step is Step.DECLINE:
        return with_done("/", taking.step, session)
    return with_done(f"/cases/{taking.review.person}", taking.step, session)
