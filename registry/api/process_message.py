"""`POST /fhir/$process-message`: takes an adapter's message Bundle, keeps its facts, recomputes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from nhs import addresses
from registry.access import bearer
from registry.access.caller import Caller
from registry.api.call import Answer, answer
from registry.api.outcomes import FhirError, forbidden, invalid
from registry.api.service import Service
from registry.api.validation.validate import required_valid
from registry.audit.act import Subject
from registry.core import bundle_reading
from registry.core.bundle_reading import UnreadableBundle
from registry.core.statement import Statement
from registry.store import persons
from registry.store.recompute import Told, record, record_together
from registry.store.transaction import Connection

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is taken in: what it is referred to as, its statements, and the message
    Bundle that answers it, whose header says that it was processed."""

    asked: str
    statements: list[Statement]
    answer: Answer

    @property
    def is_of_one_alive(self) -> bool:
        """True where it is about one person, of whose death it says nothing."""
        return len(self.statements) == 1 and not self.statements[0].touches_death


Keep = Callable[[Connection, Sequence[Subject]], Awaitable[None]]
"""Puts a message on record, in its transaction: whom it is about."""
KeepAll = Callable[[Connection, Sequence[Sequence[Subject]]], Awaitable[None]]
"""The same of several, in their order."""


class ProcessMessage:
    """The operation."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def read(self, caller: Caller, body: Callable[[], Any]) -> Message:
        """Takes the caller and what reads the body; returns the message. FhirError or AccessDenied
        where it is not taken. Reads nothing for who may not send."""
        bearer.require(caller, "Bundle", "create")
        bundle = validated(body())
        try:
            _refuse_other_senders(caller, bundle_reading.sender(bundle))
            _refuse_national_events(caller, bundle)
            statements = bundle_reading.statements(bundle)
        except UnreadableBundle as error:
            raise FhirError(
                422, "required", "INVALID_RESOURCE", str(error), expression=error.expression
            ) from None
        identified = [s for s in statements if s.identifiers]
        if len(identified) < len(statements):
            raise FhirError(
                422,
                "required",
                "MISSING_VALUE",
                "The message has nothing to know the person by: it needs a valid NHS number or a "
                "local identifier with its system.",
                expression="Patient.identifier",
            )
        return Message(_header(bundle), statements, answer(_processed(bundle)))

    async def take(self, message: Message, keep: Keep) -> None:
        """Takes a message, and what puts it on record; keeps its facts, and recomputes whom they
        concern."""

        async def on_record(connection: Connection, locked: list[int]) -> None:
            await keep(connection, await persons.subjects(connection, locked))

        await record(self._service.pool, message.statements, self._service.rules, on_record)

    async def take_together(
        self, messages: Sequence[tuple[Message, str | None]], keep: KeepAll
    ) -> None:
        """As `take`, for messages about one person each, with the request ids they came under: all
        of them in one transaction, or none."""

        async def on_record(connection: Connection, locked: list[list[int]]) -> None:
            await keep(connection, [await persons.subjects(connection, each) for each in locked])

        told = [Told(message.statements[0], request_id) for message, request_id in messages]
        await record_together(self._service.pool, told, self._service.rules, on_record)


def _header(bundle: Resource) -> str:
    """The message as it is referred to: by its header's id, where it is one that a machine made."""
    said = str(bundle["entry"][0]["resource"].get("id", ""))
    try:
        return f"MessageHeader/{UUID(said)}"
    except ValueError:
        return "MessageHeader"


def validated(bundle: Any) -> Resource:
    """Takes what should be a message Bundle; returns it, or refuses it with all places that are
    wrong (never the values, which may be personal)."""
    said = cast(Resource, bundle) if isinstance(bundle, dict) else {}
    if said.get("resourceType") != "Bundle" or said.get("type") != "message":
        raise invalid("$process-message takes a Bundle of type message.", "Bundle.type")
    required_valid(said)
    if "id" not in said["entry"][0]["resource"]:
        text = "MessageHeader.id is missing: the answer names the message by it."
        raise invalid(text, "MessageHeader.id")
    return said


def _refuse_other_senders(caller: Caller, sender: str) -> None:
    if caller.organisation not in (None, sender):
        raise forbidden("An adapter can only send messages of its own organisation.")


def _refuse_national_events(caller: Caller, bundle: Resource) -> None:
    """Who speaks for the nation overrides every trust: only national clients may."""
    if bundle_reading.is_national(bundle) and caller.role != "national":
        raise forbidden("A national event can only be sent by a client with the role national.")


def _processed(bundle: Resource) -> Resource:
    header = bundle["entry"][0]["resource"]
    answer_id = str(uuid5(NAMESPACE_URL, f"processed {header['id']}"))
    answer: Resource = {
        "resourceType": "MessageHeader",
        "id": answer_id,
        "eventCoding": {
            "system": addresses.V2_EVENT,
            "code": header["eventCoding"]["code"],
        },
        "source": {"name": "Learning from Deaths registry", "endpoint": "urn:uuid:" + answer_id},
        "response": {"identifier": header["id"], "code": "ok"},
    }
    return {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [{"fullUrl": f"urn:uuid:{answer_id}", "resource": answer}],
    }
