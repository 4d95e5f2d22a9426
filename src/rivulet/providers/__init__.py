"""Who writes the words: quotations without a model, OpenAI-compatible services, Ollama."""
