"""ovlt_data: from problems to versioned vision-language reasoning datasets, through HTTP inference endpoints."""

__version__ = "0.1.0"
