"""The stand-in as one application: all services, and the addresses by which its people are set."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from conformance.national_stand_in.mesh import Exchange
from conformance.national_stand_in.people import Person, patient, patient_flag, problem
from conformance.national_stand_in.tokens import Refused, TokenAddress

DEMOGRAPHICS = "/personal-demographics/FHIR/R4"
FLAGS = "/patient-flags-api"
SUBSCRIPTIONS = "/multicast-notification-service/subscriptions"
TOKEN = "/oauth2/token"  # noqa: S105 - an address
FHIR_JSON = "application/fhir+json"
# As the event service's specification has it.
_ENDPOINT = re.compile(r"mesh://\w+\?workflow_id=[\w.-]+|arn:aws:sqs:eu-west-2:\d{12}:[\w.-]+")
# Of a list of subscriptions; few, so that there is a second page.
_PAGE = 2

Answerer = Callable[[Person], Response]


class StandIn:
    """The services. `per_second` is how many requests each takes in a second."""

    def __init__(self, tokens: TokenAddress, exchange: Exchange, per_second: int = 5) -> None:
        self.tokens = tokens
        self.exchange = exchange
        self.people: dict[str, Person] = {}
        self.asked: list[tuple[float, str]] = []
        self._per_second = per_second
        self._lately: dict[str, deque[float]] = {}
        self._subscriptions: dict[str, dict[str, Any]] = {}

    def application(self) -> Starlette:
        """Returns the application that serves all of it."""
        return Starlette(
            routes=[
                Route(TOKEN, self._token, methods=["POST"]),
                Route(f"{DEMOGRAPHICS}/Patient/{{number}}", self._patient),
                Route(f"{FLAGS}/PatientFlag", self._flag),
                Route(SUBSCRIPTIONS, self._subscribe, methods=["POST"]),
                Route(SUBSCRIPTIONS, self._list),
                Route(f"{SUBSCRIPTIONS}/{{id}}", self._subscription, methods=["GET", "DELETE"]),
                Route("/stand-in/people/{number}", self._set, methods=["PUT"]),
                Route("/stand-in/asked", self._show),
                *self.exchange.routes(),
            ]
        )

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            return JSONResponse(self.tokens.give(form))
        except Refused as error:
            said = {"error": "invalid_request", "error_description": str(error)}
            return JSONResponse(said, 400)

    async def _patient(self, request: Request) -> Response:
        def answered(person: Person) -> Response:
            if person.is_invalidated:
                return _fhir(problem("INVALIDATED_RESOURCE", "processing"), 404)
            return _fhir(patient(person), headers={"ETag": f'W/"{person.version}"'})

        return await self._answer(request, DEMOGRAPHICS, request.path_params["number"], answered)

    async def _flag(self, request: Request) -> Response:
        if request.query_params.get("code") != "NRAF":
            return _fhir(problem("INVALID_VALUE", "value"), 400)
        number = request.query_params.get("patient", "")

        def answered(person: Person) -> Response:
            return _fhir(patient_flag(person))

        return await self._answer(request, FLAGS, number, answered)

    async def _answer(
        self, request: Request, service: str, number: str, answered: Answerer
    ) -> Response:
        if not self.tokens.takes(request.headers.get("authorization", "")):
            return _fhir(problem("ACCESS_DENIED", "forbidden"), 401)
        if not _is_uuid(request.headers.get("x-request-id", "")):
            return _fhir(problem("MISSING_VALUE", "required"), 400)
        now = time.monotonic()
        self.asked.append((now, number))
        if self._is_too_often(service, now):
            return _fhir(problem("TOO_MANY_REQUESTS", "throttled"), 429, {"Retry-After": "1"})
        person = self.people.get(number)
        if person is None:
            return _fhir(problem("RESOURCE_NOT_FOUND", "not-found"), 404)
        await asyncio.sleep(person.seconds)
        if person.answers:
            status = person.answers.pop(0)
            more = {"Retry-After": person.retry_after} if person.retry_after else {}
            return _fhir(problem("UNABLE_TO_CALL_SERVICE", "transient"), status, more)
        return answered(person)

    def _is_too_often(self, service: str, now: float) -> bool:
        lately = self._lately.setdefault(service, deque())
        while lately and now - lately[0] >= 1.0:
            lately.popleft()
        lately.append(now)
        # One more than the rate may fall into a second when the spacing is exact.
        return len(lately) > self._per_second + 1

    async def _subscribe(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        wanted: dict[str, Any] = await request.json()
        channel = wanted.get("channel", {})
        if not (
            wanted.get("resourceType") == "Subscription"
            and wanted.get("status") == "requested"
            and isinstance(wanted.get("reason"), str)
            and str(wanted.get("criteria", "")).startswith("eventType=")
            and channel.get("type") == "message"
            and _ENDPOINT.fullmatch(str(channel.get("endpoint", "")))
            and channel.get("payload") in ("application/json", FHIR_JSON)
        ):
            return JSONResponse({"validationErrors": {"channel": "is not as it should be"}}, 400)
        for one in self._subscriptions.values():
            same = one["channel"]["endpoint"] == channel["endpoint"]
            if same and one["criteria"] == wanted["criteria"]:
                return _fhir(problem("DUPLICATE_REJECTED", "duplicate"), 409)
        made = str(uuid4())
        self._subscriptions[made] = {**wanted, "id": made, "status": "active"}
        return JSONResponse({"id": made}, 201)

    async def _list(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        begin = int(request.query_params.get("continue_from", "0"))
        kept = list(self._subscriptions.values())
        links = [{"relation": "self", "url": "/subscriptions"}]
        if len(kept) > begin + _PAGE:
            links.append(
                {"relation": "next", "url": f"/subscriptions?continue_from={begin + _PAGE}"}
            )
        page = {"resourceType": "Bundle", "type": "searchset", "link": links}
        return _fhir({**page, "entry": kept[begin : begin + _PAGE]})

    async def _subscription(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        kept = self._subscriptions.get(request.path_params["id"])
        if kept is None:
            return _fhir(problem("RESOURCE_NOT_FOUND", "not-found"), 404)
        if request.method == "DELETE":
            del self._subscriptions[kept["id"]]
            return Response(status_code=204)
        return _fhir(kept)

    def _refusal(self, request: Request) -> Response | None:
        if not self.tokens.takes(request.headers.get("authorization", "")):
            return JSONResponse({"errors": "access denied"}, 401)
        if not _is_uuid(request.headers.get("x-correlation-id", "")):
            return _fhir(problem("MISSING_VALUE", "required"), 400)
        return None

    async def _set(self, request: Request) -> Response:
        number = request.path_params["number"]
        before = self.people.get(number, Person(number))
        wanted: dict[str, Any] = await request.json()
        self.people[number] = replace(before, **wanted, version=before.version + 1)
        return JSONResponse(asdict(self.people[number]))

    async def _show(self, _: Request) -> Response:
        return JSONResponse([number for _, number in self.asked])


def _fhir(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(content, status, headers, FHIR_JSON)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
