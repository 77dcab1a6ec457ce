"""`GET Patient/{id}/$explain`: why the registry says what it says of somebody's death."""

from __future__ import annotations

from registry.api import read
from registry.api.call import Answer, Call, answer
from registry.api.outcomes import bad_parameter, forbidden
from registry.api.service import Service
from registry.audit.act import Subject
from registry.core.explanation_for_party import SPOKEN_OF
from registry.core.fhir.explanation import parameters
from registry.core.visibility import may_see
from registry.store import explaining, versions
from registry.store.reader import as_reader, as_writer
from registry.store.transaction import Connection


class Explain:
    """The interaction."""

    def __init__(self, service: Service) -> None:
        self._rules = service.rules

    async def __call__(self, connection: Connection, call: Call) -> Answer:
        """Answers with Parameters, of what the caller may know. 403: the caller's role does not see
        what an explanation speaks of; 404 and 410 as for a read of the Patient."""
        caller = call.caller
        if not all(may_see(caller.role, name) for name in SPOKEN_OF):
            raise forbidden("Your role does not see what an explanation speaks of.")
        if call.asked:
            raise bad_parameter("$explain takes no parameters.")
        organisation = caller.organisation
        stored = await versions.current(connection, "Patient", call.resource_id, organisation)
        if stored is None or organisation is None:
            raise await read.absent(connection, call)
        # A Patient is read by the parties to the case alone. What they may be told of its facts,
        # which the reader's role does not read, is for explain_to_party to say.
        await as_writer(connection)
        found = await explaining.explanation_for_party(
            connection, stored.resource_id, organisation, self._rules
        )
        await as_reader(connection, organisation, caller.role)
        if found is None:
            raise await read.absent(connection, call)
        shown = Subject("Patient", stored.resource_id, stored.person, stored.audience)
        made = answer(parameters(found))
        return Answer(made.status, made.content, made.headers, (shown,))
