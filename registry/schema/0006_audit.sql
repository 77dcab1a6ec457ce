-- Who read or changed what: a record that is only ever added to, and whose rows are linked by
-- hashes, so that a change or a loss is noticed (`lfd audit verify`).

CREATE SEQUENCE audit_number;

-- One row for each act and person. `organisation`: whose own act it is to see; null where it must
-- not learn that the person is known here. `person`, `audience` and `roles`: who else may see it,
-- as for a resource. `content` is the AuditEvent as it is sent.
CREATE TABLE audit_event (
    at           timestamptz NOT NULL,
    number       bigint NOT NULL DEFAULT nextval('audit_number'),
    id           text NOT NULL,
    organisation text,
    person       text,
    audience     text[],
    roles        text[] NOT NULL,
    content      text NOT NULL,
    PRIMARY KEY (at, number)
) PARTITION BY RANGE (at);
CREATE INDEX audit_event_id ON audit_event (id);
CREATE INDEX audit_event_person ON audit_event (person, at);
CREATE INDEX audit_event_organisation ON audit_event (organisation, at, id);

-- The chain of each month: every row has the hash of the one before it and of its own event.
CREATE TABLE audit_seal (
    month  date NOT NULL,
    place  bigint NOT NULL CHECK (place > 0),
    at     timestamptz NOT NULL,
    number bigint NOT NULL UNIQUE,
    hash   bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (month, place)
);

-- Events that wait for their place in the chain: written with the event, gone with the seal.
CREATE TABLE audit_unsealed (
    number bigint PRIMARY KEY,
    at     timestamptz NOT NULL
);

CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit record is never changed or removed';
END
$$;
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_is_kept_whole BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit_seal
    FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_is_kept_whole BEFORE TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();

-- Makes the partition of a month (UTC) where it is not there. Attached rather than created in
-- place: that does not wait for readers, nor make writers wait.
CREATE FUNCTION make_audit_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE
    begins date := date_trunc('month', month)::date;
    made   text := 'audit_event_' || to_char(begins, 'YYYYMM');
BEGIN
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'registry' AND tablename = made) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('make_audit_partition'));
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'registry' AND tablename = made) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE audit_event INCLUDING ALL)', made);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', made);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lfd_registry_writer') THEN
        EXECUTE format('REVOKE ALL ON %I FROM lfd_registry_writer', made);
    END IF;
    EXECUTE format(
        'CREATE TRIGGER audit_is_kept_whole BEFORE TRUNCATE ON %I'
        ' FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()', made);
    EXECUTE format(
        'ALTER TABLE audit_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', made,
        begins::timestamp AT TIME ZONE 'UTC',
        (begins + interval '1 month')::timestamp AT TIME ZONE 'UTC');
END
$$;
SELECT make_audit_partition((date_trunc('month', now() AT TIME ZONE 'UTC')
    + make_interval(months => ahead))::date)
FROM generate_series(0, 2) AS ahead;

-- Events in the shape of `resource`, to be searched like any other.
CREATE VIEW audit_resource WITH (security_invoker) AS
SELECT
    'AuditEvent'::text AS type, id, 1 AS version, at AS updated_at,
    organisation, person, audience, roles, content,
    content::jsonb - '{meta}'::text[] AS searched
FROM audit_event;
