-- Concerns, alarms and policies are facts and rules beside the messages; decisions carry all of a
-- step; and what the clock has to look at, and who may see what, stand beside each resource.

ALTER TABLE decision ADD COLUMN content jsonb;
UPDATE decision SET step = 'accept' WHERE step = 'accepted';
UPDATE decision SET content = jsonb_build_object(
    'route', route, 'step', step, 'organisation', organisation, 'at', at
);
ALTER TABLE decision ALTER COLUMN content SET NOT NULL;
ALTER TABLE decision DROP COLUMN route, DROP COLUMN step, DROP COLUMN organisation;

-- What people raise about one death. A repetition under its own number is one row.
CREATE TABLE concern (
    number      text PRIMARY KEY,
    cluster     bigint NOT NULL REFERENCES cluster,
    key_system  text NOT NULL,
    key_value   text NOT NULL,
    client      text NOT NULL,
    content     jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON concern (cluster);

-- An alarm on a service for a period.
CREATE TABLE alarm (
    number       text PRIMARY KEY,
    organisation text NOT NULL,
    client       text NOT NULL,
    content      jsonb NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON alarm (organisation);

-- An organisation's own learning-from-deaths policy, as it was loaded.
CREATE TABLE policy (
    organisation text NOT NULL,
    begins       date NOT NULL,
    content      text NOT NULL,
    loaded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation, begins)
);

-- An alarm is read by the organisation whose service it is about, and is about nobody.
ALTER TABLE resource DROP CONSTRAINT only_organisations_are_about_nobody;
ALTER TABLE resource ADD CONSTRAINT only_organisations_and_alarms_are_about_nobody
    CHECK (person IS NOT NULL OR type IN ('Organization', 'ServiceRequest'));

-- Clusters whose state may have changed by something that is not about one person.
CREATE TABLE stale_cluster (
    cluster bigint PRIMARY KEY
);

-- Which successions of organisations the state already follows.
CREATE TABLE followed_succession (
    ods          text NOT NULL,
    succeeded_on date NOT NULL,
    PRIMARY KEY (ods, succeeded_on)
);

-- `audience`: null for everybody who is party to the case, else only these organisations.
-- `wakes_on`: the day on which the clock has to look at it.
ALTER TABLE resource ADD COLUMN audience text[], ADD COLUMN wakes_on date;
CREATE INDEX ON resource (wakes_on) WHERE wakes_on IS NOT NULL;

-- Who is asked a question, or raised a concern, sees that and no more.
ALTER TABLE involvement ADD COLUMN is_party boolean NOT NULL DEFAULT true;

-- What was erased of the living: how much, never what.
CREATE TABLE forgotten (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    on_date    date NOT NULL,
    source     text NOT NULL,
    erased     integer NOT NULL,
    reduced    integer NOT NULL
);

CREATE OR REPLACE FUNCTION lock_cluster(systems text[], identifiers text[]) RETURNS bigint
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
        UPDATE concern SET cluster = chosen WHERE cluster = ANY (found[2:]);
        UPDATE person SET cluster = chosen WHERE cluster = ANY (found[2:]);
        DELETE FROM cluster WHERE id = ANY (found[2:]);
    END IF;
    INSERT INTO identifier (system, value, cluster)
    SELECT s, v, chosen FROM unnest(systems, identifiers) AS named (s, v)
    ON CONFLICT DO NOTHING;
    RETURN chosen;
END
$$;

-- `readable` follows who is party to a case and what has an audience of its own.
CREATE FUNCTION may_read(is_party boolean, organisation text, audience text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN audience IS NULL THEN is_party ELSE organisation = ANY (audience) END
$$;

CREATE OR REPLACE FUNCTION resource_became_readable() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM readable AS v USING gone AS g JOIN written AS w USING (type, id)
        WHERE v.type = g.type AND v.id = g.id
            AND (g.person IS DISTINCT FROM w.person OR g.audience IS DISTINCT FROM w.audience);
    END IF;
    INSERT INTO readable (organisation, type, id, updated_at)
    SELECT i.organisation, w.type, w.id, w.updated_at
    FROM written AS w JOIN involvement AS i ON i.person = w.person
    WHERE may_read(i.is_party, i.organisation, w.audience)
    ON CONFLICT (organisation, type, id) DO UPDATE SET updated_at = excluded.updated_at;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION organisation_became_involved() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO readable (organisation, type, id, updated_at)
    SELECT w.organisation, r.type, r.id, r.updated_at
    FROM written AS w JOIN resource AS r ON r.person = w.person
    WHERE may_read(w.is_party, w.organisation, r.audience)
    ON CONFLICT (organisation, type, id) DO NOTHING;
    RETURN NULL;
END
$$;
