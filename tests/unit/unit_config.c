#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crypto/init.h"
#include "gateway/base/config.h"

static const char full[] = "listen: [127.0.0.1:8443, '[::1]:9']\n"
			   "hosts: [localhost, gw.example]\n"
			   "region: eu-central-1\n"
			   "tls:\n"
			   "  certificate: /t/c.pem\n"
			   "  key: /t/k.pem\n"
			   "  client-ca: /t/ca.pem\n"
			   "  clients: required\n"
			   "policy: /p.yaml\n"
			   "state: /s\n"
			   "run: /r\n"
			   "keys: /k\n"
			   "workers: 3\n"
			   "mills: 4\n"
			   "ledger: {name: example.com/log}\n"
			   "spool: {size: 2G, wait-s: 7}\n"
			   "metrics: 127.0.0.9:1\n";

struct reading {
	struct arena arena;
	struct diagnostics *d;
	struct source_file source;
	struct config config;
	struct err err;
};

static void
reading_do(struct reading *r, const char *text)
{
	*r = (struct reading){
	    .source = {.name = span_str("g.yaml"), .bytes = span_str(text)}};
	arena_init(&r->arena, CONFIG_ARENA);
	r->d = calloc(1, sizeof(*r->d));
	assert_non_null(r->d);
	diagnostic_init(r->d, &r->source, 1);
	r->err = config_read(&r->config, &r->arena, r->d, &r->source);
}

static void
reading_done(struct reading *r)
{
	diagnostic_done(r->d);
	free(r->d);
	arena_done(&r->arena);
}

/* The text has exactly this one problem. */
static void
assert_problem(const char *text, const char *code, const char *about)
{
	struct reading r;

	reading_do(&r, text);
	assert_int_equal(r.err.code, ERR_MALFORMED);
	assert_int_equal(r.d->num_items, 1);
	assert_string_equal(r.d->items[0].code, code);
	assert_non_null(strstr(r.d->items[0].text, about));
	reading_done(&r);
}

static void
config_read__takes_every_key(void **state)
{
	struct reading r;

	(void)state;
	reading_do(&r, full);
	assert_int_equal(r.err.code, ERR_OK);
	assert_int_equal(r.config.num_listen, 2);
	assert_int_equal(r.config.listen[0].port, 8443);
	assert_int_equal(r.config.listen[0].address[12], 127);
	assert_int_equal(r.config.listen[1].address[15], 1);
	assert_int_equal(r.config.num_hosts, 2);
	assert_true(span_equal_str(r.config.hosts[1], "gw.example"));
	assert_string_equal(r.config.region, "eu-central-1");
	assert_string_equal(r.config.client_ca, "/t/ca.pem");
	assert_int_equal(r.config.clients, CLIENTS_REQUIRED);
	assert_string_equal(r.config.keys, "/k");
	assert_int_equal(r.config.workers, 3);
	assert_int_equal(r.config.mills, 4);
	assert_string_equal(r.config.ledger_name, "example.com/log");
	assert_true(r.config.spool_bytes == UINT64_C(2) << 30);
	assert_int_equal(r.config.spool_wait_s, 7);
	assert_int_equal(r.config.metrics.address[15], 9);
	assert_int_equal(r.config.metrics_how, METRICS_GIVEN);
	reading_done(&r);
}

static void
config_read__takes_metrics_off(void **state)
{
	struct reading r;

	(void)state;
	reading_do(&r,
	    "region: x\npolicy: /p\nledger: {name: n}\n"
	    "tls: {certificate: /c, key: /k}\nmetrics: off\n");
	assert_int_equal(r.err.code, ERR_OK);
	assert_int_equal(r.config.metrics_how, METRICS_OFF);
	reading_done(&r);
}

static void
config_read__has_defaults(void **state)
{
	struct reading r;

	(void)state;
	reading_do(&r,
	    "region: x\npolicy: /p\nledger: {name: n}\n"
	    "tls: {certificate: /c, key: /k}\n");
	assert_int_equal(r.err.code, ERR_OK);
	assert_int_equal(r.config.num_listen, 1);
	assert_int_equal(r.config.listen[0].port, 8443);
	assert_string_equal(r.config.state, "/var/lib/gatehouse");
	assert_int_equal(r.config.workers, 0);
	assert_int_equal(r.config.spool_wait_s, 45);
	assert_int_equal(r.config.clients, CLIENTS_NONE);
	assert_int_equal(r.config.metrics.port, 9464);
	assert_int_equal(r.config.metrics_how, METRICS_DEFAULT);
	reading_done(&r);
}

