/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What our mail servers said of a sender, as several programs write it. */
#include "test.h"

#include "mail/mail.h"

#define OURS                                                             \
	"Received: from out.example.net (out.example.net [192.0.2.1])\n" \
	"\tby mx.example.org (Postfix) with ESMTPS id 4F1\n"             \
	"\tfor <reroll@example.org>; Sat, 21 Nov 2026 10:00:00 +0000\n"
#define THEIRS                                             \
	"Received: from laptop (unknown [198.51.100.7])\n" \
	"\tby out.example.net (Postfix) with ESMTPSA id 9\n"
#define SIGNED                                                    \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n" \
	"\td=example.net; s=2026; h=from:to; b=abc\n"
#define FROM "From: Ada <ada@example.net>\nSubject: x\n"
#define AR "Authentication-Results: mx.example.org"

static const struct message_options *options(void)
{
	static const char *const names[] = {"mx.example.org", "mx.google.com",
					    "mail.example.com"};
	static struct message_options with;
	static GPtrArray *servers;

	if (!servers) {
		servers = g_ptr_array_new();
		for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
			g_ptr_array_add(servers, (gpointer)(gsize)names[i]);
		with.servers = servers;
	}
	return &with;
}

struct row {
	const char *name, *headers, *want;
	bool vouched;
};

static void check_row(const struct row *row)
{
	g_autofree char *mail = g_strconcat(row->headers, "\ntext\n", NULL);
	g_autoptr(message_t)
		message = message_parse(mail, strlen(mail), "test", options());
	g_autofree char *said = auth_result_text(message->auth);
	g_autofree char *why = NULL;
	bool vouched = auth_result_vouches(message->auth, message->from, &why);

	if (strcmp(said, row->want) != 0)
		fail_msg("%s: %s, not %s", row->name, said, row->want);
	if (vouched != row->vouched)
		fail_msg("%s: %s", row->name, why ? why : "vouched");
	assert_int_equal(vouched, why == NULL);
}

static void check_rows(const struct row *rows, gsize n)
{
	for (gsize i = 0; i < n; i++)
		check_row(&rows[i]);
}

static const struct row programs[] = {
	{"Gmail names header.i alone, below hops of its own",
	 "Delivered-To: reroll@example.org\n"
	 "Received: by 2002:a05:7412:b112:b0:ea:1a5c:f9b7 with SMTP id az18;\n"
	 "        Sat, 21 Nov 2026 02:00:00 -0800 (PST)\n"
	 "X-Received: by 2002:a17:90b:1d0b with SMTP id on11\n"
	 "ARC-Authentication-Results: i=1; mx.google.com; spf=fail\n"
	 "Return-Path: <ada@example.net>\n"
	 "Received: from out.example.net (out.example.net. [192.0.2.1])\n"
	 "        by mx.google.com with ESMTPS id d9-2002si\n"
	 "        for <reroll@example.org>\n"
	 "        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 "
	 "bits=256/256);\n"
	 "Received-SPF: pass (google.com: domain of ada@example.net)\n"
	 "Authentication-Results: mx.google.com;\n"
	 "       dkim=pass header.i=@example.net header.s=2026 "
	 "header.b=\"Ab/c1=+\";\n"
	 "       spf=pass (google.com: domain of ada@example.net designates "
	 "192.0.2.1 as permitted sender) smtp.mailfrom=ada@example.net;\n"
	 "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) "
	 "header.from=example.net\n" SIGNED THEIRS FROM,
	 "dkim=pass (example.net), spf=pass (example.net), "
	 "dmarc=pass (example.net)",
	 true},
	{"OpenDKIM puts its header below the line that Postfix put on top",
	 OURS AR "; dkim=pass (2048-bit key; unprotected) header.d=example.net "
		 "header.i=@example.net header.a=rsa-sha256 header.s=2026 "
		 "header.b=abc;\n\tdkim-atps=neutral\n" SIGNED THEIRS FROM,
	 "dkim=pass (example.net), spf=none, dmarc=none", true},
	{"Postfix with one header a filter",
	 OURS AR "; dmarc=none (p=none dis=none) header.from=example.net\n" AR
		 "; spf=pass smtp.mailfrom=example.net\n" AR
		 "; dkim=pass (1024-bit key) header.d=example.net "
		 "header.i=ada@example.net header.b=\"abc\"\n" SIGNED FROM,
	 "dmarc=none (example.net), spf=pass (example.net), "
	 "dkim=pass (example.net)",
	 true},
	{"rspamd writes one header on top of all",
	 AR ";\n\tdkim=pass header.d=example.net header.s=2026 "
	    "header.b=Abc;\n\tspf=pass (mx.example.org: domain of "
	    "ada@example.net designates 192.0.2.1 as permitted sender) "
	    "smtp.mailfrom=ada@example.net;\n\tdmarc=pass (policy=reject) "
	    "header.from=example.net\n" OURS SIGNED FROM,
	 "dkim=pass (example.net), spf=pass (example.net), "
	 "dmarc=pass (example.net)",
	 true},
	{"Exim tells of the host and of logins too",
	 "Received: from out.example.net ([192.0.2.1] helo=out)\n"
	 "\tby mail.example.com with esmtps (TLS1.3) (Exim 4.96)\n"
	 "\tid 1p-2\n"
	 "Authentication-Results: mail.example.com;\n"
	 "\tiprev=pass (out.example.net) smtp.remote-ip=192.0.2.1;\n"
	 "\tspf=pass smtp.mailfrom=example.net;\n"
	 "\tdkim=pass header.d=example.net header.s=2026 "
	 "header.a=rsa-sha256;\n"
	 "\tdmarc=skipped; arc=none\n" SIGNED FROM,
	 "spf=pass (example.net), dkim=pass (example.net), dmarc=unsure", true},
	{"Outlook gives no authserv-id, so it is not told who says it",
	 "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\n"
	 " smtp.mailfrom=example.net; dkim=pass (signature was verified)\n"
	 " header.d=example.net;dmarc=pass action=none\n"
	 " header.from=example.net;compauth=pass reason=100\n" SIGNED FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"its words are read where a name stands before them",
	 AR "; spf=pass (sender IP is 192.0.2.1)\n"
	    " smtp.mailfrom=example.net; dkim=none (message not signed)\n"
	    " header.d=none;dmarc=bestguesspass action=none\n"
	    " header.from=example.net;compauth=pass reason=109\n" FROM,
	 "spf=pass (example.net), dkim=none, dmarc=unsure (example.net)", true},
	{"amavis has a comment behind its name",
	 "Received: from localhost by mx.example.org (Postfix)\n" AR
	 " (amavisd-new);\n dkim=pass (2048-bit key) header.d=example.net\n"
	 "Received: from mx.example.org ([127.0.0.1])\n"
	 " by localhost (mx.example.org [127.0.0.1]) (amavisd-new)\n" SIGNED
		 FROM,
	 "dkim=pass (example.net), spf=none, dmarc=none", true},
};

