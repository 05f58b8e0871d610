/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intake/imap-session.h"

#include <libetpan/libetpan.h>
#include <poll.h>

#include "base/base.h"
#include "intake/imap-tls.h"

#define CHAIN_MOST 16

struct imap_session {
	const struct source_config *config;
	mailimap *imap;
	char *host;
	guint32 exists; /* as the last list found it */
	bool can_idle, idling;
};

static bool fail(const struct imap_session *session, const char *what,
		 GError **error)
{
	g_autofree char *said = text_quote(session->imap->imap_response, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "IMAP at %s: %s failed: %s", session->host, what, said);
	return false;
}

static bool done(int result)
{
	return result == MAILIMAP_NO_ERROR ||
	       result == MAILIMAP_NO_ERROR_AUTHENTICATED ||
	       result == MAILIMAP_NO_ERROR_NON_AUTHENTICATED;
}

void imap_session_free(struct imap_session *session)
{
	if (!session)
		return;
	mailimap_free(session->imap);
	g_free(session->host);
	g_free(session);
}

static bool check_tls(struct imap_session *session, GError **error)
{
	carray *shown = mailstream_get_certificate_chain(
		session->imap->imap_stream);
	guint count = shown ? MIN(carray_count(shown), CHAIN_MOST + 1) : 0;
	gnutls_datum_t chain[CHAIN_MOST + 1];
	bool ok;

	for (guint i = 0; i < count; i++) {
		MMAPString *one = carray_get(shown, i);

		chain[i].data = (unsigned char *)one->str;
		chain[i].size = (unsigned int)one->len;
	}
	ok = imap_tls_check(chain, count, session->host, session->config->ca,
			    error);
	if (shown)
		mailstream_certificate_chain_free(shown);
	return ok;
}

static bool connect_to(struct imap_session *session, GUri *uri, GError **error)
{
	bool is_tls = g_strcmp0(g_uri_get_scheme(uri), "imaps") == 0;
	int port = g_uri_get_port(uri);
	mailimap *imap = session->imap;

	if (port <= 0)
		port = is_tls ? 993 : 143;
	if (!done(is_tls ? mailimap_ssl_connect(imap, session->host,
						(uint16_t)port)
			 : mailimap_socket_connect(imap, session->host,
						   (uint16_t)port)))
		return fail(session, "connecting", error);
	if (!is_tls && !session->config->starttls)
		return true;
	if (!is_tls && !done(mailimap_socket_starttls(imap)))
		return fail(session, "STARTTLS", error);
	return check_tls(session, error);
}

static bool log_in(struct imap_session *session, const char *password,
		   GError **error)
{
	struct mailimap_capability_data *can = NULL;
	mailimap *imap = session->imap;

	if (!done(mailimap_login(imap, session->config->user, password)))
		return fail(session, "logging in", error);
	if (!done(mailimap_capability(imap, &can)))
		return fail(session, "asking what it can", error);
	mailimap_capability_data_free(can);
	session->can_idle = mailimap_has_idle(imap);
	if (!done(mailimap_select(imap, session->config->folder)))
		return fail(session, "opening the folder", error);
	return true;
}

struct imap_session *imap_session_open(const struct source_config *config,
				       GUri *uri, const char *password,
				       guint timeout_ms, GError **error)
{
	g_autoptr(imap_session_t) session = g_new0(struct imap_session, 1);

	session->config = config;
	session->host = g_strdup(g_uri_get_host(uri));
	session->imap = mailimap_new(0, NULL);
	mailimap_set_timeout(session->imap, MAX(timeout_ms / 1000, 1));
	if (!connect_to(session, uri, error) ||
	    !log_in(session, password, error))
		return NULL;
	return g_steal_pointer(&session);
}

guint32 imap_session_uidvalidity(const struct imap_session *session)
{
	return session->imap->imap_selection_info->sel_uidvalidity;
}

/* What a FETCH says of one mail. */
struct fetched_mail {
	struct imap_mail mail;
	GBytes *body;
};

static void read_item(const struct mailimap_msg_att_item *item,
		      struct fetched_mail *to)
{
	const struct mailimap_msg_att_static *att;

