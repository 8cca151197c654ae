"""The engine: asks endpoints, counts samples instead of requests, and keeps every reply once."""
