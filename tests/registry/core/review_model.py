"""What a review should do, said a second time and as plainly as possible: a model to test against.

It knows organisations, a few words for where the review stands, and sets; it shares no code with
the registry.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Whoever leads may do this, by where the review stands.
_OF_LEAD = {
    "accepted": {"start", "hold", "screen", "complete", "offer", "liaise"},
    "in-progress": {"hold", "screen", "complete", "offer", "liaise"},
    "on-hold": {"resume", "complete", "offer", "liaise"},
    "accepted-now-out-of-scope": {"close", "complete", "offer", "liaise"},
    "completed": {"reopen", "liaise"},
}
_LED = {"accepted", "in-progress", "on-hold", "accepted-now-out-of-scope"}


@dataclass
class ReviewModel:
    """One case record review whose candidates are asked in order; the board is the last."""

    candidates: tuple[str, ...]
    board: str
    is_dead: bool = True
    is_in_scope: bool = True
    is_must: bool = False
    work: str = "proposed"
    lead: str | None = None
    offered: str | None = None
    screened: str = "not yet"
    is_escalated: bool = False
    declined: list[str] = field(default_factory=list[str])
    contributors: set[str] = field(default_factory=set[str])
    disagreements: int = 0
    has_contact: bool = False
    steps_taken: int = 0

    @property
    def exists(self) -> bool:
        """True while there is a Task: facts call for it, or people decided something."""
        return (self.is_dead and self.is_in_scope) or self.steps_taken > 0

    @property
    def asked(self) -> str | None:
        """Who is asked to lead where nobody does."""
        if not (self.is_dead and self.is_in_scope):
            return None
        left = [c for c in self.candidates if c not in self.declined]
        if self.is_escalated and self.board in left:
            return self.board
        return left[0] if left else None

    @property
    def owner(self) -> str | None:
        """Who leads, else who is asked to."""
        return self.lead or self.asked

    @property
    def standing(self) -> str:
        """Where the review stands."""
        if not self.is_dead:
            return "ended"
        if not self.is_in_scope:
            if self.lead is None:
                return "ended"
            return (
                self.work if self.work in ("completed", "closed") else "accepted-now-out-of-scope"
            )
        if self.work == "proposed":
            return "proposed" if self.asked else "nobody-proposed"
        is_undone = self.work == "closed" or (
            self.work == "completed" and self.screened == "out" and self.is_must
        )
        return "accepted" if is_undone else self.work

    @property
    def necessity(self) -> str:
        """How far the review is needed, while the facts call for it."""
        if self.is_must:
            return "required"
        return {"not yet": "to-be-screened", "out": "not-selected", "in": "selected"}[self.screened]

    def allowed(self, organisation: str) -> set[str]:
        """What an organisation party to the case may do now."""
        now, may = self.standing, set[str]()
        if organisation == self.owner and now == "proposed":
            may |= {"accept"} if organisation == self.board else {"accept", "decline"}
        if organisation == self.lead:
            may |= _OF_LEAD.get(now, set())
            if self.necessity != "to-be-screened":
                may.discard("screen")
            if self.offered and now in _LED:
                may.add("withdraw-offer")
        if organisation == self.offered and now in _LED:
            may |= {"accept", "decline"}
        if now in _LED | {"proposed", "nobody-proposed"}:
            may.add("disagree")
            if organisation in self.contributors:
                may.add("leave")
            elif organisation != self.owner:
                may.add("join")
        if now == "completed":
            may.add("disagree")
        return may

    def take(self, step: str, by: str, to: str) -> None:
        """A step that was allowed is taken."""
        self.steps_taken += 1
        match step:
            case "accept":
                if self.lead is None:
                    self.work = "accepted"
                self.lead, self.offered = by, None
                self.contributors.discard(by)
            case "decline":
                if self.lead is None:
                    self.declined.append(by)
                else:
                    self.offered = None
            case "offer":
                self.offered = to
            case "withdraw-offer":
                self.offered = None
            case "start" | "resume":
                self.work = "in-progress"
            case "hold":
                self.work = "on-hold"
            case "screen":
                self.screened = "in"
            case "screen not-selected":
                self.screened, self.work, self.offered = "out", "completed", None
            case "complete":
                self.screened, self.work, self.offered = "in", "completed", None
            case "reopen":
                self.work = "in-progress"
                self.screened = "not yet" if self.screened == "out" else self.screened
            case "close":
                self.work, self.offered = "closed", None
            case "join":
                self.contributors.add(by)
            case "leave":
                self.contributors.discard(by)
            case "liaise":
                self.has_contact = True
            case "disagree":
                self.disagreements += 1
            case _:
                raise AssertionError(step)
