-- known_key: the turn that an Idempotency-Key has opened, and with which request
SELECT keys.digest, turns.id
FROM idempotency_keys AS keys JOIN turns USING (turn_key)
WHERE keys.tenant_id = :tenant_id AND keys.key = :key;

-- forget_keys: some of the keys that are older than clients are promised
DELETE FROM idempotency_keys
WHERE (tenant_id, key) IN (
    SELECT tenant_id, key FROM idempotency_keys WHERE created_at < :before LIMIT 100
);

-- remember_key: an Idempotency-Key has opened a turn
INSERT INTO idempotency_keys (tenant_id, key, digest, turn_key, created_at)
VALUES (:tenant_id, :key, :digest, :turn_key, :now);

-- make_chat: the chat of a first question
INSERT INTO chats (tenant_id, id, user_id, title, created_at, updated_at)
VALUES (:tenant_id, :chat_id, :user_id, :title, :now, :now)
ON CONFLICT DO NOTHING;

-- touch_chat: something was said in it
UPDATE chats SET updated_at = :now WHERE tenant_id = :tenant_id AND id = :chat_id;

-- ask_in_chat: something was asked in it; one without a title gets that of the question
UPDATE chats SET updated_at = :now, title = CASE title WHEN '' THEN :title ELSE title END
WHERE tenant_id = :tenant_id AND id = :chat_id;

-- title_chat: what it is called from now on
UPDATE chats SET title = :title WHERE tenant_id = :tenant_id AND id = :chat_id;

-- busy_with: the turn a chat is waiting for
SELECT id FROM turns
WHERE tenant_id = :tenant_id AND chat_id = :chat_id AND status = 'in_progress'
ORDER BY turn_key LIMIT 1;

-- open_turn: the row of a new turn
INSERT INTO turns (
    epoch, status, tenant_id, id, chat_id, user_id, owner, last_seq, first_place, created_at,
    message_id, user_message_id, model, retry_of, question, request
) VALUES (
    1, 'in_progress', :tenant_id, :id, :chat_id, :user_id, :owner, 1, :place, :now,
    :message_id, :user_message_id, :model, :retry_of, :question, :request
);

-- append_events: everything one commit appends, in one statement; a row whose claim does not hold is left out
-- A row is 36 digits, the turn's key, its claim's epoch and the event's seq in 12 each, and then the event.
INSERT INTO events (place, tenant_id, turn_key, seq, payload)
SELECT ?1 + batch.rowid, turns.tenant_id, turns.turn_key,
       CAST(substr(batch.value, 25, 12) AS INTEGER), substr(batch.value, 37)
FROM carray(?2) AS batch CROSS JOIN turns
    ON turns.turn_key = CAST(substr(batch.value, 1, 12) AS INTEGER)
   AND turns.epoch = CAST(substr(batch.value, 13, 12) AS INTEGER)
   AND turns.status = 'in_progress';

-- put_event: an event that stands in the same transaction as the change that makes room for it
INSERT INTO events (place, tenant_id, turn_key, seq, payload) VALUES (?1, ?2, ?3, ?4, ?5);

-- holds: whether a claim still holds
SELECT 1 FROM turns
WHERE turn_key = :turn_key AND epoch = :epoch AND status = 'in_progress' AND tenant_id = :tenant_id;

-- running_turn: a turn that may be claimed
SELECT turn_key, epoch FROM turns
WHERE tenant_id = :tenant_id AND id = :id AND status = 'in_progress';

-- take_over: from now on another claim holds
UPDATE turns SET epoch = :epoch, owner = :owner, last_seq = :last_seq
WHERE turn_key = :turn_key AND tenant_id = :tenant_id;

-- index_places: the events at these places, as far as they are there and new to the index, are found by their turn
INSERT INTO event_places (turn_key, seq, place, tenant_id)
SELECT events.turn_key, events.seq, events.place, events.tenant_id
FROM carray(:places) AS wanted CROSS JOIN events ON events.place = wanted.value
WHERE events.turn_key = :turn_key AND events.tenant_id = :tenant_id
  AND events.seq > (
      SELECT coalesce(max(seq), 0) FROM event_places WHERE turn_key = :turn_key AND tenant_id = :tenant_id
  );

-- last_indexed: where the indexed part of a log ends
SELECT max(seq) FROM event_places WHERE turn_key = :turn_key AND tenant_id = :tenant_id;

-- end_turn: the turn is over, if the claim still holds
UPDATE turns SET status = :status, last_seq = :last_seq
WHERE turn_key = :turn_key AND epoch = :epoch AND status = 'in_progress' AND tenant_id = :tenant_id;

-- add_message: a question or an answer
INSERT INTO messages (tenant_id, chat_id, turn_key, role, id, body)
VALUES (:tenant_id, :chat_id, :turn_key, :role, :id, :body);

-- last_place: where the next commit begins
SELECT max(place) FROM events;

-- read_indexed: a page of a log from its index
SELECT events.payload
FROM turns
CROSS JOIN event_places AS indexed ON indexed.turn_key = turns.turn_key AND indexed.tenant_id = turns.tenant_id
CROSS JOIN events ON events.place = indexed.place
WHERE turns.tenant_id = ?1 AND turns.id = ?2 AND events.tenant_id = ?1 AND indexed.seq > ?3 AND indexed.seq <= ?4
ORDER BY indexed.seq LIMIT ?5;

