"""One of the engine's examples, as a server for a test."""

import os
import subprocess


class Example:
    """An example on a port of the kernel's choice; ends with the block."""

    def __init__(self, name, *options):
        folder = os.environ["QUINTET_EXAMPLES"]
        self.command = [os.path.join(folder, name), "--listen", "127.0.0.1:0", *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.url = line.split()[-1].rstrip("/")
                return self
        raise RuntimeError(f"{self.command[0]} does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
