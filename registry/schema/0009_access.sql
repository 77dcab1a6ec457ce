-- A client has keys, several while it changes from one to another, or an address where it publishes
-- them. A signing key is published before it signs.

CREATE TABLE client_key (
    client_id text NOT NULL REFERENCES client ON DELETE CASCADE,
    kid       text NOT NULL CHECK (length(kid) BETWEEN 1 AND 255),
    -- Whether the client chose the kid, so that its assertions name it. Else it is our thumbprint, and
    -- the client may call the key what it likes.
    is_named  boolean NOT NULL,
    jwk       jsonb NOT NULL CHECK (jwk ->> 'kty' IN ('RSA', 'EC') AND NOT jwk ? 'd'),
    added_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, kid)
);

INSERT INTO client_key (client_id, kid, is_named, jwk, added_at)
SELECT id, key ->> 'kid', false, key, created_at FROM client;

ALTER TABLE client
    DROP COLUMN key,
    ADD COLUMN jwks_url text CHECK (jwks_url ~ '^https?://[!-~]+$' AND length(jwks_url) <= 2000);

ALTER TABLE signing_key ADD COLUMN signs_from timestamptz NOT NULL DEFAULT now();
UPDATE signing_key SET signs_from = created_at;

-- Changed by administrators, with their own connection; a registry only makes its first signing key.
REVOKE INSERT, UPDATE, DELETE ON client_key FROM lfd_registry_writer;
REVOKE UPDATE, DELETE ON signing_key FROM lfd_registry_writer;
