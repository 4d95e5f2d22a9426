"""The protocols a turn can be told in, one file each, without I/O."""
