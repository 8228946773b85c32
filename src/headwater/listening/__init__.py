"""What customers say and live through: files, sources, the pipeline, the inbox and the flusher."""
