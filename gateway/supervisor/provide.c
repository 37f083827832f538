#include "gateway/supervisor/provide.h"

#include "gateway/ipc/control.h"

static struct err
give(const struct provide *p, const char *name, uint32_t index,
    struct span value, int fd)
{
	return control_send_item(p->control, name, index, value, fd);
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
give_keeper(const struct provide *p)
{
	struct span image = buf_span(&p->material->image);

	TRY(give_fd(p, "root", 0, p->material->root));
	TRY(give_fd(p, "spool-key", 0, p->material->spool_key));
	TRY(give_fd(p, "tls-key", 0, p->material->tls_key));
	TRY(give(p, "certificate", 0, buf_span(&p->material->certificate), -1));
	for (uint32_t i = 0; i < p->material->num_s3; i++)
		TRY(give(p, "s3", i, span_str(p->material->s3[i].id),
		    p->material->s3[i].secret));
	for (uint32_t i = 0; image.len > 0; i++) {
		struct span piece = span_sub(image, 0, CONTROL_MAX_VALUE);
		TRY(give(p, "image", i, piece, -1));
		image = span_sub(image, piece.len, image.len);
	}
	TRY(give(p, "config", 0,
	    span_of(p->config->digest, sizeof(p->config->digest)), -1));
	if (p->own_uids)
		TRY(give(p, "own-uids", 0, span_of(NULL, 0), -1));
	TRY(give(p, "region", 0, span_str(p->config->region), -1));
	for (uint32_t i = 0; i < p->config->num_hosts; i++)
		TRY(give(p, "host", i, p->config->hosts[i], -1));
	TRY(give_number(p, "spool-size", p->config->spool_bytes));
	return give_number(
	    p, "wait-ms", (uint64_t)p->config->spool_wait_s * 1000);
}

static struct err
give_worker(const struct provide *p)
{
	static const char *const clients[] = {"none", "optional", "required"};

	for (uint32_t i = 0; i < p->config->num_listen; i++)
		TRY(give_fd(p, "listener", i, p->material->listeners[i]));
	TRY(give(p, "certificate", 0, buf_span(&p->material->certificate), -1));
	TRY(give(p, "clients", 0, span_str(clients[p->config->clients]), -1));
	if (p->config->clients != CLIENTS_NONE)
		TRY(give(
		    p, "client-ca", 0, buf_span(&p->material->client_ca), -1));
	TRY(give(p, "region", 0, span_str(p->config->region), -1));
	for (uint32_t i = 0; i < p->config->num_hosts; i++)
		TRY(give(p, "host", i, p->config->hosts[i], -1));
	return OK;
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

struct err
provide_role(const struct provide *p)
{
	if (p->allow_degraded)
		TRY(give(p, "allow-degraded", 0, span_of(NULL, 0), -1));
	switch (p->role) {
	case SPAWN_KEEPER:
		return give_keeper(p);
	case SPAWN_AUDITOR:
		TRY(give_fd(p, "ledger", 0, p->material->ledger_dir));
		return give_fd(p, "ledger-key", 0, p->material->ledger_key);
	case SPAWN_OPENER:
		return give_opener(p);
	case SPAWN_WORKER:
		return give_worker(p);
	case SPAWN_MILL:
		return give_number(p, "spool", p->config->spool_bytes);
	case SPAWN_POLICYC:
	case NUM_SPAWN_ROLES:
		break;
	}
	return OK;
}
