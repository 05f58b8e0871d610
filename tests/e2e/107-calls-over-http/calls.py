# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon that is called about jobs it does not have, and told to listen
elsewhere."""
import contextlib
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import time

REROLL = os.environ["REROLL"]
SITE = pathlib.Path("reroll.yaml")
TOKEN = {"X-Reroll-Token": "0" * 32}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def write_site(port):
    listen = "web: {listen: '127.0.0.1:%d'}\n" % port if port else ""
    SITE.write_text(
        "state: state\nprojects: %s/project.yaml\n" % os.environ["SAMPLE"] +
        listen + "labs:\n- name: lava\n  kind: lava\n"
        "  url: http://127.0.0.1:1\n  user: bot\n  token-file: token\n"
        "  artifacts: file:///srv\n- {name: here, kind: qemu}\n")


def call(port, method, path, body=None, headers=TOKEN):
    to = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    to.request(method, path, body, headers)
    answer = to.getresponse()
    text = answer.read().decode()
    assert text.endswith("\n") and text.count("\n") == 1, text
    return answer.status


def wait(what, condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain for " + what
        time.sleep(0.02)


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(
            ("127.0.0.1", port)):
        return True
    return False


def said(text):
    return text in pathlib.Path("said").read_text()


pathlib.Path("token").touch(0o600)
pathlib.Path("token").write_text("secret\n")
first, second = free_port(), free_port()
write_site(first)
with open("said", "w", encoding="utf-8") as log:
    daemon = subprocess.Popen([REROLL, "serve", "--site", SITE, "-n", "mails", "-v"],
                              stderr=log)
try:
    wait("the daemon", lambda: listens(first))
    for status, *request in (
            (403, "POST", "/lava/lava", '{"id": 1}'),
            (403, "POST", "/lava/lava", '{"id": 1}', {}),
            (403, "POST", "/lava/lava", "no JSON"),
            (404, "POST", "/lava/here", '{"id": 1}'),
            (404, "POST", "/lava/nowhere", '{"id": 1}'),
            (404, "POST", "/lava/lava%2f..", '{"id": 1}'),
            (404, "POST", "/lava/", '{"id": 1}'),
            (404, "POST", "/", '{"id": 1}'),
            (405, "GET", "/lava/lava"),
            (413, "POST", "/lava/lava", "x" * (1 << 20 | 1))):
        try:
            got = call(first, *request)
        except (BrokenPipeError, ConnectionResetError):
            got = 413  # it does not wait for what is too much
        assert got == status, (request[:2], got)
    # Another daemon finds the address taken.
    other = pathlib.Path("other.yaml")
    other.write_text(SITE.read_text().replace("state: state", "state: other"))
    taken = subprocess.run(
        [REROLL, "serve", "--site", other, "-n", "mails"], timeout=60,
        stderr=subprocess.PIPE, text=True, check=False)
    assert taken.returncode == 2 and "already in use" in taken.stderr and \
        str(first) in taken.stderr, taken
    # Told to listen where somebody else does, it goes on as it was.
    with socket.create_server(("127.0.0.1", second)):
        write_site(second)
        daemon.send_signal(signal.SIGHUP)
        wait("trouble", lambda: said("cannot listen at"))
        assert call(first, "GET", "/lava/lava") == 405
    daemon.send_signal(signal.SIGHUP)
    wait("the other address", lambda: listens(second))
    wait("the end of the first", lambda: not listens(first))
    assert call(second, "GET", "/lava/lava") == 405
    write_site(0)
    daemon.send_signal(signal.SIGHUP)
    wait("nobody to listen", lambda: not listens(second))
finally:
    daemon.terminate()
    assert daemon.wait(30) == 0
assert not said("secret")
