"""What the entry points share: the settings, may this address be listened on, is it free, how gunicorn is called.

Runs in gunicorn's master too, before gevent patches, and therefore imports little.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import select
import socket
import sys

from peoplecount.program_files import program_files
from peoplecount.settings import Settings, load_settings

OWNER_ONLY = 0o077
"""The umask of everything we start: counts, keys and logs are nobody else's on this machine."""


class CannotStart(Exception):
    """The service cannot start; the message is one line for whoever typed the command."""


class LastWords:
    """A pipe by which workers that cannot start say why; the master, which would start others, reads it.

    gunicorn's own way, an exit code, leaves the words to each worker, and when two fail at once the master ends in a
    traceback.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)

    def say(self, reason: str) -> None:
        """Say why; kept to what a pipe takes in one piece."""
        with contextlib.suppress(BlockingIOError):  # full of what others said: that will do
            os.write(self._writing, f"{reason}\n".encode()[: select.PIPE_BUF])

    def first(self) -> str:
        """What was said first; empty if nothing was."""
        try:
            return os.read(self._reading, select.PIPE_BUF).decode(errors="replace").partition("\n")[0]
        except BlockingIOError:
            return ""


def read_settings() -> Settings:
    """The settings; what is odd about them is said on standard error. Raises ``SettingsError``."""
    settings = load_settings()
    for warning in settings.warnings:
        print(warning, file=sys.stderr)
    return settings


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def demand_loopback(host: str, otherwise: str = "") -> None:
    """Raise ``CannotStart`` unless only this machine can reach ``host``: whoever does may look without signing in."""
    if not is_loopback(host):
        raise CannotStart(
            f"On {host} others could look without signing in, which only this machine may: "
            f"set HOST to 127.0.0.1, ::1 or localhost{otherwise}"
        )


def demand_fit(host: str, settings: Settings) -> None:
    """Raise ``CannotStart`` where others could reach what asks nobody to sign in."""
    if settings.demo or settings.signed_out_look:
        demand_loopback(host, "" if settings.demo else ", or SIGNED_OUT_LOOK to off")


def public_address(settings: Settings) -> str:
    """Where a browser finds the service; without ``PUBLIC_URL``, one on this machine."""
    return settings.public_url or own_address(settings, local_host(settings.host), settings.port)


def local_host(host: str) -> str:
    """Where this machine finds what listens on ``host``."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what is listened on, not what is chosen
    return everywhere.get(host, host)


def own_address(settings: Settings, host: str, port: int) -> str:
    """The address a browser on this machine takes, with HTTPS where the service speaks that."""
    address = http_address(host, port)
    return address.replace("http:", "https:", 1) if settings.tls_cert else address


def say_on_terminal(text: str) -> bool:
    """Show what no log may keep to whoever sits at the terminal; whether anybody does."""
    for stream in (sys.stderr, sys.stdout):
        if stream is not None and stream.isatty():
            print(text, file=stream, flush=True)
            return True
    return False


def demand_free(host: str, port: int) -> None:
    """Raise ``CannotStart`` unless ``port`` can be listened on now.

    gunicorn itself would try five times, a second apart, with two lines each.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there it would let two programs share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise CannotStart(_refusal(host, port, error)) from error


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program: end that one, or choose another with PORT"
    if error.errno == errno.EACCES and sys.platform == "win32":
        return (
            f"Windows keeps port {port} on {host} for others (netsh interface ipv4 show excludedportrange protocol=tcp "
            "lists such ranges), or another program has it to itself: choose another with PORT"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the administrator: choose one above 1023 with PORT"
    return f"Cannot listen on {host}, port {port}: {error.strerror}; see HOST and PORT"


def http_address(host: str, port: int) -> str:
    """The address a browser on this machine takes."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def service_command() -> list[str]:
    """The command line that serves, on the server that runs here."""
    if sys.platform == "win32":
        return [sys.executable, "-m", "peoplecount", "serve"]
    return gunicorn_command()


def gunicorn_command(*options: str) -> list[str]:
    """The command line by which gunicorn serves ``wsgi:app``, from any folder."""
    if sys.platform == "win32":
        raise CannotStart("gunicorn does not run on Windows; gevent's own server does: serve --server gevent")
    configuration = str(program_files() / "gunicorn.conf.py")
    return [sys.executable, "-m", "gunicorn", "--config", configuration, *options, "wsgi:app"]
