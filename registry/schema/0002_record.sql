-- Facts, decisions and the state that follows from them. Everything about one person hangs on one
-- cluster: the identifiers that any message ever linked, and the unit of locking.

CREATE TABLE secret (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);

-- What every process on this database has to agree on.
CREATE TABLE setting (
    name  text PRIMARY KEY,
    value jsonb NOT NULL
);

CREATE TABLE cluster (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);

CREATE TABLE identifier (
    system  text NOT NULL,
    value   text NOT NULL,
    cluster bigint NOT NULL REFERENCES cluster,
    PRIMARY KEY (system, value)
);
CREATE INDEX ON identifier (cluster);

-- What one message said about one person. A repetition, even under a new control id, is one row.
CREATE TABLE statement (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster       bigint NOT NULL REFERENCES cluster,
    source        text NOT NULL,
    practice      text,
    content_hash  text NOT NULL,
    control_order text NOT NULL,
    content       jsonb NOT NULL,
    received_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, content_hash)
);
CREATE INDEX ON statement (cluster);
CREATE INDEX ON statement (source, cluster);
CREATE INDEX ON statement (practice, cluster);

-- What people decided. Never changed, never deleted.
CREATE TABLE decision (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster      bigint NOT NULL REFERENCES cluster,
    key_system   text NOT NULL,
    key_value    text NOT NULL,
    route        text NOT NULL,
    step         text NOT NULL,
    organisation text NOT NULL,
    client       text NOT NULL,
    at           timestamptz NOT NULL
);
CREATE INDEX ON decision (cluster);

CREATE TABLE person (
    id         text PRIMARY KEY,
    cluster    bigint NOT NULL REFERENCES cluster,
    key_system text NOT NULL,
    key_value  text NOT NULL
);
CREATE INDEX ON person (cluster);

CREATE TABLE person_identifier (
    system text NOT NULL,
    value  text NOT NULL,
    person text NOT NULL REFERENCES person ON DELETE CASCADE,
    PRIMARY KEY (system, value)
);
CREATE INDEX ON person_identifier (person);

-- Why an organisation is party to a person's death; no row, no access.
CREATE TABLE involvement (
    person       text NOT NULL REFERENCES person ON DELETE CASCADE,
    organisation text NOT NULL,
    reasons      text[] NOT NULL,
    PRIMARY KEY (person, organisation)
);
CREATE INDEX ON involvement (organisation, person);

-- FHIR resources as they are returned. `content` is text, so what is stored is what is sent.
CREATE TABLE resource (
    type       text NOT NULL,
    id         text NOT NULL,
    version    integer NOT NULL,
    updated_at timestamptz NOT NULL,
    person     text NOT NULL REFERENCES person,
    status     text,
    owner      text,
    content    text NOT NULL,
    PRIMARY KEY (type, id)
);
CREATE INDEX ON resource (person, type);
CREATE INDEX ON resource (type, owner, updated_at);

CREATE TABLE resource_version (
    type       text NOT NULL,
    id         text NOT NULL,
    version    integer NOT NULL,
    updated_at timestamptz NOT NULL,
    content    text NOT NULL,
    PRIMARY KEY (type, id, version)
);

-- Who has led a review, and when. The index is the promise that two never lead at once.
CREATE TABLE review_lead (
    review       text NOT NULL,
    organisation text NOT NULL,
    since        timestamptz NOT NULL,
    until        timestamptz,
    CHECK (until IS NULL OR until >= since)
);
CREATE UNIQUE INDEX one_lead_at_a_time ON review_lead (review) WHERE until IS NULL;

-- Locks the cluster of some identifiers until the transaction ends, made or joined as needed; in the
-- database, because it takes six statements and every message needs it. The identifiers are locked
-- first, by name: two messages about somebody new must not both make a cluster.
CREATE FUNCTION lock_cluster(systems text[], identifiers text[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    found  bigint[];
    locked bigint[];
    again  bigint[];
    chosen bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(s || E'\x1f' || v, 0))
    FROM unnest(systems, identifiers) AS named (s, v);
    -- Reads and locks until both agree: another transaction may join clusters while we wait.
    LOOP
        found := clusters_of(systems, identifiers);
        SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO locked
        FROM (SELECT id FROM cluster WHERE id = ANY (found) ORDER BY id FOR UPDATE) AS held;
        again := clusters_of(systems, identifiers);
        EXIT WHEN found = locked AND locked = again;
    END LOOP;
    IF cardinality(found) = 0 THEN
        INSERT INTO cluster DEFAULT VALUES RETURNING id INTO chosen;
    ELSE
        chosen := found[1];
    END IF;
    IF cardinality(found) > 1 THEN
        UPDATE identifier SET cluster = chosen WHERE cluster = ANY (found[2:]);
        UPDATE statement SET cluster = chosen WHERE cluster = ANY (found[2:]);
        UPDATE decision SET cluster = chosen WHERE cluster = ANY (found[2:]);
        UPDATE person SET cluster = chosen WHERE cluster = ANY (found[2:]);
        DELETE FROM cluster WHERE id = ANY (found[2:]);
    END IF;
    INSERT INTO identifier (system, value, cluster)
    SELECT s, v, chosen FROM unnest(systems, identifiers) AS named (s, v)
    ON CONFLICT DO NOTHING;
    RETURN chosen;
END
$$;

CREATE FUNCTION clusters_of(systems text[], identifiers text[]) RETURNS bigint[]
LANGUAGE sql AS $$
    SELECT coalesce(array_agg(DISTINCT i.cluster ORDER BY i.cluster), '{}')
    FROM identifier AS i
    JOIN unnest(systems, identifiers) AS named (s, v) ON i.system = s AND i.value = v
$$;
