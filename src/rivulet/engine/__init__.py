"""The machinery of turns: one file asks, one writes, one reads."""
