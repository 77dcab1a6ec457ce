-- The statements of several messages, taken one after the other in the order given: each as
-- `take_statement` does it, and seeing what the ones before it wrote.
CREATE FUNCTION take_statements(given jsonb)
RETURNS TABLE (place bigint, cluster bigint, is_added boolean, is_known boolean, stated text[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT m.place, t.cluster, t.is_added, t.is_known, t.stated
    FROM ROWS FROM (jsonb_to_recordset(given) AS (systems text[], identifiers text[], source text,
            practice text, content_hash text, control_order text, content jsonb))
        WITH ORDINALITY AS m (systems, identifiers, source, practice, content_hash, control_order,
            content, place)
    CROSS JOIN LATERAL take_statement(m.systems, m.identifiers, m.source, m.practice,
        m.content_hash, m.control_order, m.content) AS t;
END
$$;
