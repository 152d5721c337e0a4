#!/usr/bin/env python3
"""Serves the models of make_gguf.py with llama.cpp's own HTTP server, one process and one port each.

    venv/bin/pip install --no-deps -r requirements.txt
    venv/bin/python serve.py

Prints the URLs as one line of JSON as soon as both servers answer: {"full": "http://…", "cut": "http://…"}.
Then a line with a name on standard input stops that server at once, in the middle of whatever it does,
and is answered with the name. The end of standard input ends everything, and so does the end of whoever
holds its other side. Nothing is left behind, and nothing but 127.0.0.1 can reach the servers.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

# A check leaves no files beside the sources.
sys.dont_write_bytecode = True
import make_gguf


def serve(model):
    """Serves one model in this process until standard input ends."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.embedding = True
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0  # any that is free
    parameters.cpuparams.n_threads = 1  # several would spin while they wait for each other
    parameters.verbosity = 0  # what it logs goes to standard error, where only errors are of use
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


def start(model):
    """A process that serves one model, and the server's URL."""
    command = [sys.executable, str(Path(__file__).resolve()), str(model)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    url = process.stdout.readline().strip()
    if not url:
        sys.exit(f"serve.py: the server of {model.name} did not start")
    return process, url


def await_answer(url):
    """Asks for one vector, past any proxy."""
    body = json.dumps({"input": "ready?"}).encode()
    request = urllib.request.Request(f"{url}/v1/embeddings", body, {"Content-Type": "application/json"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as answer:
        answer.read()


def main():
    processes, urls = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, model in make_gguf.make_all(folder).items():
                processes[name], urls[name] = start(model)
            for url in urls.values():
                await_answer(url)
            print(json.dumps(urls), flush=True)
            for line in sys.stdin:
                name = line.strip()
                processes[name].kill()
                processes[name].wait()
                print(name, flush=True)
        finally:
            for process in processes.values():
                process.kill()
                process.wait()


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    else:
        main()
