"""Rivulet: a chat server that answers from your documents and never loses an answer."""

__version__ = "0.1.0"
