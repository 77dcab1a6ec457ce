"""Sign-in with a certified OpenID provider that was written by others, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from console.settings import Credential
from tests.console.browsing import Visitor, form_to, forms
from tests.console.certified import Asking, running
from tests.console.npm_packages import installed
from tests.console.served import (
    Clock,
    address,
    bound_socket,
    console_app,
    count,
    fill_directory,
    serving,
    settings_for,
)

SECRET = "a-secret-of-the-tests-only+/=%&"
RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-384")


def with_key(key: RSAKey | ECKey, algorithm: str) -> Asking:
    public = {**key.as_dict(private=False), "kid": key.thumbprint()}
    client = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [public]}}
    return Asking(client, Credential("key", key.as_pem(private=True).decode()), algorithm)


def with_secret() -> Asking:
    client = {"token_endpoint_auth_method": "client_secret_basic", "client_secret": SECRET}
    return Asking(client, Credential("secret", SECRET), "PS256")


@dataclass
class Signing:
    url: str
    database: str

    def visitor(self) -> Visitor:
        return Visitor(httpx.Client(base_url=self.url, timeout=30))


@pytest.fixture(scope="session")
def npm_folder(request: pytest.FixtureRequest) -> Path:
    cache = request.config.cache
    assert cache is not None
    return installed(cache)


@pytest.fixture(
    params=[with_key(RSA, "RS256"), with_key(EC, "ES256"), with_secret()],
    ids=["rsa-key", "ec-key", "secret"],
)
def signing(
    request: pytest.FixtureRequest, npm_folder: Path, database_url: str
) -> Iterator[Signing]:
    fill_directory(database_url)
    bound = bound_socket()
    with running(npm_folder, address(bound), request.param) as provider:
        settings = settings_for(database_url, address(bound), provider)
        with serving(console_app(settings, Clock()), bound) as url:
            yield Signing(url, database_url)


def sign_in(visitor: Visitor, uid: str, path: str = "/") -> httpx.Response:
    """Goes through the provider's own pages: who one is, and that the console may know it."""
    page = visitor.open(path)
    for _ in range(2):
        form = forms(page)[0]
        answer = visitor.http.post(form.action, data={**form.fields, "login": uid, "password": "x"})
        page = visitor.follow(answer)
    return page


def test_people_sign_in_choose_and_sign_out(signing: Signing) -> None:
    with signing.visitor() as visitor:
        page = sign_in(visitor, "999000000002")
        assert page.url.path == "/organisation"
        assert "Trust One" in page.text
        chosen = visitor.follow(visitor.send(page, "/organisation", organisation="QX1"))
        assert "You are working for <strong>Board One</strong> (QX1)" in chosen.text
        left = visitor.send(chosen, "/sign-out")
        assert count(signing.database, "session") == 0
        farewell = form_to(left, "/session/end")
        policy = left.headers["content-security-policy"]
        assert f"form-action 'self' {farewell.action.removesuffix('/session/end')};" in policy
        asked = visitor.send(left, "/session/end")
        confirm = form_to(asked, "/session/end/confirm")
        done = visitor.http.post(confirm.action, data={**confirm.fields, "logout": "yes"})
        assert visitor.follow(done).url.path == "/signed-out"


def test_text_of_claims_stays_text(signing: Signing) -> None:
    with signing.visitor() as visitor:
        page = sign_in(visitor, "999000000001")
        assert "(RT2)" in page.text
        assert "Robin &lt;script&gt;alert(1)&lt;/script&gt; O&#39;Example" in page.text
        account = visitor.open("/account")
        assert "Clinical &lt;i&gt;Practitioner&lt;/i&gt; Access Role" in account.text
        assert "Trust &lt;b&gt;Two&lt;/b&gt; &amp; Sons" in page.text
        assert "Board One" not in page.text  # another role was selected


def test_who_may_not_enter_is_told_what_to_ask_for(signing: Signing) -> None:
    with signing.visitor() as visitor:
        page = sign_in(visitor, "999000000003")
        assert page.status_code == 403
        assert "Trust One (RT1)" in page.text
        assert "This job role does not open the service" in page.text
        assert "&lt;b&gt;Systems&lt;/b&gt; Support Access Role" in page.text
        assert "Organisations of this kind do not use these pages" in page.text
        assert "Trust &lt;u&gt;Unknown&lt;/u&gt; (RZ9)" in page.text
        assert "give them the code RZ9" in page.text
        assert "lfd-session" not in visitor.cookies
        assert count(signing.database, "session") == 0


def test_who_works_nowhere_is_told_so(signing: Signing) -> None:
    with signing.visitor() as visitor:
        page = sign_in(visitor, "999000000004")
        assert page.status_code == 403
        assert "It names no organisation that you work for" in page.text


def test_a_code_is_good_once(signing: Signing) -> None:
    with signing.visitor() as visitor:
        page = visitor.open("/")
        form = forms(page)[0]
        who = {**form.fields, "login": "999000000001", "password": "x"}
        consent = visitor.follow(visitor.http.post(form.action, data=who))
        form = forms(consent)[0]
        answer = visitor.http.post(form.action, data=form.fields)
        back = visitor.http.get(answer.headers["location"]).headers["location"]
        assert visitor.get(back).status_code == 303
        assert visitor.get(back).status_code == 400


def test_a_console_with_another_key_is_not_believed(npm_folder: Path, database_url: str) -> None:
    fill_directory(database_url)
    bound = bound_socket()
    asking = with_key(EC, "ES256")
    other = ECKey.generate_key("P-384").as_pem(private=True).decode()
    wrong = Asking(asking.client, Credential("key", other), "ES256")
    with running(npm_folder, address(bound), wrong) as provider:
        settings = settings_for(database_url, address(bound), provider)
        with (
            serving(console_app(settings, Clock()), bound) as url,
            Signing(url, database_url).visitor() as visitor,
        ):
            assert sign_in(visitor, "999000000001").status_code == 503
            assert count(database_url, "session") == 0
