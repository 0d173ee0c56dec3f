"""Outbound: requests to addresses that somebody has given us. They must not lead into networks of our own."""
