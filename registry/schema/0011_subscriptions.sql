-- Who is told of what, and what is still to be told. A change of state and the events that it is are
-- written in one transaction; who they are for, and their numbers, follow after it is committed.

CREATE TABLE subscription (
    id            text PRIMARY KEY,
    -- Whose it is: the client's alone, for it may hold the secrets of its endpoint.
    client        text NOT NULL,
    organisation  text NOT NULL,
    role          text NOT NULL CHECK (role IN ('provider', 'gp', 'icb')),
    -- Whether the client was in our table of clients: then it is to be there still.
    is_registered boolean NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The resource as the client wrote it, without what the registry says of it.
    content       text NOT NULL,
    version       integer NOT NULL DEFAULT 1,
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    status        text NOT NULL CHECK (status IN ('requested', 'active', 'error', 'off')),
    error         text,
    topic         text NOT NULL,
    heartbeat     integer CHECK (heartbeat > 0),
    ends_at       timestamptz,
    -- Events since the start; up to which they were delivered, and are on the audit record as told.
    events        bigint NOT NULL DEFAULT 0,
    delivered     bigint NOT NULL DEFAULT 0 CHECK (delivered <= events),
    recorded      bigint NOT NULL DEFAULT 0 CHECK (recorded <= events),
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    contacted_at  timestamptz
);
CREATE INDEX ON subscription (client);

-- What happened: to which version of which resource. `organisations`: null for whoever may see it,
-- else these alone. `matched_at` is null until it is known whom it is for.
CREATE TABLE subscription_event (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    topic         text NOT NULL,
    focus_type    text NOT NULL,
    focus_id      text NOT NULL,
    focus_version integer NOT NULL,
    codes         text[] NOT NULL,
    owner         text,
    organisations text[],
    matched_at    timestamptz
);
CREATE INDEX subscription_event_unmatched ON subscription_event (id) WHERE matched_at IS NULL;
CREATE INDEX ON subscription_event (at);

-- The events of each subscription, by their number in it: 1, 2, 3 and no gap.
CREATE TABLE subscription_notification (
    subscription text NOT NULL REFERENCES subscription ON DELETE CASCADE,
    number       bigint NOT NULL CHECK (number > 0),
    event        bigint NOT NULL REFERENCES subscription_event ON DELETE CASCADE,
    PRIMARY KEY (subscription, number)
);
CREATE INDEX ON subscription_notification (event);

-- Whom a reader reads for is its organisation and its role; which client, the query says.
ALTER TABLE subscription ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_notification ENABLE ROW LEVEL SECURITY;
CREATE POLICY whole_record ON subscription TO lfd_registry_writer USING (true);
CREATE POLICY whole_record ON subscription_event TO lfd_registry_writer USING (true);
CREATE POLICY whole_record ON subscription_notification TO lfd_registry_writer USING (true);
GRANT SELECT ON subscription, subscription_event, subscription_notification TO lfd_registry;
CREATE POLICY own_rows ON subscription FOR SELECT TO lfd_registry
    USING (organisation = app_organisation() AND role = current_setting('app.role', true));
-- What an event is about may meanwhile be no longer theirs to see: then nor is the event.
CREATE POLICY readable_here ON subscription_event FOR SELECT TO lfd_registry
    USING (EXISTS (SELECT FROM readable AS v
        WHERE v.organisation = app_organisation() AND v.type = focus_type AND v.id = focus_id));
CREATE POLICY own_rows ON subscription_notification FOR SELECT TO lfd_registry
    USING (EXISTS (SELECT FROM subscription AS s WHERE s.id = subscription));
