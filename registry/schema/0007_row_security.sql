-- The database's own belt: two roles that own nothing. `lfd_registry` reads what one organisation
-- may read, whatever the query leaves out; `lfd_registry_writer` keeps the record, and can neither
-- change nor remove what is kept for good. A registry connects as some other role, which is a member
-- of both (docs/operate.md), and takes them on.

DO $$
BEGIN
    -- Roles belong to the whole server: another database's registry may have made them, or just be
    -- making them.
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lfd_registry') THEN
            CREATE ROLE lfd_registry NOLOGIN;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lfd_registry_writer') THEN
            CREATE ROLE lfd_registry_writer NOLOGIN;
        END IF;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN RAISE EXCEPTION
            'the roles lfd_registry and lfd_registry_writer are missing, and % may not make them; as '
            'an administrator: CREATE ROLE lfd_registry NOLOGIN; CREATE ROLE lfd_registry_writer '
            'NOLOGIN; GRANT lfd_registry, lfd_registry_writer TO %;', current_user, current_user;
    END;
    IF NOT (pg_has_role(current_user, 'lfd_registry', 'SET')
            AND pg_has_role(current_user, 'lfd_registry_writer', 'SET')) THEN
        BEGIN
            EXECUTE format('GRANT lfd_registry, lfd_registry_writer TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN RAISE EXCEPTION
            '% is no member of lfd_registry and lfd_registry_writer; as an administrator: '
            'GRANT lfd_registry, lfd_registry_writer TO %;', current_user, current_user;
        END;
    END IF;
END
$$;

-- Whom the connection reads for; nobody where it was not said.
CREATE FUNCTION app_organisation() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.organisation', true), '')
$$;

-- The writer: all of the record and of what later scripts add, but what is excepted here.
GRANT USAGE ON SCHEMA registry TO lfd_registry, lfd_registry_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA registry TO lfd_registry_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA registry TO lfd_registry_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA registry
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO lfd_registry_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA registry GRANT USAGE ON SEQUENCES TO lfd_registry_writer;
-- Kept for good. Decisions move with their cluster when two are joined.
REVOKE UPDATE, DELETE ON audit_event, audit_seal, resource_version, decision
    FROM lfd_registry_writer;
GRANT UPDATE (cluster) ON decision TO lfd_registry_writer;
-- Loaded by administrators, with their own connection.
REVOKE INSERT, UPDATE, DELETE ON organisation, client, policy, migration FROM lfd_registry_writer;
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_event'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM lfd_registry_writer', part);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION make_audit_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_audit_partition(date) TO lfd_registry_writer;

-- The reader: only what answers are made of.
GRANT SELECT ON resource, resource_version, readable, involvement, person_identifier, organisation,
    audit_event, audit_resource TO lfd_registry;

-- Every table that says something about a person. Without a policy for it, a role sees no row.
DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['resource', 'resource_version', 'readable', 'involvement',
        'person', 'person_identifier', 'identifier', 'cluster', 'statement', 'decision', 'concern',
        'alarm', 'review_lead', 'answered_request', 'audit_event', 'stale_cluster']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', named);
        EXECUTE format(
            'CREATE POLICY whole_record ON %I TO lfd_registry_writer USING (true)', named);
    END LOOP;
END
$$;

CREATE POLICY own_rows ON readable FOR SELECT TO lfd_registry
    USING (organisation = app_organisation());
CREATE POLICY own_rows ON involvement FOR SELECT TO lfd_registry
    USING (organisation = app_organisation());
CREATE POLICY own_people ON person_identifier FOR SELECT TO lfd_registry
    USING (EXISTS (SELECT FROM involvement AS i
        WHERE i.organisation = app_organisation() AND i.person = person_identifier.person));
CREATE POLICY readable_here ON resource FOR SELECT TO lfd_registry
    USING (type = 'Organization' OR EXISTS (SELECT FROM readable AS v
        WHERE v.organisation = app_organisation()
            AND v.type = resource.type AND v.id = resource.id));
CREATE POLICY readable_here ON resource_version FOR SELECT TO lfd_registry
    USING (type = 'Organization' OR EXISTS (SELECT FROM readable AS v
        WHERE v.organisation = app_organisation()
            AND v.type = resource_version.type AND v.id = resource_version.id));
CREATE POLICY told_here ON audit_event FOR SELECT TO lfd_registry
    USING (organisation = app_organisation()
        OR (current_setting('app.role', true) = ANY (roles) AND EXISTS (
            SELECT FROM involvement AS i
            WHERE i.organisation = app_organisation() AND i.person = audit_event.person
                AND may_read(i.is_party, i.organisation, audit_event.audience))));

-- Resources by an identifier of their own, among what may be read. A function of the owner's,
-- because the index of identifiers cannot be used behind a policy: its operators may leak.
CREATE FUNCTION readable_by_identifier(wanted text) RETURNS TABLE (type text, id text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 SET search_path = registry, pg_temp AS $$
    SELECT r.type, r.id FROM resource AS r
    WHERE identifier_values(r.searched) ? wanted
        AND (r.type = 'Organization' OR EXISTS (SELECT FROM readable AS v
            WHERE v.organisation = app_organisation() AND v.type = r.type AND v.id = r.id))
$$;
REVOKE ALL ON FUNCTION readable_by_identifier(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION readable_by_identifier(text) TO lfd_registry, lfd_registry_writer;
