#include "gateway/loader/provide.h"

#include <unistd.h>

#include "crypto/hash.h"
#include "gateway/ipc/control.h"
#include "gateway/loader/listening.h"

static struct err
give(const struct provide *p, const char *name, uint32_t index,
    struct span value, int fd)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(control_put_item(&body, name, index, value));
	return control_send(p->supervisor,
	    &(struct frame){.type = LOAD_ITEM,
		.id = load_id((uint8_t)p->role, p->index),
		.body = buf_span(&body),
		.fds = {fd},
		.num_fds = fd >= 0});
}

static struct err
give_fd(const struct provide *p, const char *name, uint32_t index, int fd)
{
	return give(p, name, index, span_of(NULL, 0), fd);
}

static struct err
give_number(const struct provide *p, const char *name, uint64_t number)
{
	struct buf text CLEANUP(buf_done) = {.max = 32};

	TRY(buf_append_u64(&text, number));
	return give(p, name, 0, buf_span(&text), -1);
}

static struct err
give_pieces(const struct provide *p, const char *name, struct span image)
{
	for (uint32_t i = 0; image.len > 0; i++) {
		struct span piece = span_sub(image, 0, CONTROL_MAX_VALUE);
		TRY(give(p, name, i, piece, -1));
		image = span_sub(image, piece.len, image.len);
	}
	return OK;
}

/* Not a byte of a key is read here: they go on as descriptors. */
static struct err
give_keys(const struct provide *p)
{
	if (!p->material->sealed)
		TRY(give_fd(p, "root", 0, p->material->root));
	if (p->material->root_check.len > 0)
		TRY(give(p, "root-check", 0, buf_span(&p->material->root_check),
		    -1));
	if (p->material->spool_key >= 0)
		TRY(give_fd(p, "spool-key", 0, p->material->spool_key));
	TRY(give_fd(p, "scopes", 0, p->material->scopes));
	TRY(give_pieces(p, "destroyed", buf_span(&p->material->destroyed)));
	TRY(give_fd(p, "tls-key", 0, p->material->tls_key));
	for (uint32_t i = 0; i < p->material->num_s3; i++)
		TRY(give(p, "s3", i, span_str(p->material->s3[i].id),
		    p->material->s3[i].secret));
	return OK;
}

static struct err
give_policy(const struct provide *p)
{
	TRY(give_pieces(p, "image", buf_span(&p->material->image)));
	if (p->material->about.len > 0)
		TRY(give(
		    p, "policy-version", 0, buf_span(&p->material->about), -1));
	TRY(give_pieces(p, "proven", buf_span(&p->material->proven)));
	return give_pieces(p, "staged", buf_span(&p->material->candidate));
}

static struct err
give_keeper(const struct provide *p)
{
	TRY(give_keys(p));
	TRY(give_policy(p));
	TRY(give(p, "certificate", 0, buf_span(&p->material->certificate), -1));
	TRY(give(p, "config", 0,
	    span_of(p->config->digest, sizeof(p->config->digest)), -1));
	if (p->own_uids)
		TRY(give(p, "own-uids", 0, span_of(NULL, 0), -1));
	TRY(give(p, "ledger-name", 0, span_str(p->config->ledger_name), -1));
	TRY(give(p, "region", 0, span_str(p->config->region), -1));
	for (uint32_t i = 0; i < p->config->num_hosts; i++)
		TRY(give(p, "host", i, p->config->hosts[i], -1));
	TRY(give_number(p, "spool-size", p->config->spool_bytes));
	return give_number(
	    p, "wait-ms", (uint64_t)p->config->spool_wait_s * 1000);
}

/* With its endpoint, by which the next loader knows it. */
static struct err
give_listener(const struct provide *p, uint32_t i,
    const struct config_endpoint *where, int fd)
{
	uint8_t endpoint[LOAD_ENDPOINT];

	listening_name(endpoint, where);
	return give(p, "listener", i, span_of(endpoint, sizeof(endpoint)), fd);
}

static struct err
give_worker(const struct provide *p)
{
	static const char *const clients[] = {"none", "optional", "required"};

	for (uint32_t i = 0; i < p->config->num_listen; i++)
		TRY(give_listener(
		    p, i, &p->config->listen[i], p->material->listeners[i]));
	if (p->material->sealed)
		TRY(give(p, "sealed", 0, span_of(NULL, 0), -1));
	TRY(give(p, "certificate", 0, buf_span(&p->material->certificate), -1));
	TRY(give(p, "clients", 0, span_str(clients[p->config->clients]), -1));
	if (p->config->clients != CLIENTS_NONE)
		TRY(give(
		    p, "client-ca", 0, buf_span(&p->material->client_ca), -1));
	TRY(give(p, "region", 0, span_str(p->config->region), -1));
	for (uint32_t i = 0; i < p->config->num_hosts; i++)
		TRY(give(p, "host", i, p->config->hosts[i], -1));
	return p->config->log_requests
	    ? give(p, "log-requests", 0, span_of(NULL, 0), -1)
	    : OK;
}

