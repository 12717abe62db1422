"""Opens page.html in a headless Chromium, from the front end's origin, and judges what it found."""

import functools
import http.server
import os
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "python"))
from server import Server  # noqa: E402

CHECKS = 7
PATIENCE_SECONDS = 120

found = queue.Queue(maxsize=1)


class Pages(http.server.SimpleHTTPRequestHandler):
    """The page, and where it tells what it found."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        found.put(self.rfile.read(length).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def main(chromium):
    folder = os.path.dirname(os.path.abspath(__file__))
    pages = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Pages, directory=folder))
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{pages.server_address[1]}"
    with Server(FRONTEND_URL=origin) as server, tempfile.TemporaryDirectory() as profile:
        query = urllib.parse.urlencode({
            "server": server.ws_url,
            "annToken": server.token("ann"),
            "benToken": server.token("ben"),
        })
        browser = subprocess.Popen(
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--remote-debugging-port=0",
                f"--user-data-dir={profile}", f"{origin}/page.html?{query}",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            lines = found.get(timeout=PATIENCE_SECONDS).splitlines()
        except queue.Empty:
            lines = ["not ok - the page found nothing in time"]
        finally:
            browser.terminate()
            browser.wait()
    print("\n".join(lines))
    passed = sum(line.startswith("ok") for line in lines)
    failed = max(CHECKS, len(lines)) - passed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
