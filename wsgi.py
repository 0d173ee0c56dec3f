"""The WSGI application, for gunicorn: ``gunicorn -c gunicorn.conf.py wsgi:app``."""

from peoplecount.bootstrap import build
from peoplecount.settings import load_settings

service = build(load_settings())
app = service.app
