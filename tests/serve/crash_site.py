# SPDX-License-Identifier: GPL-2.0-or-later
"""A small site for the crash tests: mails, a mail server, a daemon that dies.

A Site is a folder with a repository, two projects, a Maildir and a state
folder. Its Server counts what it has accepted, by Message-ID. Site.settle()
runs the daemon until all is done, over and over with the clock of what waits
put to now; Site.outcome() is what came of it, without what is new every time.
"""
import collections
import email
import os
import re
import shutil
import signal
import socketserver
import sqlite3
import subprocess
import tempfile
import threading
import time

TOP = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
REROLL = os.path.join(os.path.abspath(BUILD), "reroll")
SHIM = os.path.join(os.path.abspath(BUILD), "tests/serve/shim.so")
PATIENCE_S = 90
LATER = "later@example.org"


class Talk(socketserver.StreamRequestHandler):
    """SMTP, as far as curl speaks it to us."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        with self.server.lock:
            self.server.talks += 1
        try:
            self.talk()
        except (ConnectionError, ValueError):
            pass
        finally:
            with self.server.lock:
                self.server.talks -= 1

    def talk(self):
        self.say("220 test ESMTP")
        recipients = []
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = re.search(rb"<(.*)>", line).group(1).decode()
                answer = self.server.refusal(recipient)
                recipients += [] if answer else [recipient]
                self.say(answer or "250 ok")
            elif verb == b"DATA":
                self.say("354 go on")
                mail = self.mail()
                if mail is None:
                    return
                self.server.accept(mail, recipients)
                recipients = []
                self.say("250 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def mail(self):
        lines = []
        while line := self.rfile.readline():
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b"..") else line)
        return None


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.lock = threading.Lock()
        self.talks = 0
        self.mails = collections.defaultdict(list)  # Message-ID to bytes
        self.readers = {}                           # and to whom it went last
        self.later = {LATER}                        # 451, once
        self.never = {"never@example.org"}          # 550
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def refusal(self, recipient):
        with self.lock:
            if recipient in self.never:
                return "550 nobody"
            if recipient in self.later:
                self.later.remove(recipient)
                return "451 not now"
        return None

    def accept(self, mail, recipients):
        text = email.message_from_bytes(mail)
        with self.lock:
            self.mails[text["Message-ID"]].append(mail)
            self.readers[text["Message-ID"]] = sorted(recipients)

    def quiet(self):
        """Until who was cut off has been listened to."""
        end = time.monotonic() + 10
        while self.talks and time.monotonic() < end:
            time.sleep(0.002)

    def accepted(self):
        with self.lock:
            return {id: len(mails) for id, mails in self.mails.items()}


def patch(who, topic, subject, files, n="", signed=True, mid="1", ref=None):
    """A mail; `files` maps a name to its one line, None: it is changed."""
    diffs = []
    for name, line in files.items():
        if line is None:
            diffs.append(f"diff --git a/{name} b/{name}\n--- a/{name}\n"
                         f"+++ b/{name}\n@@ -1 +1 @@\n-no such line\n+x\n")
        else:
            diffs.append(f"diff --git a/{name} b/{name}\nnew file mode 100644"
                         f"\n--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n"
                         f"+{line}\n")
    head = [f"From: {who} <{who}@example.org>",
            f"Message-ID: <{topic}-{mid}@example.org>",
            f"Subject: [PATCH{n}] {subject}",
            "Date: Mon, 12 Jan 2026 21:30:00 +0000"]
    if ref:
        head.append(f"In-Reply-To: <{topic}-{ref}@example.org>")
        head.append(f"References: <{topic}-{ref}@example.org>")
    body = "It adds a file.\n\n"
    if signed:
        body += f"Signed-off-by: {who} <{who}@example.org>\n"
    return ("\n".join(head) + "\n\n" + body + "---\n\n" + "".join(diffs) +
            "-- \n2.39\n").encode()


def pair(who, topic, version="", **more):
    """A series of two patches."""
    return [patch(who, topic, f"course: {topic}, part {i}",
                  {f"{topic}{version.strip()}{i}.txt": "x"},
                  n=f"{version} {i}/2", mid=f"{version.strip()}{i}",
                  ref=f"{version.strip()}1" if i > 1 else None, **more)
            for i in (1, 2)]


def mixed():
    """Each outcome once; all of them are in one Maildir before the start."""
    return (pair("alice", "good") + pair("bob", "again") +
            pair("bob", "again", " v2") +
            [patch("carol", "unsigned", "course: unsigned", {"u.txt": "x"},
                   signed=False),
             patch("dan", "broken", "course: broken", {"d.bad": "x"}),
             patch("erin", "stale", "course: stale", {"code.txt": None}),
             patch("frank", "part", "course: part", {"p.txt": "x"},
                   n=" 1/2"),
             patch("later", "later", "course: later", {"l.txt": "x"}),
             patch("never", "never", "course: never", {"n.txt": "x"})])


def troubled():
    """What we are at fault for, and what staff has to look at."""
    return [patch("gina", "lost", "lost: no base", {"g.txt": "x"}),
            patch("hugo", "twice", "course: twice", {"h.txt": "x"}),
            patch("hugo", "twice", "course: twice", {"h.txt": "y"})]


GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
       "GIT_AUTHOR_NAME": "S", "GIT_AUTHOR_EMAIL": "s@example.org",
       "GIT_AUTHOR_DATE": "2026-01-05T10:00:00Z", "GIT_COMMITTER_NAME": "S",
       "GIT_COMMITTER_EMAIL": "s@example.org",
       "GIT_COMMITTER_DATE": "2026-01-05T10:00:00Z"}

SITE = """state: {top}/state
projects: {top}/projects
trees:
  code: {{path: {repo}, branch: main}}
  gone: {{path: {top}/gone, branch: main}}