	if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
		return;
	att = item->att_data.att_static;
	if (att->att_type == MAILIMAP_MSG_ATT_UID)
		to->mail.uid = att->att_data.att_uid;
	if (att->att_type == MAILIMAP_MSG_ATT_RFC822_SIZE)
		to->mail.size = att->att_data.att_rfc822_size;
	if (att->att_type == MAILIMAP_MSG_ATT_BODY_SECTION && !to->body) {
		const struct mailimap_msg_att_body_section
			*section = att->att_data.att_body_section;

		if (section->sec_body_part)
			to->body = g_bytes_new(section->sec_body_part,
					       section->sec_length);
	}
}

static struct fetched_mail read_fetched(const struct mailimap_msg_att *att)
{
	struct fetched_mail fetched = {{0, 0}, NULL};

	for (clistiter *at = clist_begin(att->att_list); at;
	     at = clist_next(at))
		read_item(clist_content(at), &fetched);
	return fetched;
}

/* Takes the set. */
static clist *fetch(struct imap_session *session, struct mailimap_set *set,
		    struct mailimap_fetch_att *what, GError **error)
{
	struct mailimap_fetch_type
		*type = mailimap_fetch_type_new_fetch_att_list_empty();
	clist *found = NULL;
	int result;

	mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type, what);
	result = mailimap_uid_fetch(session->imap, set, type, &found);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	if (!done(result)) {
		fail(session, "fetching", error);
		return NULL;
	}
	return found;
}

static int compare_uids(gconstpointer a, gconstpointer b)
{
	guint32 x = ((const struct imap_mail *)a)->uid;
	guint32 y = ((const struct imap_mail *)b)->uid;

	return x < y ? -1 : x > y;
}

/* Takes the set: of its mails those above `after`, lowest first. */
static bool list(struct imap_session *session, struct mailimap_set *set,
		 guint32 after, GArray *mails, GError **error)
{
	clist *found = fetch(session, set, mailimap_fetch_att_new_rfc822_size(),
			     error);

	if (!found)
		return false;
	for (clistiter *at = clist_begin(found); at; at = clist_next(at)) {
		struct fetched_mail one = read_fetched(clist_content(at));

		if (one.mail.uid > after)
			g_array_append_val(mails, one.mail);
		g_clear_pointer(&one.body, g_bytes_unref);
	}
	mailimap_fetch_list_free(found);
	g_array_sort(mails, compare_uids);
	return true;
}

/* "N:*" always has the last mail in it, also when its UID is below N. */
GArray *imap_session_list(struct imap_session *session, guint32 after,
			  GError **error)
{
	g_autoptr(GArray)
		mails = g_array_new(FALSE, FALSE, sizeof(struct imap_mail));

	if (!done(mailimap_noop(session->imap))) {
		fail(session, "asking for news", error);
		return NULL;
	}
	session->exists = session->imap->imap_selection_info->sel_exists;
	if (after == G_MAXUINT32 || !session->exists)
		return g_steal_pointer(&mails);
	return list(session, mailimap_set_new_interval(after + 1, 0), after,
		    mails, error)
		       ? g_steal_pointer(&mails)
		       : NULL;
}

/* libetpan has a type for this key, but makes none of it. */
static struct mailimap_search_key *unseen_key(void)
{
	struct mailimap_search_key *key = mailimap_search_key_new_all();

	key->sk_type = MAILIMAP_SEARCH_KEY_UNSEEN;
	return key;
}

/* To be freed; NULL: it failed. */
static struct mailimap_set *search_unseen(struct imap_session *session,
					  guint32 after, guint32 last,
					  GError **error)
{
	struct mailimap_search_key
		*both = mailimap_search_key_new_multiple_empty();
	struct mailimap_set *set = mailimap_set_new_empty();
	clist *found = NULL;
	int result;

	mailimap_search_key_multiple_add(
		both, mailimap_search_key_new_uid(
			      mailimap_set_new_interval(after + 1, last)));
	mailimap_search_key_multiple_add(both, unseen_key());
	result = mailimap_uid_search(session->imap, NULL, both, &found);
	mailimap_search_key_free(both);
	if (!done(result)) {
		mailimap_set_free(set);
		fail(session, "searching", error);
		return NULL;
	}
	for (clistiter *at = clist_begin(found); at; at = clist_next(at))
		mailimap_set_add_single(set, *(uint32_t *)clist_content(at));
	mailimap_search_result_free(found);
	return set;
}

