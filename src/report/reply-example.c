/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invented data for each outcome, so that staff can read every reply before
 * a student does. A row for each outcome; the first has what all share. */
#include "report/reply-internal.h"

#include <string.h>

#include "base/base.h"

static const struct {
	const char *outcome; /* NULL: every one */
	const char *data;
} examples[] = {
	{NULL, "{'name':'John Smith','email':'john@example.org','version':9,"
	       "'version_tag':'v9','next_version':10,'signed_off':true,"
	       "'series':'syscall: add dummy system call',"
	       "'patch_line':'[v9] syscall: add dummy system call',"
	       "'suite':'dummy','help_to':'bot@example.org','findings':[],"
	       "'findings_more':0,'errors':0,'warnings':0,'notes':0}"},
	{"accepted",
	 "{'tried':[{'base':'mainline (base of the project)',"
	 "'base_id':'0123456789ab','result':'applied'}],'builds':[{'id':'x86_"
	 "64/defconfig/gcc',"
	 "'status':'passed','findings':[],'lost':[{'symbol':'CONFIG_TMPFS',"
	 "'wanted':'y','got':'n','reason':'depends on SHMEM, which is n'}]}],"
	 "'findings':[{'place':'kernel/dummy.c:12','severity':'note',"
	 "'text':'applied 3 lines further down'}]}"},
	{"results", "{'passed':7,'count':7,'failed':[]}"},
	{"results-failed",
	 "{'passed':6,'count':7,'failed':[{'name':'dummy-3','board':null,"
	 "'fate':'failed','expected':null,'log':'dummy: expected 3, got 2'}],"
	 "'summary':'dummy-3 failed'}"},
	{"series-incomplete",
	 "{'missing':['2/3'],'total':3,'have':2,"
	 "'summary':'2 of 3 patches of version 9 are there'}"},
	{"signoff-missing",
	 "{'reason':'no-signoff','odd':'Patch 1 has no Signed-off-by line.'}"},
	{"submitter-unknown",
	 "{'reason':'address-unknown','posted_from':'js@example.net',"
	 "'odd':'Patch 1 came from an address that is not on the roster.'}"},
	{"submitter-unclear",
	 "{'reason':'name-differs','odd':'Patch 1 is signed off with another "
	 "name than the roster has for this address.'}"},
	{"description-invalid",
	 "{'summary':'the test description tests/mine/reroll.yaml is not "
	 "valid','errors':1,'expected_path':'tests/*/reroll.yaml',"
	 "'example_path':'tests/mine/reroll.yaml',"
	 "'example':'suite: mine\\nsteps: [./mine]\\n','no_project':false,"
	 "'projects':[{'name':'HTS Syscall','subject':'syscall','list':null,"
	 "'cover':'Project: HTS Syscall'}],"
	 "'findings':[{'place':'tests/mine/reroll.yaml:2:1',"
	 "'severity':'error','text':'there is no key \\\"step\\\", did you "
	 "mean \\\"steps\\\"?'}]}"},
	{"content-refused",
	 "{'summary':'the series touches a path that it may not','errors':1,"
	 "'findings':[{'place':'.git/config','severity':'error',"
	 "'text':'nothing may be written below .git'}]}"},
	{"style-wrong",
	 "{'errors':1,'warnings':1,'findings':[{'place':'kernel/dummy.c:12',"
	 "'severity':'error','type':'CODE_INDENT',"
	 "'text':'code indent should use tabs where possible'},"
	 "{'place':'kernel/dummy.c:20','severity':'warning',"
	 "'type':'LONG_LINE','text':'line length of 132 exceeds 100 "
	 "columns'}]}"},
	{"apply-failed",
	 "{'patch':1,'patch_subject':'syscall: add dummy system call',"
	 "'file':'kernel/sys.c','hunk':2,'line':40,'reason':'context',"
	 "'text':'the lines that hunk 2 expects are not there',"
	 "'expected':['int dummy;','return 0;'],'found':['long dummy;',"
	 "'return 1;'],'nearest':52,'diff':[' {','-int dummy;','+long dummy;',"
	 "' }'],'sides':{'base':['int dummy;'],'ours':['long dummy;'],"
	 "'theirs':['unsigned int dummy;']},'tried':[{'base':'mainline (base "
	 "of the "
	 "project)','base_id':'0123456789ab','result':'the lines that hunk 2 "
	 "expects are not there'}],"
	 "'damage':[{'name':'tabs','advice':'Tabs became blanks: send with "
	 "git send-email, do not paste the patch'}]}"},
	{"build-failed",
	 "{'builds':[{'id':'x86_64/defconfig/gcc','status':'failed',"
	 "'summary':'make stopped at kernel/dummy.c:14','findings':["
	 "{'place':'kernel/dummy.c:14:2','severity':'error',"
	 "'text':'expected \\';\\' before \\'return\\'',"
	 "'context':'  int a = 1\\n           ^'}],'lost':[],"
	 "'log_tail':'  CC      kernel/dummy.o\\nmake: *** Error 2\\n'},"
	 "{'id':'powerpc64/randconfig/gcc','seed':'0x1b2c3d4e',"
	 "'status':'passed','findings':[],'lost':[]}],"
	 "'uncompiled':[{'file':'drivers/dummy.c',"
	 "'text':'was not compiled by any configuration; CONFIG_DUMMY "
	 "would'}]}"},
	{"limit-reached", "{'per_day':20}"},
	{"status", "{'stage':'build','outstanding':2}"},
};

/* The rows are written with ' for ", \' for ', for the sake of reading. */
static json_t *row_load(const char *row)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (const char *p = row; *p; p++) {
		if (p[0] == '\\' && p[1] == '\'')
			g_string_append_c(text, *++p);
		else
			g_string_append_c(text, *p == '\'' ? '"' : *p);
	}
	return json_loads(text->str, 0, NULL);
}

json_t *reply_example(const struct outcome *outcome, const char *project,
		      const char *sign)
{
	json_t *data = json_object();

	json_object_set_new(data, "project",
			    json_text(project ? project : "HTS Syscall"));
	json_object_set_new(data, "sign", json_text(sign ? sign : "LSE Team"));
	json_object_set_new(data, "outcome", json_text(outcome->name));
	json_object_set_new(data, "title", json_text(outcome->title));
	for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
		g_autoptr(json_t) row = NULL;

		if (examples[i].outcome &&
		    strcmp(examples[i].outcome, outcome->name) != 0)
			continue;
		row = row_load(examples[i].data);
		g_assert(row);
		json_object_update(data, row);
	}
	reply_data_finish(data);
	return data;
}
