"""The nouns of the house: events, turns, chats, errors; pure, without I/O and without a clock."""
