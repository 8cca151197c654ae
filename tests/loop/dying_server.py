"""A server that lists its model, and dies of the first thing that it is asked to say."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Thirsty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": [{"id": "student"}]}).encode())

    def do_POST(self) -> None:
        print("died of thirst", file=sys.stderr, flush=True)
        os._exit(4)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Thirsty).serve_forever()
