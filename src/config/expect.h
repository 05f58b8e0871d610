/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a text must look like: each of these answers NULL when it does, else
 * what was expected, a static text that ends the sentence "found ...,
 * expected". The schema tables name them.
 */
#ifndef CONFIG_EXPECT_H
#define CONFIG_EXPECT_H

typedef const char *(*expect_check)(const char *text);

const char *expect_word(const char *text);     /* letters digits . _ - */
const char *expect_variable(const char *text); /* of the shell */
const char *expect_address(const char *text);  /* name@example.org */
const char *expect_inside(const char *text);   /* a path below a folder */
const char *expect_artifact(const char *text); /* and not one of ours */
const char *expect_setting(const char *text);  /* NAME=value */
const char *expect_fragment(const char *text); /* file or CONFIG_ lines */
const char *expect_ref(const char *text);      /* refs/... */
const char *expect_base(const char *text);     /* tree or tree/ref */
const char *expect_sha256(const char *text);   /* 64 hex digits */
const char *expect_url(const char *text);      /* scheme://... */
const char *expect_smtp(const char *text);     /* smtp(s)://host[:port] */
const char *expect_target(const char *text);   /* an argument of make */
const char *expect_language(const char *text); /* en, de, pt_BR */
const char *expect_listen(const char *text);   /* address:port */
const char *expect_reply_to(const char *text); /* submitter, all, address */

#endif
