#include "gateway/tool/root_verbs.h"

#include <stdio.h>

#include "gateway/base/config_load.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/options.h"
#include "gateway/tool/root_tool.h"

/* What the three verbs are told. */
struct words {
	const char *config;
	const char *passphrase, *new_passphrase;
	enum root_provider provider;
	bool has_provider;
};

static struct err
take_provider(void *into, const char *value)
{
	struct words *w = into;

	w->has_provider = true;
	return root_provider_parse(&w->provider, span_str(value));
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
	const struct root_seal_as as = {
	    .provider = w->provider, .passphrase = w->passphrase, .root = -1};

	int status = root_tool_seal(tool, &as);
	if (status == 0)
		root_tool_warn(as.provider);
	return status;
}

static int
rewrap(const struct words *w, const struct root_tool *tool)
{
	struct root_seal_as as = {
	    .provider = w->provider, .passphrase = w->new_passphrase};
	int CLEANUP(sysio_close) root = -1;

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

struct verb {
	const char *usage;
	int (*run)(const struct words *w, const struct root_tool *tool);
	bool needs_provider;
};

static int
run(const struct verb *verb, int argc, char **argv)
{
	struct arena arena CLEANUP(arena_done) = {0};
	struct config config;
	CLEANUP(root_tool_done) struct root_tool tool = {.keys = -1};
	struct words w = {.config = NULL};
	struct options options = {
	    .usage = verb->usage,
	    .rows = {{"config", .text = &w.config},
		{"provider", .take = take_provider, .into = &w},
		{"passphrase-file", .text = &w.passphrase},
		{"new-passphrase-file", .text = &w.new_passphrase}},
	};
	int status = options_read(&options, argc, argv);

	if (status != 0)
		return status;
	if (verb->needs_provider && !w.has_provider)
		return options_usage(&options);
	arena_init(&arena, CONFIG_ARENA);
	status = config_load(&config, &arena, w.config);
	if (status == 0)
		status = root_tool_begin(&tool, &config);
	return status == 0 ? verb->run(&w, &tool) : status;
}

int
root_unseal_main(int argc, char **argv)
{
	static const struct verb verb = {
	    .usage = "unseal [--config FILE] [--passphrase-file FILE]",
	    .run = unseal};

	return run(&verb, argc, argv);
}

int
root_init_main(int argc, char **argv)
{
	static const struct verb verb = {
	    .usage = "key init [--config FILE] --provider none|passphrase|"
		     "systemd|pkcs11|vault [--passphrase-file FILE]",
	    .run = make,
	    .needs_provider = true};

	return run(&verb, argc, argv);
}

int
root_rewrap_main(int argc, char **argv)
{
	static const struct verb verb = {
	    .usage = "key rewrap [--config FILE] --provider none|passphrase|"
		     "systemd|pkcs11|vault [--passphrase-file FILE] "
		     "[--new-passphrase-file FILE]",
	    .run = rewrap,
	    .needs_provider = true};

	return run(&verb, argc, argv);
}
