"""`python -m conformance.national_stand_in`: the stand-in, on a loopback address."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import uvicorn

from conformance.national_stand_in.application import TOKEN, StandIn
from conformance.national_stand_in.mesh import Box, Exchange
from conformance.national_stand_in.people import Person
from conformance.national_stand_in.tokens import TokenAddress


def main() -> None:
    """Serves until told to stop."""
    parser = argparse.ArgumentParser(prog="national_stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--client", default="lfd", help="the API key that may ask for tokens")
    parser.add_argument("--key-id", default="lfd-1", help="the kid of its public key")
    parser.add_argument("--public-key", type=Path, required=True, help="its public key (RSA, PEM)")
    parser.add_argument("--people", type=Path, help="JSON: NHS number to what is held of them")
    parser.add_argument("--per-second", type=int, default=5, help="requests it takes a second")
    parser.add_argument("--shared-key", default="shared-key", help="of the message exchange")
    parser.add_argument(
        "--mailbox", metavar="ID:PASSWORD", action="append", default=[], help="a mailbox, each"
    )
    chosen = parser.parse_args()
    address = f"http://127.0.0.1:{chosen.port}"
    tokens = TokenAddress(
        address + TOKEN, chosen.client, chosen.key_id, chosen.public_key.read_text()
    )
    exchange = Exchange(chosen.shared_key.encode())
    for box in chosen.mailbox:
        name, _, password = box.partition(":")
        exchange.boxes[name] = Box(password)
    stand_in = StandIn(tokens, exchange, chosen.per_second)
    if chosen.people is not None:
        for number, said in json.loads(chosen.people.read_text()).items():
            stand_in.people[number] = Person(**{"number": number, **said})
    print(f"national services stand in at {address}", flush=True)
    uvicorn.run(
        stand_in.application(),
        host="127.0.0.1",
        port=chosen.port,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
