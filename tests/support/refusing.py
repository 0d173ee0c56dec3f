"""A WSGI application that refuses whatever comes, and reads nothing of it. Served by ``tests/test_unread_body.py``."""

REFUSAL = b"No, thank you.\n" * 1000


def app(environ, start_response):
    start_response("401 Unauthorized", [("Content-Type", "text/plain"), ("Content-Length", str(len(REFUSAL)))])
    return [REFUSAL]
