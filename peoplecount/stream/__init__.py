"""Server-Sent Events: frames, the shared ring and its readers."""
