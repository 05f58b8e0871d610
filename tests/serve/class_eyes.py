# SPDX-License-Identifier: GPL-2.0-or-later
"""What others make of a mail of ours: Python's strict parser, exim, Perl's
Email::Address::XS, public-inbox and mutt.
"""
import email
import email.policy
import os
import re
import smtplib
import sqlite3
import subprocess

STRICT = email.policy.SMTP.clone(raise_on_defect=True)
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To",
        "References", "Auto-Submitted", "X-Reroll")
ADDRESSES = """
use Email::Address::XS qw(parse_email_addresses);
my $count = 0;
my @wrong;
while (my $line = <STDIN>) {
	chomp $line;
	$count++;
	my @found = parse_email_addresses($line);
	push @wrong, $line if !@found || grep { !$_->is_valid } @found;
}
print "$count\\n", map { "$_\\n" } @wrong;
"""
IMPORT = """
use PublicInbox::InboxWritable;
my $box = PublicInbox::InboxWritable->new({inboxdir => $ARGV[0],
    name => 'course', -primary_address => 'course@example.org',
    version => 2, indexlevel => 'basic'}, {nproc => 1, quiet => 1});
$box->init_inbox(0);
$box->import_maildir($ARGV[1]);
"""


def read(data):
    """By the strict parser; a ValueError or a defect is raised."""
    mail = email.message_from_bytes(data, policy=STRICT)
    for name, value in mail.items():
        if getattr(value, "defects", ()):
            raise ValueError("%s: %s" % (name, value.defects))
    return mail


def faults(data, answers=True):
    """What is wrong with the form of a mail; one text each. `answers`: it is a
    reply."""
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    found = []
    if max(head + b"\n") > 126:
        found.append("its headers are not 7-bit")
    if b"\r" in head + body or b"\0" in data:
        found.append("a bare CR or a NUL is in it")
    if max(len(line) for line in (head + b"\n" + body).split(b"\n")) > 998:
        found.append("a line is longer than 998")
    try:
        mail = read(data)
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                part.get_content()
    except Exception as why:  # any of many
        return found + ["it does not parse: %r" % why]
    found += ["%s is not there once" % name for name in ONCE
              if len(mail.get_all(name, [])) != 1 and
              (answers or name not in ("In-Reply-To", "References"))]
    if mail["Auto-Submitted"] not in ("auto-replied", "auto-generated") or \
            (answers and mail["Auto-Submitted"] != "auto-replied"):
        found.append("it does not say that it is automatic")
    if len(mail["From"].addresses) != 1 or len(mail["To"].addresses) != 1:
        found.append("it is not from one to one")
    return found


def without_delivery(mail):
    """Without the lines that delivery has put in front."""
    return re.sub(rb"\A(?:(?:Return-path|Envelope-to|Delivery-date): .*"
                  rb"\n(?:[ \t].*\n)*)+", b"", mail)


def exim_refuses(port, mails):
    """What exim, as tests/servers/smtp has it, says of those it does not take:
    it verifies the syntax of headers."""
    said = []
    with smtplib.SMTP("127.0.0.1", port, "mail.example.org") as link:
        for mail in mails:
            try:
                link.sendmail("bounces@example.org", ["any@example.org"],
                              without_delivery(mail))
            except smtplib.SMTPException as why:
                said.append(repr(why))
    return said


def address_faults(mails):
    """Address fields that Perl's Email::Address::XS does not take."""
    fields = b"".join(
        re.sub(rb"\n[ \t]", b" ", without_delivery(mail)).partition(
            b"\n\n")[0] + b"\n" for mail in mails)
    lines = re.findall(rb"^(?:From|To|Cc): (.*)$", fields, re.M)
    said = subprocess.run(["perl", "-e", ADDRESSES], check=True,
                          input=b"".join(line + b"\n" for line in lines),
                          stdout=subprocess.PIPE).stdout.decode()
    count, *wrong = said.splitlines()
    return wrong if int(count) == len(lines) > 0 else ["not all were read"]


def mutt_threads(box):
    """Message-ID to that of the mail below which mutt shows it, or "-"."""
    return dict(line.split() for line in subprocess.run(
        [os.path.join(os.path.dirname(__file__), "eyes-mutt"), box],
        check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines())


def maildir(top, mails):
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(top, name))
    for i, mail in enumerate(mails):
        with open(os.path.join(top, "cur", "%05d.x:2,S" % i), "wb") as file:
            file.write(without_delivery(mail))


def archive_threads(top, box):
    """Message-ID to the thread that public-inbox shows it in."""
    inbox = os.path.join(top, "inbox")
    env = dict(os.environ, HOME=top, PI_CONFIG=os.path.join(top, "pi.config"),
               GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")
    subprocess.run(["perl", "-e", IMPORT, inbox, box], check=True, env=env,
                   stdout=subprocess.DEVNULL)
    (over,) = [os.path.join(root, "over.sqlite3")
               for root, _, files in os.walk(inbox) if "over.sqlite3" in files]
    link = sqlite3.connect(over)
    rows = link.execute("SELECT mid, tid FROM msgid JOIN id2num USING (id) "
                        "JOIN over USING (num) WHERE num > 0").fetchall()
    link.close()
    return {"<%s>" % mid: tid for mid, tid in rows}
