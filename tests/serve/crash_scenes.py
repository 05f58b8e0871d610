# SPDX-License-Identifier: GPL-2.0-or-later
"""Crashes that need more than mails in a Maildir: other sources, orders, labs.

Each scene is a function of a fault and a folder: it raises AssertionError.
"""
import base64
import json
import os
import signal
import socket
import subprocess
import urllib.request

from crash_points import crash
from crash_site import REROLL, Site, TOP, pair, patch, until

SERVERS = os.path.join(os.path.abspath(TOP), "tests/servers")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepted_once(site, window, topics):
    """Each topic's series was accepted, and its reply sent once."""
    site.sound()
    site.once([window])
    outcomes = sorted(row[0] for row in site.rows("SELECT outcome FROM run"))
    assert outcomes == ["accepted"] * topics, f"the runs are {outcomes}"
    assert len(site.server.mails) == topics, "a reply is missing"


def finish(site, topics):
    window = set(site.server.accepted()) - site.marked()
    site.settle()
    accepted_once(site, window, topics)
    site.server.shutdown()


# Redis -----------------------------------------------------------------------

def redis(fault, repo, folder):
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save",
         "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
    ask = ["redis-cli", "-p", str(port)]
    try:
        until(lambda: subprocess.run(ask + ["ping"], capture_output=True,
                                     text=True).stdout == "PONG\n", "redis")
        site = Site(folder, repo, "  - {name: r, kind: redis, stream: mails,"
                    f" url: 'redis://127.0.0.1:{port}'}}\n")
        for mail in pair("alice", "good"):
            subprocess.run(ask + ["-x", "XADD", "mails", "*", "mail"],
                           input=mail, check=True, stdout=subprocess.DEVNULL)
        assert crash(site, fault), "it never passes there"
        finish(site, 1)
        left = subprocess.run(ask + ["XPENDING", "mails", "reroll"],
                              capture_output=True, text=True).stdout
        assert left.split()[0] == "0", f"not acknowledged: {left}"
    finally:
        server.terminate()
        server.wait()


# IMAP ------------------------------------------------------------------------

