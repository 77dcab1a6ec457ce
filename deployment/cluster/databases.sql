-- The databases and roles of deployment/postgres/databases.sql, in a cluster that may have them: run
-- again, it changes passwords only. psql takes both passwords as variables.

SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['registry', 'adapter']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('CREATE ROLE %I NOLOGIN', name)
FROM unnest(ARRAY['lfd_registry', 'lfd_registry_writer']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE registry PASSWORD :'registry_password';
ALTER ROLE adapter PASSWORD :'adapter_password';
GRANT lfd_registry, lfd_registry_writer TO registry;

SELECT format('CREATE DATABASE %1$I OWNER %1$I', name)
FROM unnest(ARRAY['registry', 'adapter']) AS name
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec

REVOKE CONNECT ON DATABASE registry FROM PUBLIC;
REVOKE CONNECT ON DATABASE adapter FROM PUBLIC;
