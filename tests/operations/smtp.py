"""A mail server that takes what it is sent."""

from __future__ import annotations

import socketserver

from lyticsapp.local.parts import HOST
from tests.serving import Serving


class MailServer(Serving):
    """Takes mails until the block ends; no TLS, no login."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        server = socketserver.ThreadingTCPServer((HOST, 0), self._handler())
        super().__init__(server)
        self.url = f"smtp://{HOST}:{server.server_address[1]}"

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        mails = self.mails

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 ready")
                for line in self.rfile:
                    word = line[:4].decode().strip().upper()
                    if word == "DATA":
                        self._say("354 go on")
                        mails.append(self._mail())
                    self._say("221 bye" if word == "QUIT" else "250 ok")
                    if word == "QUIT":
                        return

            def _mail(self) -> str:
                lines = iter(self.rfile.readline, b".\r\n")
                return b"".join(lines).decode()

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        return Handler
