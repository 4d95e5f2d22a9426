-- A row for each preference that somebody chose, so that a new one needs no new column.
CREATE TABLE preferences (
    tenant_id TEXT NOT NULL,
    user_id   TEXT NOT NULL,  -- empty for the holder of a key that speaks for the whole tenant
    name      TEXT NOT NULL,
    word      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, name)
) WITHOUT ROWID;
