"""Access tokens given out and refused, on record (IHE IUA, ITI-71)."""

from __future__ import annotations

from datetime import UTC, datetime

from registry.audit import event
from registry.audit.act import Act, Actor, Origin
from registry.audit.recorder import Recorder


class TokenAudit:
    """What the token endpoint tells the audit record."""

    def __init__(self, recorder: Recorder, server: str) -> None:
        self._recorder = recorder
        self._server = server

    async def keep(self, actor: Actor, network: str | None, status: int, scope: str) -> None:
        """Takes who asked (as registered; where refused, as it called itself), from where, the
        status of the answer and the scopes granted; returns when it is on record. NotRecorded
        where that cannot be."""
        act = Act(
            at=datetime.now(UTC),
            interaction=event.TOKEN,
            actor=actor,
            origin=Origin(network=network),
            status=status,
            query=f"grant_type=client_credentials&scope={scope}",
        )
        await self._recorder.keep(event.records(act, self._server))
