#include <stdio.h>
#include <string.h>

#include "gateway/base/sysio.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/audit_find.h"
#include "gateway/tool/audit_print.h"
#include "gateway/tool/audit_verbs.h"
#include "gateway/tool/options.h"

static void
show_all(const struct audit_find *find, bool json)
{
	for (size_t i = 0; i < find->num_items; i++) {
		const struct audit_found *found = &find->items[i];
		if (json) {
			audit_print_json(found->index, found->record);
			continue;
		}
		if (i > 0)
			putchar('\n');
		audit_print_record(found->index, found->record);
	}
}

static struct err
show(const char *path, const char *wanted, bool json)
{
	struct audit_find CLEANUP(audit_find_done) find;
	int CLEANUP(sysio_close) dir = -1;

	TRY(audit_find_init(&find, wanted));
	TRY(audit_dir_open(path, &dir));
	TRY(audit_find_run(&find, dir));
	show_all(&find, json);
	return OK;
}

int
audit_show_main(int argc, char **argv)
{
	bool json = false;
	struct options options = {
	    .usage = "audit show [DIR] INDEX|REQUEST [--json]",
	    .rows = {{"json", .flag = &json}},
	    .least = 1,
	    .most = 2,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	const char *path =
	    options.num_operands == 2 ? options.operands[0] : NULL;
	const char *wanted = options.operands[options.num_operands - 1];
	struct err err = show(path, wanted, json);
	if (err.code == ERR_OK)
		return 0;
	fprintf(stderr, "gatehouse: %s: %s\n", audit_dir_name(path), err.why);
	/* A folder alone was taken for the id of a request. */
	if (path == NULL && strchr(wanted, '/') != NULL)
		return options_usage(&options);
	return 1;
}
