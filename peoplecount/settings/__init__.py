"""Settings: one table of them, read from the environment and ``.env``; refuses nonsense, all faults at once.

Imports nothing that opens sockets, so that gunicorn's configuration may use it before gevent patches.
"""

from peoplecount.settings.database import DatabaseKind, DatabaseSettings
from peoplecount.settings.errors import SettingsError
from peoplecount.settings.load import Settings, load_settings

__all__ = ["DatabaseKind", "DatabaseSettings", "Settings", "SettingsError", "load_settings"]
