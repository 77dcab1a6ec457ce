-- Messages that their sender may not send: that they came, and which they were. Not their content:
-- it is about patients of an organisation that did not send it, and the sender still has it.

CREATE TABLE adapter.refused (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The name in the sender file, or the SHA-256 of a certificate that is not in it.
    sender text NOT NULL,
    -- Whom the message says it is of, its MSH-10 and its event, as written and cut.
    organisation text NOT NULL,
    control_id text NOT NULL,
    trigger text NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    size integer NOT NULL,
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    times bigint NOT NULL DEFAULT 1,
    CONSTRAINT refused_same_message UNIQUE (sender, sha256)
);

CREATE INDEX refused_last_at ON adapter.refused (last_at);
