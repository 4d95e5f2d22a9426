"""Stores: where turns, chats and knowledge are kept."""
