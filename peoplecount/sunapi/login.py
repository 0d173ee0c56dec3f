"""Logging in to one camera: its challenges answered, as often as the sign-in budget allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from requests import PreparedRequest

from peoplecount.domain.camera import Camera
from peoplecount.domain.sentence import say
from peoplecount.sunapi.digest import CameraDigest, Challenge, offers, parse_challenges, strongest
from peoplecount.sunapi.errors import (
    CameraError,
    CertificateChanged,
    CertificateUnknown,
    CredentialsRejected,
    UnexpectedAnswer,
)
from peoplecount.sunapi.sign_ins import Account, SignIns, Ticket
from peoplecount.sunapi.transport import KeptConnectionLost, Reply, Transport
from peoplecount.sunapi.trust import Trust

_ANSWERED = frozenset({200, 400, 404})
"""Statuses of devices that have looked at the credentials and taken them."""

_BLOCKED = 490


class Login:
    """Signs the requests of one connection, one at a time.

    Once in, requests are signed with the nonce at hand and cost nothing more. As soon as anybody in this process fails
    to sign in to the same account, that is over: credentials are sent again only where the budget has room for it.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        transport: Transport,
        trust: Trust,
        sign_ins: SignIns,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> None:
        """``may_repeat`` says whether a request may be sent again whose connection was lost."""
        self._camera_id = camera.camera_id
        self._username = camera.username
        self._transport = transport
        self._trust = trust
        self._sign_ins = sign_ins
        self._may_repeat = may_repeat
        self._digest = CameraDigest(camera.username, camera.password)
        self._address = ""
        self._account = Account("", camera.username)
        self._doubts_when_in: int | None = None
        self._was_in = False
        self.refusals = 0
        """How often the camera has answered 401, the first hand-shake included."""

    @property
    def realm(self) -> str:
        """The name the device gives itself when it asks for a password."""
        return self._digest.challenge.realm if self._digest.challenge else ""

    def forget(self) -> None:
        """Begin the next exchange without credentials."""
        self._digest.forget()
        self._doubts_when_in = None

    def exchange(self, request: PreparedRequest, address: str, subject: str) -> Reply:
        """Send a request to the device at ``address``, and answer its challenge at most once.

        Any 401 may only mean that the nonce was too old, so a new nonce is answered; a wrong answer is never
        repeated, because five of them lock the account (SUNAPI Introduction 2.6.2). Raises ``CameraError``.
        """
        if address != self._address:
            self._address, self._account = address, Account.at(address, self._username)
        if not self._is_in():
            self.forget()
            if self._username:
                self._sign_ins.require(self._camera_id, self._account)
        answered = self._digest.challenge
        reply = self._sent(request)
        if reply.status == 401:
            reply = self._challenged(request, address, subject, answered, reply)
        elif reply.status == _BLOCKED:
            self._sign_ins.blocked(self._account)
        elif reply.status == 200:
            self._note_in()
        return reply

    def _is_in(self) -> bool:
        return self._doubts_when_in == self._sign_ins.doubts(self._account)

    def _note_in(self) -> None:
        self._doubts_when_in = self._sign_ins.doubts(self._account)
        self._was_in = self._was_in or self._digest.challenge is not None

    def _sent(self, request: PreparedRequest) -> Reply:
        """One exchange; once more where the camera had closed the kept connection meanwhile."""
        try:
            reply = self._transport.send(self._digest(request))
        except KeptConnectionLost:
            if not self._may_repeat():
                raise
            reply = self._transport.send(self._digest(request))
        self.refusals += reply.status == 401
        return reply

    def _challenged(
        self, request: PreparedRequest, address: str, subject: str, answered: Challenge | None, reply: Reply
    ) -> Reply:
        challenge = self._checked(subject, address, answered, reply)
        reply = self._answer(request, challenge, after_refusal=answered is not None and not challenge.stale)
        if reply.status == 401:
            self.refusals += 1
            self._give_up(subject, strongest(parse_challenges(reply.challenges)))
        return reply

    def _checked(self, subject: str, address: str, answered: Challenge | None, reply: Reply) -> Challenge:
        """The challenge to answer, unless there is none, nothing to answer it with, or it refuses the last answer."""
        challenge = strongest(parse_challenges(reply.challenges))
        if answered and (challenge is None or (challenge.nonce == answered.nonce and not challenge.stale)):
            self._sign_ins.failed(Ticket.of(self._account))
            raise self._rejected(subject)
        if challenge is None:
            raise UnexpectedAnswer(
                self._camera_id,
                say(
                    "the camera asks for a password in a way other than HTTP digest with SHA-256 or MD5: "
                    "it offers %(offers)s",
                    offers=offers(reply.challenges),
                ),
            )
        if self._trust.pins and not address.startswith("https:"):
            raise self._trust.unencrypted()
        if not self._username:
            raise CredentialsRejected(
                self._camera_id, say("the camera asks for a user name and password; none are set")
            )
        if '"' in self._username or not self._username.isprintable():
            raise CredentialsRejected(self._camera_id, say("the user name holds a character that cannot be sent"))
        return challenge

    def _answer(self, request: PreparedRequest, challenge: Challenge, *, after_refusal: bool) -> Reply:
        self._digest.take(challenge)
        try:
            return self._attempt(request, after_refusal=after_refusal)
        except KeptConnectionLost:
            if not self._may_repeat():
                raise
            return self._attempt(request)

    def _attempt(self, request: PreparedRequest, *, after_refusal: bool = False) -> Reply:
        """Send with credentials, and tell the budget what became of it."""
        ticket = self._sign_ins.take(self._camera_id, self._account, after_refusal=after_refusal)
        try:
            reply = self._transport.send(self._digest(request))
        except (CertificateChanged, CertificateUnknown):  # no connection came to be, so that nothing was sent
            self._sign_ins.released(ticket)
            raise
        except CameraError:
            self._settle(ticket, self._transport.last_status)
            raise
        self._settle(ticket, reply.status)
        return reply

    def _settle(self, ticket: Ticket, status: int | None) -> None:
        """Tell the budget; ``None`` is an attempt without an answer, of which the device may have thought anything."""
        if status in _ANSWERED:
            self._sign_ins.succeeded(self._account)
            self._note_in()
        elif status in {401, _BLOCKED} or (status is None and self._doubts_when_in is None):
            self._sign_ins.failed(ticket)
        else:
            self._sign_ins.released(ticket)
        if status == _BLOCKED:
            self._sign_ins.blocked(self._account)

    def _give_up(self, subject: str, challenge: Challenge | None) -> NoReturn:
        if challenge is not None and challenge.stale:
            self.forget()
            raise UnexpectedAnswer(self._camera_id, say("the camera takes its own fresh nonce for an old one"))
        raise self._rejected(subject)

    def _rejected(self, subject: str) -> CredentialsRejected:
        # The next attempt begins with an unsigned request, so that it costs one wrong answer and not two.
        self.forget()
        if self._was_in:
            reason = say(
                "the camera no longer accepts this account for %(subject)s: its password was changed, "
                "or it is not of administrator level, which counts on classic SUNAPI need",
                subject=subject,
            )
        else:
            reason = say("the camera refuses the user name or password (it locks the account after five attempts)")
        return CredentialsRejected(self._camera_id, reason)
