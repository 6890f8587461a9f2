"""What people see of a run: the report page, its charts, and the same charts as files. No torch here."""
