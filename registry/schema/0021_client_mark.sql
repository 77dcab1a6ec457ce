-- What a client may expect to see wherever it reads: a row for each of its writes, in the write's own
-- transaction, and one with the record of what it read from the primary because a standby was behind.
-- A standby that has all of a client's rows has what the client wrote and was shown. They go after a
-- minute (registry/replicas/marks.py): a standby further behind is not read from. Nothing here is
-- about a person.
CREATE TABLE client_mark (
    client      text NOT NULL,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (client, transaction)
);
