#include "gateway/base/config_path.h"

#include <stdlib.h>

const char *
config_path(const char *given)
{
	const char *path = given;

	if (path == NULL)
		path = getenv("GATEHOUSE_CONFIG");
	return path != NULL ? path : "/etc/gatehouse/gatehouse.yaml";
}
