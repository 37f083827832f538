/*
 * gatehouse-loader: reads the configuration, has the policy compiled, opens
 * keys, folders and sockets, and gives all of it to the supervisor: what the
 * processes of one generation need (gateway/ipc/load.h). Alone of all programs
 * it keeps the uid that the gateway was started under, and no jail, since it
 * opens what others may not; it hears nobody but the supervisor, and ends.
 *
 * Exit   0 it is all given, 1 something is missing, 2 configuration, 3 policy
 */
#include <signal.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/config_load.h"
#include "gateway/base/log.h"
#include "gateway/loader/no_start.h"
#include "gateway/loader/provide.h"
#include "gateway/loader/writable.h"

static struct arena arena;
static struct config config;
static struct material material;
static struct spawn spawn;

static int
load(const struct control_items *given)
{
	const struct control_item *path = control_find(given, "config", 0);
	bool degraded = control_find(given, "allow-degraded", 0) != NULL;
	char name[4096] = "";

	if (path == NULL || path->value.len >= sizeof(name))
		return no_start("loader", "no configuration was named");
	memcpy(name, path->value.data, path->value.len);
	int status = writable_refuse_both(name);
	if (status == 0)
		status = config_load(&config, &arena, name);
	if (status != 0)
		return status;
	status = material_load(&material, &config,
	    &(struct material_with){
		.spawn = &spawn, .given = given, .allow_degraded = degraded});
	if (status != 0)
		return status;
	struct err err = provide_all(&(struct provide){.supervisor = CONTROL_FD,
	    .config = &config,
	    .material = &material,
	    .allow_degraded = degraded,
	    .own_uids = spawn.own_uids});
	return err.code == ERR_OK ? 0 : no_start("loader", err.why);
}

int
main(void)
{
	struct control_items given = {0};

	(void)signal(SIGPIPE, SIG_IGN);
	log_set_role("loader");
	arena_init(&arena, CONFIG_ARENA);
	struct err err = crypto_init();
	if (err.code == ERR_OK)
		err = spawn_init(&spawn);
	if (err.code == ERR_OK)
		err = control_receive(&given, CONTROL_FD);
	if (err.code != ERR_OK)
		return err.code == ERR_CLOSED ? 1 : no_start("loader", err.why);
	return load(&given);
}