static void real_programs_are_understood(void **state)
{
	(void)state;
	check_rows(programs, G_N_ELEMENTS(programs));
}

static const struct row forms[] = {
	{"nothing is none", OURS FROM, "dkim=none, spf=none, dmarc=none",
	 false},
	{"none is none", AR "; none\n" FROM, "dkim=none, spf=none, dmarc=none",
	 false},
	{"version 1 of header and method",
	 AR " 1; spf / 1 = pass smtp . mailfrom = example.net\n" FROM,
	 "spf=pass (example.net), dkim=none, dmarc=none", true},
	{"another version of a method is another method",
	 AR "; spf/2=pass smtp.mailfrom=example.net\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"another version of the header is not understood",
	 AR " 2; spf=pass smtp.mailfrom=example.net\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"comments stand anywhere and in each other",
	 "Authentication-Results: (a (b)) mx.example.org (c\\)) 1 (d) ; (e) "
	 "spf (f) = (g) pass (h;i) smtp(j).(k)mailfrom(l)=(m)example.net(n) "
	 ";\n" FROM,
	 "spf=pass (example.net), dkim=none, dmarc=none", true},
	{"names and words in any case, name in quotes",
	 "AUTHENTICATION-RESULTS: \"MX.Example.ORG\"; SPF=Pass "
	 "SMTP.MailFrom=Ada@EXAMPLE.Net.\n" FROM,
	 "spf=pass (example.net), dkim=none, dmarc=none", true},
	{"a local part in quotes hides nothing",
	 AR "; spf=pass smtp.mailfrom=\"a; dkim=pass header.d=x.org "
	    "@y\"@example.net reason=\"as; it\\\" is\"\n" FROM,
	 "spf=pass (example.net), dkim=none, dmarc=none", true},
	{"several signatures, one that passed",
	 AR "; dkim=fail reason=\"bad\" header.d=example.net; dkim=pass "
	    "header.d=example.net; dkim=temperror header.d=a.example\n" SIGNED
		    FROM,
	 "dkim=fail (example.net), dkim=pass (example.net), "
	 "dkim=unsure (a.example), spf=none, dmarc=none",
	 true},
	{"SPF of a greeting says nothing of the sender",
	 AR "; spf=pass smtp.helo=example.net\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a domain in Unicode is the one in ASCII",
	 AR "; spf=pass smtp.mailfrom=b\xc3\xbc"
	    "cher.example\n"
	    "From: a@xn--bcher-kva.example\n",
	 "spf=pass (xn--bcher-kva.example), dkim=none, dmarc=none", true},
	{"softfail is no pass",
	 AR "; spf=softfail smtp.mailfrom=example.net\n" FROM,
	 "spf=fail (example.net), dkim=none, dmarc=none", false},
	{"nor is neutral", AR "; spf=neutral smtp.mailfrom=example.net\n" FROM,
	 "spf=unsure (example.net), dkim=none, dmarc=none", false},
};

