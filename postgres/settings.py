"""The server's settings: those that always hold, and those an operator may tune."""

PORT = 5432  # only part of the socket's name: the server doesn't listen on TCP
SUPERUSER = "postgres"

# Passed on the command line, so that neither a file nor ALTER SYSTEM changes them.
ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Personal data is never in logs. A statement's error can quote a value ("invalid input ...",
    # "Key (nhs_number)=..."): the caller gets it, the log doesn't. For the log, PostgreSQL ranks
    # LOG above ERROR, so `log` keeps the server's own messages and leaves out statements' errors.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_destination": "stderr",
    "logging_collector": "off",
}

# Written to postgresql.conf by initdb.
TUNABLE = {
    "shared_buffers": "128MB",
    "max_connections": "200",
}


def as_arguments(settings: dict[str, str]) -> list[str]:
    """Return settings as arguments of `postgres` or `initdb`."""
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
