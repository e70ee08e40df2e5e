"""Google Cloud Storage: one client a process, every call retried, every error in one line."""
