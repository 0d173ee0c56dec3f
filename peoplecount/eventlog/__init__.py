"""The event log and the local store: what a process must not lose when it dies."""
