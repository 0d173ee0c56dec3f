"""The use cases: polling, health, writing records, the live board."""
