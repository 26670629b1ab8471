"""What one can ask of the local AWS alone, unsigned: accounts, sessions, a new start.

POST /local-aws/accounts/222222222222   the keys of this account's administrator
POST /local-aws/sessions                {"last_s": 2} from now on, null: as asked
POST /local-aws/sessions/expire         every session that has been given out ends
POST /moto-api/reset                    everything but the installation's user is gone
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from flask import Flask, Response, jsonify, request
from moto.moto_api._internal.models import moto_api_backend

from lyticsapp.local.cloud.aws import accounts, identities
from lyticsapp.local.cloud.aws.keys import Keys

PATHS = ("/local-aws/", "/moto-api/reset")


@dataclass
class Control:
    """What was asked for; `sessions_last_s` replaces the length callers ask for."""

    installation: Keys
    sessions_last_s: int | None = None

    def __post_init__(self) -> None:
        accounts.create_installation(self.installation)

    def reset(self) -> None:
        self.sessions_last_s = None
        moto_api_backend.reset()
        accounts.create_installation(self.installation)

    def expire_sessions(self) -> None:
        for session in identities.sessions():
            session.expiration = datetime.now(UTC).replace(tzinfo=None)


def create(control: Control) -> Flask:
    """The application that answers at `PATHS`."""
    app = Flask(__name__)

    @app.post("/moto-api/reset")
    def reset() -> Response:
        control.reset()
        return jsonify(status="ok")

    @app.post("/local-aws/accounts/<account>")
    def account(account: str) -> tuple[Response, int]:
        if not (account.isascii() and account.isdigit() and len(account) == 12):
            return jsonify(message=f"{account} is not an account of 12 digits."), 400
        return jsonify(asdict(accounts.administrator(account))), 200

    @app.post("/local-aws/sessions")
    def sessions() -> tuple[Response, int]:
        last_s = request.get_json().get("last_s")
        if last_s is not None and (not isinstance(last_s, int) or last_s < 1):
            return jsonify(message="last_s: a number of seconds, or null."), 400
        control.sessions_last_s = last_s
        return jsonify(last_s=last_s), 200

    @app.post("/local-aws/sessions/expire")
    def expire() -> Response:
        control.expire_sessions()
        return jsonify(status="ok")

    return app
