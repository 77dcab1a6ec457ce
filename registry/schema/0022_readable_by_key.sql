-- Each row of `readable` is reached by its whole key. That begins with the organisation, and whoever
-- may read something is involved with its person: so the organisations are asked for first. To look
-- by type and id alone goes through the rows of every organisation. That is left for what is about no
-- person, as an alarm is: few, and seldom removed.

CREATE OR REPLACE FUNCTION resource_became_readable() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF EXISTS (
            SELECT FROM gone AS g JOIN written AS w USING (type, id)
            WHERE g.person IS DISTINCT FROM w.person OR g.audience IS DISTINCT FROM w.audience)
        THEN
            DELETE FROM readable AS v
            USING gone AS g JOIN written AS w USING (type, id)
                JOIN involvement AS i ON i.person = g.person
            WHERE v.organisation = i.organisation AND v.type = g.type AND v.id = g.id
                AND (g.person IS DISTINCT FROM w.person OR g.audience IS DISTINCT FROM w.audience);
            DELETE FROM readable AS v USING gone AS g JOIN written AS w USING (type, id)
            WHERE g.person IS NULL AND v.type = g.type AND v.id = g.id
                AND (w.person IS NOT NULL OR g.audience IS DISTINCT FROM w.audience);
        END IF;
    END IF;
    INSERT INTO readable (organisation, type, id, updated_at)
    SELECT i.organisation, w.type, w.id, w.updated_at
    FROM written AS w JOIN involvement AS i ON i.person = w.person
    WHERE may_read(i.is_party, i.organisation, w.audience)
    ON CONFLICT (organisation, type, id) DO UPDATE SET updated_at = excluded.updated_at;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION resource_is_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM readable AS v USING gone AS g JOIN involvement AS i ON i.person = g.person
    WHERE v.organisation = i.organisation AND v.type = g.type AND v.id = g.id;
    IF EXISTS (SELECT FROM gone WHERE person IS NULL) THEN
        DELETE FROM readable AS v USING gone AS g
        WHERE g.person IS NULL AND v.type = g.type AND v.id = g.id;
    END IF;
    RETURN NULL;
END
$$;

-- A subquery that gives a value is asked for each row, by key. EXISTS may instead be answered from
-- all rows of the organisation, read beforehand: a board has millions.
ALTER POLICY readable_here ON resource
    USING (type = 'Organization' OR (SELECT true FROM readable AS v
        WHERE v.organisation = app_organisation()
            AND v.type = resource.type AND v.id = resource.id));
ALTER POLICY readable_here ON resource_version
    USING (type = 'Organization' OR (SELECT true FROM readable AS v
        WHERE v.organisation = app_organisation()
            AND v.type = resource_version.type AND v.id = resource_version.id));
ALTER POLICY own_people ON person_identifier
    USING ((SELECT true FROM involvement AS i
        WHERE i.organisation = app_organisation() AND i.person = person_identifier.person));

CREATE OR REPLACE FUNCTION was_removed(wanted_type text, wanted_id text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM resource AS r WHERE r.type = wanted_type AND r.id = wanted_id)
    AND EXISTS (
        SELECT FROM resource_version AS h
        WHERE h.type = wanted_type AND h.id = wanted_id
            AND (wanted_type = 'Organization' OR EXISTS (
                SELECT FROM jsonb_array_elements(h.content::jsonb -> 'target') AS target
                JOIN readable AS v ON v.type = split_part(target ->> 'reference', '/', 1)
                    AND v.id = split_part(target ->> 'reference', '/', 2)
                WHERE v.organisation = app_organisation())))
$$;

ALTER POLICY told_here ON audit_event
    USING (organisation = app_organisation()
        OR (current_setting('app.role', true) = ANY (roles) AND (
            SELECT may_read(i.is_party, i.organisation, audit_event.audience)
            FROM involvement AS i
            WHERE i.organisation = app_organisation() AND i.person = audit_event.person)));
ALTER POLICY readable_here ON subscription_event
    USING ((SELECT true FROM readable AS v
        WHERE v.organisation = app_organisation() AND v.type = focus_type AND v.id = focus_id));
