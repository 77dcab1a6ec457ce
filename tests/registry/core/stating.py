"""Short ways to write statements in tests: one function for each kind of message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count

from nhs import addresses
from nhs.london_time import LONDON
from registry.core.knowledge import Knowledge
from registry.core.statement import (
    DeathStated,
    Demographics,
    EvidenceStated,
    Identifier,
    NationalStatus,
    Statement,
    StayStated,
    Verdict,
)
from registry.directory.organisation import Directory, Organisation
from registry.rules.reading import national

T1, T2, MH1, P1, ICB1 = "RT1", "RT2", "RM1", "P81001", "QX1"
NATION = "X26"
ORGANISATIONS = (
    Organisation(T1, "Trust One", "acute", ICB1),
    Organisation(T2, "Trust Two", "acute", ICB1),
    Organisation(MH1, "Mental Health One", "mental-health", ICB1),
    Organisation(P1, "Practice One", "gp", ICB1),
    Organisation(ICB1, "Board One", "icb"),
)
DIRECTORY = Directory(ORGANISATIONS)
TODAY = date(2026, 11, 21)
KNOWLEDGE = Knowledge(DIRECTORY, national(), TODAY)
NUMBER = Identifier(addresses.NHS_NUMBER, "9990000018")
OTHER_NUMBER = Identifier(addresses.NHS_NUMBER, "9990000026")
THIRD_NUMBER = Identifier(addresses.NHS_NUMBER, "9990000034")
START = datetime(2026, 1, 1, 9, tzinfo=LONDON)


def mrn(value: str, trust: str = T1) -> Identifier:
    """A local identifier of a trust."""
    return Identifier(f"https://local.example/{trust}", value)


def at_time(text: str) -> datetime:
    """A moment in London, from text without an offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


@dataclass
class Sender:
    """One trust's electronic patient record, whose clock moves on by an hour with each message."""

    trust: str = T1
    identifiers: tuple[Identifier, ...] = (NUMBER,)
    practice: str | None = P1
    born: str | None = None

    def __post_init__(self) -> None:
        self._count = count(1)

    def states(self, trigger: str, at: str | None = None, **said: object) -> Statement:
        """A statement of a trigger, recorded at a London time, else an hour after the last one."""
        number = next(self._count)
        bare = Statement(
            source=self.trust,
            control_id=f"{self.trust}-{number}",
            trigger=trigger,
            message_hash=f"urn:hash::sha256:{self.trust}{number}",
            recorded=at_time(at) if at else START + timedelta(hours=number),
            identifiers=self.identifiers,
            practice=self.practice,
            demographics=Demographics(birth_date=self.born),
        )
        return replace(bare, **said)

    def admits(
        self,
        on: str,
        visit: str = "V1",
        at: str | None = None,
        method: str | None = None,
        specialty: str | None = None,
        kind: str = "IMP",
    ) -> Statement:
        """A01; `kind` is the class of the stay (v3-ActCode)."""
        stay = StayStated(
            visit,
            "in-progress",
            kind,
            admitted=on,
            admission_method=method,
            specialty=specialty,
        )
        return self.states("A01", at, stay=stay)

    def discharges(
        self,
        on: str,
        visit: str = "V1",
        method: str | None = "1",
        died: str | None = None,
        is_dead: bool = False,
        at: str | None = None,
        trigger: str = "A03",
        kind: str = "IMP",
    ) -> Statement:
        """A03 (or an update of a finished stay); `died` the date of death, if it says one."""
        said_dead = died is not None or is_dead
        return self.states(
            trigger,
            at,
            stay=StayStated(visit, "finished", kind, discharged=on, discharge_method=method),
            death=DeathStated(Verdict.DIED, died) if said_dead else None,
        )

    def cancels(self, trigger: str, visit: str = "V1", at: str | None = None) -> Statement:
        """A11 or A13."""
        status = "cancelled" if trigger == "A11" else "in-progress"
        return self.states(trigger, at, stay=StayStated(visit, status, "IMP"))

    def moves(self, trigger: str, visit: str = "V1", at: str | None = None) -> Statement:
        """A message that says no more than that the stay goes on: leave (A21, A22, A52, A53)."""
        return self.states(trigger, at, stay=StayStated(visit, "in-progress", "IMP"))

    def reports(self, died: str | None, at: str | None = None) -> Statement:
        """A31 with a death."""
        return self.states("A31", at, death=DeathStated(Verdict.DIED, died))

    def takes_back(self, at: str | None = None) -> Statement:
        """A31 that says the person is alive after all."""
        return self.states("A31", at, death=DeathStated(Verdict.RETRACTED))

    def contradicts_itself(self, died: str | None = None, at: str | None = None) -> Statement:
        """A31 that says both dead and alive."""
        return self.states("A31", at, death=DeathStated(Verdict.CONFLICTING, died))

    def diagnoses(
        self, code: str, flag: str, at: str | None = None, *, withdrawn: bool = False
    ) -> Statement:
        """A08 with a diagnosis that is on a flag's code list, or its withdrawal."""
        return self.states("A08", at, evidence=(evidence(code, flag, withdrawn=withdrawn),))


@dataclass
class Nation(Sender):
    """The national demographics service."""

    trust: str = NATION
    practice: str | None = None

    def notifies(
        self, status: NationalStatus, died: str | None = None, at: str | None = None
    ) -> Statement:
        """A death notification: informal, formal, or removed."""
        verdict = Verdict.RETRACTED if status is NationalStatus.REMOVED else Verdict.DIED
        said = DeathStated(verdict, died, status)
        return self.states("pds-death-notification-2", at, death=said)

    def supersedes(self, *old: Identifier, at: str | None = None) -> Statement:
        """The person's NHS number takes the place of others."""
        return self.states("nhs-number-change-2", at, superseded=old)


def evidence(code: str, flag: str, *, withdrawn: bool = False) -> EvidenceStated:
    """A diagnosis that is on a flag's code list."""
    return EvidenceStated(flag, addresses.ICD10, code, recorded="2024-01-01", withdrawn=withdrawn)
