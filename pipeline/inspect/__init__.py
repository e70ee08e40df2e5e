"""Commands that look into a finished run: explain, restore, replay, diff, report."""
