#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/replay.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/reveal_verbs.h"

/* reveal_list: what was shown, as the ledger has it, a line for each request.
 */

enum {
	EXIT_FAILED = 1,
	TRIES = 5, /* looks, while the auditor writes, before it is wrong */
	TRY_AGAIN_US = 50000,
	MAX_SHOWN = 4096, /* requests */
	HEX_DIGEST = 64,
	MAX_NAME = 64,
	DAY_LEN = 10,
};

struct row {
	char request[HEX_DIGEST + 1];
	char asked_by[MAX_NAME + 1];
	char day[DAY_LEN + 1], review_by[DAY_LEN + 1];
	uint64_t values;
	bool reviewed;
};

struct listing {
	struct row rows[MAX_SHOWN];
	size_t num_rows;
};

/* What is looked at of a record. */
struct said {
	struct span kind, request, asked_by, time, review_by, command, object;
};

static struct err
read_record(struct said *out, struct span record)
{
	const struct {
		const char *name;
		struct span *to;
	} members[] = {{"kind", &out->kind}, {"reveal-request", &out->request},
	    {"asked-by", &out->asked_by}, {"time", &out->time},
	    {"review-by", &out->review_by}, {"command", &out->command},
	    {"object", &out->object}};
	struct span rest, name, value;

	*out = (struct said){.kind = {0}};
	TRY(jcs_read_object(record, &rest));
	while (rest.len > 0) {
		TRY(jcs_read_member(&rest, &name, &value));
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]);
		     i++)
			if (span_equal_str(name, members[i].name))
				TRY(jcs_read_string(value, members[i].to));
	}
	return OK;
}

static void
copy(char *out, size_t most, struct span text)
{
	size_t len = text.len < most ? text.len : most;

	if (len > 0)
		memcpy(out, text.data, len);
	out[len] = '\0';
}

static struct row *
find_row(struct listing *l, struct span request)
{
	for (size_t i = 0; i < l->num_rows; i++)
		if (span_equal_str(request, l->rows[i].request))
			return &l->rows[i];
	return NULL;
}

static struct err
add_value(struct listing *l, const struct said *said)
{
	struct row *row = find_row(l, said->request);

	if (row == NULL) {
		if (l->num_rows == MAX_SHOWN)
			return ERR(TOO_BIG, "over 4096 requests");
		row = &l->rows[l->num_rows++];
		*row = (struct row){.values = 0};
		copy(row->request, HEX_DIGEST, said->request);
		copy(row->asked_by, MAX_NAME, said->asked_by);
		copy(row->day, DAY_LEN, said->time);
	}
	copy(row->review_by, DAY_LEN, said->review_by);
	row->values++;
	row->reviewed = false; /* of what was shown up to then */
	return OK;
}

static struct err
see(struct listing *l, struct span record)
{
	struct said said;
	struct row *row;

	TRY(read_record(&said, record));
	if (span_equal_str(said.kind, "reveal"))
		return add_value(l, &said);
	if (!span_equal_str(said.kind, "admin") ||
	    !span_equal_str(said.command, "reveal review"))
		return OK;
	row = find_row(l, said.object);
	if (row != NULL)
		row->reviewed = true;
	return OK;
}

static struct err
read_once(struct listing *l, int dir)
{
	struct replay replay;
	struct span record;
	struct err err;

	l->num_rows = 0;
	TRY(replay_open(&replay, dir, NULL, NULL));
	while ((err = replay_next(&replay, &record)).code == ERR_OK)
		if ((err = see(l, record)).code != ERR_OK)
			break;
	replay_done(&replay);
	return err.code == ERR_NOT_FOUND ? OK : err;
}

static struct err
read_ledger(struct listing *l, const char *path)
{
	int CLEANUP(sysio_close) dir = -1;

	TRY(audit_dir_open(path, &dir));
	struct err err = read_once(l, dir);
	for (int i = 0; i < TRIES && err.code == ERR_CHANGED; i++) {
		usleep(TRY_AGAIN_US);
		err = read_once(l, dir);
	}
	return err;
}

static void
print_row(const struct row *row)
{
	(void)printf("%s  %s  ", row->request, row->day);
	(void)plain_text_print(stdout, span_str(row->asked_by));
	(void)printf("  %" PRIu64 " value%s  ", row->values,
	    row->values == 1 ? "" : "s");
	if (row->reviewed)
		(void)puts("reviewed");
	else
		(void)printf("review by %s\n", row->review_by);
}

int
reveal_list_main(int argc, char **argv)
{
	static struct listing listing;
	const char *path = NULL;
	struct options options = {
	    .usage = "reveal list [--ledger FOLDER]",
	    .rows = {{"ledger", .text = &path}},
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	struct err err = read_ledger(&listing, path);
	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s: %s\n",
		    audit_dir_name(path), err.why);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < listing.num_rows; i++)
		print_row(&listing.rows[i]);
	return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}
