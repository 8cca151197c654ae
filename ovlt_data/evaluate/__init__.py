"""What came of an evaluation: scores of a run's tables, and how they are shown."""
