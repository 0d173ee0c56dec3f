"""Cameras: SUNAPI over HTTP with digest authentication, read-only."""
