#include <stdio.h>

#include "gateway/tool/options.h"
#include "gateway/tool/policy_verbs.h"
#include "policy/schema_json.h"
#include "policy/schema_reference.h"

enum {
	EXIT_FAILED = 1,
	MAX_TEXT_BYTES = 1024 * 1024,
};

int
policy_schema_main(int argc, char **argv)
{
	struct buf CLEANUP(buf_done) text = {.max = MAX_TEXT_BYTES};
	bool reference = false;
	struct options options = {
	    .usage = "policy schema [--reference]",
	    .rows = {{"reference", .flag = &reference}},
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	struct err err = reference ? schema_reference_print(&text)
				   : schema_json_print(&text);
	if (err.code != ERR_OK ||
	    fwrite(text.data, 1, text.len, stdout) != text.len ||
	    fflush(stdout) != 0)
		return EXIT_FAILED;
	return 0;
}