def imap(fault, repo, folder, keys="move-to: taken,", left="all"):
    port, tls = free_port(), free_port()
    box = os.path.join(folder, "imap")
    os.mkdir(box)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
         box + "/key.pem", "-out", box + "/cert.pem", "-subj", "/CN=localhost",
         "-days", "2"], check=True, stderr=subprocess.DEVNULL)
    for above in (folder, os.path.dirname(folder)):
        os.chmod(above, 0o711)  # dovecot reads mails as another user
    server = subprocess.Popen(
        [os.path.join(SERVERS, "dovecot"), box, str(port), str(tls)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(words):
        server.stdin.write(words + "\n")
        server.stdin.flush()
        return server.stdout.readline().strip()

    try:
        assert server.stdout.readline() == "1 ready\n"
        site = Site(folder, repo, "  - {name: i, kind: imap, user: jo,"
                    f" url: 'imap://127.0.0.1:{port}', starttls: false, {keys}"
                    " token-file: {top}/secret}\n")
        site.write("secret", "secret\n")
        os.chmod(site.path("secret"), 0o600)
        for mail in pair("alice", "good"):
            with open(site.path("mail"), "wb") as file:
                file.write(mail)
            order("append " + site.path("mail"))
        assert crash(site, fault), "it never passes there"
        finish(site, 1)
        assert order(left) == "0", "a mail was not let go of"
    finally:
        server.stdin.close()
        server.wait()


def imap_marked(fault, repo, folder):
    """Where mails stay in their folder."""
    imap(fault, repo, folder, keys="", left="left")


# What is handed over ---------------------------------------------------------

def handed_over(fault, repo, folder):
    """The MTA comes again until it has heard EX_OK."""
    site = Site(folder, repo)
    mails = pair("alice", "good")
    died = 0
    for at, mail in enumerate(mails):
        for env in ({"REROLL_FAULT": fault}, {}) if at == 0 else ({},):
            status = subprocess.run(
                [REROLL, "deliver", "--site",
                 site.path("reroll.yaml")], input=mail,
                env=dict(site.env, **env), check=False,
                stderr=subprocess.DEVNULL).returncode
            died += status == -signal.SIGKILL
        assert status == 0, f"deliver says {status}"
    assert died == 1, "it never passes there"
    finish(site, 1)


# A daemon that is asked ------------------------------------------------------

def asked(site, **request):
    """The answer, or None when it died over it."""
    def connect():
        try:
            sock.connect(site.path("state", "control"))
            return True
        except OSError:
            return False

    with socket.socket(socket.AF_UNIX) as sock:
        until(connect, "the control socket")
        try:
            sock.sendall(json.dumps(request).encode() + b"\n")
            said = b"".join(iter(lambda: sock.recv(65536), b""))
        except ConnectionError:
            return None
    return json.loads(said) if said else None


def ask_a_dying(site, fault, **request):
    """Ask one that dies over it, then the next one, as people do."""
    daemon = site.start("--no-sandbox", env={"REROLL_FAULT": fault})
    answer = asked(site, **request)
    assert answer is None, f"it lived: {answer}"
    assert daemon.wait(30) == -signal.SIGKILL
    daemon = site.start("--no-sandbox")
    try:
        return asked(site, **request)
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0


def submitted(fault, repo, folder):
    site = Site(folder, repo)
    mbox = b"".join(b"From x Mon Jan 12 21:30:00 2026\n" + mail
                    for mail in pair("alice", "good"))
    answer = ask_a_dying(site, fault, call="submit", version=1, total=2,
                         mbox=base64.b64encode(mbox).decode())
    assert answer["ok"] and not answer["new"], f"it was not kept: {answer}"
    finish(site, 1)


def ordered(fault, repo, folder):
    site = Site(folder, repo)
    site.put([patch("dan", "broken", "course: broken", {"d.bad": "x"})])
    site.settle()
    run = site.rows("SELECT id FROM run")[0][0]
    site.change("INSERT INTO pause (what, since_at) VALUES ('all', 1)")
    answer = ask_a_dying(site, fault, call="retry", run=run)
    assert answer["ok"], f"it was not obeyed: {answer}"
    site.change("DELETE FROM pause")
    site.settle()
    site.sound()
    site.once([])
    rounds = sorted(row[0] for row in site.rows("SELECT round FROM run"))
    # Asked twice is done once, whether the first was kept or not.
    assert rounds == [0, 1], f"the rounds are {rounds}"
    site.server.shutdown()


def paused(fault, repo, folder):
    site = Site(folder, repo)
    answer = ask_a_dying(site, fault, call="pause", what="all")
    assert answer["ok"], f"it was not obeyed: {answer}"
    site.put(pair("alice", "good"))
    assert not site.serve()
    assert not site.server.mails, "it goes on though it was paused"
    daemon = site.start("--no-sandbox")
    assert asked(site, call="resume", what="all")["ok"]
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(60) == 0
    finish(site, 1)


# Boots -----------------------------------------------------------------------

BOARD = """- name: board
  arch: x86_64
  requires: [CONFIG_X86_64=y]
  kernel: code.txt
  device-type: qemu
"""
SUITE = """metadata: {format: Lava-Test Test Definition 1.0, name: smoke}
run:
  steps:
    - lava-test-case one --shell true
"""
LAB = """labs:
  - {{name: lab, kind: lava, url: "http://127.0.0.1:{port}/good", user: bot,
    token-file: {top}/secret, artifacts: "http://127.0.0.1:{port}/files"}}
boards: [{top}/boards.yaml]
"""


def booted(fault, repo, folder):
    lab = subprocess.Popen([os.path.join(SERVERS, "lava-replay")],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           text=True)
    try:
        port = int(lab.stdout.readline())
        site = Site(folder, repo)
        with open(site.path("reroll.yaml"), "a") as file:
            file.write(LAB.format(port=port, top=folder))
        site.write("boards.yaml", BOARD)
        site.write("secret", "secret\n")
        os.chmod(site.path("secret"), 0o600)
        with open(site.path("projects/course.yaml"), "r+") as file:
            text = file.read().replace(
                '"$REROLL_OUT"\n    artifacts: [code.txt]',
                '"$REROLL_OUT" && echo CONFIG_X86_64=y >"$REROLL_OUT/.config"\n'
                "    artifacts: [code.txt, .config]\n    lava: true")
            file.seek(0)
            file.write(text + "tests: {path: tests/suite.yaml}\n")
        os.mkdir(site.path("projects/tests"))
        site.write("projects/tests/suite.yaml", SUITE)
        site.put(pair("alice", "good"))
        died = crash(site, fault)
        assert died, "it never passes there"
        window = set(site.server.accepted()) - site.marked()
        site.settle()
        site.sound()
        site.once([window])
        outcomes = site.rows("SELECT outcome FROM run")
        assert len(outcomes) == 1 and outcomes[0][0], f"{outcomes}"
        assert len(site.server.mails) == 1, "no reply"
        with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/good/seen") as page:
            jobs = json.load(page)["jobs"]
        # That of the base and that of the series, each once a start.
        assert 2 <= jobs <= 4, f"the lab was sent {jobs} jobs"
        site.server.shutdown()
    finally:
        lab.stdin.close()
        lab.wait()


SCENES = {
    "redis-before-ack": (redis,), "redis-acked": (redis,),
    "imap-before-ack": (imap, imap_marked), "imap-acked": (imap, imap_marked),
    "deliver-before-store": (handed_over,), "deliver-kept": (handed_over,),
    "submit-kept": (submitted,),
    "order-given": (ordered,), "order-kept": (ordered,),
    "pause-kept": (paused,),
    "jobs-started": (booted,), "jobs-kept": (booted,), "job-sent": (booted,),
    "job-before-end": (booted,), "job-ended": (booted,),
    "job-end-kept": (booted,),
}


def cases(points, repo, work):
    del work
    return [(f"killed at {point}, {scene.__name__}",
             lambda folder, point=point, scene=scene: scene(
                 point, repo, folder))
            for point in points for scene in SCENES.get(point, ())]
