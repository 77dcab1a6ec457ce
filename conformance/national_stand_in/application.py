"""The stand-in as one application: all services, and the addresses by which its people are set."""

from __future__ import annotations

import asyncio
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
        self._subscriptions: dict[str, str] = {}

    def application(self) -> Starlette:
        """Returns the application that serves all of it."""
        return Starlette(
            routes=[
                Route(TOKEN, self._token, methods=["POST"]),
                Route(f"{DEMOGRAPHICS}/Patient/{{number}}", self._patient),
                Route(f"{FLAGS}/PatientFlag", self._flag),
                Route(SUBSCRIPTIONS, self._subscribe, methods=["POST"]),
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
        if not self.tokens.takes(request.headers.get("authorization", "")):
            return JSONResponse({"errors": "access denied"}, 401)
        if not _is_uuid(request.headers.get("x-correlation-id", "")):
            return _fhir(problem("MISSING_VALUE", "required"), 400)
        wanted = await request.json()
        key = f"{wanted.get('criteria')} {wanted.get('channel', {}).get('endpoint')}"
        if key in self._subscriptions:
            return _fhir(problem("DUPLICATE_REJECTED", "duplicate"), 409)
        self._subscriptions[key] = str(uuid4())
        return JSONResponse({"id": self._subscriptions[key]}, 201)

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
