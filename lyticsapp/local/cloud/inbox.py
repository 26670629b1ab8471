"""A web application that receives webhooks and shows them, and sent mails too.

POST /inbox/<anything>   receives a message
GET  /messages?since=ID  what arrived after message ID, as JSON (`wait=SECONDS`)
POST /behaviour          {"status": 503, "delay": 2, "rate": 0.5}
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from flask import (
    Flask,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.json.provider import DefaultJSONProvider
from werkzeug.wrappers import Response as Answer

from lyticsapp.local.cloud import mailbox
from lyticsapp.local.cloud.behaviour import Behaviour, BehaviourError
from lyticsapp.local.cloud.messages import MessageStore

MAX_BODY_BYTES = 20 * 1024 * 1024
MAX_WAIT_S = 30
METHODS = ["POST", "PUT", "PATCH"]


def create(mail_directory: str) -> Flask:
    """The application, with a memory of its own."""
    app = Flask(__name__, template_folder="pages")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.sort_keys = False  # show a message in the order it was written
    _add_inbox(app, MessageStore())
    _add_mailbox(app, Path(mail_directory))
    return app


def _add_inbox(app: Flask, store: MessageStore) -> None:
    behaviours = [Behaviour()]

    @app.post("/behaviour")
    def behave() -> tuple[Response, int]:
        try:
            given = request.get_json(silent=True)
            if given is None:
                given = request.form.to_dict()
            behaviours[0] = Behaviour.parse(given)
        except BehaviourError as error:
            return jsonify(message=str(error)), 400
        return jsonify(behaviours[0]), 200

    @app.get("/behaviour")
    def behaviour() -> Response:
        return jsonify(behaviours[0])

    @app.route("/inbox", methods=METHODS)
    @app.route("/inbox/<path:name>", methods=METHODS)
    def receive(name: str = "") -> tuple[Response, int]:
        text = request.get_data(as_text=True)
        status = _answer_by(behaviours[0])
        number = store.add(
            method=request.method,
            path=request.full_path.rstrip("?"),
            headers=dict(request.headers),
            text=text,
            answered=status,
        )
        return jsonify(id=number), status

    @app.get("/messages")
    def messages() -> Response:
        since = request.args.get("since", default=0, type=int)
        wait = request.args.get("wait", default=0.0, type=float)
        found = store.since(since, wait_s=max(0.0, min(wait, MAX_WAIT_S)))
        return jsonify(messages=[message.as_json() for message in found])

    @app.delete("/messages")
    def clear() -> tuple[str, int]:
        store.clear()
        return "", 204

    @app.get("/inbox")
    def page() -> str:
        return render_template("inbox.html", behaviour=behaviours[0])

    @app.get("/")
    def start() -> Answer:
        return redirect(url_for("page"))


def _add_mailbox(app: Flask, directory: Path) -> None:
    @app.get("/mail")
    def mails() -> str:
        return render_template("mailbox.html", mails=mailbox.read(directory))


def _answer_by(behaviour: Behaviour) -> int:
    """Wait as told, and give the status as told, for the share it applies to."""
    if random.random() >= behaviour.rate:  # noqa: S311 - not for secrets
        return 200
    time.sleep(behaviour.delay)
    return behaviour.status
