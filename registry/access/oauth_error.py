"""The errors of the token endpoint (RFC 6749 section 5.2)."""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]


class OAuthError(Exception):
    """What is wrong with a token request; `description` is for the caller and names no client;
    `client_id` is what the client called itself, once that could be read."""

    def __init__(self, error: ErrorCode, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error: ErrorCode = error
        self.description = description
        self.client_id: str | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return 401 if self.error == "invalid_client" else 400

    def body(self) -> dict[str, str]:
        """The JSON of the answer."""
        return {"error": self.error, "error_description": self.description}
