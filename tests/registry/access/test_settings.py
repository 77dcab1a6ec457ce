"""The registry's own addresses."""

from __future__ import annotations

from registry.access.settings import AccessSettings


def test_a_loopback_address_has_two_names() -> None:
    settings = AccessSettings.at("http://127.0.0.1:8080/")
    assert settings.fhir_url == "http://127.0.0.1:8080/fhir"
    assert settings.token_url == "http://127.0.0.1:8080/oauth2/token"
    assert settings.token_urls == {
        "http://127.0.0.1:8080/oauth2/token",
        "http://localhost:8080/oauth2/token",
    }


def test_a_public_address_has_one_and_what_is_added() -> None:
    settings = AccessSettings.at("https://deaths.example/r", "https://inside.example/oauth2/token")
    assert settings.token_urls == {
        "https://deaths.example/r/oauth2/token",
        "https://inside.example/oauth2/token",
    }


def test_a_host_that_only_begins_like_loopback_is_not() -> None:
    settings = AccessSettings.at("https://localhost.example")
    assert settings.token_urls == {"https://localhost.example/oauth2/token"}
