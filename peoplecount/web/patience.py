"""How often a program may ask, wherever it asks: pages for people are not counted."""

from __future__ import annotations

import math

from flask import Flask, request
from werkzeug.exceptions import TooManyRequests

from peoplecount.domain.visitor import Way
from peoplecount.services.request_rates import RequestRates
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.gate import visitor

_API = "api"
"""The blueprint of which every request counts, also those of people and of nobody."""


def register(app: Flask, rates: RequestRates, addresses: ClientAddresses) -> None:
    """429 with a time to wait, for a token at any address and for everybody in the API. Comes after the gate."""

    @app.before_request
    def demand_patience() -> None:
        who = visitor()
        if request.blueprint != _API and who.way is not Way.TOKEN:
            return
        wait = rates.take(who.holder or addresses.of(request))
        if wait:
            raise TooManyRequests(
                f"At most {rates.a_minute} requests a minute are answered.", retry_after=math.ceil(wait)
            )
