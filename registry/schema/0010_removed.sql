-- A resource that was removed is known to have been there to whoever may read what it was about, and
-- to nobody else. Its rows are hidden from the reader's role, so this looks in its place.
CREATE FUNCTION was_removed(wanted_type text, wanted_id text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM resource AS r WHERE r.type = wanted_type AND r.id = wanted_id)
    AND EXISTS (
        SELECT FROM resource_version AS h
        WHERE h.type = wanted_type AND h.id = wanted_id
            AND (wanted_type = 'Organization' OR EXISTS (
                SELECT FROM jsonb_array_elements(h.content::jsonb -> 'target') AS target
                JOIN readable AS v ON target ->> 'reference' = v.type || '/' || v.id
                WHERE v.organisation = app_organisation())))
$$;
REVOKE ALL ON FUNCTION was_removed(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION was_removed(text, text) TO lfd_registry, lfd_registry_writer;
