/*
 * Targets: config_read, config_endpoint_parse. What is taken is complete, and
 * within the caps of config.h; what is not has a problem that was said.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_config(const struct config *config)
{
	assert(config->num_listen >= 1);
	assert(config->num_listen <= CONFIG_MAX_LISTENERS);
	assert(config->num_hosts <= CONFIG_MAX_HOSTS);
	assert(config->workers <= CONFIG_MAX_ROLES);
	assert(config->mills >= 1 && config->mills <= CONFIG_MAX_ROLES);
	assert(config->drain_s <= CONFIG_MAX_DRAIN_S);
	assert(config->policy[0] == '/' && config->state[0] == '/');
	assert(config->run[0] == '/' && config->keys[0] == '/');
	assert(config->clients == CLIENTS_NONE || config->client_ca != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct diagnostics d;
	struct source_file file = {span_str("fuzz.yaml"), span_of(data, len)};
	struct config_endpoint endpoint;
	struct config config;
	struct arena arena;

	if (crypto_init().code != ERR_OK)
		abort();
	arena_init(&arena, CONFIG_ARENA);
	diagnostic_init(&d, &file, 1);
	struct err err = config_read(&config, &arena, &d, &file);
	if (err.code == ERR_OK)
		check_config(&config);
	assert((err.code == ERR_MALFORMED) == (d.num_errors > 0));
	diagnostic_done(&d);
	arena_done(&arena);
	(void)config_endpoint_parse(&endpoint, file.bytes).code;
	return 0;
}
