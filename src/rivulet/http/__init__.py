"""The API over HTTP: request in, verb called, bytes out."""
