#include "gateway/tool/root_verbs.h"

#include <getopt.h>
#include <stdio.h>

#include "gateway/base/config_load.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/root_tool.h"

enum {
	EXIT_BAD_USAGE = 2,
};

/* What the three verbs are told. */
struct words {
	const char *usage;
	const char *config;
	const char *passphrase, *new_passphrase;
	const char *provider;
};

static int
bad_usage(const struct words *w)
{
	(void)fprintf(stderr, "usage: gatehouse %s\n", w->usage);
	return EXIT_BAD_USAGE;
}

static int
parse(struct words *w, int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"provider", required_argument, NULL, 'p'},
	    {"passphrase-file", required_argument, NULL, 'f'},
	    {"new-passphrase-file", required_argument, NULL, 'n'}, {0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			w->config = optarg;
		else if (option == 'p')
			w->provider = optarg;
		else if (option == 'f')
			w->passphrase = optarg;
		else if (option == 'n')
			w->new_passphrase = optarg;
		else
			break;
	}
	if (option == -1 && optind == argc)
		return 0;
	return bad_usage(w);
}

/* --- unseal --- */

static struct err
ignore(void *context, const struct admin_line *line)
{
	(void)context, (void)line;
	return OK;
}

/* The gateway's answer is that of the reload that it begins. */
static int
unseal(const struct words *w, const struct root_tool *tool)
{
	int CLEANUP(sysio_close) root = -1;
	int status = root_tool_open(&root, tool, w->passphrase);
	const struct admin_call call = {.config = w->config,
	    .type = ADMIN_UNSEAL,
	    .passes = {root},
	    .num_passes = 1,
	    .line = ignore};

	return status == 0 ? admin_call(&call) : status;
}

/* --- init, rewrap --- */

static int
make(const struct words *w, const struct root_tool *tool)
{
	struct root_seal_as as = {.passphrase = w->passphrase, .root = -1};

	if (w->provider == NULL ||
	    root_provider_parse(&as.provider, span_str(w->provider)).code !=
		ERR_OK)
		return bad_usage(w);
	int status = root_tool_seal(tool, &as);
	if (status == 0)
		root_tool_warn(as.provider);
	return status;
}

static int
rewrap(const struct words *w, const struct root_tool *tool)
{
	struct root_seal_as as = {.passphrase = w->new_passphrase};
	int CLEANUP(sysio_close) root = -1;

	if (w->provider == NULL ||
	    root_provider_parse(&as.provider, span_str(w->provider)).code !=
		ERR_OK)
		return bad_usage(w);
	int status = root_tool_open(&root, tool, w->passphrase);
	if (status != 0)
		return status;
	as.root = root;
	status = root_tool_seal(tool, &as);
	if (status == 0)
		root_tool_warn(as.provider);
	return status;
}

/* --- All of them --- */

static int
run(struct words *w, int argc, char **argv,
    int (*verb)(const struct words *w, const struct root_tool *tool))
{
	struct arena arena CLEANUP(arena_done) = {0};
	struct config config;
	CLEANUP(root_tool_done) struct root_tool tool = {.keys = -1};
	int status = parse(w, argc, argv);

	if (status != 0)
		return status;
	arena_init(&arena, CONFIG_ARENA);
	status = config_load(&config, &arena, w->config);
	if (status == 0)
		status = root_tool_begin(&tool, &config);
	return status == 0 ? verb(w, &tool) : status;
}

int
root_unseal_main(int argc, char **argv)
{
	struct words w = {
	    .usage = "unseal [--config FILE] [--passphrase-file FILE]"};

	return run(&w, argc, argv, unseal);
}

int
root_init_main(int argc, char **argv)
{
	struct words w = {.usage = "key init [--config FILE] --provider none|"
				   "passphrase|systemd|pkcs11|vault "
				   "[--passphrase-file FILE]"};

	return run(&w, argc, argv, make);
}

int
root_rewrap_main(int argc, char **argv)
{
	struct words w = {.usage = "key rewrap [--config FILE] --provider none|"
				   "passphrase|systemd|pkcs11|vault "
				   "[--passphrase-file FILE] "
				   "[--new-passphrase-file FILE]"};

	return run(&w, argc, argv, rewrap);
}
