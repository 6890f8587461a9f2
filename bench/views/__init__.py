"""What people see: tables, pages, charts. No torch here."""
