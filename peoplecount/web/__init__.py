"""Flask: dashboard, event stream and health."""
