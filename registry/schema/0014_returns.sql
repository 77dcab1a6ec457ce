-- Returns: what was known of each organisation's deaths and since when, what was learnt from them,
-- and the returns that were published.

-- Each death in an organisation's scope, as it was known from `since` on; `content` is null from when
-- it was in the organisation's scope no longer. Kept, so that a return can be made as of any moment.
CREATE TABLE death_for_return (
    organisation text NOT NULL,
    person       text NOT NULL REFERENCES person ON DELETE CASCADE,
    since        timestamptz NOT NULL,
    died_from    date,
    died_to      date,
    content      jsonb,
    PRIMARY KEY (organisation, person, since),
    CHECK ((content IS NULL) = (died_from IS NULL) AND (content IS NULL) = (died_to IS NULL)),
    CHECK (died_from <= died_to)
);
CREATE INDEX death_for_return_died ON death_for_return (organisation, died_from, died_to);
CREATE INDEX death_for_return_person ON death_for_return (person);

-- What an organisation did or will do about what it learnt from a quarter's deaths. A change is a
-- further row; the newest counts.
CREATE TABLE learning_action (
    organisation text NOT NULL,
    id           text NOT NULL,
    since        timestamptz NOT NULL,
    quarter      text NOT NULL CHECK (quarter ~ '^\d{4}-\d\d-Q[1-4]$'),
    words        text NOT NULL CHECK (words <> ''),
    is_taken     boolean NOT NULL,
    impact       text CHECK (impact <> ''),
    is_cleared   boolean NOT NULL,
    is_withdrawn boolean NOT NULL,
    client       text NOT NULL,
    signed_in    text,
    PRIMARY KEY (organisation, id, since),
    CHECK (impact IS NULL OR is_taken)
);
CREATE INDEX learning_action_quarter ON learning_action (organisation, quarter);

-- Published returns, frozen. One act publishes both versions: what the public sees, and the exact
-- figures that it was made from.
CREATE TABLE published_return (
    id           text PRIMARY KEY,
    organisation text NOT NULL,
    period       text NOT NULL CHECK (period ~ '^\d{4}-\d\d(-Q[1-4])?$'),
    version      text NOT NULL CHECK (version IN ('own', 'public')),
    number       integer NOT NULL CHECK (number > 0),
    known_at     timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    client       text NOT NULL,
    signed_in    text,
    content      jsonb NOT NULL,
    UNIQUE (organisation, period, version, number)
);

-- Never changed, never removed; the first goes with its person alone.
REVOKE UPDATE ON death_for_return FROM lfd_registry_writer;
REVOKE UPDATE, DELETE ON learning_action, published_return FROM lfd_registry_writer;
GRANT SELECT ON death_for_return, learning_action, published_return TO lfd_registry;

ALTER TABLE death_for_return ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning_action ENABLE ROW LEVEL SECURITY;
ALTER TABLE published_return ENABLE ROW LEVEL SECURITY;
CREATE POLICY whole_record ON death_for_return TO lfd_registry_writer USING (true);
CREATE POLICY whole_record ON learning_action TO lfd_registry_writer USING (true);
CREATE POLICY whole_record ON published_return TO lfd_registry_writer USING (true);
CREATE POLICY own_rows ON death_for_return FOR SELECT TO lfd_registry
    USING (organisation = app_organisation());
CREATE POLICY own_rows ON learning_action FOR SELECT TO lfd_registry
    USING (organisation = app_organisation());
-- Of one organisation at a time, whatever a query leaves out: returns are not for comparison.
CREATE POLICY of_one_reporter ON published_return FOR SELECT TO lfd_registry
    USING (organisation = current_setting('app.reporter', true)
        AND (organisation = app_organisation()
            OR (version = 'public' AND current_setting('app.role', true) IN ('icb', 'national'))));

-- The clock writes the deaths that are known already.
INSERT INTO stale_cluster (cluster) SELECT DISTINCT cluster FROM person ON CONFLICT DO NOTHING;
