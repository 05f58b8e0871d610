/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket's place in the file system. Who holds the lock beside it is the
 * only one that may listen there. A new socket is made under another name, with
 * its mode and group, and moved over what was there before: at no time may more
 * people speak to it than are meant to, and nobody finds one that does not
 * listen yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "serve/control-internal.h"

#define LOCK_PATIENCE_MS 1000
#define LOCK_PAUSE_MS 10
#define SOCKET_MODE 0660

static bool fail(enum reroll_error code, const char *path, const char *why,
		 GError **error)
{
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR, (int)code, "the control socket %s %s",
		    quoted, why);
	return false;
}

static bool fail_errno(const char *path, GError **error)
{
	enum reroll_error code = error_of_errno(errno);
	g_autofree char *why = g_strdup_printf("cannot be made: %s",
					       g_strerror(errno));

	return fail(code, path, why, error);
}

/* Whether there was room for it. */
static bool put_path(struct sockaddr_un *address, const char *path)
{
	return g_strlcpy(address->sun_path, path, sizeof(address->sun_path)) <
	       sizeof(address->sun_path);
}

bool control_address(const char *path, struct sockaddr_un *address, int *folder,
		     GError **error)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *by_folder = NULL;

	*folder = -1;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (put_path(address, path))
		return true;
	*folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*folder < 0)
		return fail(errno == ENOENT ? REROLL_ERROR_NOT_FOUND
					    : REROLL_ERROR_CONFIG,
			    path, g_strerror(errno), error);
	by_folder = g_strdup_printf("/proc/self/fd/%d/%s", *folder, name);
	if (put_path(address, by_folder))
		return true;
	close(*folder);
	*folder = -1;
	return fail(REROLL_ERROR_CONFIG, path,
		    "has too long a name: choose another by the key "
		    "\"control\" of the site file",
		    error);
}

/*
 * A daemon that was killed may have had a child that was not another program
 * yet: that one holds the lock until it is, or has ended.
 */
static bool lock_soon(int fd)
{
	for (guint ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0;
	     ms += LOCK_PAUSE_MS) {
		if (errno != EWOULDBLOCK || ms >= LOCK_PATIENCE_MS)
			return false;
		g_usleep(LOCK_PAUSE_MS * 1000);
	}
	return true;
}

static bool take_lock(struct control_socket *at, GError **error)
{
	g_autofree char *path = g_strconcat(at->path, ".lock", NULL);

	at->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (at->lock < 0)
		return fail_errno(at->path, error);
	if (lock_soon(at->lock))
		return true;
	return errno == EWOULDBLOCK
		       ? fail(REROLL_ERROR_CONFLICT, at->path,
			      "is that of a daemon that runs already: \"reroll "
			      "status\" shows it",
			      error)
		       : fail_errno(at->path, error);
}

/* What is there is to be a socket, and nobody who has no lock listens. */
static bool check_old(const struct control_socket *at, GError **error)
{
	struct stat old;
	int fd;

	if (lstat(at->path, &old) != 0)
		return errno == ENOENT || fail_errno(at->path, error);
	if (!S_ISSOCK(old.st_mode))
		return fail(REROLL_ERROR_CONFIG, at->path,
			    "cannot be made: something else is there that is "
			    "no socket; move it away",
			    error);
	fd = control_connect(at->path, NULL);
	if (fd < 0)
		return true;
	close(fd);
	return fail(REROLL_ERROR_CONFLICT, at->path,
		    "is that of another program that listens there", error);
}

/*
 * The mode of the socket before it has a name is the most that the name gets;
 * the umask may take bits away, which come back once the group is right.
 */
static bool bind_as(struct control_socket *at, const char *path, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(path);
	struct sockaddr_un address;
	struct stat above, own;
	int folder;

	if (!control_address(path, &address, &folder, error))
		return false;
	unlink(path);
	if (fchmod(at->fd, 0600) != 0 ||
	    bind(at->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    stat(dir, &above) != 0 || lstat(path, &own) != 0) {
		if (folder >= 0)
			close(folder);
		return fail_errno(at->path, error);
	}
	if (folder >= 0)
		close(folder);
	if (own.st_gid != above.st_gid &&
	    lchown(path, (uid_t)-1, above.st_gid) != 0)
		log_event(LOG_LEVEL_WARNING, NULL,
			  "control socket %s cannot get the group of its "
			  "folder: %s; only root and this user can use it",
			  at->path, g_strerror(errno));
	at->device = own.st_dev;
	at->inode = own.st_ino;
	return chmod(path, SOCKET_MODE) == 0 || fail_errno(at->path, error);
}

static bool listen_as(struct control_socket *at, GError **error)
{
	g_autofree char *path = g_strconcat(at->path, ".new", NULL);

	at->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (at->fd < 0)
		return fail_errno(at->path, error);
	if (bind_as(at, path, error)) {
		if (listen(at->fd, SOMAXCONN) == 0 &&
		    rename(path, at->path) == 0)
			return true;
		fail_errno(at->path, error);
	}
	unlink(path);
	return false;
}

bool control_socket_open(struct control_socket *at, const char *path,
			 GError **error)
{
	*at = (struct control_socket){
		.path = g_strdup(path), .fd = -1, .lock = -1};
	if (take_lock(at, error) && check_old(at, error) &&
	    listen_as(at, error))
		return true;
	control_socket_close(at);
	return false;
}

void control_socket_close(struct control_socket *at)
{
	struct stat now;

	if (at->fd >= 0 && lstat(at->path, &now) == 0 &&
	    now.st_dev == at->device && now.st_ino == at->inode)
		unlink(at->path);
	if (at->fd >= 0)
		close(at->fd);
	if (at->lock >= 0)
		close(at->lock);
	g_clear_pointer(&at->path, g_free);
}