-- read_places: a page of a log that is still being written here
SELECT events.payload
FROM carray(?1) AS wanted CROSS JOIN events ON events.place = wanted.value
WHERE events.tenant_id = ?2 AND events.turn_key = ?3;

-- turn_exists: whether there is such a turn
SELECT 1 FROM turns WHERE tenant_id = :tenant_id AND id = :id;

-- index_unfinished: at start, the events that a dead process had not indexed
INSERT INTO event_places (turn_key, seq, place, tenant_id)
SELECT events.turn_key, events.seq, events.place, events.tenant_id
FROM events CROSS JOIN turns ON turns.turn_key = events.turn_key
WHERE events.place >= (
      SELECT min(first_place) FROM turns INDEXED BY turns_running WHERE status = 'in_progress'
  )
  AND turns.status = 'in_progress'
  AND NOT EXISTS (
      SELECT 1 FROM event_places AS indexed
      WHERE indexed.turn_key = events.turn_key AND indexed.seq = events.seq
  );

-- count_unfinished: at start, where the logs of unfinished turns end
UPDATE turns INDEXED BY turns_running
SET last_seq = (SELECT max(seq) FROM event_places AS indexed WHERE indexed.turn_key = turns.turn_key)
WHERE status = 'in_progress';

-- get_turn: one turn's row
SELECT tenant_id, id, chat_id, user_id, status, epoch, owner, last_seq, created_at,
       message_id, user_message_id, model, question, request, retry_of
FROM turns WHERE tenant_id = :tenant_id AND id = :id;

-- recent_turns: the rows of a tenant's newest turns; read backwards, because most of what is there is this tenant's
SELECT tenant_id, id, chat_id, user_id, status, epoch, owner, last_seq, created_at,
       message_id, user_message_id, model, question, request, retry_of
FROM turns NOT INDEXED WHERE tenant_id = :tenant_id
  AND turn_key < CASE WHEN :before IS NULL THEN 9223372036854775807
                 ELSE (SELECT turn_key FROM turns WHERE tenant_id = :tenant_id AND id = :before) END
  AND (:user_id IS NULL OR user_id = :user_id)
ORDER BY turn_key DESC LIMIT :limit;

-- recent_turns_of_chat: the same of one chat
SELECT tenant_id, id, chat_id, user_id, status, epoch, owner, last_seq, created_at,
       message_id, user_message_id, model, question, request, retry_of
FROM turns INDEXED BY turns_of_chat WHERE tenant_id = :tenant_id AND chat_id = :chat_id
  AND turn_key < CASE WHEN :before IS NULL THEN 9223372036854775807
                 ELSE (SELECT turn_key FROM turns WHERE tenant_id = :tenant_id AND id = :before) END
  AND (:user_id IS NULL OR user_id = :user_id)
ORDER BY turn_key DESC LIMIT :limit;

-- unfinished_turns: the rows of every tenant's turns without a terminal event
SELECT tenant_id, id, chat_id, user_id, status, epoch, owner, last_seq, created_at,
       message_id, user_message_id, model, question, request, retry_of
FROM turns INDEXED BY turns_running WHERE status = 'in_progress' ORDER BY turn_key;

-- running_turns: the rows of a chat's turns without a terminal event
SELECT tenant_id, id, chat_id, user_id, status, epoch, owner, last_seq, created_at,
       message_id, user_message_id, model, question, request, retry_of
FROM turns WHERE tenant_id = :tenant_id AND chat_id = :chat_id AND status = 'in_progress' ORDER BY turn_key;

-- recent_chats: the newest chats, and those that share a millisecond with the last of them
SELECT id, title, created_at, updated_at FROM chats
WHERE tenant_id = :tenant_id AND updated_at < :before AND updated_at >= (
    SELECT min(updated_at) FROM (
        SELECT updated_at FROM chats
        WHERE tenant_id = :tenant_id AND updated_at < :before ORDER BY updated_at DESC LIMIT :limit
    )
)
ORDER BY updated_at DESC, rowid DESC;

-- get_chat: one chat
SELECT id, title, created_at, updated_at FROM chats WHERE tenant_id = :tenant_id AND id = :chat_id;

-- chat_starting: the first chat whose id begins so
SELECT id, title, created_at, updated_at FROM chats
WHERE tenant_id = :tenant_id AND id >= :prefix AND id < :beyond ORDER BY id LIMIT 1;

-- messages_of_turns: what was said in some turns of a chat
SELECT messages.body
FROM carray(:turn_ids) AS wanted
CROSS JOIN turns ON turns.tenant_id = :tenant_id AND turns.id = wanted.value
CROSS JOIN messages
    ON messages.tenant_id = turns.tenant_id AND messages.chat_id = :chat_id AND messages.turn_key = turns.turn_key
ORDER BY messages.turn_key, messages.role DESC;

-- chat_messages: what was said in a chat, each answer after its question
SELECT body FROM messages
WHERE tenant_id = :tenant_id AND chat_id = :chat_id ORDER BY turn_key, role DESC;
