// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What tells that a job may have come further than when it was last asked
 * after. LAVA calls while it writes the change, so that others see it a moment
 * later: from a hint on it is asked more often for a while.
 */
#include "lab/lava-run.h"

#include <string.h>

#define HINTED_PART 5 /* of the first pause: what comes after asking now */

const char *lava_run_token(const struct lava_run *run)
{
	return run->attempt->token;
}

void lava_run_hint(struct lava_run *run)
{
	if (run->step != STEP_FOLLOW || run->cancelling)
		return;
	run->poll_ms = MAX(run->lab->pause_ms / HINTED_PART, 1);
	if (!run->timer)
		return;
	g_source_destroy(run->timer);
	g_clear_pointer(&run->timer, g_source_unref);
	lava_run_wait(run, 0);
}

/* In the same time whatever differs. */
static bool is_token(const struct lava_run *run, const char *token)
{
	const char *own = lava_run_token(run);
	gsize len = own ? strlen(own) : 0;
	guint differ = 0;

	if (!own || strlen(token) != len)
		return false;
	for (gsize i = 0; i < len; i++)
		differ |= (guint)(own[i] ^ token[i]);
	return !differ;
}

static struct lava_run *find_run(const struct lab *lab, const char *token)
{
	GHashTableIter iter;
	gpointer run;

	g_hash_table_iter_init(&iter, lab->running);
	while (token && g_hash_table_iter_next(&iter, &run, NULL)) {
		if (is_token(run, token))
			return run;
	}
	return NULL;
}

/* Nothing of the body is read for a stranger. */
enum lab_call lava_callback(struct lab *lab, const char *token, GBytes *body)
{
	gsize len;
	const char *data = g_bytes_get_data(body, &len);
	struct lava_run *run = find_run(lab, token);
	g_autoptr(json_t) json = NULL;
	json_t *id;

	if (!run)
		return LAB_CALL_REFUSED;
	if (len > 0 && len <= LAVA_CALLBACK_BYTES)
		json = json_loadb(data, len, 0, NULL);
	id = json_object_get(json, "id");
	if (!json_is_integer(id))
		return LAB_CALL_BAD;
	if (json_integer_value(id) != run->id)
		return LAB_CALL_REFUSED;
	lava_run_hint(run);
	return LAB_CALL_TAKEN;
}