static void the_grammar_is_read(void **state)
{
	(void)state;
	check_rows(forms, G_N_ELEMENTS(forms));
}

#define SPF "; spf=pass smtp.mailfrom=example.net\n"

static const struct row broken[] = {
	{"an open comment", AR "; spf=pass (smtp.mailfrom=example.net\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"an open quote", AR "; spf=pass smtp.mailfrom=\"example.net\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"no result", AR "; spf= smtp.mailfrom=example.net\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a word without a value", AR "; spf=pass designates\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a broken one of ours ends the search", AR "; spf=\n" AR SPF FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a broken one below takes away what was said above",
	 AR SPF AR "; dkim=\n" FROM,
	 "spf=pass (example.net), dkim=none, dmarc=none", false},
	{"a broken one of others does not",
	 "Authentication-Results: a.example; spf=\n" AR SPF FROM,
	 "spf=pass (example.net), dkim=none, dmarc=none", true},
	{"no name at all", "Authentication-Results: ; spf=pass\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"an empty header", "Authentication-Results:\n" FROM,
	 "dkim=none, spf=none, dmarc=none", false},
};

static void a_broken_header_proves_nothing(void **state)
{
	(void)state;
	check_rows(broken, G_N_ELEMENTS(broken));
}

#define PASS                                          \
	"; dkim=pass header.d=example.net; spf=pass " \
	"smtp.mailfrom=example.net; dmarc=pass header.from=example.net\n"

static const struct row forged[] = {
	{"another server's word is not ours",
	 OURS "Authentication-Results: mx.evil.example" PASS SIGNED FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"nor is a name that begins or ends like ours",
	 "Authentication-Results: mx.example.org.evil.example" PASS
	 "Authentication-Results: amx.example.org" PASS SIGNED FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"what is below a foreign Received came with the mail",
	 OURS THEIRS AR PASS SIGNED FROM, "dkim=none, spf=none, dmarc=none",
	 false},
	{"so is what is below all of them", OURS SIGNED FROM THEIRS AR PASS,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a Received that pretends to be ours opens nothing again",
	 OURS THEIRS OURS AR PASS SIGNED FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a host that says it is by us in a comment is not",
	 "Received: from a (b by mx.example.org) by c.example\n" AR PASS SIGNED
		 FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"nor one that is called \"by\"",
	 "Received: from by mx.example.org by c.example\n"
	 "Received: from by by c.example\n" AR PASS SIGNED FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a hop without from is not ours below the border",
	 OURS "Received: by out.example.net with local\n" AR PASS SIGNED FROM,
	 "dkim=none, spf=none, dmarc=none", false},
	{"a forged header right below ours says nothing more",
	 OURS AR "; dkim=fail header.d=example.net; spf=fail "
		 "smtp.mailfrom=evil.example; dmarc=none\n" AR PASS SIGNED FROM,
	 "dkim=fail (example.net), spf=fail (evil.example), dmarc=none", false},
	{"a forged pass of a signature that is not there",
	 OURS AR "; spf=fail smtp.mailfrom=evil.example\n" AR
		 "; dkim=pass header.d=example.net\n" FROM,
	 "spf=fail (evil.example), dkim=none, dmarc=none", false},
	{"a forged DMARC beside nothing that passed",
	 OURS AR "; spf=fail smtp.mailfrom=evil.example\n" AR
		 "; dmarc=pass header.from=example.net\n" FROM,
	 "spf=fail (evil.example), dmarc=pass (example.net), dkim=none", false},
	{"one in a part of the mail",
	 OURS FROM
	 "Content-Type: multipart/mixed; boundary=b\n\n--b\n" AR PASS SIGNED
	 "\ntext\n--b--\n",
	 "dkim=none, spf=none, dmarc=none", false},
	{"a second From", AR PASS SIGNED FROM "From: Bob <bob@evil.example>\n",
	 "dkim=pass (example.net), spf=pass (example.net), "
	 "dmarc=pass (example.net)",
	 false},
	{"two in one From", AR PASS SIGNED "From: a@example.net, b@x.example\n",
	 "dkim=pass (example.net), spf=pass (example.net), "
	 "dmarc=pass (example.net)",
	 false},
};

static void what_was_forged_does_not_count(void **state)
{
	(void)state;
	check_rows(forged, G_N_ELEMENTS(forged));
}

#define FROM_BELOW "From: Ada <ada@lists.example.net>\n"

