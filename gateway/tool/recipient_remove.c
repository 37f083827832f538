#include <stdio.h>
#include <string.h>

#include "crypto/age_key.h"
#include "gateway/tool/options.h"
#include "gateway/tool/recipient_change.h"
#include "gateway/tool/recipient_verbs.h"

enum {
	EXIT_FAILED = 1,
	EXIT_NOT_FOUND = 2,
};

/* Whom it is about: a key, or all of a party. */
struct removing {
	struct span party;
	uint8_t key[AGE_KEY_LEN];
	bool by_key;
};

static int
parse(struct removing *r, const char **out_config, int argc, char **argv)
{
	struct options options = {
	    .usage = "recipient remove [--config FILE] PARTY|KEY",
	    .rows = {{"config", .text = out_config}},
	    .least = 1,
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	r->party = span_str(options.operands[0]);
	r->by_key = age_recipient_parse(r->key, r->party).code == ERR_OK;
	return 0;
}

static bool
is_meant(const struct removing *r, const struct proven_entry *entry)
{
	return r->by_key ? span_equal(span_of(entry->key, AGE_KEY_LEN),
			       span_of(r->key, AGE_KEY_LEN))
			 : span_equal(entry->party, r->party);
}

/* The ledger has it before the file has not. */
static int
remove_one(struct recipient_change *c, size_t at)
{
	const struct proven_entry *entry = &c->store.file.entries[at];
	struct admin_recipient question = {.party = entry->party};
	struct proven_entry gone;

	memcpy(question.key, entry->key, sizeof(question.key));
	int code = recipient_change_record(
	    c, ADMIN_RECIPIENT_REMOVE, &question, &gone);
	if (code != 0)
		return code;
	proven_file_remove(&c->store.file, at);
	code = recipient_change_write(c);
	return code != 0 ? code : recipient_change_print(&gone, "is removed");
}

/* Whoever is meant and comes first. */
static bool
find(const struct recipient_change *c, const struct removing *r, size_t *out)
{
	for (size_t i = 0; i < c->store.file.num_entries; i++) {
		if (!is_meant(r, &c->store.file.entries[i]))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static int
remove_all(struct recipient_change *c, const struct removing *r)
{
	size_t at;
	int code = 0;

	if (!find(c, r, &at)) {
		(void)fprintf(stderr,
		    "gatehouse: %s: nothing is proven of it; `gatehouse "
		    "recipient list` shows what is\n",
		    (const char *)r->party.data);
		return EXIT_NOT_FOUND;
	}
	while (code == 0 && find(c, r, &at)) {
		code = remove_one(c, at);
		if (code == 0)
			code = recipient_change_again(c);
	}
	return code;
}

int
recipient_remove_main(int argc, char **argv)
{
	struct removing r = {.by_key = false};
	const char *config = NULL;
	struct recipient_change c;
	int code = parse(&r, &config, argc, argv);

	if (code != 0)
		return code;
	code = recipient_change_open(&c, config);
	if (code == 0)
		code = remove_all(&c, &r);
	if (code == 0)
		code = recipient_change_tell(&c);
	recipient_change_done(&c);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}
