"""What a run leaves: documents, receipts, rejects, counts, and the step that makes it visible."""
