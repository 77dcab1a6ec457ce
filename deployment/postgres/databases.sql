-- Run once, when the server is new: a database for the registry, another for the adapter, and a role
-- for each that can enter only its own.

\set registry_password `cat /run/secrets/registry-database-password`
\set adapter_password `cat /run/secrets/adapter-database-password`

CREATE ROLE registry LOGIN PASSWORD :'registry_password';
CREATE ROLE adapter LOGIN PASSWORD :'adapter_password';

-- What the registry works as: registry/schema/0007_row_security.sql says what each may.
CREATE ROLE lfd_registry NOLOGIN;
CREATE ROLE lfd_registry_writer NOLOGIN;
GRANT lfd_registry, lfd_registry_writer TO registry;

CREATE DATABASE registry OWNER registry;
CREATE DATABASE adapter OWNER adapter;

REVOKE CONNECT ON DATABASE registry FROM PUBLIC;
REVOKE CONNECT ON DATABASE adapter FROM PUBLIC;
