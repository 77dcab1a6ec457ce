-- What the FHIR API reads: who may read which resource, in the order of change; search by what a
-- resource says; organisations as resources; answers kept for a client that asks again.

-- One row for each resource and organisation involved with its person: so that a page of one
-- organisation's resources is a range of one index, whatever the others hold. Follows `resource`
-- and `involvement` by triggers; the writer holds the person's cluster, so both are seen whole.
CREATE TABLE readable (
    organisation text NOT NULL,
    type         text NOT NULL,
    id           text NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (organisation, type, id)
);
CREATE INDEX readable_in_order ON readable (organisation, type, updated_at, id);

CREATE FUNCTION resource_became_readable() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM readable AS v USING gone AS g JOIN written AS w USING (type, id)
        WHERE v.type = g.type AND v.id = g.id AND g.person IS DISTINCT FROM w.person;
    END IF;
    INSERT INTO readable (organisation, type, id, updated_at)
    SELECT i.organisation, w.type, w.id, w.updated_at
    FROM written AS w JOIN involvement AS i ON i.person = w.person
    ON CONFLICT (organisation, type, id) DO UPDATE SET updated_at = excluded.updated_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER readable_insert AFTER INSERT ON resource
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION resource_became_readable();
CREATE TRIGGER readable_update AFTER UPDATE ON resource
    REFERENCING OLD TABLE AS gone NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION resource_became_readable();

CREATE FUNCTION resource_is_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM readable AS v USING gone AS g WHERE v.type = g.type AND v.id = g.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER readable_delete AFTER DELETE ON resource
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION resource_is_gone();