static void
config_read__names_each_problem(void **state)
{
	static const char base[] = "region: x\npolicy: /p\n"
				   "ledger: {name: n}\n"
				   "tls: {certificate: /c, key: /k}\n";
	static const struct {
		const char *text, *code, *about;
	} cases[] = {
	    {"porf: 1\n", "C101", "porf"},
	    {"spool: {sise: 1G}\n", "C101", "sise"},
	    {"listen: [localhost:1]\n", "C102", "listen"},
	    {"listen: [127.0.0.1]\n", "C102", "listen"},
	    {"listen: [127.0.0.1:65536]\n", "C102", "listen"},
	    {"hosts: [Gw]\n", "C102", "lower case"},
	    {"state: var\n", "C102", "absolute"},
	    {"workers: 0\n", "C102", "1 to 64"},
	    {"workers: 65\n", "C102", "1 to 64"},
	    {"mills: -1\n", "C102", "1 to 64"},
	    {"spool: {size: 1X}\n", "C102", "bytes"},
	    {"spool: {size: 99999999999T}\n", "C102", "bytes"},
	    {"spool: {size: 1K}\n", "C102", "1M"},
	    {"spool: 1G\n", "C102", "map"},
	    {"spool: {wait-s: 51}\n", "C102", "0 to 50"},
	    {"metrics: 192.0.2.1:1\n", "C102", "loopback"},
	    {"metrics: 0.0.0.0:1\n", "C102", "loopback"},
	    {"metrics: \"[::]:1\"\n", "C102", "loopback"},
	    {"metrics: \"[::ff00:7f00:1]:1\"\n", "C102", "loopback"},
	    {"metrics: on\n", "C102", "off"},
	    {"run: [a]\n", "C102", "run"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", base, cases[i].text);
		assert_problem(text, cases[i].code, cases[i].about);
	}
	assert_problem("region: x\nledger: {name: n}\n"
		       "tls: {certificate: /c, key: /k}\n",
	    "C103", "policy");
	assert_problem("region: x\npolicy: /p\nledger: {name: n}\n"
		       "tls: {certificate: /c, key: /k, clients: optional}\n",
	    "C103", "client-ca");
	assert_problem("[a]\n", "C104", "map");
	assert_problem("", "C104", "map");
}

#define LEAST                                                                  \
	"region: a\npolicy: /p\nledger: {name: l}\n"                           \
	"tls: {certificate: /c, key: /k}\n"

static void
config_read__takes_what_opens_the_root(void **state)
{
	struct reading r;

	(void)state;
	reading_do(&r,
	    LEAST "root:\n  credential: key\n  pkcs11-module: /m.so\n"
		  "  pkcs11-token: t\n  pkcs11-key: k\n"
		  "  pkcs11-pin-file: /pin\n"
		  "  pkcs11-environment: [A=b, 'C=']\n"
		  "  vault-url: https://v\n  vault-ca: /ca\n"
		  "  vault-key: k\n  vault-token-file: /t\n"
		  "  vault-mount: m\n  vault-namespace: n\n");
	assert_int_equal(r.err.code, ERR_OK);
	assert_string_equal(r.config.root.credential, "key");
	assert_string_equal(r.config.root.module, "/m.so");
	assert_string_equal(r.config.root.token, "t");
	assert_string_equal(r.config.root.label, "k");
	assert_string_equal(r.config.root.pin_file, "/pin");
	assert_string_equal(r.config.root.url, "https://v");
	assert_string_equal(r.config.root.ca, "/ca");
	assert_string_equal(r.config.root.key, "k");
	assert_string_equal(r.config.root.token_file, "/t");
	assert_string_equal(r.config.root.mount, "m");
	assert_string_equal(r.config.root.namespace, "n");
	assert_int_equal(r.config.root.num_environment, 2);
	assert_true(span_equal_str(r.config.root.environment[0], "A=b"));
	reading_done(&r);
	assert_problem(
	    LEAST "root: {passphrase: never}\n", "C101", "passphrase");
	assert_problem(
	    LEAST "root: {pkcs11-module: m.so}\n", "C102", "pkcs11-module");
	assert_problem(LEAST "root: {vault-ca: ca}\n", "C102", "vault-ca");
	assert_problem(LEAST "root: {pkcs11-environment: ['=a']}\n", "C102",
	    "pkcs11-environment");
}

static void
config_read__takes_where_codes_are(void **state)
{
	struct reading r;

	(void)state;
	reading_do(&r,
	    LEAST "codebook:\n  postgres: service=codes\n"
		  "  password-file: /etc/word\n");
	assert_int_equal(r.err.code, ERR_OK);
	assert_string_equal(r.config.codebook.postgres, "service=codes");
	assert_string_equal(r.config.codebook.password_file, "/etc/word");
	reading_done(&r);
	assert_problem(LEAST "codebook: {postgres: host=a password=b}\n",
	    "C102", "password-file");
	assert_problem(LEAST "codebook: {password-file: /etc/word}\n", "C103",
	    "codebook: postgres");
	assert_problem(LEAST "codebook: {sqlite: /a}\n", "C101", "sqlite");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(config_read__takes_every_key),
	    cmocka_unit_test(config_read__takes_metrics_off),
	    cmocka_unit_test(config_read__has_defaults),
	    cmocka_unit_test(config_read__names_each_problem),
	    cmocka_unit_test(config_read__takes_what_opens_the_root),
	    cmocka_unit_test(config_read__takes_where_codes_are),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
