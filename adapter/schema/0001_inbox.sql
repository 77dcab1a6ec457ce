-- What was received, what became of it, and what is still to be delivered.

CREATE TABLE adapter.inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text NOT NULL,
    control_id text NOT NULL,
    trigger text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    raw bytea NOT NULL,
    -- The text a person put in place of raw; raw stays what was received.
    corrected bytea,
    state text NOT NULL CHECK (
        state IN ('received', 'converted', 'delivered', 'not-relevant', 'quarantined')
    ),
    state_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason_code text,
    reason_location text,
    reason_text text,
    releases integer NOT NULL DEFAULT 0,
    CONSTRAINT inbox_same_message UNIQUE (organisation, sha256),
    CONSTRAINT inbox_quarantined_with_reason CHECK (
        state <> 'quarantined' OR reason_text IS NOT NULL
    )
);

CREATE INDEX inbox_received ON adapter.inbox (id) WHERE state = 'received';
CREATE INDEX inbox_quarantined ON adapter.inbox (id) WHERE state = 'quarantined';
CREATE INDEX inbox_control_id ON adapter.inbox (control_id);

-- Messages do not compress well enough to be worth the time at the door.
ALTER TABLE adapter.inbox ALTER COLUMN raw SET STORAGE EXTERNAL;

CREATE TABLE adapter.outbox (
    inbox_id bigint PRIMARY KEY REFERENCES adapter.inbox (id),
    -- Names the request in the registry's log; the same on every attempt.
    request_id uuid NOT NULL DEFAULT gen_random_uuid(),
    bundle bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error text
);

CREATE INDEX outbox_due ON adapter.outbox (next_attempt_at, inbox_id);
