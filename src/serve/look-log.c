/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The logs of a run. Its folder holds what builds of strangers' patches left:
 * no symlink is followed, and only files that have a log's name are read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "serve/look-internal.h"

#define DEPTH_MOST 8
#define FOLDERS_MOST 10000
#define LOGS_MOST 1000
#define NAMES_MOST 8

static const char *const log_names[] = {"log", "log-from-nothing",
					"console.log", "lab.log"};

static bool is_log(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(log_names); i++) {
		if (strcmp(name, log_names[i]) == 0)
			return true;
	}
	return false;
}

static guint depth_of(const char *path)
{
	guint depth = *path != '\0';

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* Folders to look into, and the logs that were found. */
struct walk {
	int top;
	GQueue folders; /* of char * */
	guint seen;
	json_t *logs;
};

static void walk_entry(struct walk *walk, const char *folder,
		       const struct dirent *entry)
{
	g_autofree char *path = *folder ? g_build_filename(folder,
							   entry->d_name, NULL)
					: g_strdup(entry->d_name);
	struct stat st;

	if (entry->d_name[0] == '.' ||
	    fstatat(walk->top, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (S_ISDIR(st.st_mode) && depth_of(path) < DEPTH_MOST &&
	    walk->seen++ < FOLDERS_MOST)
		g_queue_push_tail(&walk->folders, g_steal_pointer(&path));
	else if (S_ISREG(st.st_mode) && is_log(entry->d_name) &&
		 json_array_size(walk->logs) < LOGS_MOST)
		json_array_append_new(
			walk->logs,
			json_pack("{s:o, s:I, s:I}", "name", json_text(path),
				  "bytes", (json_int_t)st.st_size, "changed_at",
				  (json_int_t)st.st_mtime));
}

static void walk_folder(struct walk *walk, const char *folder)
{
	int fd = file_open_beneath(walk->top, folder, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		walk_entry(walk, folder, entry);
	closedir(dir);
}

/* The folders of one depth before those of the next. */
static json_t *list_logs(int top)
{
	struct walk walk = {.top = top, .logs = json_array()};

	g_queue_init(&walk.folders);
	g_queue_push_tail(&walk.folders, g_strdup(""));
	while (walk.folders.length) {
		g_autofree char *folder = g_queue_pop_head(&walk.folders);

		walk_folder(&walk, folder);
	}
	return walk.logs;
}

static const char *log_name(const json_t *log)
{
	return json_string_value(json_object_get(log, "name"));
}

/* What a wanted name may be to that of a log, the best last. */
static int log_match(const char *name, const char *wanted)
{
	g_autofree char *of_build = g_strconcat("/", wanted, "/log", NULL);
	g_autofree char *rooted = g_strconcat("/", name, NULL);

	if (strcmp(name, wanted) == 0)
		return 3;
	if (g_str_has_suffix(rooted, of_build))
		return 2;
	return strstr(name, wanted) ? 1 : 0;
}

static const json_t *refuse_log(json_t *logs, const char *wanted, bool several,
				GError **error)
{
	g_autofree char *quoted = text_quote(wanted, -1);
	g_autoptr(GString) names = g_string_new(NULL);
	json_t *log;
	gsize i;

	json_array_foreach (logs, i, log) {
		if (i < NAMES_MOST &&
		    (!several || log_match(log_name(log), wanted)))
			g_string_append_printf(names, "%s%s",
					       names->len ? ", " : "",
					       log_name(log));
	}
	g_set_error(error, REROLL_ERROR,
		    several ? REROLL_ERROR_CONFLICT : REROLL_ERROR_NOT_FOUND,
		    "%s %s; there %s %s",
		    several ? "several logs of the run are called"
			    : "no log of the run is called",
		    quoted, names->len ? "is" : "are",
		    names->len ? names->str : "none yet");
	return NULL;
}

static const json_t *find_log(json_t *logs, const char *wanted, GError **error)
{
	const json_t *best = NULL;
	int best_match = 0;
	guint count = 0;
	json_t *log;
	gsize i;

	json_array_foreach (logs, i, log) {
		int match = log_match(log_name(log), wanted);

		if (match < best_match || match == 0)
			continue;
		count = match > best_match ? 1 : count + 1;
		best_match = match;
		best = log;
	}
	return count == 1 ? best : refuse_log(logs, wanted, count > 1, error);
}

static bool fail_to_read(const char *name, GError **error)
{
	g_autofree char *quoted = text_quote(name, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the log %s cannot be read: %s", quoted, g_strerror(errno));
	return false;
}

/* Never of what became a pipe or a device meanwhile. */
static bool read_part(int top, const char *name, gint64 offset, json_t *answer,
		      GError **error)
{
	g_autofree guint8 *data = g_malloc(LOOK_LOG_BYTES);
	g_autofree char *text = NULL;
	int fd = file_open_beneath(top, name, O_RDONLY | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = pread(fd, data, LOOK_LOG_BYTES, MAX(offset, 0));
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return fail_to_read(name, error);
	text = g_base64_encode(data, (gsize)n);
	json_object_set_new(answer, "bytes",
			    json_integer((json_int_t)st.st_size));
	json_object_set_new(answer, "offset",
			    json_integer((json_int_t)MAX(offset, 0)));
	json_object_set_new(answer, "data", json_string(text));
	return true;
}

static json_t *log_answer(int top, const struct look_log *log, GError **error)
{
	g_autoptr(json_t) logs = list_logs(top);
	g_autoptr(json_t) answer = json_pack("{s:s, s:b}", "run", log->run,
					     "ended", log->ended);
	const json_t *found;

	if (!log->name) {
		json_object_set(answer, "logs", logs);
		return g_steal_pointer(&answer);
	}
	found = find_log(logs, log->name, error);
	if (!found)
		return NULL;
	json_object_set_new(answer, "log", json_text(log_name(found)));
	return read_part(top, log_name(found), log->offset, answer, error)
		       ? g_steal_pointer(&answer)
		       : NULL;
}

json_t *look_log(const struct look_log *log, GError **error)
{
	g_autofree char *path = g_build_filename(log->state_dir, "runs",
						 log->run, NULL);
	int top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	json_t *answer;

	if (top < 0 && errno == ENOENT && !log->name)
		return json_pack("{s:s, s:b, s:[]}", "run", log->run, "ended",
				 log->ended, "logs");
	if (top < 0 && errno == ENOENT) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "the run has no logs: %s",
			    log->ended ? "nothing was built, or they are older "
					 "than retention.logs"
				       : "nothing was built yet");
		return NULL;
	}
	if (top < 0) {
		fail_to_read(path, error);
		return NULL;
	}
	answer = log_answer(top, log, error);
	close(top);
	return answer;
}
