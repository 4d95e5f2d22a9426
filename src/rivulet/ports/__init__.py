"""What the engine asks of the world: protocols of one to five methods, with nothing to inherit."""
