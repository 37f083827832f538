#include "gateway/tool/policy_request.h"

#include <stdio.h>

#include "gateway/base/config_load.h"
#include "gateway/base/sysio.h"
#include "gateway/ledger/record.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/audit_find.h"
#include "gateway/tool/json_members.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/request_words.h"

enum {
	EXIT_FAILED = 1,
	EXIT_DENIED = 6,
	PATH_LEN = 4096,
};

/* Its own ones, by what they are; NULL: there is none. */
static const struct audit_found *
find_kind(const struct audit_find *find, enum record_kind kind)
{
	for (size_t i = 0; i < find->num_items; i++) {
		struct record_brief brief;
		if (record_brief_read(find->items[i].record, &brief).code ==
			ERR_OK &&
		    brief.kind == kind)
			return &find->items[i];
	}
	return NULL;
}

static struct request_story
story_of(const struct audit_find *find)
{
	struct request_story story = {
	    .decision = find_kind(find, RECORD_INTENT),
	    .end = find_kind(find, RECORD_COMPLETE)};

	if (story.decision == NULL)
		story.decision = find_kind(find, RECORD_DENIED);
	if (story.end == NULL)
		story.end = find_kind(find, RECORD_INTERRUPTED);
	if (find->last_start.len > 0)
		story.last_start =
		    (struct audit_found){.index = find->last_start_index,
			.record = buf_span(&find->last_start)};
	return story;
}

static struct err
put_json(struct buf *out, const struct audit_find *find,
    const struct request_story *story, const char *id)
{
	struct jcs j;

	jcs_init(&j, out);
	TRY(jcs_open_object(&j));
	TRY(json_bool(
	    &j, "another-policy-since", request_words_is_another(story)));
	TRY(json_open_array(&j, "records"));
	for (size_t i = 0; i < find->num_items; i++) {
		TRY(jcs_open_object(&j));
		TRY(json_number(&j, "index", find->items[i].index));
		TRY(jcs_name(&j, span_str("record")));
		TRY(jcs_written(&j, find->items[i].record));
		TRY(jcs_close_object(&j));
	}
	TRY(jcs_close_array(&j));
	TRY(json_text(&j, "request", span_str(id)));
	TRY(jcs_close_object(&j));
	return buf_append_str(out, "\n");
}

static int
answer(const struct audit_find *find, const struct policy_request *request)
{
	struct buf text CLEANUP(buf_done) = {.max = POLICY_OUT_MAX};
	struct request_story story = story_of(find);
	struct err err;

	if (story.decision == NULL)
		err = ERR(MALFORMED, "the ledger shows no decision of it");
	else if (request->json)
		err = put_json(&text, find, &story, request->id);
	else
		err = request_words(&text, &story, span_str(request->id));
	int code = policy_out(err, buf_span(&text), !request->json);
	if (code == 0 && find_kind(find, RECORD_DENIED) != NULL)
		code = EXIT_DENIED;
	return code;
}

static int
say(const char *path, const struct policy_request *request, struct err err)
{
	if (err.code == ERR_NOT_FOUND)
		(void)fprintf(stderr,
		    "gatehouse: %s: there is no request `%s` in it\n", path,
		    request->id);
	else
		(void)fprintf(stderr, "gatehouse: %s: %s\n", path, err.why);
	return EXIT_FAILED;
}

static int
look(const char *path, const struct policy_request *request)
{
	struct audit_find CLEANUP(audit_find_done) find;
	int CLEANUP(sysio_close) dir = -1;
	struct err err = audit_find_init_request(&find, request->id);

	if (err.code == ERR_OK)
		err = audit_dir_open(path, &dir);
	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s: %s\n", path, err.why);
		return EXIT_FAILED;
	}
	err = audit_find_run(&find, dir);
	return err.code == ERR_OK ? answer(&find, request)
				  : say(path, request, err);
}

int
policy_request(const struct policy_request *request)
{
	struct arena arena CLEANUP(arena_done) = {0};
	struct config config;
	char path[PATH_LEN];

	if (request->ledger != NULL)
		return look(request->ledger, request);
	arena_init(&arena, CONFIG_ARENA);
	int code = config_load(&config, &arena, request->config);
	if (code != 0)
		return code;
	(void)snprintf(path, sizeof(path), "%s/ledger", config.state);
	return look(path, request);
}
