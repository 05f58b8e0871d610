# SPDX-License-Identifier: GPL-2.0-or-later
"""A random case: trees of slices of real files, edits, and mails of them.

A tree is a dict from path (bytes) to (mode, content).
"""
import base64
import random
import re

PLAIN, TOOL, LINK, MODULE = b"100644", b"100755", b"120000", b"160000"
WORDS = (b"static int value;", b"\treturn 0;", b"", b"}", b"\tfoo(bar);",
         b"/* a comment */", b"#define X 1", "\t/* déjà vu */".encode(),
         b"  blanks  ", b"\tlatin \xe9t\xe9")
ODD_PATHS = (b"with blank.c", b"tab\there.c", b'quote"d.c', b"b\\slash.c",
             "ünï/cödé.c".encode(), b"lat\xe9n.c", b"deep/er/and/deeper.c",
             b" lead.c", b"a b/c d.c", b"-dash.c", b"new\nline.c")
ATTACKS = (b"../up", b".git/config", b".GIT/x", b"git~1/x", b"a/../../x",
           b"/abs", b"dir/.git", b"./x", b"a//b", b".git\xe2\x80\x8c/x")


def quoted(path):
    """As fast-import takes any name."""
    return b'"' + b"".join(
        b"\\%03o" % c if c < 33 or c > 126 or c in b'"\\' else bytes([c])
        for c in path) + b'"'


def edit_lines(rng, content, edits):
    """Lines changed, added, dropped, moved, at random places."""
    lines = content.split(b"\n")
    for _ in range(edits):
        at = rng.randrange(len(lines))
        what = rng.randrange(5)
        if what == 0:
            lines[at] += b" /* %d */" % rng.randrange(1000)
        elif what == 1:
            lines[at:at] = rng.choices(WORDS, k=rng.randint(1, 6))
        elif what == 2:
            del lines[at:at + rng.randint(1, 4)]
        elif what == 3:
            lines[at:at + 1] = rng.choices(WORDS, k=rng.randint(1, 2))
        else:
            block = lines[at:at + 5]
            del lines[at:at + 5]
            place = rng.randrange(len(lines) + 1)
            lines[place:place] = block
        lines = lines or [b"x"]
    return b"\n".join(lines)


def toggle_open(content):
    return content[:-1] if content.endswith(b"\n") else content + b"\n"


def toggle_dos(content):
    if b"\r\n" in content:
        return content.replace(b"\r\n", b"\n")
    return content.replace(b"\n", b"\r\n")


def blob(rng):
    return rng.randbytes(rng.randint(20, 3000)) + b"\0"


