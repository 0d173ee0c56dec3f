"""What a visitor reads when something is not there or went wrong."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import NoReturn

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError, ServiceUnavailable

from peoplecount.domain.sentence import Sentence, say
from peoplecount.web.access_log import path_shown
from peoplecount.web.request_ids import request_id

logger = logging.getLogger(__name__)

_FOR_PROGRAMS = (
    "/events",
    "/stream-data",
    "/chart/",
    "/api/",
    "/export/",
    "/history.csv",
    "/history.xlsx",
    "/health/",
    "/metrics",
    "/close-stream",
    "/board",
)

_FILES = ("/export/", "/history.csv", "/history.xlsx")
"""Asked for by people at a page."""

_WORDS = {
    400: say("This request cannot be understood"),
    401: say("Sign in first"),
    403: say("You may not do this here"),
    404: say("There is nothing at this address"),
    405: say("This address does not take that kind of request"),
    413: say("This is too large"),
    429: say("Too often"),
    500: say("Something went wrong here"),
    503: say("Not available just now"),
}


def register(app: Flask) -> None:
    """Error pages, or JSON where a program asks."""
    app.register_error_handler(SecurityError, _strange_host)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failure)


def unavailable(words: str, seconds: int) -> NoReturn:
    """503, to be tried again after so many seconds."""
    raise ServiceUnavailable(words, retry_after=seconds)


def _strange_host(_: SecurityError) -> Response:
    """Without a page: there is no address to link to under a name that is not ours."""
    return Response(
        "This service does not answer under that host name. Its names are set by TRUSTED_HOSTS.\n",
        400,
        content_type="text/plain; charset=utf-8",
    )


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    code = error.code or 500
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR and (_wants_page() or request.path.startswith(_FILES)):
        # With its mark: people are shown the reference. Programs ask again and again, which would fill the log.
        logger.warning("request %s %s was answered with %d: %s", request.method, path_shown(), code, error.description)
    return _answer(code, _own_words(error), dict(error.get_headers()))


def _own_words(error: HTTPException) -> str:
    """What was said about it; people are not shown what the framework says of itself, in English."""
    is_ours = error.description != type(error).description
    return error.description or "" if is_ours or not _wants_page() else ""


def _failure(error: Exception) -> Response:
    reference = request_id()
    logger.error("request %s %s failed, reference %s", request.method, path_shown(), reference, exc_info=error)
    return _answer(500, "", {})


def _answer(code: int, description: str, headers: dict[str, str]) -> Response:
    title = _WORDS.get(code, "This did not work")
    reference = written_under() if code >= HTTPStatus.INTERNAL_SERVER_ERROR else ""
    if _wants_page():
        values = {"title": title, "description": description, "code": code, "reference": reference}
        response = make_response(render_template("error.html", **values))
    else:
        response = _problem(code, title, description or reference)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"  # it may be there the next time; and it may carry our forms
    if code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Peoplecount"'
        if request.path.startswith("/api/v1/"):
            response.headers.add("WWW-Authenticate", 'Basic realm="Peoplecount", charset="UTF-8"')
    for name in ("Allow", "Retry-After"):
        if name in headers:
            response.headers[name] = headers[name]
    return response


def written_under() -> Sentence:
    """Where to look in the log for what went wrong."""
    return say("It has been written down under the reference %(reference)s.", reference=request_id())


def _wants_page() -> bool:
    return not (request.path.startswith(_FOR_PROGRAMS) or request.accept_mimetypes.best == "application/json")


def _problem(code: int, title: str, description: str) -> Response:
    """Problem details (RFC 9457), with the two members that programs read before there were any."""
    details = {"type": "about:blank", "title": title, "status": code, "detail": description}
    response = jsonify(details | {"requestId": request_id(), "error": title, "description": description})
    response.content_type = "application/problem+json"
    return response
