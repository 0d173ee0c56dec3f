"""Settings that need each other are asked for together."""

from __future__ import annotations

import sys

import pytest

from peoplecount.settings import SettingsError, load_settings

OIDC = {
    "OIDC_ISSUER": "https://login.microsoftonline.com/contoso/v2.0",
    "OIDC_CLIENT_ID": "client",
    "OIDC_CLIENT_SECRET": "s3cret",
    "PUBLIC_URL": "https://counts.example",
    "SIGN_IN_GROUPS": "admins=administrator",
}
PROXY = {"SIGN_IN_HEADER": "X-Remote-User", "TRUSTED_PROXIES": "192.0.2.1", "SIGN_IN_GROUPS": "*=viewer"}


def faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ, None)
    return str(refused.value).splitlines()


@pytest.mark.parametrize("settings", [OIDC, PROXY])
def test_together_they_are_fine_and_no_secret_is_shown(settings: dict[str, str]) -> None:
    assert "s3cret" not in repr(load_settings(settings, None))


@pytest.mark.parametrize("missing", [name for name in OIDC if name != "OIDC_ISSUER"])
def test_what_a_provider_needs_is_named(missing: str) -> None:
    said = " ".join(faults({name: text for name, text in OIDC.items() if name != missing}))
    assert f"OIDC_ISSUER: it is of no use without {missing}" in said


@pytest.mark.parametrize("missing", ["TRUSTED_PROXIES", "SIGN_IN_GROUPS"])
def test_what_a_header_needs_is_named(missing: str) -> None:
    said = " ".join(faults({name: text for name, text in PROXY.items() if name != missing}))
    assert f"SIGN_IN_HEADER: it is of no use without {missing}" in said


def test_mail_needs_somebody_it_comes_from_and_a_login_its_server_and_password() -> None:
    assert "SMTP_HOST: it is of no use without SMTP_FROM" in " ".join(faults({"SMTP_HOST": "mail.example"}))
    said = " ".join(faults({"SMTP_USER": "counts"}))
    assert "SMTP_USER: it is of no use without SMTP_HOST and SMTP_PASSWORD" in said


def test_a_mail_server_that_is_set_shows_no_password_and_an_address_must_be_one() -> None:
    mail = {"SMTP_HOST": "mail.example", "SMTP_FROM": "counts@example.com", "SMTP_USER": "a", "SMTP_PASSWORD": "s3cret"}
    settings = load_settings(mail, None)
    assert (settings.smtp_security, settings.smtp_port) == ("starttls", 0)
    assert "s3cret" not in repr(settings)
    said = " ".join(faults(mail | {"SMTP_FROM": "counts", "SMTP_SECURITY": "ssl", "SMTP_PORT": "0"}))
    assert "SMTP_FROM: 'counts' is no mail address" in said
    assert "SMTP_SECURITY: 'ssl' is not allowed; allowed are starttls and tls and none" in said
    assert "SMTP_PORT:" in said


def test_all_that_is_missing_is_told_at_once() -> None:
    said = " ".join(faults({"OIDC_ISSUER": OIDC["OIDC_ISSUER"], "TLS_KEY": __file__}))
    assert "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET and PUBLIC_URL and SIGN_IN_GROUPS" in said
    assert "TLS_KEY: it is of no use without TLS_CERT" in said


def test_what_was_refused_is_not_said_to_be_missing() -> None:
    said = " ".join(faults({**PROXY, "SIGN_IN_GROUPS": "admins=boss"}))
    assert "SIGN_IN_GROUPS: 'admins=boss' is not a group and its role" in said
    assert "of no use" not in said


def test_without_its_library_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "authlib", raising=False)
    monkeypatch.setattr("peoplecount.settings.coherence.find_spec", lambda _: None)
    assert "pip install -r requirements-oidc.lock" in " ".join(faults(OIDC))


def test_a_redis_needs_its_library_and_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    redis = {"REDIS_URL": "redis://:s3cret@redis.example"}
    monkeypatch.setattr("peoplecount.settings.coherence.find_spec", lambda _: object())
    assert "s3cret" not in repr(load_settings(redis, None))
    monkeypatch.setattr("peoplecount.settings.coherence.find_spec", lambda _: None)
    assert "pip install -r requirements-redis.lock" in " ".join(faults(redis))


@pytest.mark.parametrize(
    "issuer", ["login.microsoftonline.com", "http://login.example/v2.0", "https://login.example/?tenant=1"]
)
def test_an_issuer_is_an_address_with_https(issuer: str) -> None:
    assert "OIDC_ISSUER: " in " ".join(faults({**OIDC, "OIDC_ISSUER": issuer}))


def test_a_header_is_named_as_one() -> None:
    assert "is not the name of a header" in " ".join(faults({**PROXY, "SIGN_IN_HEADER": "X Remote User:"}))