class Trees:
    """How a tree changes; each method is one kind of edit."""

    def __init__(self, rng, sources):
        self.rng = rng
        self.sources = sources

    def text(self):
        lines = self.rng.choice(self.sources).splitlines(True)
        start = self.rng.randrange(len(lines))
        return b"".join(lines[start:start + self.rng.randint(3, 150)]) or b"x\n"

    def path(self, tree):
        while True:
            path = self.rng.choice(ODD_PATHS) if self.rng.random() < .3 else \
                b"%sf%d.c" % (self.rng.choice((b"", b"dir/", b"dir/sub/")),
                              self.rng.randrange(100))
            above = path.split(b"/")
            if path not in tree and not any(
                    b"/".join(above[:n]) in tree for n in range(1, len(above))) \
                    and not any(p.startswith(path + b"/") for p in tree):
                return path

    def base(self):
        tree = {}
        for _ in range(self.rng.randint(4, 8)):
            content = self.text()
            if self.rng.random() < .12:
                content = toggle_dos(content)
            if self.rng.random() < .12:
                content = toggle_open(content)
            tree[self.path(tree)] = (self.rng.choice((PLAIN, PLAIN, TOOL)),
                                     content)
        tree[self.path(tree)] = (PLAIN, blob(self.rng))
        tree[self.path(tree)] = (PLAIN, b"")
        tree[b"link"] = (LINK, self.rng.choice((b"dir", b"target", b"../x")))
        return tree

    def pick(self, tree, modes=(PLAIN, TOOL)):
        paths = sorted(p for p in tree if tree[p][0] in modes)
        return self.rng.choice(paths) if paths else None

    def modify(self, tree, path):
        mode, content = tree[path]
        edits = self.rng.choice((1, 1, 2, 4))
        if b"\0" in content:
            cut = self.rng.randrange(len(content))
            content = content[:cut] + b"\1\2" + content[cut + 1:]
        else:
            content = edit_lines(self.rng, content, edits)
        tree[path] = (mode, content)

    def mode(self, tree, path):
        tree[path] = (TOOL if tree[path][0] == PLAIN else PLAIN, tree[path][1])

    def rename(self, tree, path):
        new = self.path(tree)
        tree[new] = tree.pop(path)
        if self.rng.random() < .6 and b"\0" not in tree[new][1]:
            tree[new] = (tree[new][0], edit_lines(self.rng, tree[new][1], 1))

    def copy(self, tree, path):
        tree[self.path(tree)] = tree[path]
        self.modify(tree, path)

    def create(self, tree, _path):
        content = self.rng.choice((self.text(), b"", b"x", blob(self.rng)))
        tree[self.path(tree)] = (self.rng.choice((PLAIN, TOOL)), content)

    def delete(self, tree, path):
        del tree[path]

    def open_end(self, tree, path):
        tree[path] = (tree[path][0], toggle_open(tree[path][1]))

    def dos(self, tree, path):
        tree[path] = (tree[path][0], toggle_dos(tree[path][1]))

    def link(self, tree, _path):
        path = self.pick(tree, (LINK,))
        if path and self.rng.random() < .5:
            tree[path] = (LINK, b"elsewhere")
        else:
            tree[self.path(tree)] = (LINK, b"dir/f1.c")

    def typechange(self, tree, path):
        tree[path] = (LINK, b"over/there")

    def folder(self, tree, path):
        """A file becomes a folder."""
        content = tree.pop(path)
        tree[path + b"/inside.c"] = content

    def binary(self, tree, path):
        tree[path] = (tree[path][0], blob(self.rng))

    def swap(self, tree, path):
        other = self.pick(tree)
        tree[path], tree[other] = tree[other], tree[path]

    KINDS = ((modify, 12), (mode, 2), (rename, 3), (copy, 2), (create, 3),
             (delete, 2), (open_end, 2), (dos, 1), (link, 1), (typechange, 1),
             (folder, 1), (binary, 1), (swap, 1))

    def change(self, tree, words):
        tree = dict(tree)
        kinds, weights = zip(*self.KINDS)
        for kind in self.rng.choices(kinds, weights,
                                     k=self.rng.choice((1, 1, 2, 3))):
            path = self.pick(tree)
            if path:
                kind(self, tree, path)
                words.append(kind.__name__)
        return tree

    def drift(self, tree, words):
        """What others have done to the base meanwhile."""
        tree = dict(tree)
        for _ in range(self.rng.randint(1, 4)):
            path = self.pick(tree)
            if path and b"\0" not in tree[path][1]:
                tree[path] = (tree[path][0],
                              edit_lines(self.rng, tree[path][1], 1))
        words.append("drift")
        return tree


# Damage: each takes and gives the lines of a diff.
def lose_line(rng, lines):
    del lines[rng.randrange(len(lines))]


def twice_line(rng, lines):
    at = rng.randrange(len(lines))
    lines.insert(at, lines[at])


def change_byte(rng, lines):
    at = rng.randrange(len(lines))
    if lines[at]:
        cut = rng.randrange(len(lines[at]))
        lines[at] = lines[at][:cut] + bytes([rng.randint(32, 126)]) + \
            lines[at][cut + 1:]


def wrap(_rng, lines):
    lines[:] = [part for line in lines for part in
                ([line[:70], line[70:]] if len(line) > 72 else [line])]