mail: {{from: Bot <bot@example.org>, smtp: "smtp://127.0.0.1:{port}",
  staff: [staff@example.org]}}
workers: {{slots: 1}}
policy: {{wait: 1h}}
sources:
{sources}"""

MAILDIR = "  - {name: box, kind: maildir, path: {top}/box}\n"

PROJECT = """name: {name}
match: {{subject: [{subject}]}}
base: {base}
style: {{checker: none}}
builds:
  - name: host
    arch: x86_64
    recipe: script
    command: test ! -e d.bad && cp code.txt "$REROLL_OUT"
    artifacts: [code.txt]
reply: {{sign: Staff}}
"""


def make_repo(path):
    env = dict(os.environ, **GIT)
    subprocess.run(["git", "init", "-q", "-b", "main", path], check=True,
                   env=env)
    with open(os.path.join(path, "code.txt"), "w") as file:
        file.write("the code\n")
    for words in (["add", "-A"], ["commit", "-q", "-m", "begin"]):
        subprocess.run(["git", "-C", path, *words], check=True, env=env)


def until(what, text, patience_s=30):
    end = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < end, f"not in time: {text}"
        time.sleep(0.01)


PARTS_DUE = "UPDATE revision SET due_at = 1 WHERE due_at > 1"
RUNS_DUE = ("UPDATE run SET next_at = 1 WHERE next_at > 1 AND "
            "stage IS NOT NULL AND held IS NULL")
MAILS_DUE = ("UPDATE outbox SET next_at = 1 WHERE next_at > 1 AND "
             "sent_at IS NULL AND failed_at IS NULL")

class Site:
    def __init__(self, top, repo, sources=MAILDIR):
        self.top, self.server = top, Server()
        self.kills = 0
        self.env = dict(os.environ, TMPDIR=os.path.join(top, "tmp"),
                        REROLL_TEMPLATES=os.path.join(
                            os.path.abspath(TOP), "templates"))
        self.env["REROLL_BOARDS"] = os.path.join(os.path.abspath(TOP), "boards")
        self.env.pop("REROLL_FAULT", None)
        for name in ("state", "projects", "tmp", "box/new", "box/cur",
                     "box/tmp"):
            os.makedirs(os.path.join(top, name))
        self.write("reroll.yaml", SITE.format(
            top=top, repo=repo, port=self.server.server_address[1],
            sources=sources.replace("{top}", top)))
        self.write("projects/course.yaml", PROJECT.format(
            name="Course", subject="course", base="code"))
        self.write("projects/lost.yaml", PROJECT.format(
            name="Lost", subject="lost", base="gone"))
        self.delivered = 0

    def path(self, *names):
        return os.path.join(self.top, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def put(self, mails):
        """Into the Maildir, in this order."""
        for mail in mails:
            name = "%05d.x" % self.delivered
            self.delivered += 1
            with open(self.path("box", "tmp", name), "wb") as file:
                file.write(mail)
            os.rename(self.path("box", "tmp", name),
                      self.path("box", "new", name))

    def log(self):
        with open(self.path("log"), errors="replace") as file:
            return file.read()

    def start(self, *words, env=None, command="serve"):
        log = open(self.path("log"), "ab")
        with log:
            return subprocess.Popen(
                [REROLL, command, *words, "--site", self.path("reroll.yaml")],
                env=dict(self.env, **(env or {})), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.top, start_new_session=True)

    def serve(self, env=None):
        """Until it is idle; whether it was killed."""
        daemon = self.start("--until-idle", "--no-sandbox", env=env)
        try:
            status = daemon.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
            raise AssertionError("it does not come to rest")
        return self.ended(status)

    def ended(self, status):
        self.server.quiet()
        if status == -signal.SIGKILL:
            self.kills += 1
            return True
        assert status == 0, f"the daemon ended with {status}"
        return False

    def database(self):
        return sqlite3.connect(self.path("state", "reroll.db"), timeout=10)

    def rows(self, sql, *values):
        db = self.database()
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def change(self, sql):
        db = self.database()
        with db:
            db.execute(sql)
        db.close()

    def hurry(self, parts=True):
        """What is put off is due now; whether anything was. `parts`: what
        waits for more patches, too."""
        db = self.database()
        changed = 0
        try:
            for sql in (PARTS_DUE,) * parts + (RUNS_DUE, MAILS_DUE):
                changed += db.execute(sql).rowcount
            db.commit()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
        finally:
            db.close()
        return changed > 0

    def say_again(self):
        """What it did not live to write down, the server says once more."""
        if not self.kept("SELECT 1 FROM trouble WHERE about = ?",
                         "mail to " + LATER):
            self.server.later.add(LATER)

    def settle(self, rounds=12):
        self.say_again()
        for _ in range(rounds):
            assert not self.serve(), "killed, though nobody did"
            if not self.hurry():
                return
        raise AssertionError("it is never done")

    def kept(self, sql, *values):
        """The rows, of a store that may not have come to its tables."""
        if not os.path.exists(self.path("state", "reroll.db")):
            return []
        try:
            return self.rows(sql, *values)
        except sqlite3.OperationalError:
            return []

    def marked(self):
        return {row[0] for row in self.kept(
            "SELECT message_id FROM outbox WHERE sent_at IS NOT NULL")}

    def outcome(self):
        def text(row):
            return str(row).replace(self.top, "TOP")

        runs = sorted(map(text, self.rows(
            "SELECT v.first_message_id, v.version, v.n_patches, v.complete,"
            " r.outcome, r.summary, r.stage, r.held, r.round"
            " FROM run r JOIN revision v ON v.id = r.revision")))
        replies = sorted(map(str, self.rows(
            "SELECT message_id, recipient, outcome, sent_at IS NOT NULL,"
            " failed_at IS NOT NULL FROM outbox WHERE outcome <> 'digest'")))
        troubles = sorted(map(str, self.rows(
            "SELECT DISTINCT kind, CASE kind WHEN 'run' THEN '' ELSE about"
            " END, told_at IS NOT NULL FROM trouble")))
        events = self.rows("SELECT count(*), count(handled_at) FROM event")
        return {"runs": runs, "replies": replies, "troubles": troubles,
                "events": events, "new": os.listdir(self.path("box/new")),
                "mails": sorted(id for id in self.server.accepted()
                                if "reroll.digest" not in id)}

    def sound(self):
        found = self.rows("PRAGMA integrity_check")
        assert found == [("ok",)], f"the store is damaged: {found}"
        assert not self.rows("PRAGMA foreign_key_check"), "a row is an orphan"

    def once(self, window):
        """Twice is only what was accepted but not yet marked at a kill."""
        for id, mails in self.server.mails.items():
            allowed = 1 + sum(id in ids for ids in window)
            assert len(mails) <= allowed, f"{id} was sent {len(mails)} times"
            assert len(set(mails)) == 1, f"{id} was sent as two mails"

    def rewrite(self, *pairs, name="reroll.yaml"):
        with open(self.path(name)) as file:
            text = file.read()
        for old, new in pairs:
            assert old in text, f"no {old}"
            text = text.replace(old, new)
        self.write(name, text)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.top)


def run_cases(cases):
    """Each with a Site of its own; whether any failed."""
    failed = 0
    work = os.path.realpath(tempfile.mkdtemp(prefix="serve-"))
    repo = os.path.join(work, "repo")
    make_repo(repo)
    for number, (name, check) in enumerate(cases.items()):
        folder = os.path.join(work, str(number))
        os.mkdir(folder)
        try:
            check(Site(folder, repo), repo)
        except AssertionError as error:
            failed += 1
            print(f"FAIL: {name}: {error}")
    shutil.rmtree(work, ignore_errors=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return failed > 0
