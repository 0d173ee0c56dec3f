"""MQTT: a broker, and what is published there."""