static const struct row aligned[] = {
	{"a domain signs for those below it",
	 AR "; dkim=pass header.d=example.net\n" SIGNED FROM_BELOW,
	 "dkim=pass (example.net), spf=none, dmarc=none", true},
	{"one below does not sign for it without DMARC",
	 AR "; spf=pass smtp.mailfrom=b.example.net\n" FROM,
	 "spf=pass (b.example.net), dkim=none, dmarc=none", false},
	{"with DMARC it does",
	 AR "; spf=pass smtp.mailfrom=b.example.net; dmarc=pass "
	    "header.from=example.net\n" FROM,
	 "spf=pass (b.example.net), dmarc=pass (example.net), dkim=none", true},
	{"DMARC of another From does not",
	 AR "; spf=pass smtp.mailfrom=b.example.net; dmarc=pass "
	    "header.from=evil.example\n" FROM,
	 "spf=pass (b.example.net), dmarc=pass (evil.example), dkim=none",
	 false},
	{"a name that only ends alike does not",
	 AR "; spf=pass smtp.mailfrom=xample.net\n" FROM,
	 "spf=pass (xample.net), dkim=none, dmarc=none", false},
	{"a top level does not", AR "; spf=pass smtp.mailfrom=net\n" FROM,
	 "spf=pass, dkim=none, dmarc=none", false},
	{"a failed DMARC speaks against all",
	 AR "; spf=pass smtp.mailfrom=example.net; dmarc=fail "
	    "header.from=example.net\n" FROM,
	 "spf=pass (example.net), dmarc=fail (example.net), dkim=none", false},
	{"no From has no domain", AR SPF "Subject: x\n",
	 "spf=pass (example.net), dkim=none, dmarc=none", false},
	{"nor has a local one", AR SPF "From: ada\n",
	 "spf=pass (example.net), dkim=none, dmarc=none", false},
	{"hops of ours above it are ours",
	 "Received: from mx.example.org by imap.mx.example.org with LMTP\n" OURS
		 AR SPF FROM,
	 "spf=pass (example.net), dkim=none, dmarc=none", true},
};

static void only_the_domain_in_from_is_proved(void **state)
{
	(void)state;
	check_rows(aligned, G_N_ELEMENTS(aligned));
}

static void without_servers_nobody_is_asked(void **state)
{
	static const char mail[] = AR SPF FROM "\ntext\n";
	g_autoptr(message_t)
		message = message_parse(mail, strlen(mail), "test", NULL);

	(void)state;
	assert_int_equal(message->auth->checks->len, 0);
	assert_false(auth_result_vouches(message->auth, message->from, NULL));
	assert_int_equal(auth_result_verdict(message->auth, AUTH_SPF),
			 AUTH_NONE);
}

static void the_best_of_a_method_is_its_verdict(void **state)
{
	static const char mail[] = AR
		"; dkim=fail header.d=a.example; dkim=pass "
		"header.d=example.net; spf=temperror "
		"smtp.mailfrom=x.example; dmarc=fail\n" SIGNED FROM "\nx\n";
	g_autoptr(message_t)
		message = message_parse(mail, strlen(mail), "test", options());

	(void)state;
	assert_int_equal(auth_result_verdict(message->auth, AUTH_DKIM),
			 AUTH_PASS);
	assert_int_equal(auth_result_verdict(message->auth, AUTH_SPF),
			 AUTH_UNSURE);
	assert_int_equal(auth_result_verdict(message->auth, AUTH_DMARC),
			 AUTH_FAIL);
}

static void hostile_headers_take_linear_time(void **state)
{
	static const char *const pieces[] = {
		"(",  "((a)", "; dkim=pass", "; spf=pass (x) a=b",	 "\"\\",
		"\\", ".",    "/",	     "; dkim=pass header.d=a.b",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) mail = g_string_new(FROM);
		g_autoptr(message_t) message = NULL;
		gint64 start_ms = test_cpu_ms();

		while (mail->len < 200 << 10) {
			g_string_append(mail, AR);
			for (guint n = 0; n < 2000; n++)
				g_string_append(mail, pieces[i]);
			g_string_append_c(mail, '\n');
		}
		g_string_append(mail, "\ntext\n");
		message = message_parse(mail->str, mail->len, "test",
					options());
		assert_true(message->auth->checks->len <= 3 * 64);
		assert_true(test_cpu_ms() - start_ms < 2000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_programs_are_understood),
		cmocka_unit_test(the_grammar_is_read),
		cmocka_unit_test(a_broken_header_proves_nothing),
		cmocka_unit_test(what_was_forged_does_not_count),
		cmocka_unit_test(only_the_domain_in_from_is_proved),
		cmocka_unit_test(without_servers_nobody_is_asked),
		cmocka_unit_test(the_best_of_a_method_is_its_verdict),
		cmocka_unit_test(hostile_headers_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
