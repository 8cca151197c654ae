"""Generate: each problem walks caption -> samples -> verdicts on its own; a slow row never holds up another."""
