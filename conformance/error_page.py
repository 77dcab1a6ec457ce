"""docs/error-codes.md, written from the code and from what is said here of each code:
`python -m conformance.error_page > docs/error-codes.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from adapter.acknowledgement_error import CONDITIONS
from conformance.error_codes import Fault, FhirCode, faults, fhir_codes, oauth_codes
from nhs.addresses import SPINE_ERROR


class Advice(NamedTuple):
    """What a code means, and what whoever gets it can do."""

    means: str
    do: str


class Answer(NamedTuple):
    """How a fault is answered (MSA-1, or `quarantine` after an AA), and what to do."""

    code: str
    do: str


FHIR: dict[str, Advice] = {
    "ACCESS_DENIED": Advice(
        "no token, one that is not valid any more, or one that does not allow this",
        "401: get a new token. 403: your role or its scopes do not allow it, and a new token will "
        "not either. 503: the keys of another issuer cannot be had now; send it again",
    ),
    "DUPLICATE_REJECTED": Advice(
        "the identifier, or the `X-Request-ID`, was used for something else",
        "give each thing an identifier of its own, and each request a new UUID; repeat a request "
        "with the same UUID only if nothing in it has changed",
    ),
    "FORBIDDEN_UPDATE": Advice(
        "the step is not your organisation's to take",
        "the text says whose it is; [reviews](reviews.md) has who may take which step",
    ),
    "INTERNAL_SERVER_ERROR": Advice(
        "a fault of the registry", "report it with the `X-Request-ID` of the answer"
    ),
    "INVALID_IDENTIFIER_VALUE": Advice(
        "the organisation named is not one that can be named there",
        "check the ODS code; has whoever runs the registry loaded it?",
    ),
    "INVALID_RESOURCE": Advice(
        "what was sent is not a valid resource, Bundle or body, or too long",
        "mend what `expression` points to; `$validate` tries it without effect",
    ),
    "INVALID_RESOURCE_ID": Advice(
        "the id in the address is no FHIR id", "use ids as the registry gave them"
    ),
    "INVALID_VALUE": Advice(
        "a parameter or an element has a value that is not allowed there",
        "the text says what is; nothing was changed",
    ),
    "MISSING_VALUE": Advice(
        "something that is needed is not there: `If-Match` (428), an identifier to know the person "
        "by (422), an element (400)",
        "add it; for `If-Match` the version you read",
    ),
    "PRECONDITION_FAILED": Advice(
        "the condition of the request cannot hold", "read again, and decide anew"
    ),
    "RESOURCE_NOT_FOUND": Advice(
        "404: there is nothing, or nothing that is yours to see. 410: it was there, and no longer "
        "follows from the facts",
        "do not repeat it",
    ),
    "RESOURCE_UPDATED": Advice("it was done; the text says where it stands now", ""),
    "RESOURCE_VERSION_MISMATCH": Advice(
        "it has changed since you read it", "read it again, and decide anew: never just repeat it"
    ),
    "TOO_MANY_REQUESTS": Advice(
        "more than your share, of requests or of exports", "wait as `Retry-After` says"
    ),
    "UNABLE_TO_CALL_SERVICE": Advice(
        "the database, or another service, is away", "wait as `Retry-After` says, then repeat it"
    ),
    "UNSUPPORTED_SERVICE": Advice(
        "there is no such address, interaction or operation here",
        "`GET /fhir/metadata` says what there is",
    ),
    "UNSUPPORTED_VALUE": Advice(
        "a format, a parameter or a value that is right in FHIR and not offered here; as a "
        "warning: it was left aside",
        "the text says what is offered",
    ),
    "VALID": Advice("`$validate` found no fault", ""),
}

OAUTH: dict[str, Advice] = {
    "invalid_client": Advice(
        "the client is not known, or the assertion is not good: its signature, `aud`, `exp`, `jti`",
        "the description says what to look at; a client that is not known is told nothing more",
    ),
    "invalid_request": Advice("a parameter is missing, repeated or not readable", "mend it"),
    "invalid_scope": Advice(
        "none of the scopes asked for is your role's", "ask for others, or none"
    ),
    "unsupported_grant_type": Advice("`client_credentials` is the only one", "send that"),
}

MEND = "mend the sender, or the message in the [quarantine](quarantine.md)"
ELSEWHERE = "it is not kept: send it where it belongs"
ADAPTER: dict[str, Answer] = {
    "The message cannot be read: ….": Answer("AE; AR without a readable MSH", MEND),
    "…": Answer(
        "by `lfd convert`", "the message has no header that can be read: look at its first line"
    ),
    "no MRG segment: a merge names the prior record there": Answer("AE", MEND),
    "no PID segment: the event is about a person": Answer("AE", MEND),
    "no PID segment before MRG: a merge names the survivor there": Answer("AE", MEND),
    "no prior identifier: the merge names no record": Answer("AE", MEND),
    "no sending facility: give the ODS code in MSH-4, or configure the organisation": Answer(
        "AE", "fill MSH-4, or name the organisation in the [site file](site-files.md); then release"
    ),
    "no trigger event: give it in MSH-9.2 or EVN-1": Answer("AE", MEND),
    "With this site file the message would be another organisation's; it is not converted.": Answer(
        "quarantine", "correct `organisations` in the site file that was tried"
    ),
    "The certificate of this connection is in no sender file.": Answer(
        "AR", "have the certificate named in the [sender file](adapter-security.md)"
    ),
    "The sender of this connection may not send messages of the organisation in MSH-4.": Answer(
        "AR", "correct MSH-4, or the organisations of the sender in the sender file"
    ),
    "This adapter takes messages of … only.": Answer("AR", ELSEWHERE),
    "only ADT messages are taken here: send others elsewhere": Answer("AR", ELSEWHERE),
    "the trigger event is none of ADT's": Answer("AE", MEND),
    "the processing id is none of P, T and D": Answer("AR", "correct MSH-11"),
    "messages for … (…) are not taken here: send them to a test system, or name them in "
    "processing-ids of the site file": Answer("AR", "send it to a test adapter"),
    "production messages are not taken here, by processing-ids of the site file": Answer(
        "AR", "send it to the live adapter"
    ),
    "the merge is of a record into itself: nothing is merged": Answer("AE", MEND),
    "The message could not be examined (…), nor whose it is; it is not kept.": Answer(
        "AR", "a fault of the adapter: report it, with what stands in the brackets"
    ),
    "The message could not be examined (…); it is kept.": Answer(
        "AE", "a fault of the adapter: report it, with what stands in the brackets"
    ),
    "The message cannot be stored now; send it again.": Answer("AR", "send it again, until it is"),
    "The message is longer than … bytes; nothing of it is kept.": Answer(
        "AR", "send it without what makes it so long, such as a document"
    ),
    "The conversion failed on this message (…). It is a fault of the adapter: report it, then "
    "release the message when the adapter is mended.": Answer("quarantine", "as it says"),
}

_HEAD = f"""\
# Error codes

