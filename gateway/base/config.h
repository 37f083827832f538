#ifndef GATEHOUSE_CONFIG_H
#define GATEHOUSE_CONFIG_H

#include "policy/node.h"

/*
 * config: gatehouse.yaml, for the supervisor and the command. All keys are in
 * one table (config.c); an unknown one is an error. Paths are absolute, since
 * a daemon's working directory means nothing to the person who wrote them.
 */
enum {
	CONFIG_MAX_LISTENERS = 8,
	CONFIG_MAX_HOSTS = 16,
	CONFIG_MAX_ENVIRONMENT = 8, /* variables for a module of PKCS #11 */
	CONFIG_MAX_ROLES = 64,	    /* workers, mills */
	CONFIG_MAX_DRAIN_S = 86400,
	CONFIG_ARENA = 4 * 1024 * 1024,
};

struct config_endpoint {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;	     /* 0: any, for tests */
};

enum config_clients {
	CLIENTS_NONE,
	CLIENTS_OPTIONAL,
	CLIENTS_REQUIRED
};

/* Where counters are served. */
enum config_metrics {
	METRICS_DEFAULT, /* nothing was said of it */
	METRICS_GIVEN,
	METRICS_OFF
};

/* What the providers of the root need, each that is used (root_run.h). */
struct config_root {
	const char *credential; /* of systemd's, or a file */
	const char *module, *token, *label, *pin_file;	 /* of PKCS #11 */
	struct span environment[CONFIG_MAX_ENVIRONMENT]; /* NAME=VALUE */
	size_t num_environment;
	/* Of Transit; mount and name space may be NULL. */
	const char *url, *ca, *key, *token_file, *mount, *namespace;
};

/* Where random codes are kept, if not in state/codebook (store.h). */
struct config_codebook {
	const char *postgres;	   /* libpq's conninfo; NULL: there */
	const char *password_file; /* NULL: what conninfo says is enough */
};

/* Spans and strings lie in the arena given to config_read. */
struct config {
	struct config_endpoint listen[CONFIG_MAX_LISTENERS];
	size_t num_listen;
	struct span hosts[CONFIG_MAX_HOSTS];
	size_t num_hosts;
	const char *region;
	const char *certificate, *key;
	const char *client_ca; /* NULL unless clients are asked for one */
	enum config_clients clients;
	const char *policy, *state, *run, *keys;
	uint32_t workers; /* 0: one per core */
	uint32_t mills;
	const char *ledger_name;
	bool only_proven; /* keys of recipients that are proven (proven.h) */
	uint64_t spool_bytes;
	uint32_t spool_wait_s;
	uint32_t drain_s, stop_s; /* transfers may go on so long */
	bool log_requests;	  /* a line of the log for each */
	enum config_metrics metrics_how;
	struct config_endpoint metrics; /* unless they are off */
	struct config_root root;
	struct config_codebook codebook;
	uint8_t digest[32]; /* SHA-256 of the file */
};

/*
 * config_read: read and check one configuration.
 *
 * d        gets every problem at once; with one, the result is not usable
 * Errors   MALFORMED: there are problems in `d`; NO_MEMORY; TOO_BIG; CRYPTO
 */
MUST_USE struct err config_read(struct config *out, struct arena *arena,
    struct diagnostics *d, const struct source_file *source);

/* Below `state`: the folder of a candidate beside the policy in force. */
#define CONFIG_STAGED "policy/staged"

/* config_is_policy: of a policy folder, the files that are read: *.yaml. */
bool config_is_policy(const char *name);

/*
 * config_endpoint_parse: "192.0.2.1:8443" or "[2001:db8::1]:8443".
 *
 * Errors   MALFORMED
 */
MUST_USE struct err config_endpoint_parse(
    struct config_endpoint *out, struct span text);

#endif
