-- put_preference: what a user wants, instead of what was there
INSERT INTO preferences (tenant_id, user_id, name, word) VALUES (:tenant_id, :user_id, :name, :word)
ON CONFLICT DO UPDATE SET word = excluded.word;

-- preferences_of_user: all that a user has chosen
SELECT name, word FROM preferences WHERE tenant_id = :tenant_id AND user_id = :user_id;