Written from the code by `python -m conformance.error_page`; a test compares. Every error says what
is wrong, where, and what to do, and none quotes what was sent about anybody. So read the text
first, and show it to people; let programs go by the codes.

## What the FHIR API answers

Every answer of 400 and more under `/fhir` is an OperationOutcome. In each issue, `code` is FHIR's
own, and `details.coding` has a code of `{SPINE_ERROR}`, as
national services use them; `details.text` is the text, and `expression` the place where there is
one.
"""
_OAUTH = """
## What the token endpoint answers

`error` and `error_description`, as OAuth 2 has them (RFC 6749); 401 for `invalid_client`, else 400.
[Tokens and keys](tokens.md) has what a request must hold.
"""
_ADAPTER = """
## What an adapter answers

Codes of HL7 table 0357, in ERR, with the text in MSA-3 (before 2.7) and ERR-8 (since 2.5). AE: it
is kept, in quarantine. AR: it is not kept. *Quarantine*: the sender heard AA, and the fault was
found afterwards; it is listed by `lfd quarantine list`. `…` is filled in.
"""
_REFUSED = """
A message that the registry refuses is in quarantine too, with the registry's own text.
"""


def page() -> str:
    """Returns the document. KeyError where a code of the code has nothing said of it here."""
    return "\n".join(
        [
            _HEAD,
            *_fhir(fhir_codes()),
            _OAUTH,
            *_oauth(),
            _ADAPTER,
            *_adapter(),
            _REFUSED.rstrip(),
            "",
        ]
    )


def _fhir(codes: frozenset[FhirCode]) -> Iterator[str]:
    yield "| code | status | issue | means | do |"
    yield "| --- | --- | --- | --- | --- |"
    for spine in sorted({code.spine for code in codes}):
        of_it = [code for code in codes if code.spine == spine]
        statuses = sorted({code.status for code in of_it if code.status})
        issues = sorted({code.issue for code in of_it})
        cells = [
            f"`{spine}`",
            ", ".join(map(str, statuses)),
            ", ".join(f"`{issue}`" for issue in issues),
            *FHIR[spine],
        ]
        yield f"| {' | '.join(cells)} |"


def _oauth() -> Iterator[str]:
    yield "| code | means | do |"
    yield "| --- | --- | --- |"
    for code in sorted(oauth_codes()):
        yield f"| `{code}` | {' | '.join(OAUTH[code])} |"


def _adapter() -> Iterator[str]:
    yield "| ERR | means | at | text | answer | do |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for fault in sorted(faults(), key=_in_order):
        text = "why it cannot be read" if fault.text == "…" else fault.text
        answer = ADAPTER[fault.text]
        condition = CONDITIONS[fault.code].lower()
        place = fault.place.replace("[1]", "")
        yield f"| {fault.code} | {condition} | {place} | {text} | {answer.code} | {answer.do} |"


def _in_order(fault: Fault) -> tuple[str, str, str]:
    return fault.code, fault.place, fault.text


if __name__ == "__main__":
    print(page(), end="")
