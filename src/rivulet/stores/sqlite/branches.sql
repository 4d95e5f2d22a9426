-- leaf_of: where the chosen path of a chat ends
SELECT leaf_key FROM chats WHERE tenant_id = :tenant_id AND id = :chat_id;

-- turn_in_chat: a turn of a chat and its parent
SELECT branches.turn_key, branches.parent_key
FROM turns CROSS JOIN branches
    ON branches.tenant_id = turns.tenant_id AND branches.chat_id = turns.chat_id AND branches.turn_key = turns.turn_key
WHERE turns.tenant_id = :tenant_id AND turns.id = :turn_id AND turns.chat_id = :chat_id;

-- put_in_tree: the place of a new turn
INSERT INTO branches (tenant_id, chat_id, turn_key, parent_key)
VALUES (:tenant_id, :chat_id, :turn_key, :parent_key);

-- choose_leaf: the path of a chat leads there from now on
UPDATE chats SET leaf_key = :turn_key WHERE tenant_id = :tenant_id AND id = :chat_id;

-- chat_tree: every turn of a chat with its place, in the order of their opening
SELECT branches.turn_key, branches.parent_key, turns.id, turns.user_message_id, turns.message_id, turns.status
FROM branches CROSS JOIN turns ON turns.turn_key = branches.turn_key AND turns.tenant_id = branches.tenant_id
WHERE branches.tenant_id = :tenant_id AND branches.chat_id = :chat_id
ORDER BY branches.turn_key;

-- delete_branches: the tree of a chat
DELETE FROM branches WHERE tenant_id = :tenant_id AND chat_id = :chat_id;

-- put_feedback: what a reader thought of an answer, instead of what was there
INSERT INTO feedback (tenant_id, chat_id, turn_key, rating, reason, comment, updated_at)
SELECT tenant_id, chat_id, turn_key, :rating, :reason, :comment, :updated_at
FROM turns WHERE tenant_id = :tenant_id AND id = :turn_id
ON CONFLICT DO UPDATE SET
    rating = excluded.rating, reason = excluded.reason, comment = excluded.comment, updated_at = excluded.updated_at;

-- remove_feedback: nothing is thought of that answer
DELETE FROM feedback
WHERE (tenant_id, chat_id, turn_key) = (
    SELECT tenant_id, chat_id, turn_key FROM turns WHERE tenant_id = :tenant_id AND id = :turn_id
);

-- feedback_of_chat: what was thought of its answers
SELECT turns.id, feedback.rating, feedback.reason, feedback.comment, feedback.updated_at
FROM feedback CROSS JOIN turns ON turns.turn_key = feedback.turn_key AND turns.tenant_id = feedback.tenant_id
WHERE feedback.tenant_id = :tenant_id AND feedback.chat_id = :chat_id;

-- delete_feedback: all of it
DELETE FROM feedback WHERE tenant_id = :tenant_id AND chat_id = :chat_id;

-- add_share: a snapshot of the path to a turn
INSERT INTO shares (id, tenant_id, chat_id, leaf_key, title, message_count, created_at)
SELECT :id, tenant_id, chat_id, turn_key, :title, :message_count, :created_at
FROM turns WHERE tenant_id = :tenant_id AND id = :leaf_id AND chat_id = :chat_id;

-- find_share: of any tenant; whoever knows the id may read it
SELECT shares.id, shares.tenant_id, shares.chat_id, turns.id, shares.title, shares.message_count, shares.created_at
FROM shares CROSS JOIN turns ON turns.turn_key = shares.leaf_key AND turns.tenant_id = shares.tenant_id
WHERE shares.id = :id;

-- shares_of_chat: the newest first
SELECT shares.id, shares.tenant_id, shares.chat_id, turns.id, shares.title, shares.message_count, shares.created_at
FROM shares CROSS JOIN turns ON turns.turn_key = shares.leaf_key AND turns.tenant_id = shares.tenant_id
WHERE shares.tenant_id = :tenant_id AND shares.chat_id = :chat_id
ORDER BY shares.created_at DESC, shares.rowid DESC;

-- remove_share: its link leads nowhere from now on
DELETE FROM shares WHERE tenant_id = :tenant_id AND chat_id = :chat_id AND id = :id;

-- delete_shares: all links to a chat
DELETE FROM shares WHERE tenant_id = :tenant_id AND chat_id = :chat_id;
