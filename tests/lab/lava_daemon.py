# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon whose project is built in no time and tested in a LAVA, which calls
it when a job has ended; for tests/lab/lava."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

REROLL = os.environ["top_builddir"] + "/reroll"

SITE = """\
state: state
projects: project.yaml
boards: [boards.yaml]
trees: {{code: {{path: code, branch: main}}}}
web: {{listen: "127.0.0.1:{port}", url: "http://127.0.0.1:{port}"}}
labs:
- name: lava
  kind: lava
  url: {url}
  user: bot
  token-file: token
  slots: 2
  artifacts: file://{folder}/state/runs
"""
PROJECT = """\
name: Waits
base: code
style: {checker: none}
builds:
  - arch: x86_64
    recipe: script
    command: cp bzImage "$REROLL_OUT"; cp config "$REROLL_OUT/.config"
    artifacts: [bzImage, .config]
    lava: true
tests: {path: waits.yaml, boards: [machine]}
reply: {sign: Waits}
"""
BOARDS = """\
- name: machine
  arch: x86_64
  kernel: bzImage
  device-type: qemu
  qemu: {machine: pc, console: ttyS0}
"""
WAITS = """\
metadata: {format: Lava-Test Test Definition 1.0, name: waits}
run:
  steps:
    - lava-test-case before --result pass
    - sleep 12
    - lava-test-case after --result pass
"""
MAIL = """\
From: John <john@example.org>
Date: Mon, 5 Jan 2026 10:00:00 +0000
Message-ID: <%s@example.org>
Subject: [PATCH] code: add %s

So that there is one.

Signed-off-by: John <john@example.org>
---
 %s | 1 +
 1 file changed, 1 insertion(+)
 create mode 100644 %s

diff --git a/%s b/%s
new file mode 100644
--- /dev/null
+++ b/%s
@@ -0,0 +1 @@
+%s
--
2.39.2
"""
GIT = {"GIT_%s_%s" % (who, what): value for who in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "John"), ("EMAIL", "john@example.org"))}


class Daemon:
    """In a folder of its own; what it logs comes with the time it came."""

    def __init__(self, lab, folder, port):
        self.lab, self.folder, self.port = lab, folder, port
        self.log = []
        code = folder / "code"
        code.mkdir(parents=True)
        shutil.copy(lab.dir / "images/amd64/bzImage", code / "bzImage")
        (code / "config").write_text("CONFIG_64BIT=y\nCONFIG_X86_64=y\n")
        for args in (["init", "-q", "-b", "main"], ["add", "-A"],
                     ["commit", "-q", "-m", "code: begin"]):
            subprocess.run(["git", "-C", code, *args], check=True,
                           env=dict(os.environ, **GIT))
        (folder / "token").touch(0o600)
        (folder / "token").write_text(lab.tokens["bot"])
        for name, text in (
                ("reroll.yaml", SITE.format(url=lab.url, folder=folder,
                                            port=port)),
                ("project.yaml", PROJECT), ("boards.yaml", BOARDS),
                ("waits.yaml", WAITS)):
            (folder / name).write_text(text)
        self.process = subprocess.Popen(
            [REROLL, "serve", "--site", "reroll.yaml", "-n", "mails", "-v"],
            cwd=folder, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.log.append((time.time(), line.rstrip()))

    def said(self, pattern):
        """When it first said so; None: never."""
        return next((at for at, line in list(self.log)
                     if re.search(pattern, line)), None)

    def submit(self, name):
        mail = self.folder / (name + ".mbox")
        mail.write_text(MAIL % ((name,) * 8))
        subprocess.run([REROLL, "submit", "--site", "reroll.yaml", mail],
                       cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def jobs(self):
        """Those in the lab that call this daemon, and what with."""
        found = {}
        for job in self.lab.api("jobs/?limit=20&ordering=-id")["results"]:
            text = job["original_definition"]
            if "127.0.0.1:%d/lava/lava" % self.port in text:
                found[job["id"]] = (job, re.search(
                    r'token: "([0-9a-f]+)"', text)[1])
        return found

    def call(self, token, job, lab="lava"):
        to = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        to.request("POST", "/lava/" + lab, json.dumps(
            {"id": job, "state_string": "Finished",
             "health_string": "Incomplete"}), {"X-Reroll-Token": token})
        return to.getresponse().status

    def replies(self):
        with contextlib.suppress(FileNotFoundError):
            return [mail.read_text()
                    for mail in (self.folder / "mails/new").iterdir()]
        return []

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(90)
        self.reader.join(10)
        return status
