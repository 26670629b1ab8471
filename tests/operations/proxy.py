"""A proxy that ends TLS, and sets the headers that the page has nginx set."""

from __future__ import annotations

import http.client
import re
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import trustme

from lyticsapp.local.parts import HOST
from tests.operations import page
from tests.serving import Serving

NAME = "localhost"
NOT_PASSED_ON = {"connection", "transfer-encoding", "server", "date"}


class TlsProxy(Serving):
    """Passes calls on to a web server until the block ends."""

    def __init__(self, target: str, *, calls_it: str = NAME) -> None:
        authority = trustme.CA()
        self.authority = authority.cert_pem.bytes().decode()
        self._target = urlsplit(target).netloc
        self._variables = {"$host": calls_it, "$scheme": "https"}
        server = ThreadingHTTPServer((HOST, 0), self._handler())
        server.daemon_threads = True
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(NAME).configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        super().__init__(server)
        self.url = f"https://{NAME}:{server.server_address[1]}"

    def _headers(self, handler: BaseHTTPRequestHandler) -> dict[str, str]:
        """Those of the call, with the proxy's own."""
        given = handler.headers
        seen = [given["X-Forwarded-For"], handler.client_address[0]]
        known = {
            **self._variables,
            "$proxy_add_x_forwarded_for": ", ".join(filter(None, seen)),
        }
        (nginx,) = page.blocks("TLS and a proxy in front", "nginx")
        own = {
            name: known[variable]
            for name, variable in re.findall(r"proxy_set_header (\S+) +(\S+);", nginx)
        }
        replaced = {name.lower() for name in own} | {"connection"}
        kept = {n: v for n, v in given.items() if n.lower() not in replaced}
        return kept | own

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = http.client.HTTPConnection(proxy._target, timeout=30)
                connection.request(
                    self.command, self.path, body or None, proxy._headers(self)
                )
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in NOT_PASSED_ON:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                return

        return Handler
