-- forget_keys_of_chat: the keys that opened its turns
DELETE FROM idempotency_keys
WHERE tenant_id = :tenant_id
  AND turn_key IN (SELECT turn_key FROM turns WHERE tenant_id = :tenant_id AND chat_id = :chat_id);

-- delete_messages: what was said in a chat
DELETE FROM messages WHERE tenant_id = :tenant_id AND chat_id = :chat_id;

-- give_up_logs: the logs of a chat's turns are to be removed
INSERT INTO deletions (turn_key, tenant_id)
SELECT turn_key, tenant_id FROM turns WHERE tenant_id = :tenant_id AND chat_id = :chat_id;

-- delete_turns: the rows of a chat's turns; from now on their logs cannot be read
DELETE FROM turns WHERE tenant_id = :tenant_id AND chat_id = :chat_id;

-- delete_chat: the chat itself
DELETE FROM chats WHERE tenant_id = :tenant_id AND id = :chat_id;

-- next_deletion: a log that is to be removed, and where the last piece of it begins
SELECT turn_key, tenant_id, (SELECT max(seq) FROM event_places AS indexed WHERE indexed.turn_key = deletions.turn_key)
FROM deletions LIMIT 1;

-- delete_events: the end of a log
DELETE FROM events
WHERE tenant_id = :tenant_id AND place IN (
    SELECT place FROM event_places WHERE turn_key = :turn_key AND tenant_id = :tenant_id AND seq > :after
);

-- delete_places: its index
DELETE FROM event_places WHERE turn_key = :turn_key AND tenant_id = :tenant_id AND seq > :after;

-- end_deletion: nothing is left of it
DELETE FROM deletions WHERE turn_key = :turn_key AND tenant_id = :tenant_id;
