/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte says in parts of which size the rest comes. However it comes,
 * it is the same line, the same request, the same answer; what is answered can
 * be read again.
 */
#include "fuzz.h"

#include <string.h>

#include "base/base.h"
#include "serve/control-internal.h"

#define LIMIT 4096

static const struct control_op ops[] = {
	{"status", RIGHT_GROUP, NULL},
	{"cancel", RIGHT_STAFF, NULL},
	{NULL},
};

static enum control_line_state
feed(struct control_line *line, const uint8_t *data, size_t len, size_t step)
{
	enum control_line_state state = LINE_PART;

	control_line_init(line, LIMIT);
	for (size_t at = 0; at < len && state == LINE_PART; at += step)
		state = control_line_add(line, data + at, MIN(step, len - at));
	return state;
}

static void check_answer(const struct control_line *line)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) answer = control_answer_read(line, &error);

	g_assert(!answer == (error != NULL));
}

/* What was refused comes to the other end as it was. */
static void check_refusal(const GError *error)
{
	g_autoptr(json_t) refusal = control_refusal(error);
	g_autofree char *text = control_answer_write(refusal);
	g_autoptr(GError) again = NULL;
	struct control_line line;

	g_assert(feed(&line, (const uint8_t *)text, strlen(text), 7) ==
		 LINE_WHOLE);
	g_assert(!control_answer_read(&line, &again));
	g_assert_cmpint(again->code, ==, error->code);
	g_assert_cmpstr(again->message, ==, error->message);
	control_line_clear(&line);
}

static void check_request(const struct control_line *line)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) request = control_request_read(line, &error);
	const struct control_op *op = NULL;

	if (request)
		op = control_op_find(ops, request, &error);
	if (op)
		control_op_allows(op, 1, &error);
	if (error)
		check_refusal(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct control_line whole, parts;
	enum control_line_state state;

	if (len < 2)
		return 0;
	state = feed(&whole, data + 1, len - 1, len);
	g_assert(state == feed(&parts, data + 1, len - 1, 1 + data[0] % 64U));
	if (state != LINE_TOO_LONG) {
		g_assert(whole.bytes->len == parts.bytes->len);
		g_assert(!whole.bytes->len ||
			 memcmp(whole.bytes->data, parts.bytes->data,
				whole.bytes->len) == 0);
		check_request(&whole);
		check_answer(&whole);
	}
	control_line_clear(&whole);
	control_line_clear(&parts);
	return 0;
}