static struct err
give_opener(const struct provide *p)
{
	if (p->index == 0) {
		TRY(give_fd(p, "folder", 0, p->material->spool_dir));
		return give_number(p, "spool", p->config->spool_bytes);
	}
	TRY(give_fd(p, "folder", 0, p->material->origins[p->index - 1]));
	return give(p, "pattern", 0,
	    p->material->policy.datasets[p->index - 1].pattern, -1);
}

static struct err
give_codebook(const struct provide *p)
{
	const char *postgres = p->config->codebook.postgres;

	if (postgres == NULL)
		return give_fd(p, "folder", 0, p->material->codebook_dir);
	if (p->material->codebook_password >= 0)
		TRY(give_fd(p, "password", 0, p->material->codebook_password));
	return give(p, "postgres", 0, span_str(postgres), -1);
}

/* Without the key it says so, and nothing depends on it. */
static struct err
give_verifier(const struct provide *p)
{
	const struct buf *vkey = &p->material->ledger_vkey;

	TRY(give_fd(p, "ledger", 0, p->material->ledger_dir));
	return vkey->len > 0 ? give(p, "ledger-vkey", 0, buf_span(vkey), -1)
			     : OK;
}

static struct err
give_role(const struct provide *p)
{
	if (p->allow_degraded)
		TRY(give(p, "allow-degraded", 0, span_of(NULL, 0), -1));
	switch (p->role) {
	case SPAWN_KEEPER:
		return give_keeper(p);
	case SPAWN_AUDITOR:
		TRY(give_fd(p, "ledger", 0, p->material->ledger_dir));
		return give_fd(p, "ledger-key", 0, p->material->ledger_key);
	case SPAWN_VERIFIER:
		return give_verifier(p);
	case SPAWN_OPENER:
		return give_opener(p);
	case SPAWN_CODEBOOK:
		return give_codebook(p);
	case SPAWN_WORKER:
		return give_worker(p);
	case SPAWN_MILL:
		return give_number(p, "spool", p->config->spool_bytes);
	case SPAWN_CONSOLE:
		return p->material->metrics < 0
		    ? OK
		    : give_listener(
			  p, 0, &p->config->metrics, p->material->metrics);
	case NUM_SPAWN_ROLES: /* the supervisor itself */
		return give_fd(p, "admin", 0, p->material->admin);
	case SPAWN_POLICYC:
	case SPAWN_LOADER:
	case SPAWN_ROOTFILE:
	case SPAWN_ROOTPKCS11:
	case SPAWN_ROOTVAULT:
		break;
	}
	return OK;
}

/* Openers differ; of all other roles each process is given the same. */
static struct err
give_roles(struct provide *p)
{
	for (unsigned role = 0; role <= NUM_SPAWN_ROLES; role++) {
		p->role = (enum spawn_role)role;
		p->index = LOAD_EVERY;
		if (p->role != SPAWN_OPENER)
			TRY(give_role(p));
	}
	p->role = SPAWN_OPENER;
	uint32_t num_folders = model_num_folders(&p->material->policy);
	for (p->index = 0; p->index <= num_folders; p->index++)
		TRY(give_role(p));
	return OK;
}

static uint32_t
count_workers(const struct config *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->workers > 0)
		return config->workers;
	if (cores < 1)
		return 1;
	return cores > CONFIG_MAX_ROLES ? CONFIG_MAX_ROLES : (uint32_t)cores;
}

/* Auditor, spool's opener and codebook outlive a generation, and so does what
 * they were given, and where commands are heard. */
static struct err
digest_lasting(uint8_t out[32], const struct config *config)
{
	struct buf text CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(buf_put_field(&text, span_str(config->state)));
	TRY(buf_put_field(&text, span_str(config->run)));
	TRY(buf_put_field(&text, span_str(config->keys)));
	TRY(buf_put_field(&text, span_str(config->ledger_name)));
	TRY(buf_put_u64be(&text, config->spool_bytes));
	/* Programs that know nothing of it are told nothing else. */
	if (config->codebook.postgres != NULL)
		TRY(buf_put_field(&text, span_str(config->codebook.postgres)));
	return hash_sha256(out, buf_span(&text));
}

static struct err
give_plan(const struct provide *p)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct load_plan plan = {
	    .num_origins = model_num_folders(&p->material->policy),
	    .num_mills = p->config->mills,
	    .num_workers = count_workers(p->config),
	    .num_consoles = p->material->metrics >= 0,
	    .drain_s = p->config->drain_s,
	    .stop_s = p->config->stop_s,
	    .sealed = p->material->sealed,
	    .edited = p->material->edited,
	    .unproven = p->material->unproven};

	TRY(digest_lasting(plan.lasting, p->config));
	TRY(load_put_plan(&body, &plan));
	return control_send(p->supervisor,
	    &(struct frame){.type = LOAD_PLAN, .body = buf_span(&body)});
}

struct err
provide_all(struct provide *p)
{
	TRY(give_roles(p));
	return give_plan(p);
}