def expand_tabs(_rng, lines):
    lines[:] = [line.replace(b"\t", b"        ") for line in lines]


def strip_ends(_rng, lines):
    lines[:] = [b"" if line == b" " else line for line in lines]


def move_hunks(rng, lines):
    by = rng.randint(-9, 30)

    def moved(match):
        return b"@@ -%d%s +%d%s @@" % (
            max(int(match[1]) + by, 0), match[2] or b"",
            max(int(match[3]) + by, 0), match[4] or b"")
    lines[:] = [re.sub(rb"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@", moved, line)
                for line in lines]


def count_wrong(rng, lines):
    hunks = [i for i, line in enumerate(lines) if line.startswith(b"@@ -")]
    if hunks:
        at = rng.choice(hunks)
        lines[at] = re.sub(rb",(\d+) ", lambda m: b",%d " % (
            int(m[1]) + rng.choice((-1, 1))), lines[at], count=1)


def cut_end(rng, lines):
    del lines[rng.randrange(len(lines)):]


def drop_index(_rng, lines):
    lines[:] = [line for line in lines if not line.startswith(b"index ")]


def drop_git(_rng, lines):
    lines[:] = [line for line in lines
                if not line.startswith((b"diff --git ", b"index "))]


def wrong_index(rng, lines):
    lines[:] = [re.sub(rb"^index (....)", b"index %04x" % rng.getrandbits(16),
                       line) for line in lines]


def reverse_files(_rng, lines):
    sections = re.split(rb"(?m)^(?=diff --git )", b"\n".join(lines))
    lines[:] = b"".join([sections[0]] + [
        s if s.endswith(b"\n") else s + b"\n"
        for s in reversed(sections[1:])]).split(b"\n")


def repeat_file(rng, lines):
    sections = re.split(rb"(?m)^(?=diff --git )", b"\n".join(lines))
    lines += rng.choice(sections).split(b"\n")


def attack(rng, lines):
    names = re.findall(rb"(?m)^\+\+\+ b/(.*)$", b"\n".join(lines))
    if names:
        path, evil = rng.choice(names), rng.choice(ATTACKS)
        lines[:] = b"\n".join(lines).replace(path, evil).split(b"\n")


def other_mode(rng, lines):
    mode = rng.choice((b"100600", b"100664", b"120000", b"160000", b"040000",
                       b"100755", b"100644", b"99"))
    lines[:] = [re.sub(rb"\b(100644|100755)$", mode, line) for line in lines]


DAMAGES = ((lose_line, 2), (twice_line, 2), (change_byte, 4), (wrap, 1),
           (expand_tabs, 1), (strip_ends, 4), (move_hunks, 5),
           (count_wrong, 2), (cut_end, 2), (drop_index, 3), (drop_git, 3),
           (wrong_index, 2), (reverse_files, 2), (repeat_file, 1), (attack, 2),
           (other_mode, 2))
CONTEXTS = ("-U3", "-U3", "-U3", "-U1", "-U0", "-U8", "-W")
RENAMES = ("-M", "-M", "-C", "--no-renames", "-B")
ENCODINGS = ("7bit", "8bit", "8bit", "8bit", "base64", "quoted-printable",
             "dos", "dos-body")


def encode_qp(text):
    """Every byte that is no plain letter, and soft line ends."""
    lines = []
    for line in text.split(b"\n"):
        coded = b"".join(b"=%02X" % c if c == 61 or c > 126 or
                         (c < 32 and c != 9) else bytes([c]) for c in line)
        coded = re.sub(rb"[ \t]$", lambda m: b"=%02X" % m[0][0], coded)
        while len(coded) > 70:
            cut = 70 - (coded[:70].rfind(b"=") >= 67) * 3
            lines.append(coded[:cut] + b"=")
            coded = coded[cut:]
        lines.append(coded)
    return b"\n".join(lines)


