"""The database: connections, schema and what differs between servers."""
