/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every statement of the house, in the order in which things happen. */
#include "store/store-internal.h"

/* What a list of runs tells of each. */
#define RUN_ROWS                                                               \
	"SELECT run.id, run.project, series.name, revision.version,"           \
	" revision.n_patches, series.submitter, run.stage, run.refs,"          \
	" run.priority, run.attempts, run.next_at, run.trouble, run.held,"     \
	" run.approved, run.outcome, run.base, run.queued_at, run.started_at," \
	" run.ended_at FROM run JOIN revision ON revision.id = run.revision"   \
	" JOIN series ON series.id = revision.series "

/* What a struct waiting_run is read from. */
#define WAITING_ROWS                                                         \
	"SELECT run.id, series.submitter, run.project, run.stage, run.held," \
	" run.revision, run.queued_at, run.next_at, run.priority,"           \
	" run.attempts, run.round, run.base, run.approved, run.outcome,"     \
	" run.submitter FROM run"                                            \
	" JOIN revision ON revision.id = run.revision"                       \
	" JOIN series ON series.id = revision.series "

const char *const queries[QUERY_COUNT] = {
	/* At once the writer: a transaction that reads first and then writes
	 * could otherwise fail in the middle when somebody else has written. */
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_ROLLBACK] = "ROLLBACK",

	[QUERY_SAVEPOINT] = "SAVEPOINT step",
	[QUERY_RELEASE] = "RELEASE step",
	[QUERY_UNDO] = "ROLLBACK TO step",
	[QUERY_KEPT] = "PRAGMA synchronous = NORMAL",
	[QUERY_SYNCED] = "PRAGMA synchronous = FULL",

	[QUERY_SERIES_PUT] = "INSERT INTO series (submitter, name)"
			     " VALUES (?1, ?2) ON CONFLICT DO NOTHING",
	[QUERY_REVISION_FIND] =
		"SELECT revision.id FROM revision"
		" JOIN series ON series.id = revision.series"
		" WHERE series.submitter = ?1 AND series.name = ?2"
		" AND first_message_id = ?3",
	[QUERY_REVISION_ADD] =
		"INSERT INTO revision"
		" (series, first_message_id, version, n_patches, created_at)"
		" SELECT id, ?3, ?4, ?5, ?6 FROM series"
		" WHERE submitter = ?1 AND name = ?2 RETURNING id",

	[QUERY_RUN_ADD] =
		"INSERT INTO run (id, revision, stage, base, approved,"
		" priority, round, queued_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[QUERY_RUN_GET] = "SELECT stage, refs FROM run WHERE id = ?1",
	[QUERY_RUN_MOVE] = "UPDATE run SET stage = ?2,"
			   " ended_at = CASE WHEN ?2 IS NULL THEN ?3 END"
			   " WHERE id = ?1",
	[QUERY_RUN_END] = "UPDATE run SET outcome = ?2, summary = ?3,"
			  " next_at = NULL, trouble = NULL WHERE id = ?1",
	[QUERY_RUN_RESTART] =
		"UPDATE run SET stage = ?2, refs = 0, next_at = NULL,"
		" started_at = coalesce(started_at, ?3)"
		" WHERE id = ?1 AND stage IS NOT NULL AND held IS NULL"
		" RETURNING id",
	[QUERY_RUN_KEPT] = "SELECT verdict FROM stage WHERE run = ?1"
			   " AND stage = ?2 AND result = 'passed'"
			   " ORDER BY id DESC LIMIT 1",
	[QUERY_RUN_FORGET_JOBS] = "DELETE FROM job WHERE run = ?1",
	[QUERY_RUN_FORGET_BUILDS] = "DELETE FROM build WHERE run = ?1",
	[QUERY_RUN_FORGET_STAGES] = "DELETE FROM stage WHERE run = ?1",
	[QUERY_RUN_PUT_OFF] =
		"UPDATE run SET attempts = attempts + 1, next_at = ?2,"
		" trouble = ?3 WHERE id = ?1 AND stage IS NOT NULL"
		" RETURNING id",
	[QUERY_RUN_HOLD] = "UPDATE run SET held = ?2, next_at = NULL"
			   " WHERE id = ?1 AND stage IS NOT NULL RETURNING id",
	[QUERY_RUN_RELEASE] =
		"UPDATE run SET held = NULL, next_at = NULL, attempts = 0,"
		" trouble = NULL WHERE id = ?1 AND stage IS NOT NULL"
		" RETURNING id",
	[QUERY_RUN_APPROVE] = "UPDATE run SET approved = 1 WHERE id = ?1",
	[QUERY_RUN_STOP] = "UPDATE run SET stage = NULL, outcome = 'stopped',"
			   " summary = ?2, ended_at = ?3"
			   " WHERE id = ?1 AND stage IS NOT NULL RETURNING id",
	[QUERY_RUN_OWN] = "UPDATE run SET project = ?2, submitter = ?3"
			  " WHERE id = ?1",
	[QUERY_RUN_TODAY] =
		"SELECT count(DISTINCT revision) FROM run"
		" WHERE submitter = ?3 AND queued_at > ?4 AND project = ?2"
		" AND coalesce(outcome, '') NOT IN ('limit-reached', 'stopped')"
		" AND revision != (SELECT revision FROM run WHERE id = ?1)",
	[QUERY_REVISION_RUNS] = "SELECT id FROM run WHERE revision = ?1"
				" AND stage IS NOT NULL",
	[QUERY_REVISION_OUTCOME] =
		"SELECT outcome, summary FROM run WHERE revision = ?1"
		" AND stage IS NULL AND outcome != 'stopped'"
		" ORDER BY ended_at DESC LIMIT 1",
	[QUERY_RUNS_WAITING] = WAITING_ROWS
	"WHERE run.stage IS NOT NULL ORDER BY run.queued_at, run.id",
	[QUERY_RUN_ROW] = WAITING_ROWS "WHERE run.id = ?1",
	[QUERY_REVISION_LAST_RUN] = WAITING_ROWS
	"WHERE run.revision = ?1 ORDER BY run.round DESC,"
	" run.queued_at DESC, run.rowid DESC LIMIT 1",
	[QUERY_RUN_TAKE] = "UPDATE run SET refs = refs + ?2 WHERE id = ?1",
	[QUERY_RUN_GIVE] = "UPDATE run SET refs = refs - 1 WHERE id = ?1",
	[QUERY_STAGE_ADD] =
		"INSERT INTO stage"
		" (run, stage, result, verdict, elapsed_ms, ended_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[QUERY_STAGE_VERDICT] = "SELECT verdict FROM stage WHERE run = ?1"
				" AND stage = ?2 ORDER BY id DESC LIMIT 1",

	[QUERY_BUILD_ADD] = "INSERT INTO build (run, name, started_at)"
			    " VALUES (?1, ?2, ?3)",
	[QUERY_BUILD_FIND] = "SELECT ended_at FROM build"
			     " WHERE run = ?1 AND name = ?2",
	[QUERY_BUILD_END] = "UPDATE build"
			    " SET status = ?3, result = ?4, ended_at = ?5"
			    " WHERE run = ?1 AND name = ?2",

	[QUERY_JOB_ADD] = "INSERT INTO job (run, build, name, lab, started_at)"
			  " VALUES (?1, ?2, ?3, '', ?4)",
	[QUERY_JOB_SENT] = "UPDATE job SET lab = ?4, lab_job = ?5"
			   " WHERE run = ?1 AND build = ?2 AND name = ?3",
	[QUERY_JOB_FIND] = "SELECT ended_at FROM job"
			   " WHERE run = ?1 AND build = ?2 AND name = ?3",
	[QUERY_JOB_END] = "UPDATE job"
			  " SET status = ?4, result = ?5, ended_at = ?6"
			  " WHERE run = ?1 AND build = ?2 AND name = ?3",

	[QUERY_OUTBOX_ADD] =
		"INSERT INTO outbox (revision, run, outcome, message_id,"
		" recipient, copies, mail, next_at, created_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
	[QUERY_OUTBOX_GET] = "SELECT mail FROM outbox WHERE run = ?1"
			     " ORDER BY id DESC LIMIT 1",
	[QUERY_OUTBOX_DUE] =
		"SELECT id, run, outcome, message_id, recipient, copies, mail,"
		" attempts, last_error, created_at, next_at FROM outbox"
		" WHERE sent_at IS NULL AND failed_at IS NULL"
		" ORDER BY next_at, id LIMIT 1",
	[QUERY_OUTBOX_SENT] =
		"UPDATE outbox SET sent_at = ?2, last_error = NULL"
		" WHERE id = ?1",
	[QUERY_OUTBOX_PUT_OFF] = "UPDATE outbox SET attempts = attempts + 1,"
				 " next_at = ?2, last_error = ?3 WHERE id = ?1",
	[QUERY_OUTBOX_FAILED] =
		"UPDATE outbox SET attempts = attempts + 1,"
		" failed_at = ?2, last_error = ?3 WHERE id = ?1",
	[QUERY_OUTBOX_RETRY] =
		"UPDATE outbox SET attempts = 0, next_at = ?2,"
		" failed_at = NULL"
		" WHERE id = ?1 AND sent_at IS NULL RETURNING id",
	[QUERY_OUTBOX_COUNT] = "SELECT count(*) FROM outbox WHERE sent_at > ?1",
	[QUERY_OUTBOX_FIND] = "SELECT run FROM outbox WHERE message_id = ?1",

	[QUERY_EVENT_ADD] =
		"INSERT INTO event (source, key, kind, bad, mail, url, series,"
		" version, total, patches, state, taken_at, handled_at) VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
		" ON CONFLICT (source, key) DO NOTHING RETURNING id",
	[QUERY_EVENT_KNOWN] = "SELECT 1 FROM event"
			      " WHERE source = ?1 AND key = ?2",
	[QUERY_EVENT_NEXT] =
		"SELECT id, source, key, kind, bad, mail, url, series, version,"
		" total, patches, state, taken_at FROM event"
		" WHERE handled_at IS NULL AND id > ?1 ORDER BY id LIMIT 1",
	[QUERY_EVENT_HANDLED] = "UPDATE event SET handled_at = ?2"
				" WHERE id = ?1 AND handled_at IS NULL",
	[QUERY_LETTER_ADD] =
		"INSERT INTO letter (event, sender, message_id, thread, diff,"
		" patch_id, change_id, taken_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (sender, message_id) DO NOTHING RETURNING id",
	[QUERY_LETTER_GET] = "SELECT id, event, revision, diff FROM letter"
			     " WHERE sender = ?1 AND message_id = ?2",
	[QUERY_LETTER_DIFFERS] = "UPDATE letter SET differs = 1 WHERE id = ?1",
	[QUERY_REVISION_DIFFERS] = "SELECT count(*) FROM letter"
				   " WHERE revision = ?1 AND differs",
	[QUERY_LETTERS_NEAR] =
		"SELECT letter.id, letter.revision, event.mail FROM letter"
		" JOIN event ON event.id = letter.event"
		" WHERE event.kind = 'mail' AND letter.id IN"
		" (SELECT id FROM letter WHERE sender = ?1 AND thread = ?2"
		"  UNION SELECT id FROM letter"
		"  WHERE sender = ?1 AND taken_at >= ?3"
		"  ORDER BY id DESC LIMIT 1000) ORDER BY letter.id",
	[QUERY_LETTER_JOIN] = "UPDATE letter SET revision = ?2 WHERE id = ?1",
	[QUERY_LETTER_BY_MESSAGE_ID] =
		"SELECT revision FROM letter WHERE message_id = ?1"
		" AND revision IS NOT NULL ORDER BY id DESC LIMIT 1",
	[QUERY_LETTER_BY_PATCH_ID] =
		"SELECT revision FROM letter WHERE patch_id = ?1"
		" AND revision IS NOT NULL ORDER BY id DESC LIMIT 1",
	[QUERY_LETTER_BY_CHANGE_ID] =
		"SELECT revision FROM letter WHERE change_id = ?1"
		" AND revision IS NOT NULL ORDER BY id DESC LIMIT 1",

	[QUERY_REVISION_SERIES] =
		"SELECT series FROM revision WHERE id = ?3 UNION ALL"
		" SELECT id FROM series WHERE submitter = ?1 AND name = ?2"
		" LIMIT 1",
	[QUERY_REVISION_NEW] =
		"INSERT INTO revision (series, event, version, n_patches,"
		" first_message_id, complete, due_at, created_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (series, first_message_id) DO UPDATE"
		" SET complete = max(complete, excluded.complete)"
		" RETURNING id",
	[QUERY_REVISION_SET] =
		"UPDATE revision SET event = coalesce(?2, event), version = ?3,"
		" n_patches = ?4, complete = ?5, due_at = ?6 WHERE id = ?1",
	[QUERY_REVISION_GET] =
		"SELECT revision.series, event, submitter, name, version,"
		" n_patches, complete, due_at,"
		" (SELECT count(*) FROM run WHERE run.revision = revision.id),"
		" (SELECT url FROM origin WHERE origin.revision = revision.id),"
		" first_message_id,"
		" (SELECT total FROM event WHERE event.id = revision.event)"
		" FROM revision JOIN series ON series.id = revision.series"
		" WHERE revision.id = ?1",
	[QUERY_REVISION_MAILS] =
		"SELECT mail FROM event WHERE id IN (SELECT coalesce("
		"(SELECT event FROM revision WHERE id = ?1), letter.event)"
		" FROM (SELECT 1) LEFT JOIN letter ON letter.revision = ?1)"
		" ORDER BY id",
	[QUERY_REVISION_DUE] = "SELECT id, due_at FROM revision"
			       " WHERE due_at IS NOT NULL ORDER BY due_at"
			       " LIMIT 1",
	[QUERY_REVISION_OLDER_RUNS] =
		"SELECT run.id FROM revision AS this"
		" JOIN revision AS older ON older.series = this.series"
		" AND (older.version < this.version"
		"  OR (older.version = this.version AND older.id < this.id))"
		" JOIN run ON run.revision = older.id"
		" WHERE this.id = ?1 AND run.stage IS NOT NULL",
	[QUERY_REVISION_NEWER] =
		"SELECT newer.id FROM revision AS this"
		" JOIN revision AS newer ON newer.series = this.series"
		" AND newer.version > this.version AND newer.complete"
		" WHERE this.id = ?1 LIMIT 1",
	[QUERY_REVISION_DROP_MAIL] =
		"UPDATE outbox SET failed_at = ?2,"
		" last_error = 'a newer version has come'"
		" WHERE sent_at IS NULL AND failed_at IS NULL AND revision IN"
		" (SELECT older.id FROM revision AS this"
		"  JOIN revision AS older ON older.series = this.series"
		"  AND (older.version < this.version"
		"   OR (older.version = this.version AND older.id < this.id))"
		"  WHERE this.id = ?1)",

	[QUERY_ORIGIN_PUT] =
		"INSERT INTO origin (source, series, version, patches, url,"
		" revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT DO UPDATE SET revision = excluded.revision",
	[QUERY_ORIGIN_FIND] =
		"SELECT revision FROM origin WHERE source = ?1 AND series = ?2"
		" AND (version = ?3 OR ?3 = 0) ORDER BY version DESC,"
		" revision DESC LIMIT 1",
	[QUERY_ORIGIN_RUNS] =
		"SELECT run.id FROM run JOIN origin"
		" ON origin.revision = run.revision"
		" WHERE run.stage IS NOT NULL AND origin.source = ?1"
		" AND instr(',' || origin.patches || ',', ',' || ?2 || ',')",

	[QUERY_CURSOR_GET] = "SELECT position FROM cursor WHERE source = ?1",
	[QUERY_CURSOR_PUT] =
		"INSERT INTO cursor (source, position, moved_at)"
		" VALUES (?1, ?2, ?3) ON CONFLICT (source) DO UPDATE"
		" SET position = excluded.position,"
		" moved_at = excluded.moved_at",

	[QUERY_POST_PUT] =
		"INSERT INTO post (source, series, version, patches, name,"
		" state, summary, url, next_at)"
		" SELECT source, series, version, patches, ?2, ?3, ?4, NULL, ?5"
		" FROM origin WHERE revision = ?1 AND series != 0"
		" ON CONFLICT (source, series, version, patches, name)"
		" DO UPDATE SET state = excluded.state,"
		" summary = excluded.summary, serial = serial + 1,"
		" attempts = 0, next_at = excluded.next_at"
		" WHERE state != excluded.state"
		" OR summary IS NOT excluded.summary",
	[QUERY_POST_DUE] =
		"SELECT id, source, series, version, patches, name, state,"
		" summary, url, attempts, serial, next_at FROM post"
		" WHERE source = ?1 AND next_at IS NOT NULL"
		" ORDER BY next_at, id LIMIT 1",
	[QUERY_POST_DONE] = "UPDATE post SET next_at = NULL, last_error = ?3"
			    " WHERE id = ?1 AND serial = ?2",
	[QUERY_POST_PUT_OFF] =
		"UPDATE post SET attempts = attempts + 1, next_at = ?2,"
		" last_error = ?3 WHERE id = ?1",

	[QUERY_TROUBLE_NOTE] =
		"INSERT INTO trouble (kind, about, text, first_at, last_at)"
		" VALUES (?1, ?2, ?3, ?4, ?4)"
		" ON CONFLICT (kind, about) WHERE ended_at IS NULL DO UPDATE"
		" SET count = count + 1, last_at = excluded.last_at,"
		" told_at = CASE WHEN text = excluded.text THEN told_at END,"
		" text = excluded.text",
	[QUERY_TROUBLE_END] =
		"UPDATE trouble SET ended_at = ?3"
		" WHERE kind = ?1 AND about = ?2 AND ended_at IS NULL",
	[QUERY_TROUBLES_UNTOLD] =
		"SELECT id, kind, about, text, count, first_at, last_at,"
		" ended_at FROM trouble WHERE told_at IS NULL ORDER BY id"
		" LIMIT 500",
	/* What nobody can do anything about is over when staff knows of it. */
	[QUERY_TROUBLE_TOLD] =
		"UPDATE trouble SET told_at = ?2, ended_at = CASE"
		" WHEN ended_at IS NULL AND (kind = 'bad event'"
		"  OR (kind = 'difference' AND NOT EXISTS (SELECT 1 FROM letter"
		"   JOIN run ON run.revision = letter.revision"
		"   WHERE letter.message_id = trouble.about"
		"   AND run.stage IS NOT NULL)))"
		" THEN ?2 ELSE ended_at END WHERE id = ?1",
	[QUERY_TROUBLES_OF_RUN_END] =
		"UPDATE trouble SET ended_at = ?2 WHERE ended_at IS NULL"
		" AND kind = 'difference' AND about IN (SELECT message_id"
		"  FROM letter WHERE differs AND revision ="
		"  (SELECT revision FROM run WHERE id = ?1))",
	[QUERY_TROUBLES_BEGIN] =
		"UPDATE trouble SET ended_at = ?1 WHERE ended_at IS NULL"
		" AND kind NOT IN ('run', 'submitter', 'difference',"
		" 'bad event')",
	[QUERY_TROUBLES_OPEN] =
		"SELECT id, kind, about, text, count, first_at, last_at,"
		" ended_at FROM trouble WHERE ended_at IS NULL",
	[QUERY_PAUSE] = "INSERT INTO pause (what, since_at) VALUES (?1, ?2)"
			" ON CONFLICT DO NOTHING",
	[QUERY_RESUME] = "DELETE FROM pause WHERE what = ?1",
	[QUERY_PAUSED] = "SELECT what FROM pause",
	[QUERY_PURGE_RUNS] =
		"SELECT id FROM run WHERE stage IS NULL AND ended_at < ?1"
		" AND NOT EXISTS (SELECT 1 FROM outbox WHERE run = run.id"
		"  AND sent_at IS NULL AND failed_at IS NULL)"
		" ORDER BY ended_at LIMIT ?2",
	[QUERY_PURGE_OUTBOX] = "DELETE FROM outbox WHERE run = ?1",
	[QUERY_PURGE_RUN] = "DELETE FROM run WHERE id = ?1",
	[QUERY_PURGE_LETTERS] =
		"DELETE FROM letter WHERE taken_at < ?1 AND NOT EXISTS"
		" (SELECT 1 FROM run WHERE run.revision = letter.revision)",
	[QUERY_PURGE_ORIGINS] =
		"DELETE FROM origin WHERE revision IN (SELECT id FROM revision"
		" WHERE created_at < ?1 AND NOT EXISTS"
		" (SELECT 1 FROM run WHERE run.revision = revision.id))",
	[QUERY_PURGE_REVISIONS] =
		"DELETE FROM revision WHERE created_at < ?1 AND due_at IS NULL"
		" AND NOT EXISTS"
		" (SELECT 1 FROM run WHERE run.revision = revision.id)"
		" AND NOT EXISTS (SELECT 1 FROM letter"
		"  WHERE letter.revision = revision.id)"
		" AND NOT EXISTS (SELECT 1 FROM outbox"
		"  WHERE outbox.revision = revision.id)",
	[QUERY_PURGE_SERIES] =
		"DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM revision"
		" WHERE revision.series = series.id)",
	[QUERY_PURGE_POSTS] =
		"DELETE FROM post WHERE NOT EXISTS (SELECT 1 FROM origin"
		" WHERE origin.source = post.source"
		" AND origin.series = post.series"
		" AND origin.version = post.version"
		" AND origin.patches = post.patches)",
	[QUERY_PURGE_MAIL] = "DELETE FROM outbox WHERE run IS NULL"
			     " AND coalesce(sent_at, failed_at) < ?1",
	/* Its key is kept for ever: a source may say it again. */
	[QUERY_PURGE_EVENTS] =
		"UPDATE event SET mail = NULL, kind = 'seen'"
		" WHERE mail IS NOT NULL AND handled_at < ?1"
		" AND NOT EXISTS"
		" (SELECT 1 FROM letter WHERE letter.event = event.id)"
		" AND NOT EXISTS"
		" (SELECT 1 FROM revision WHERE revision.event = event.id)",
	/* Told or not: what is older than that is no news. */
	[QUERY_PURGE_TROUBLES] =
		"DELETE FROM trouble WHERE ended_at < ?1 OR (ended_at IS NULL"
		" AND last_at < ?1 AND NOT (kind = 'run' AND EXISTS"
		"  (SELECT 1 FROM run WHERE run.id = trouble.about)))",
	/* A column x_json is JSON, and is shown as x. */
	[QUERY_SNAPSHOT] = "BEGIN DEFERRED",
	[QUERY_STATUS_RUNS] =
		"SELECT count(*) AS under_way, count(held) AS held,"
		" count(trouble) AS in_trouble FROM run"
		" WHERE stage IS NOT NULL",
	[QUERY_STATUS_UNDER_WAY] = RUN_ROWS
	"WHERE run.stage IS NOT NULL ORDER BY run.queued_at LIMIT ?1",
	[QUERY_STATUS_HELD] = RUN_ROWS
	"WHERE run.stage IS NOT NULL AND run.held IS NOT NULL"
	" ORDER BY run.queued_at LIMIT ?1",
	[QUERY_STATUS_ENDED] = RUN_ROWS
	"WHERE run.stage IS NULL ORDER BY run.ended_at DESC LIMIT ?1",
	[QUERY_STATUS_UNSENT] = "SELECT count(*) AS unsent FROM outbox"
				" WHERE sent_at IS NULL AND failed_at IS NULL",
	[QUERY_STATUS_FAILED] = "SELECT count(*) AS failed FROM outbox"
				" WHERE failed_at IS NOT NULL",
	/* Those that a server has refused, and those that are tried again. */
	[QUERY_STATUS_LATE] =
		"SELECT id, run, outcome, recipient, attempts, next_at,"
		" last_error, created_at, failed_at FROM ("
		"SELECT * FROM (SELECT * FROM outbox WHERE failed_at IS NOT "
		"NULL"
		" ORDER BY failed_at DESC LIMIT ?1) UNION ALL "
		"SELECT * FROM (SELECT * FROM outbox WHERE sent_at IS NULL"
		" AND failed_at IS NULL AND attempts > 0"
		" ORDER BY next_at LIMIT ?1))",
	[QUERY_STATUS_TROUBLES] =
		"SELECT kind, about, text, count, first_at, last_at, told_at"
		" FROM trouble WHERE ended_at IS NULL"
		" ORDER BY kind, about LIMIT ?1",
	[QUERY_STATUS_PAUSES] = "SELECT what, since_at FROM pause LIMIT ?1",
	[QUERY_STATUS_SOURCES] =
		"SELECT source, position, moved_at FROM cursor LIMIT ?1",
	[QUERY_STATUS_EVENTS] = "SELECT count(*) AS waiting FROM event"
				" WHERE handled_at IS NULL",
	[QUERY_STATUS_POSTS] = "SELECT count(*) AS waiting FROM post"
			       " WHERE next_at IS NOT NULL",

	[QUERY_RUN_FIND] = "SELECT id FROM run WHERE id >= ?1 AND id < ?2"
			   " ORDER BY id LIMIT ?3",
	[QUERY_SHOW_RUN] =
		"SELECT run.id, run.project, series.name, revision.version,"
		" revision.n_patches, series.submitter, run.stage, run.refs,"
		" run.priority, run.attempts, run.next_at, run.trouble,"
		" run.held, run.approved, run.outcome, run.base, run.queued_at,"
		" run.started_at, run.ended_at, revision.first_message_id,"
		" revision.complete, revision.due_at, revision.created_at,"
		" run.summary FROM run"
		" JOIN revision ON revision.id = run.revision"
		" JOIN series ON series.id = revision.series"
		" WHERE run.id = ?1",
	[QUERY_SHOW_STAGES] =
		"SELECT stage, result, verdict AS verdict_json, elapsed_ms,"
		" ended_at FROM stage WHERE run = ?1 ORDER BY id",
	[QUERY_SHOW_BUILDS] =
		"SELECT name, status, result AS report_json, started_at,"
		" ended_at FROM build WHERE run = ?1 ORDER BY name",
	[QUERY_SHOW_JOBS] =
		"SELECT build, name, lab, lab_job, status,"
		" result AS report_json, started_at, ended_at FROM job"
		" WHERE run = ?1 ORDER BY build, name",
	[QUERY_SHOW_REPLIES] =
		"SELECT id, outcome, message_id, recipient, copies, attempts,"
		" next_at, last_error, created_at, sent_at, failed_at"
		" FROM outbox WHERE run = ?1 ORDER BY id",
	[QUERY_SHOW_ORIGINS] =
		"SELECT source, origin.series, version, patches, url"
		" FROM origin WHERE revision ="
		" (SELECT revision FROM run WHERE id = ?1)",
	[QUERY_SHOW_EVENTS] =
		"SELECT event.id, source, key, kind, bad, event.taken_at,"
		" handled_at FROM event WHERE id IN (SELECT event FROM letter"
		" WHERE revision = (SELECT revision FROM run WHERE id = ?1))"
		" ORDER BY id",
	[QUERY_SHOW_RUNS] =
		"SELECT id, outcome, stage, queued_at, ended_at FROM run"
		" WHERE revision = (SELECT revision FROM run WHERE id = ?1)"
		" AND id <> ?1 ORDER BY queued_at",
	[QUERY_SHOW_EVENT] = "SELECT id, bad, taken_at, handled_at FROM event"
			     " WHERE source = ?1 AND key = ?2",
	[QUERY_SHOW_RUNS_OF_EVENT] =
		"SELECT id FROM run WHERE revision IN"
		" (SELECT revision FROM letter WHERE event = ?1)"
		" ORDER BY queued_at DESC LIMIT 10",
};
