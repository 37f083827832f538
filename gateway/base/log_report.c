#include "gateway/base/log_report.h"

#include <poll.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"

void
log_report(struct span text)
{
	struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};

	while (text.len > 0) {
		size_t done = 0;
		struct err err = sysio_write(STDERR_FILENO, text, &done);

		text = span_sub(text, done, text.len);
		if (err.code == ERR_OK)
			continue;
		if (err.code != ERR_AGAIN ||
		    poll(&reader, 1, LOG_REPORT_MS) <= 0)
			return;
	}
}
