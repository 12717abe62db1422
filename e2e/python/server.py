"""The running binary for a test, as an operator would start it."""

import json
import os
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

BINARY = os.environ["QUINTET_BINARY"]


class Server:
    """A server on a port of the kernel's choice, with data of its own; ends with the block."""

    def __init__(self, **env):
        self.env = {"PATH": os.environ["PATH"], **env}

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.log = tempfile.TemporaryFile()
        command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", self.folder.name]
        self.process = subprocess.Popen(
            command, env=self.env, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.http_url = line.split()[-1].rstrip("/")
                self.ws_url = self.http_url.replace("http", "ws", 1)
                return self
        self.log.seek(0)
        raise RuntimeError(f"the server does not listen: {self.log.read().decode()}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()

    def token(self, sub, *options):
        """A token, made by the command line as the README shows."""
        command = [BINARY, "token", "--sub", sub, "--data-dir", self.folder.name, *options]
        made = subprocess.run(command, env=self.env, capture_output=True, text=True, check=True)
        return made.stdout.strip()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def request(self, method, path, token, body=None):
        """Status and JSON of one HTTP request."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.http_url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
