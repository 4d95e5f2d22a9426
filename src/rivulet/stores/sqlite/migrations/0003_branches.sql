-- Each turn's place in the tree of its chat. Beside `turns` because the rows there end with long questions, and
-- the tree is read whole.
CREATE TABLE branches (
    tenant_id  TEXT NOT NULL,
    chat_id    TEXT NOT NULL,
    turn_key   INTEGER NOT NULL,
    parent_key INTEGER,  -- null for a first turn
    PRIMARY KEY (tenant_id, chat_id, turn_key)
) WITHOUT ROWID;

ALTER TABLE chats ADD COLUMN leaf_key INTEGER;  -- where the chosen path ends; null while nothing was asked

-- What was one line becomes a chain: each question continues the turn before it, and a retry stands beside the
-- turn it retries.
WITH RECURSIVE origins (turn_key, tenant_id, chat_id, origin_key) AS (
    SELECT turn_key, tenant_id, chat_id, turn_key FROM turns WHERE retry_of IS NULL
    UNION ALL
    SELECT turns.turn_key, turns.tenant_id, turns.chat_id, origins.origin_key
    FROM origins
    JOIN turns AS first ON first.turn_key = origins.turn_key
    JOIN turns ON turns.tenant_id = first.tenant_id AND turns.retry_of = first.id
)
INSERT INTO branches (tenant_id, chat_id, turn_key, parent_key)
SELECT tenant_id, chat_id, turn_key, (
    SELECT max(before.turn_key) FROM turns AS before
    WHERE before.tenant_id = origins.tenant_id AND before.chat_id = origins.chat_id
      AND before.turn_key < origins.origin_key
)
FROM origins;

UPDATE chats SET leaf_key = (
    SELECT max(turn_key) FROM turns WHERE turns.tenant_id = chats.tenant_id AND turns.chat_id = chats.id
);

CREATE TABLE feedback (
    tenant_id  TEXT NOT NULL,
    chat_id    TEXT NOT NULL,
    turn_key   INTEGER NOT NULL,
    rating     TEXT NOT NULL,
    reason     TEXT,
    comment    TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, chat_id, turn_key)
) WITHOUT ROWID;

CREATE TABLE shares (
    id            TEXT NOT NULL PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    chat_id       TEXT NOT NULL,
    leaf_key      INTEGER NOT NULL,
    title         TEXT NOT NULL,
    message_count INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
);
CREATE INDEX shares_of_chat ON shares (tenant_id, chat_id);
