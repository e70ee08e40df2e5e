"""What people see: progress, the summary on the terminal, and report.html."""
