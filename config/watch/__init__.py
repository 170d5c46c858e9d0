"""What machines ask to see whether Chorale works: health, readiness and metrics."""
