-- How far each file of history (`lfd load`) has come. Written in the transaction that keeps the
-- messages, so that whatever dies, what is counted here is in the inbox, and what is not is not.

CREATE TABLE adapter.history_file (
    -- The SHA-256 of what tells the file from every other, wherever it is now.
    key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    name text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    -- Messages, or rows of a CSV, that are done, and what became of them.
    done bigint NOT NULL,
    converted bigint NOT NULL,
    not_relevant bigint NOT NULL,
    quarantined bigint NOT NULL,
    left_out bigint NOT NULL,
    -- Were in the inbox already: they came live, or from another file.
    repeated bigint NOT NULL
);

-- What was wrong with a message, or with the whole file (number 0). No content of any message.
CREATE TABLE adapter.history_problem (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file bytea NOT NULL REFERENCES adapter.history_file (key) ON DELETE CASCADE,
    number bigint NOT NULL,
    -- The byte at which the message begins, from 0, or the line of the CSV.
    place bigint,
    -- Where it waits in quarantine; NULL where it was left out.
    inbox_id bigint REFERENCES adapter.inbox (id),
    code text NOT NULL,
    location text NOT NULL,
    text text NOT NULL
);

CREATE INDEX history_problem_file ON adapter.history_problem (file, id);