class Case:
    """One base, one to three patches, and how they are mailed."""

    def __init__(self, seed, number, sources):
        self.rng = random.Random(f"{seed}/{number}")
        self.number = number
        self.words = []
        self.three_way = self.rng.random() < .4
        trees = Trees(self.rng, sources)
        self.states = [trees.base()]
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            self.states.append(trees.change(self.states[-1], self.words))
        self.base = self.states[0]
        if self.rng.random() < (.8 if self.three_way else .4):
            self.base = trees.drift(self.base, self.words)
        if self.three_way and self.rng.random() < .1:
            self.base = self.states[-1]
            self.words.append("already")

    def ref(self, name):
        return f"refs/case/{self.number}/{name}"

    def stream(self):
        """All trees, for git fast-import."""
        named = [(f"s{n}", tree) for n, tree in enumerate(self.states)]
        out = []
        for name, tree in named + [("base", self.base)]:
            out.append(b"commit %s\ncommitter A <a@example.org> 1700000000 "
                       b"+0000\ndata 1\nx\ndeleteall\n" %
                       self.ref(name).encode())
            for path, (mode, content) in sorted(tree.items()):
                out.append(b"M %s inline %s\ndata %d\n%s\n" %
                           (mode, quoted(path), len(content), content))
            out.append(b"\n")
        return b"".join(out)

    def diff(self, repo, old, new):
        options = [self.rng.choice(CONTEXTS), self.rng.choice(RENAMES)]
        options += [o for o in ("--full-index", "--patience")
                    if self.rng.random() < .3]
        if self.rng.random() < .9:
            options.append("--binary")
        self.words += options
        return repo.git("diff", *options, self.ref(f"s{old}"),
                        self.ref(f"s{new}")).stdout

    def damaged(self, diff):
        lines = diff.split(b"\n")
        kinds, weights = zip(*DAMAGES)
        damage = self.rng.choices(kinds, weights)[0]
        self.words.append(damage.__name__)
        if len(lines) > 1:
            damage(self.rng, lines)
        return b"\n".join(lines)

    def mail(self, number, total, diff):
        encoding = self.rng.choice(ENCODINGS)
        self.words.append(encoding)
        body = b"Say why.\n\nSigned-off-by: A <a@example.org>\n---\n f | 1 +\n\n"
        body += diff + b"-- \n2.39.5\n"
        if encoding == "dos-body":
            body = body.replace(b"\n", b"\r\n")
        dos = encoding.startswith("dos")
        if encoding == "base64":
            body = base64.encodebytes(body)
        elif encoding == "quoted-printable":
            body = encode_qp(body)
        head = (f"From: A <a@example.org>\nSubject: [PATCH {number}/{total}] x:"
                f" change {number}\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n"
                f"Message-ID: <{self.number}.{number}@example.org>\n"
                + (f"In-Reply-To: <{self.number}.1@example.org>\n"
                   if number > 1 else "") +
                "MIME-Version: 1.0\n"
                "Content-Type: text/plain; charset=UTF-8\n"
                f"Content-Transfer-Encoding: {'8bit' if dos else encoding}\n\n")
        text = head.encode() + body
        if encoding == "dos":
            text = text.replace(b"\n", b"\r\n")
        text = re.sub(rb"(?m)^(>*From )", rb">\1", text)
        return b"From x Mon Sep 17 00:00:00 2001\n" + \
            text.replace(b">From: ", b"From: ", 1) + b"\n"

    def mails(self, repo):
        """The mailbox. Two patches may come as one with a file twice."""
        steps = [(n, n + 1) for n in range(len(self.states) - 1)]
        diffs = [self.diff(repo, *step) for step in steps]
        if len(diffs) > 1 and self.rng.random() < .3:
            diffs = [b"".join(diffs)]
            self.words.append("sections")
        if self.rng.random() < .4:
            at = self.rng.randrange(len(diffs))
            diffs[at] = self.damaged(diffs[at])
        return b"".join(self.mail(n, len(diffs), diff)
                        for n, diff in enumerate(diffs, 1))
