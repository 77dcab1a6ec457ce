"""Every suite, in the order in which they are run and shown."""

from __future__ import annotations

from conformance.suites import hl7_validator, mllp_senders, pyrofile, schemathesis, smart_fetch
from conformance.suites.product import Product
from conformance.suites.programs import javascript_client, python_client
from conformance.suites.suite import Case, Skipped, Suite


def _hapi(_: Product) -> list[Case]:
    raise Skipped(
        "it comes in no package to install, and it works on Patients that it creates, which the "
        "registry refuses by design"
    )


EVERY: tuple[Suite, ...] = (
    python_client("fhirpy", "with_fhirpy"),
    python_client("fhirclient", "with_fhirclient"),
    javascript_client("fhir-kit-client", "fhir-kit-client.mjs"),
    javascript_client("fhirclient", "fhirclient.mjs"),
    javascript_client("@medplum/core", "medplum.mjs"),
    *pyrofile.SUITES,
    *schemathesis.SUITES,
    *smart_fetch.SUITES,
    *mllp_senders.SUITES,
    *hl7_validator.SUITES,
    Suite("HAPI plain_server.http", lambda: "not pinned", _hapi),
)
