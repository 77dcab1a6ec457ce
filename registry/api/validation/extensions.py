"""Extensions that the registry knows: those of UK Core and FHIR that the message Bundle uses, and
our own."""

from __future__ import annotations

from conformance import canonical
from nhs import addresses

_KNOWN = frozenset(
    {
        *(value for name, value in vars(addresses).items() if name.startswith("EXTENSION_")),
        *addresses.FURTHER_EXTENSIONS.values(),
    }
)


def is_known(url: str) -> bool:
    """Takes the address of an extension; True if it is one of these."""
    return url in _KNOWN or url.startswith((canonical.PROFILE, addresses.UK_CORE_EXTENSION))
