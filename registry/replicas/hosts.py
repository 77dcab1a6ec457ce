"""The servers that a connection string names, one by one."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict, make_conninfo


def each_host(database: str) -> dict[str, str]:
    """Takes a libpq connection string that may name several hosts; returns the connection string of
    each, by its name `host:port`.

    What a host is at the moment, the primary or a standby, is for the reader to ask: after a
    failover it is another. Raises psycopg.ProgrammingError where it is no connection string,
    ValueError where its hosts, addresses and ports do not match in number (as libpq has it, one
    port serves all).
    """
    said = {name: str(value) for name, value in conninfo_to_dict(database).items()}
    said.pop("target_session_attrs", None)
    said.pop("load_balance_hosts", None)
    hosts, addresses = _listed(said.pop("host", "")), _listed(said.pop("hostaddr", ""))
    count = max(len(hosts), len(addresses))
    ports = _listed(said.pop("port", ""))
    if len(ports) == 1:
        ports *= count
    if any(len(given) not in (0, count) for given in (hosts, addresses, ports)):
        raise ValueError("the connection string names other numbers of hosts, addresses and ports")
    found: dict[str, str] = {}
    for at in range(max(count, 1)):
        own = {"host": hosts, "hostaddr": addresses, "port": ports}
        where = {name: given[at] for name, given in own.items() if given and given[at]}
        name = where.get("host") or where.get("hostaddr") or "localhost"
        found[f"{name}:{where.get('port', '5432')}"] = make_conninfo("", **said, **where)
    return found


def _listed(text: str) -> list[str]:
    return text.split(",") if text else []
