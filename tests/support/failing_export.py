"""An application whose export fails in the middle, for a real server: ``gunicorn tests.support.failing_export:app``.

It is for a process of its own: imported, it takes the messages of the whole process.
"""

from types import SimpleNamespace

from flask import Flask

from peoplecount.log_form import log_to_stderr
from peoplecount.web import counts, gate, request_ids
from peoplecount.web.client_address import ClientAddresses
from tests.support.everybody import Everybody
from tests.support.failing_counts import FailingCounts

log_to_stderr("INFO")
app = Flask(__name__)
request_ids.register(app, ClientAddresses())
gate.register(app, Everybody(), ClientAddresses())
app.register_blueprint(counts.routes(SimpleNamespace(counts=FailingCounts())))