CREATE FUNCTION organisation_became_involved() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO readable (organisation, type, id, updated_at)
    SELECT w.organisation, r.type, r.id, r.updated_at
    FROM written AS w JOIN resource AS r ON r.person = w.person
    ON CONFLICT (organisation, type, id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE FUNCTION organisation_is_no_longer_involved() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM readable AS v USING gone AS g JOIN resource AS r ON r.person = g.person
    WHERE v.organisation = g.organisation AND v.type = r.type AND v.id = r.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER readable_insert AFTER INSERT ON involvement
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_became_involved();
CREATE TRIGGER readable_delete AFTER DELETE ON involvement
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_is_no_longer_involved();
-- An involvement is made and ended, never turned into another's.
CREATE FUNCTION involvement_keeps_its_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'delete the involvement and insert the other';
END
$$;
CREATE TRIGGER involvement_key BEFORE UPDATE OF person, organisation ON involvement
    FOR EACH ROW WHEN ((OLD.person, OLD.organisation) IS DISTINCT FROM (NEW.person, NEW.organisation))
    EXECUTE FUNCTION involvement_keeps_its_key();

CREATE FUNCTION nothing_is_readable() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM readable;
    RETURN NULL;
END
$$;
CREATE TRIGGER readable_truncate AFTER TRUNCATE ON resource
    FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_readable();
CREATE TRIGGER readable_truncate AFTER TRUNCATE ON involvement
    FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_readable();

-- What is searched of a resource, read from its text once: all but what is long and never searched.
ALTER TABLE resource ADD COLUMN searched jsonb NOT NULL GENERATED ALWAYS AS (
    content::jsonb - '{meta,text,contained,note,input,output}'::text[]
) STORED;

-- Identifiers of the resource itself and of its group (the case), by value.
CREATE FUNCTION identifier_values(searched jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_path_query_array(searched, '$.identifier.value')
        || jsonb_path_query_array(searched, '$.groupIdentifier.value')
        || jsonb_path_query_array(searched, '$.requisition.value')
$$;
CREATE INDEX resource_identifier ON resource USING gin (identifier_values(searched));

CREATE INDEX resource_in_order ON resource (type, updated_at, id);
CREATE INDEX resource_version_in_order ON resource_version (type, updated_at, id, version);

-- The moments between which a FHIR date, dateTime, instant or Period lies: from low up to, not
-- including, high. A date without a zone is London's. Null where it is absent; an open end of a
-- Period is infinite.
CREATE FUNCTION moment_low(value jsonb) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    said text := value #>> '{}';
BEGIN
    IF jsonb_typeof(value) = 'object' THEN
        RETURN coalesce(moment_low(value -> 'start'), '-infinity');
    END IF;
    RETURN CASE length(said)
        WHEN 4 THEN (said || '-01-01')::timestamp AT TIME ZONE 'Europe/London'
        WHEN 7 THEN (said || '-01')::timestamp AT TIME ZONE 'Europe/London'
        WHEN 10 THEN said::timestamp AT TIME ZONE 'Europe/London'
        ELSE said::timestamptz
    END;
END
$$;
CREATE FUNCTION moment_high(value jsonb) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    said text := value #>> '{}';
BEGIN
    IF jsonb_typeof(value) = 'object' THEN
        RETURN coalesce(moment_high(value -> 'end'), 'infinity');
    END IF;
    RETURN CASE length(said)
        WHEN 4 THEN ((said || '-01-01')::timestamp + interval '1 year') AT TIME ZONE 'Europe/London'
        WHEN 7 THEN ((said || '-01')::timestamp + interval '1 month') AT TIME ZONE 'Europe/London'
        WHEN 10 THEN (said::timestamp + interval '1 day') AT TIME ZONE 'Europe/London'
        ELSE said::timestamptz
            + CASE WHEN said LIKE '%.%' THEN interval '1 microsecond' ELSE interval '1 second' END
    END;
END
$$;

-- Organisations of the directory as resources: not about a person, so seen by every caller.
ALTER TABLE resource ALTER COLUMN person DROP NOT NULL;
ALTER TABLE resource ADD CONSTRAINT only_organisations_are_about_nobody
    CHECK (person IS NOT NULL OR type = 'Organization');

CREATE FUNCTION organization_content(o organisation, version integer, at timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'resourceType', 'Organization',
        'id', o.ods,
        'meta', jsonb_build_object(
            'versionId', version::text,
            'lastUpdated', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
            'profile', jsonb_build_array(
                'https://fhir.hl7.org.uk/StructureDefinition/UKCore-Organization')),
        'identifier', jsonb_build_array(jsonb_build_object(
            'system', 'https://fhir.nhs.uk/Id/ods-organization-code', 'value', o.ods)),
        'name', o.name,
        'partOf', CASE WHEN o.parent IS NOT NULL
            THEN jsonb_build_object('reference', 'Organization/' || o.parent) END))::text
$$;

CREATE FUNCTION organisation_as_resource() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    now_at  timestamptz := clock_timestamp();
    now_is  integer;
    written text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM resource WHERE type = 'Organization' AND id = OLD.ods;
        RETURN NULL;
    END IF;
    SELECT coalesce(max(version), 0) + 1 INTO now_is
    FROM resource_version WHERE type = 'Organization' AND id = NEW.ods;
    written := organization_content(NEW, now_is, now_at);
    INSERT INTO resource (type, id, version, updated_at, content)
    VALUES ('Organization', NEW.ods, now_is, now_at, written)
    ON CONFLICT (type, id) DO UPDATE
    SET version = excluded.version, updated_at = excluded.updated_at, content = excluded.content;
    INSERT INTO resource_version (type, id, version, updated_at, content)
    VALUES ('Organization', NEW.ods, now_is, now_at, written);
    RETURN NULL;
END
$$;
CREATE TRIGGER organisation_written AFTER INSERT OR DELETE ON organisation
    FOR EACH ROW EXECUTE FUNCTION organisation_as_resource();
CREATE TRIGGER organisation_changed AFTER UPDATE ON organisation
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.parent IS DISTINCT FROM NEW.parent)
    EXECUTE FUNCTION organisation_as_resource();

-- What a write was answered, so that a client that asks again with the same request id gets the
-- same answer and nothing is done twice. Kept for a day.
CREATE TABLE answered_request (
    client      text NOT NULL,
    request_id  uuid NOT NULL,
    fingerprint bytea NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    status      integer,
    headers     jsonb,
    body        bytea,
    PRIMARY KEY (client, request_id)
);
CREATE INDEX answered_request_age ON answered_request (answered_at);

-- What was there before these tables.
INSERT INTO readable (organisation, type, id, updated_at)
SELECT i.organisation, r.type, r.id, r.updated_at
FROM resource AS r JOIN involvement AS i ON i.person = r.person;

INSERT INTO resource (type, id, version, updated_at, content)
SELECT 'Organization', o.ods, 1, now(), organization_content(o, 1, now()) FROM organisation AS o;
INSERT INTO resource_version (type, id, version, updated_at, content)
SELECT type, id, version, updated_at, content FROM resource WHERE type = 'Organization';
