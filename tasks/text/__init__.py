"""Language models' tasks."""
