-- What national services tell the registry: events that point at somebody held, and when to ask of
-- whom. Nothing is kept of anybody who is not held.

-- Events that were taken, so that one delivered again is not taken twice.
CREATE TABLE national_event (
    source      text NOT NULL,
    id          text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, id)
);
CREATE INDEX national_event_received ON national_event (received_at);

-- What has to be read: many events about one person are one reading, for it is of how things stand.
CREATE TABLE national_pointer (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('demographics', 'adjustments')),
    nhs_number   text NOT NULL,
    event_type   text NOT NULL,
    event_id     text NOT NULL,
    -- Events before askings of our own.
    is_event     boolean NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    due_at       timestamptz NOT NULL DEFAULT now(),
    -- Grows with each event, so that a reading that began before the newest is not the last.
    asked        integer NOT NULL DEFAULT 1,
    attempts     integer NOT NULL DEFAULT 0,
    failure      text,
    -- Who reads it now; whose time is over has lost it to whoever comes next.
    lease        uuid,
    leased_until timestamptz,
    UNIQUE (kind, nhs_number)
);
CREATE INDEX national_pointer_due ON national_pointer (is_event DESC, due_at);

-- When each service may be asked next, by any process; and until when it said to leave it alone.
CREATE TABLE national_pace (
    service    text PRIMARY KEY,
    next_at    timestamptz NOT NULL,
    held_until timestamptz
);

-- The open cohort, where it is read without being told to: who, and when next.
CREATE TABLE national_cohort (
    nhs_number text PRIMARY KEY,
    next_at    timestamptz NOT NULL
);
CREATE INDEX national_cohort_next ON national_cohort (next_at);

-- Messages of a mailbox that are no national event, for people to look at.
CREATE TABLE national_refused (
    mailbox     text NOT NULL,
    message     text NOT NULL,
    workflow    text,
    reason      text NOT NULL,
    content     bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox, message)
);
CREATE INDEX national_refused_received ON national_refused (received_at);

DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['national_event', 'national_pointer', 'national_cohort',
        'national_refused']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', named);
        EXECUTE format(
            'CREATE POLICY whole_record ON %I TO lfd_registry_writer USING (true)', named);
    END LOOP;
END
$$;
