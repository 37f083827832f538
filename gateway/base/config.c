#include "gateway/base/config.h"

#include <arpa/inet.h>
#include <stddef.h>

#include "crypto/hash.h"
#include "gateway/base/limits.h"

/* What one reading works on. */
struct reader {
	struct config *config;
	struct arena *arena;
	struct diagnostics *d;
};

/*
 * One key of the file. `section` is the key of the map around it, or NULL.
 * The reader of a text returns why it does not fit, or NULL.
 */
struct config_key {
	const char *section;
	const char *name;
	bool required;
	const char *(*read)(struct reader *r, struct span text, void *out);
	size_t offset; /* of the field in struct config */
	const char *(*append)(struct reader *r, struct span text); /* a list */
};

struct err
config_endpoint_parse(struct config_endpoint *out, struct span text)
{
	char address[64];
	struct config_endpoint endpoint = {0};
	struct span host, port;
	uint64_t number;
	size_t colon = text.len;

	while (colon > 0 && text.data[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return ERR(MALFORMED, "config: an address without a port");
	host = span_sub(text, 0, colon - 1);
	port = span_sub(text, colon, text.len);
	TRY(span_u64(port, &number, UINT16_MAX));
	endpoint.port = (uint16_t)number;
	bool six = host.len > 2 && host.data[0] == '[' &&
	    host.data[host.len - 1] == ']';
	if (six)
		host = span_sub(host, 1, host.len - 2);
	if (host.len >= sizeof(address))
		return ERR(MALFORMED, "config: not an address");
	memcpy(address, host.data, host.len);
	address[host.len] = '\0';
	if (six) {
		if (inet_pton(AF_INET6, address, endpoint.address) != 1)
			return ERR(MALFORMED, "config: not an IPv6 address");
	} else {
		endpoint.address[10] = endpoint.address[11] = 0xff;
		if (inet_pton(AF_INET, address, endpoint.address + 12) != 1)
			return ERR(MALFORMED, "config: not an IPv4 address");
	}
	*out = endpoint;
	return OK;
}

static const char *
read_text(struct reader *r, struct span text, void *out)
{
	if (text.len == 0)
		return "it is empty";
	if (arena_str(r->arena, out, text).code != ERR_OK)
		return "there is no memory for it";
	return NULL;
}

static const char *
read_path(struct reader *r, struct span text, void *out)
{
	if (text.len == 0 || text.data[0] != '/')
		return "a path here is absolute";
	return read_text(r, text, out);
}

/* The configuration is for many to read. */
static const char *
read_conninfo(struct reader *r, struct span text, void *out)
{
	const char *why = read_text(r, text, out);

	if (why == NULL && strstr(*(const char **)out, "password=") != NULL)
		return "a password goes into a file, `password-file`";
	return why;
}

static const char *
read_roles(struct reader *r, struct span text, void *out)
{
	uint64_t number;

	(void)r;
	if (span_u64(text, &number, CONFIG_MAX_ROLES).code != ERR_OK ||
	    number == 0)
		return "it is a number from 1 to 64";
	*(uint32_t *)out = (uint32_t)number;
	return NULL;
}

static const char *
read_seconds(struct reader *r, struct span text, void *out)
{
	uint64_t number;

	(void)r;
	if (span_u64(text, &number, SPOOL_MAX_WAIT_S).code != ERR_OK)
		return "it is a number of seconds, 0 to 50: clients give up "
		       "after a minute";
	*(uint32_t *)out = (uint32_t)number;
	return NULL;
}

static const char *
read_drain(struct reader *r, struct span text, void *out)
{
	uint64_t number;

	(void)r;
	if (span_u64(text, &number, CONFIG_MAX_DRAIN_S).code != ERR_OK)
		return "it is a number of seconds, 0 to 86400";
	*(uint32_t *)out = (uint32_t)number;
	return NULL;
}

/* "1G": binary multiples, as disks of operators are talked about. */
static const char *
read_size(struct reader *r, struct span text, void *out)
{
	static const char letters[] = "KMGT";
	unsigned shift = 0;
	uint64_t number;

	(void)r;
	if (text.len > 0) {
		const char *at = strchr(letters, text.data[text.len - 1]);
		if (at != NULL && *at != '\0') {
			shift = 10 * (unsigned)(at - letters + 1);
			text.len--;
		}
	}
	if (span_u64(text, &number, UINT64_MAX >> 1 >> shift).code != ERR_OK)
		return "it is a number of bytes, or one with K, M, G or T";
	number <<= shift;
	if (number < 1024 * 1024)
		return "it is at least 1M";
	*(uint64_t *)out = number;
	return NULL;
}

static const char *
read_clients(struct reader *r, struct span text, void *out)
{
	static const char *const names[] = {"none", "optional", "required"};

	(void)r;
	for (unsigned i = 0; i < 3; i++) {
		if (span_equal_str(text, names[i])) {
			*(enum config_clients *)out = (enum config_clients)i;
			return NULL;
		}
	}
	return "it is none, optional or required";
}

static const char *
read_switch(struct reader *r, struct span text, void *out)
{
	bool on = span_equal_str(text, "on");

	(void)r;
	if (!on && !span_equal_str(text, "off"))
		return "it is on or off";
	*(bool *)out = on;
	return NULL;
}

/* What decides to which keys an agreement is sealed. */
static const char *
read_recipients(struct reader *r, struct span text, void *out)
{
	bool proven = span_equal_str(text, "proven");

	(void)r;
	if (!proven && !span_equal_str(text, "policy"))
		return "it is policy or proven";
	*(bool *)out = proven;
	return NULL;
}

static const char *
read_endpoint(struct reader *r, struct span text, void *out)
{
	(void)r;
	if (config_endpoint_parse(out, text).code != ERR_OK)
		return "it is ADDRESS:PORT";
	return NULL;
}

/* Counters tell who works when: they stay on the machine. */
static const char *
read_metrics(struct reader *r, struct span text, void *out)
{
	static const uint8_t v6_loopback[16] = {[15] = 1};
	static const uint8_t v4_loopback[13] = {
	    [10] = 0xff, [11] = 0xff, [12] = 127};
	struct config_endpoint endpoint;

	r->config->metrics_how =
	    span_equal_str(text, "off") ? METRICS_OFF : METRICS_GIVEN;
	if (r->config->metrics_how == METRICS_OFF)
		return NULL;
	if (read_endpoint(r, text, &endpoint) != NULL)
		return "it is ADDRESS:PORT, or off";
	if (!span_equal(
		span_of(endpoint.address, 13), span_of(v4_loopback, 13)) &&
	    !span_equal(
		span_of(endpoint.address, 16), span_of(v6_loopback, 16)))
		return "it is an address of the loopback interface, or off";
	*(struct config_endpoint *)out = endpoint;
	return NULL;
}

static const char *
append_listen(struct reader *r, struct span text)
{
	struct config *config = r->config;

	if (config->num_listen == CONFIG_MAX_LISTENERS)
		return "there are at most 8";
	const char *why =
	    read_endpoint(r, text, &config->listen[config->num_listen]);
	if (why == NULL)
		config->num_listen++;
	return why;
}

/* A host as clients name it: lower case, without port. */
static const char *
append_host(struct reader *r, struct span text)
{
	struct config *config = r->config;

	if (config->num_hosts == CONFIG_MAX_HOSTS)
		return "there are at most 16";
	if (text.len == 0 || text.len > 253)
		return "it is a host name";
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.')
			return "it is a host name, in lower case";
	}
	if (arena_copy(r->arena, &config->hosts[config->num_hosts], text)
		.code != ERR_OK)
		return "there is no memory for it";
	config->num_hosts++;
	return NULL;
}

/* What a module of PKCS #11 is told of where its settings are. */
static const char *
append_environment(struct reader *r, struct span text)
{
	struct config_root *root = &r->config->root;

	if (root->num_environment == CONFIG_MAX_ENVIRONMENT)
		return "there are at most 8";
	if (span_find(text, '=') == 0 || span_find(text, '=') == text.len)
		return "it is NAME=VALUE";
	if (arena_copy(
		r->arena, &root->environment[root->num_environment], text)
		.code != ERR_OK)
		return "there is no memory for it";
	root->num_environment++;
	return NULL;
}

#define FIELD(field) offsetof(struct config, field)
static const struct config_key keys[] = {
    {NULL, "listen", false, NULL, 0, append_listen},
    {NULL, "hosts", false, NULL, 0, append_host},
    {NULL, "region", true, read_text, FIELD(region), NULL},
    {"tls", "certificate", true, read_path, FIELD(certificate), NULL},
    {"tls", "key", true, read_path, FIELD(key), NULL},
    {"tls", "client-ca", false, read_path, FIELD(client_ca), NULL},
    {"tls", "clients", false, read_clients, FIELD(clients), NULL},
    {NULL, "policy", true, read_path, FIELD(policy), NULL},
    {NULL, "state", false, read_path, FIELD(state), NULL},
    {NULL, "run", false, read_path, FIELD(run), NULL},
    {NULL, "keys", false, read_path, FIELD(keys), NULL},
    {NULL, "workers", false, read_roles, FIELD(workers), NULL},
    {NULL, "mills", false, read_roles, FIELD(mills), NULL},
    {"ledger", "name", true, read_text, FIELD(ledger_name), NULL},
    {NULL, "recipients", false, read_recipients, FIELD(only_proven), NULL},
    {"spool", "size", false, read_size, FIELD(spool_bytes), NULL},
    {"spool", "wait-s", false, read_seconds, FIELD(spool_wait_s), NULL},
    {"drain", "reload-s", false, read_drain, FIELD(drain_s), NULL},
    {"drain", "stop-s", false, read_drain, FIELD(stop_s), NULL},
    {"log", "requests", false, read_switch, FIELD(log_requests), NULL},
    {NULL, "metrics", false, read_metrics, FIELD(metrics), NULL},
    {"codebook", "postgres", false, read_conninfo, FIELD(codebook.postgres),
	NULL},
    {"codebook", "password-file", false, read_path,
	FIELD(codebook.password_file), NULL},
    {"root", "credential", false, read_text, FIELD(root.credential), NULL},
    {"root", "pkcs11-module", false, read_path, FIELD(root.module), NULL},
    {"root", "pkcs11-token", false, read_text, FIELD(root.token), NULL},
    {"root", "pkcs11-key", false, read_text, FIELD(root.label), NULL},
    {"root", "pkcs11-pin-file", false, read_path, FIELD(root.pin_file), NULL},
    {"root", "pkcs11-environment", false, NULL, 0, append_environment},
    {"root", "vault-url", false, read_text, FIELD(root.url), NULL},
    {"root", "vault-ca", false, read_path, FIELD(root.ca), NULL},
    {"root", "vault-key", false, read_text, FIELD(root.key), NULL},
    {"root", "vault-token-file", false, read_path, FIELD(root.token_file),
	NULL},
    {"root", "vault-mount", false, read_text, FIELD(root.mount), NULL},
    {"root", "vault-namespace", false, read_text, FIELD(root.namespace), NULL},
};
enum {
	NUM_KEYS = sizeof(keys) / sizeof(keys[0])
};

static bool
same(const char *a, const char *b)
{
	return a == b ||
	    (a != NULL && b != NULL && span_equal(span_str(a), span_str(b)));
}

static bool
is_section(struct span name)
{
	for (size_t i = 0; i < NUM_KEYS; i++) {
		if (keys[i].section != NULL &&
		    span_equal_str(name, keys[i].section))
			return true;
	}
	return false;
}

static const struct config_key *
find_key(const char *section, struct span name)
{
	for (size_t i = 0; i < NUM_KEYS; i++) {
		if (same(keys[i].section, section) &&
		    span_equal_str(name, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

/* One text of a key: into its field, or appended to its list. */
static void
read_one(
    struct reader *r, const struct config_key *key, const struct node *node)
{
	const char *why = "it is a text";

	if (node->type == NODE_TEXT) {
		if (key->append != NULL)
			why = key->append(r, node->text);
		else
			why = key->read(
			    r, node->text, (uint8_t *)r->config + key->offset);
	}
	if (why != NULL)
		diagnostic_add(
		    r->d, node->at, "C102", "`%s`: %s", key->name, why);
}

static void
read_member(
    struct reader *r, const struct config_key *key, const struct node *node)
{
	if (key->append == NULL || node->type != NODE_LIST) {
		read_one(r, key, node);
		return;
	}
	for (const struct node *item = node->first; item != NULL;
	     item = item->next)
		read_one(r, key, item);
}

static void
read_map(struct reader *r, const struct node *map, const char *section)
{
	for (const struct node *node = map->first; node != NULL;
	     node = node->next) {
		struct span name = node->key->text;
		const struct config_key *key = find_key(section, name);

		if (key != NULL) {
			read_member(r, key, node);
		} else if (section == NULL && is_section(name)) {
			const char *inner = NULL;
			for (size_t i = 0; i < NUM_KEYS; i++) {
				if (keys[i].section != NULL &&
				    span_equal_str(name, keys[i].section))
					inner = keys[i].section;
			}
			if (node->type == NODE_MAP)
				read_map(r, node, inner);
			else
				diagnostic_add(r->d, node->at, "C102",
				    "`%s`: it is a map", inner);
		} else {
			diagnostic_add(r->d, node->key->at, "C101",
			    "unknown key `%.*s`%s%s", DIAGNOSTIC_SPAN(name),
			    section == NULL ? "" : " in ",
			    section == NULL ? "" : section);
		}
	}
}

static void
check_required(struct reader *r, const struct node *root)
{
	struct mark top = {.file = 0, .line = 1, .column = 1, .len = 1};

	for (size_t i = 0; i < NUM_KEYS; i++) {
		const struct config_key *key = &keys[i];
		const struct node *map =
		    key->section == NULL ? root : node_get(root, key->section);
		if (key->required && node_get(map, key->name) == NULL)
			diagnostic_add(r->d, top, "C103", "`%s%s%s` is missing",
			    key->section == NULL ? "" : key->section,
			    key->section == NULL ? "" : ": ", key->name);
	}
	if (r->config->codebook.password_file != NULL &&
	    r->config->codebook.postgres == NULL)
		diagnostic_add(r->d, top, "C103",
		    "`codebook: postgres` is missing: `password-file` is of "
		    "that");
	if (r->config->clients != CLIENTS_NONE && r->config->client_ca == NULL)
		diagnostic_add(r->d, top, "C103",
		    "`tls: client-ca` is missing: `clients` asks for "
		    "certificates");
}

static void
set_defaults(struct config *config)
{
	*config = (struct config){
	    .clients = CLIENTS_NONE,
	    .state = "/var/lib/gatehouse",
	    .run = "/run/gatehouse",
	    .keys = "/etc/gatehouse/keys",
	    .mills = 2,
	    .spool_bytes = UINT64_C(64) << 30,
	    .spool_wait_s = 45,
	    .drain_s = 3600,
	    .stop_s = 30,
	    .log_requests = true,
	    .metrics = {.address = {[10] = 0xff, 0xff, 127, 0, 0, 1},
		.port = 9464},
	};
}

struct err
config_read(struct config *out, struct arena *arena, struct diagnostics *d,
    const struct source_file *source)
{
	struct config config;
	struct reader r = {.config = &config, .arena = arena, .d = d};
	struct node *root;

	set_defaults(&config);
	TRY(hash_sha256(config.digest, source->bytes));
	TRY(node_read(&root, arena, d, source, 0));
	if (root == NULL || root->type != NODE_MAP) {
		if (d->num_errors == 0)
			diagnostic_add(d, (struct mark){0, 1, 1, 1}, "C104",
			    "a configuration is a map of keys");
		return ERR(MALFORMED, "config: not a map");
	}
	read_map(&r, root, NULL);
	/* A key that is misspelt is missing as well: say it once. */
	if (d->num_errors == 0)
		check_required(&r, root);
	TRY(d->err);
	if (d->num_errors > 0)
		return ERR(MALFORMED, "config: it has problems");
	if (config.num_listen == 0) {
		config.listen[0] = (struct config_endpoint){
		    .address = {[10] = 0xff, 0xff}, .port = 8443};
		config.num_listen = 1;
	}
	*out = config;
	return OK;
}

bool
config_is_policy(const char *name)
{
	return name[0] != '.' &&
	    span_ends_with(span_str(name), span_str(".yaml")) &&
	    strlen(name) > strlen(".yaml");
}
