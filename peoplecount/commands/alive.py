"""Ask whether the service on this machine answers; exit code 0 where it does, for health checks of containers.

It says nothing about cameras or the database: a container that is started anew because a camera is away helps nobody.
``/health/ready`` tells how all of it is doing.
"""

from __future__ import annotations

import argparse
import http.client
import ssl
import sys

from peoplecount.launch import local_host
from peoplecount.settings import Settings, load_settings

SECONDS = 4.0
"""Less than health checks usually wait."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no options: HOST, PORT and TLS_CERT say where it asks."""
    parser.epilog = "HOST, PORT and TLS_CERT say where the service is asked."


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001  every command gets them
    """Ask once."""
    settings = load_settings()
    connection = _connection(settings)
    try:
        connection.request("GET", "/health/live")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return _is_not(f"{connection.host}, port {connection.port}, does not answer: {error}")
    finally:
        connection.close()
    return 0 if status == http.HTTPStatus.OK else _is_not(f"answered with {status}")


def _is_not(reason: str) -> int:
    print(f"The service is not alive: {reason}", file=sys.stderr)
    return 1


def _connection(settings: Settings) -> http.client.HTTPConnection:
    host = local_host(settings.host)
    if settings.tls_cert is None:
        return http.client.HTTPConnection(host, settings.port, timeout=SECONDS)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # our own, by an address no certificate names
    return http.client.HTTPSConnection(host, settings.port, timeout=SECONDS, context=context)
