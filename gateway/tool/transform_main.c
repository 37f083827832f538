#include <signal.h>
#include <unistd.h>

#include "gateway/tool/data_verbs.h"
#include "gateway/tool/offline.h"

int
transform_main(int argc, char **argv)
{
	struct offline_options options;
	int status = offline_parse(&options, false, argc, argv);

	(void)signal(SIGPIPE, SIG_IGN);
	return status != 0 ? status
			   : offline_run(&options, STDOUT_FILENO, NULL, NULL);
}
