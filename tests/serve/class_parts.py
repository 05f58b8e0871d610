# SPDX-License-Identifier: GPL-2.0-or-later
"""The servers of the class, the site, and the daemon: each started on ports of
its own below one folder, and stopped again."""
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import time
import urllib.request

TOP = os.path.abspath(os.environ.get("top_srcdir", "."))
BUILD = os.path.abspath(os.environ.get("top_builddir", "."))
REROLL = os.path.join(BUILD, "reroll")
SERVERS = os.path.join(TOP, "tests", "servers")
PATIENCE_S = 90
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
for who in ("AUTHOR", "COMMITTER"):
    GIT.update({"GIT_%s_NAME" % who: "Staff",
                "GIT_%s_EMAIL" % who: "staff@example.org",
                "GIT_%s_DATE" % who: "2026-01-05T10:00:00Z"})

SITE = """state: {dir}/state
projects: {dir}/project.yaml
trees:
  code: {{path: {dir}/code, branch: main}}
mail:
  from: Course Robot <bot@example.org>
  smtp: smtp://127.0.0.1:{smtp}
  envelope: bounces@example.org
  staff: [staff@example.org]
  rate: 100000
workers: {{slots: 2}}
policy: {{wait: {wait}}}
sources:
  - {{name: imap, kind: imap, url: "imap://127.0.0.1:{imap}", user: jo,
     token-file: {dir}/password, ca: {dir}/dovecot/cert.pem, interval: 20s}}
  - {{name: stream, kind: redis, url: "redis://127.0.0.1:{redis}",
     stream: mails, group: reroll, interval: 1s}}
  - {{name: list, kind: redis, url: "redis://127.0.0.1:{redis}",
     list: queue, interval: 1s}}
  - {{name: fdo, kind: patchwork-fdo, url: "http://127.0.0.1:{fdo}",
     project: linux-course, interval: 1s, user: cibot,
     token-file: {dir}/password-fdo}}
  - {{name: upstream, kind: patchwork, url: "http://127.0.0.1:{upstream}",
     project: linux-course, interval: 1s, token-file: {dir}/token}}
"""
PROJECT = """name: Course
match: {subject: [syscall]}
base: code
signoff: {required: true, roster: roster.yaml}
description: {required: true, path: "tests/*/reroll.yaml"}
style: {checker: ./check-style, fail-on: error}
limits: {per-day: PER_DAY, build-time: 1m}
builds:
  - name: host
    arch: x86_64
    recipe: script
    command: ./build "$REROLL_OUT/program"
    artifacts: [program]
reply: {sign: The course}
"""
BUILD_SH = """#!/bin/sh
# Build what there is, a fraction of a second each.
exec gcc -o "$1" src/*.c
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until(what, patience=PATIENCE_S):
    """Ask until the answer is yes; False when it never is."""
    end = time.monotonic() + patience
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


class Told:
    """A server that takes orders on its standard input."""

    def __init__(self, name, *words):
        self.process = subprocess.Popen(
            [os.path.join(SERVERS, name), *map(str, words)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.first = self.process.stdout.readline().split()
        if not self.first:
            raise RuntimeError(name + " does not start")

    def order(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Patchwork(Told):
    def __init__(self, edition):
        super().__init__("patchwork", edition)
        self.port, orders = map(int, self.first)
        self.url = "http://127.0.0.1:%d/" % orders

    def order(self, op, **more):
        with urllib.request.urlopen(urllib.request.Request(
                self.url, json.dumps(dict(more, op=op)).encode())) as said:
            return json.load(said)


class Redis:
    def __init__(self, top):
        self.port, self.top = free_port(), top
        self.process = None
        self.appear()

    def appear(self):
        """Empty: it keeps nothing on disk."""
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no", "--dir", self.top],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if not until(self.answers, 20):
            raise RuntimeError("redis-server does not start")

    def answers(self):
        try:
            return self.call("PING") == b"+PONG"
        except OSError:
            return False

    def call(self, *words):
        """The first line of the answer."""
        sent = b"*%d\r\n" % len(words)
        for word in words:
            word = word.encode() if isinstance(word, str) else word
            sent += b"$%d\r\n%s\r\n" % (len(word), word)
        with socket.create_connection(("127.0.0.1", self.port), 20) as link:
            link.sendall(sent)
            with link.makefile("rb") as file:
                return file.readline().rstrip()

    def vanish(self):
        self.process.kill()
        self.process.wait()

    stop = vanish


def certificate(top):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,"
         "IP:127.0.0.1", "-keyout", top + "/key.pem", "-out",
         top + "/cert.pem"], check=True, stderr=subprocess.DEVNULL)


class House:
    """Everything, in the folder `top`; `odd`: the mail server is the one that
    can be told to misbehave."""

    build = BUILD_SH

    def __init__(self, top, people, per_day, wait="5s", odd=False):
        self.top, self.odd = top, odd
        self.parts = []
        os.chmod(top, 0o711)
        try:
            self.start_servers()
        except BaseException:
            self.stop()
            raise
        self.make_site(people, per_day, wait)
        self.env = dict(os.environ, TMPDIR=self.path("tmp"),
                        REROLL_TEMPLATES=os.path.join(TOP, "templates"),
                        REROLL_BOARDS=os.path.join(TOP, "boards"))
        os.mkdir(self.path("tmp"))
        self.daemon = self.seen = None
        self.appended = 0
        self.mail_files = []

    def path(self, *names):
        return os.path.join(self.top, *names)

    def folder(self, name):
        os.mkdir(self.path(name))
        return self.path(name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def keep(self, part):
        self.parts.append(part)
        return part

    def start_servers(self):
        for name in ("dovecot", "smtp"):
            certificate(self.folder(name))
        self.imap_port, self.smtp_port = free_port(), free_port()
        self.imap = self.keep(Told("dovecot", self.path("dovecot"),
                                   self.imap_port, free_port()))
        self.redis = self.keep(Redis(self.top))
        self.fdo = self.keep(Patchwork("fdo"))
        self.upstream = self.keep(Patchwork("upstream"))
        if self.odd:
            self.smtp = self.keep(Told("smtp-odd", self.path("smtp")))
            self.smtp_port = int(self.smtp.first[0])
        else:
            self.smtp = self.keep(Told("smtp", self.path("smtp"),
                                       self.smtp_port, free_port()))

    def make_site(self, people, per_day, wait):
        self.write("password", "secret\n", 0o600)
        self.write("password-fdo", "cibot-password\n", 0o600)
        self.write("token", "0123456789abcdef0123456789abcdef01234567\n",
                   0o600)
        self.write("reroll.yaml", SITE.format(
            dir=self.top, smtp=self.smtp_port, imap=self.imap_port,
            redis=self.redis.port, fdo=self.fdo.port,
            upstream=self.upstream.port, wait=wait))
        self.write("project.yaml", PROJECT.replace("PER_DAY", str(per_day)))
        self.write("roster.yaml", "".join(
            "- {login: s%02d, name: %s, emails: [%s]}\n"
            % (p.number, json.dumps(p.name, ensure_ascii=False), p.email)
            for p in people if p.known))
        shutil.copy(os.path.join(TOP, "contrib/sample/check-style"),
                    self.path("check-style"))
        os.chmod(self.path("check-style"), 0o755)
        self.make_repo()

    def make_repo(self):
        env = dict(os.environ, **GIT)
        os.makedirs(self.path("code", "src"), exist_ok=True)
        self.write("code/src/main.c", "int main(void)\n{\n\treturn 0;\n}\n")
        self.write("code/build", self.build, 0o755)
        for words in (["init", "-q", "-b", "main"], ["add", "-A"],
                      ["commit", "-q", "-m", "begin"]):
            subprocess.run(["git", "-C", self.path("code"), *words],
                           check=True, env=env)

    # --- the daemon

    def run(self, *words, data=None):
        return subprocess.run(
            [REROLL, words[0], "--site", self.path("reroll.yaml"), *words[1:]],
            input=data, env=self.env, capture_output=True, timeout=PATIENCE_S)

    def start(self, *before):
        with open(self.path("log"), "ab") as log:
            self.daemon = subprocess.Popen(
                [*before, REROLL, "serve", "--site", self.path("reroll.yaml")],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        if not until(lambda: self.run("pause").returncode == 0 and
                     self.run("resume").returncode == 0, 30):
            raise RuntimeError("the daemon does not start: " +
                               open(self.path("log")).read()[-2000:])

    def end(self):
        self.daemon.terminate()
        status = self.daemon.wait(PATIENCE_S)
        self.daemon = None
        return status

    def stop(self):
        if getattr(self, "daemon", None):
            self.daemon.kill()
            self.daemon.wait()
        for part in reversed(self.parts):
            part.stop()

    def ask(self, query, *values):
        """Rows of its store; read beside the one who writes."""
        link = sqlite3.connect("file:%s?mode=ro" % self.path(
            "state", "reroll.db"), uri=True, timeout=30)
        try:
            return link.execute(query, values).fetchall()
        finally:
            link.close()

    def idle(self):
        """All that came has been looked at, and every mail has gone."""
        return self.ask(
            "SELECT (SELECT count(*) FROM event WHERE handled_at IS NULL) + "
            "(SELECT count(*) FROM run WHERE stage IS NOT NULL AND held IS "
            "NULL) + (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND "
            "failed_at IS NULL)") == [(0,)]

    # --- what comes

    def append(self, mail):
        name = self.path("mail.%d" % self.appended)
        self.appended += 1
        with open(name, "wb") as file:
            file.write(mail)
        self.imap.order("append " + name)
        os.unlink(name)

    def send(self, way, mail):
        mail = mail if isinstance(mail, bytes) else mail.encode()
        if way == "imap":
            self.append(mail)
        elif way == "stream":
            self.redis.call("XADD", "mails", "*", "mail", mail)
        elif way == "list":
            self.redis.call("LPUSH", "queue", mail)
        else:
            said = self.run("deliver", data=mail)
            if said.returncode:
                raise RuntimeError("reroll deliver: %r" % said)

    # --- what comes out

    def mails(self):
        """Every mail that a server took, as bytes with whom it is for, in the
        order they are seen: names of one second do not tell."""
        if self.odd:
            count = int(self.smtp.order("mails"))
            names = [self.path("smtp", str(i + 1)) for i in range(count)]
        else:
            self.smtp.order("settle")
            box = self.path("smtp", "box", "new")
            names = sorted(os.path.join(box, n) for n in os.listdir(box)) \
                if os.path.isdir(box) else []
        self.mail_files += [n for n in names if n not in self.mail_files]
        return [open(name, "rb").read() for name in self.mail_files]
