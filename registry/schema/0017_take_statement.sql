-- What nearly every message needs, in one question instead of four: the identifiers' cluster locked,
-- the statement added, and all that is stated of the cluster given back where something was new.
-- `is_known`: anything was ever shown of its persons, or a concern raised.
CREATE FUNCTION take_statement(
    systems text[], identifiers text[], source text, practice text, content_hash text,
    control_order text, content jsonb
) RETURNS TABLE (cluster bigint, is_added boolean, is_known boolean, stated text[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    locked bigint := lock_cluster(systems, identifiers);
    added  boolean;
BEGIN
    -- The greatest control id is kept, so that neither the order nor the number of repetitions matters.
    INSERT INTO statement AS s (cluster, source, practice, content_hash, control_order, content)
    VALUES (locked, $3, $4, $5, $6, $7)
    ON CONFLICT (source, content_hash) DO UPDATE
    SET control_order = excluded.control_order, content = excluded.content
    WHERE s.control_order < excluded.control_order;
    added := FOUND;
    RETURN QUERY SELECT locked, added,
        EXISTS (SELECT FROM person AS p WHERE p.cluster = locked)
            OR EXISTS (SELECT FROM concern AS c WHERE c.cluster = locked),
        CASE WHEN added THEN ARRAY(
            SELECT s.content::text FROM statement AS s WHERE s.cluster = locked) END;
END
$$;
