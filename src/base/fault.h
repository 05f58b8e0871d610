/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places where the program dies when it is told to: the crash tests kill it at
 * each of them and look what the next one makes of what is left.
 *
 * Only a build with --enable-fault-points has them; in any other a point is
 * nothing. There REROLL_FAULT=NAME[:N] in the environment is SIGKILL at the
 * N-th passing of that point (1), and REROLL_FAULT=list prints all names.
 * "-before-" says that it is about to be, "-kept" that it is in the store, and
 * neither, that it is done in a transaction which is still open.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#define FAULT_POINTS(POINT)                                   \
	POINT(EVENT_BEFORE_STORE, "event-before-store")       \
	POINT(EVENT_STORED, "event-stored")                   \
	POINT(EVENT_KEPT, "event-kept")                       \
	POINT(MAILDIR_BEFORE_MOVE, "maildir-before-move")     \
	POINT(MAILDIR_MOVED, "maildir-moved")                 \
	POINT(REDIS_BEFORE_ACK, "redis-before-ack")           \
	POINT(REDIS_ACKED, "redis-acked")                     \
	POINT(IMAP_BEFORE_ACK, "imap-before-ack")             \
	POINT(IMAP_ACKED, "imap-acked")                       \
	POINT(DELIVER_BEFORE_STORE, "deliver-before-store")   \
	POINT(DELIVER_KEPT, "deliver-kept")                   \
	POINT(SUBMIT_KEPT, "submit-kept")                     \
	POINT(WRITER_BEGUN, "writer-begun")                   \
	POINT(WRITER_BEFORE_COMMIT, "writer-before-commit")   \
	POINT(WRITER_COMMITTED, "writer-committed")           \
	POINT(EVENT_HANDLED, "event-handled")                 \
	POINT(EVENTS_KEPT, "events-kept")                     \
	POINT(DIFFERENCE_HELD, "difference-held")             \
	POINT(REVISION_MADE, "revision-made")                 \
	POINT(REVISION_DUE, "revision-due")                   \
	POINT(REVISION_SUPERSEDED, "revision-superseded")     \
	POINT(RUN_QUEUED, "run-queued")                       \
	POINT(RUN_LOADED, "run-loaded")                       \
	POINT(RUN_BEGUN, "run-begun")                         \
	POINT(RUN_BEGUN_KEPT, "run-begun-kept")               \
	POINT(STAGE_BEFORE_ADVANCE, "stage-before-advance")   \
	POINT(STAGE_ADVANCED, "stage-advanced")               \
	POINT(STAGE_KEPT, "stage-kept")                       \
	POINT(RUN_PARKED, "run-parked")                       \
	POINT(BUILDS_STARTED, "builds-started")               \
	POINT(BUILDS_KEPT, "builds-kept")                     \
	POINT(BUILD_BEGUN, "build-begun")                     \
	POINT(BUILD_BEFORE_END, "build-before-end")           \
	POINT(BUILD_ENDED, "build-ended")                     \
	POINT(BUILD_END_KEPT, "build-end-kept")               \
	POINT(JOBS_STARTED, "jobs-started")                   \
	POINT(JOBS_KEPT, "jobs-kept")                         \
	POINT(JOB_SENT, "job-sent")                           \
	POINT(JOB_BEFORE_END, "job-before-end")               \
	POINT(JOB_ENDED, "job-ended")                         \
	POINT(JOB_END_KEPT, "job-end-kept")                   \
	POINT(RUN_BEFORE_END, "run-before-end")               \
	POINT(RUN_ENDED, "run-ended")                         \
	POINT(RUN_END_KEPT, "run-end-kept")                   \
	POINT(RUN_PUT_OFF, "run-put-off")                     \
	POINT(RUN_PUT_OFF_KEPT, "run-put-off-kept")           \
	POINT(RUN_HELD, "run-held")                           \
	POINT(RUN_HELD_KEPT, "run-held-kept")                 \
	POINT(ORDER_GIVEN, "order-given")                     \
	POINT(ORDER_KEPT, "order-kept")                       \
	POINT(PAUSE_KEPT, "pause-kept")                       \
	POINT(DIGEST_WRITTEN, "digest-written")               \
	POINT(DIGEST_KEPT, "digest-kept")                     \
	POINT(TROUBLE_NOTED, "trouble-noted")                 \
	POINT(OUTBOX_BEFORE_CONNECT, "outbox-before-connect") \
	POINT(OUTBOX_ACCEPTED, "outbox-accepted")             \
	POINT(OUTBOX_BEFORE_MARK, "outbox-before-mark")       \
	POINT(OUTBOX_MARK_KEPT, "outbox-mark-kept")

enum fault {
#define FAULT_NUMBER(point, name) FAULT_##point,
	FAULT_POINTS(FAULT_NUMBER)
#undef FAULT_NUMBER
		FAULT_COUNT
};

#ifdef ENABLE_FAULT_POINTS
void fault_point(enum fault point);
#else
#define fault_point(point) ((void)(point))
#endif

#endif