GArray *imap_session_list_unseen(struct imap_session *session, guint32 after,
				 guint32 last, GError **error)
{
	g_autoptr(GArray)
		mails = g_array_new(FALSE, FALSE, sizeof(struct imap_mail));
	struct mailimap_set *set;

	if (last <= after || !session->imap->imap_selection_info->sel_exists)
		return g_steal_pointer(&mails);
	set = search_unseen(session, after, last, error);
	if (!set)
		return NULL;
	if (clist_isempty(set->set_list)) {
		mailimap_set_free(set);
		return g_steal_pointer(&mails);
	}
	return list(session, set, after, mails, error) ? g_steal_pointer(&mails)
						       : NULL;
}

GBytes *imap_session_fetch(struct imap_session *session,
			   const struct imap_mail *mail, guint64 limit,
			   GError **error)
{
	struct mailimap_section *section = mailimap_section_new(NULL);
	struct mailimap_fetch_att *what =
		mail->size > limit
			? mailimap_fetch_att_new_body_peek_section_partial(
				  section, 0, INTAKE_HEAD_BYTES)
			: mailimap_fetch_att_new_body_peek_section(section);
	clist *found = fetch(session, mailimap_set_new_single(mail->uid), what,
			     error);
	GBytes *body = NULL;

	if (!found)
		return NULL;
	for (clistiter *at = clist_begin(found); at; at = clist_next(at)) {
		struct fetched_mail one = read_fetched(clist_content(at));

		if (one.mail.uid == mail->uid && !body)
			body = g_steal_pointer(&one.body);
		g_clear_pointer(&one.body, g_bytes_unref);
	}
	mailimap_fetch_list_free(found);
	return body;
}

static bool add_flag(struct imap_session *session, struct mailimap_set *set,
		     struct mailimap_flag *flag)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_store_att_flags *store;
	int result;

	mailimap_flag_list_add(flags, flag);
	store = mailimap_store_att_flags_new_add_flags_silent(flags);
	result = mailimap_uid_store(session->imap, set, store);
	mailimap_store_att_flags_free(store);
	return done(result);
}

/* Without MOVE: copied, and taken away alone, if the server can do that. */
static bool move(struct imap_session *session, struct mailimap_set *set,
		 const char *to)
{
	mailimap *imap = session->imap;

	if (mailimap_has_extension(imap, "MOVE"))
		return done(mailimap_uid_move(imap, set, to));
	return done(mailimap_uid_copy(imap, set, to)) &&
	       add_flag(session, set, mailimap_flag_new_deleted()) &&
	       done(mailimap_has_extension(imap, "UIDPLUS")
			    ? mailimap_uid_expunge(imap, set)
			    : mailimap_expunge(imap));
}

bool imap_session_settle(struct imap_session *session, const GArray *uids,
			 const char *move_to, GError **error)
{
	struct mailimap_set *set = mailimap_set_new_empty();
	bool ok;

	for (guint i = 0; i < uids->len; i++)
		mailimap_set_add_single(set, g_array_index(uids, guint32, i));
	ok = add_flag(session, set, mailimap_flag_new_seen()) &&
	     (!move_to || move(session, set, move_to));
	mailimap_set_free(set);
	return ok || fail(session, "letting mails go", error);
}

/* The server may have said more than "go on", and we may have read it. */
static bool has_news(const struct imap_session *session)
{
	const mailimap *imap = session->imap;
	struct pollfd fd = {
		mailstream_low_get_fd(mailstream_get_low(imap->imap_stream)),
		POLLIN, 0};

	return imap->imap_stream->read_buffer_len > 0 ||
	       imap->imap_selection_info->sel_exists != session->exists ||
	       poll(&fd, 1, 0) > 0;
}

int imap_session_idle(struct imap_session *session, bool *news, GError **error)
{
	*news = false;
	if (!session->can_idle)
		return -1;
	if (!done(mailimap_idle(session->imap))) {
		fail(session, "IDLE", error);
		return -1;
	}
	session->idling = true;
	*news = has_news(session);
	return mailimap_idle_get_fd(session->imap);
}

bool imap_session_idle_end(struct imap_session *session, GError **error)
{
	if (!session->idling)
		return true;
	session->idling = false;
	return done(mailimap_idle_done(session->imap)) ||
	       fail(session, "ending IDLE", error);
}
