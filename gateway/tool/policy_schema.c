#include <getopt.h>
#include <stdio.h>

#include "gateway/tool/policy_verbs.h"
#include "policy/schema_json.h"
#include "policy/schema_reference.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	MAX_TEXT_BYTES = 1024 * 1024,
};

int
policy_schema_main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"reference", no_argument, NULL, 'r'},
	    {0},
	};
	struct buf CLEANUP(buf_done) text = {.max = MAX_TEXT_BYTES};
	bool reference = false;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) == 'r')
		reference = true;
	if (option != -1 || optind != argc) {
		(void)fputs(
		    "usage: gatehouse policy schema [--reference]\n", stderr);
		return EXIT_BAD_USAGE;
	}
	struct err err = reference ? schema_reference_print(&text)
				   : schema_json_print(&text);
	if (err.code != ERR_OK ||
	    fwrite(text.data, 1, text.len, stdout) != text.len ||
	    fflush(stdout) != 0)
		return EXIT_FAILED;
	return 0;
}
