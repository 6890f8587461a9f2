"""Exchange with other programs: held-out examples as files, and answers of whatever wrote them, judged like any."""
