-- Who becomes involved with a person later is told of what was written long before: to who asks what
-- has changed since, it changed when they could first read it.
CREATE OR REPLACE FUNCTION organisation_became_involved() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO readable (organisation, type, id, updated_at)
    SELECT w.organisation, r.type, r.id,
        CASE WHEN r.updated_at >= transaction_timestamp() THEN r.updated_at ELSE clock_timestamp() END
    FROM written AS w JOIN resource AS r ON r.person = w.person
    WHERE may_read(w.is_party, w.organisation, r.audience)
    ON CONFLICT (organisation, type, id) DO NOTHING;
    RETURN NULL;
END
$$;
