"""What the adapter's security options come to: files that are read, and what is not safe."""

from __future__ import annotations

from argparse import Namespace
from ipaddress import ip_address

from adapter.metrics import Metrics
from adapter.security import Security, SecurityError
from adapter.tls import TlsFiles
from lfd.failure import Failure


def security(chosen: Namespace, metrics: Metrics) -> Security:
    """Takes the command's options; returns who may send. Failure where files or options cannot
    be used, or where HTTP would be open to others than this machine."""
    try:
        read = Security(_files(chosen), chosen.senders, metrics)
    except SecurityError as error:
        raise Failure(str(error)) from error
    if (missing := _missing(read)) and not is_loopback(chosen.http.host) and not chosen.insecure:
        raise Failure(
            f"HTTP at {chosen.http} would take messages without {missing}: give --tls-cert and "
            "--tls-key, and --tls-client-ca or --senders with tokens; or --http 127.0.0.1:PORT; "
            "or --insecure"
        )
    return read


def is_loopback(host: str) -> bool:
    """Takes a host to listen on; returns whether only this machine can reach it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _files(chosen: Namespace) -> TlsFiles | None:
    certificate, key, client_ca = chosen.tls_cert, chosen.tls_key, chosen.tls_client_ca
    if certificate and key:
        return TlsFiles(certificate, key, client_ca)
    if certificate or key:
        raise Failure("--tls-cert and --tls-key belong together: give both")
    if client_ca:
        raise Failure("--tls-client-ca needs --tls-cert and --tls-key")
    return None


def _missing(read: Security) -> str:
    parts = {"TLS": read.has_tls, "authentication": read.authenticates_http}
    return " and ".join(name for name, given in parts.items() if not given)
