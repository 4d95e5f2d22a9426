-- What readiness writes to, to see whether it can.
CREATE TABLE health (checks INTEGER NOT NULL);
INSERT INTO health VALUES (0);

CREATE TABLE chats (
    tenant_id  TEXT NOT NULL,
    id         TEXT NOT NULL,
    user_id    TEXT,
    title      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX chats_recent ON chats (tenant_id, updated_at DESC);

-- What every append looks at stands first, so that it is read without the long question behind it.
CREATE TABLE turns (
    turn_key        INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch           INTEGER NOT NULL,
    status          TEXT NOT NULL,
    tenant_id       TEXT NOT NULL,
    id              TEXT NOT NULL,
    chat_id         TEXT NOT NULL,
    user_id         TEXT,
    owner           TEXT NOT NULL,
    last_seq        INTEGER NOT NULL,  -- while it runs: as of its opening or its last taking over
    first_place     INTEGER NOT NULL,  -- of event 1
    created_at      INTEGER NOT NULL,
    message_id      TEXT NOT NULL,
    user_message_id TEXT NOT NULL,
    model           TEXT NOT NULL,
    retry_of        TEXT,
    question        TEXT NOT NULL,
    request         BLOB NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX turns_of_chat ON turns (tenant_id, chat_id);
CREATE INDEX turns_running ON turns (tenant_id, chat_id) WHERE status = 'in_progress';

-- Events stand in the order of their commits, whatever turn they belong to: a commit of a hundred turns then
-- writes a few neighbouring pages instead of a hundred scattered ones (measured: 3 µs an event, not 22).
CREATE TABLE events (
    place     INTEGER PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    turn_key  INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    payload   BLOB NOT NULL
);

-- Where a turn's events are, and that each has one: an index on events that is filled turn by turn, when a
-- turn ends, is taken over, or is found unfinished at start. Until then the process that writes it knows.
CREATE TABLE event_places (
    turn_key INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    place    INTEGER NOT NULL,
    PRIMARY KEY (turn_key, seq)
) WITHOUT ROWID;

CREATE TABLE messages (
    tenant_id TEXT NOT NULL,
    chat_id   TEXT NOT NULL,
    turn_key  INTEGER NOT NULL,
    role      TEXT NOT NULL,
    id        TEXT NOT NULL,
    body      BLOB NOT NULL,
    UNIQUE (tenant_id, chat_id, turn_key, role)
);

CREATE TABLE idempotency_keys (
    tenant_id  TEXT NOT NULL,
    key        TEXT NOT NULL,
    digest     BLOB NOT NULL,
    turn_key   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_old ON idempotency_keys (created_at);
