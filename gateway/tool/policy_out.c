#include "gateway/tool/policy_out.h"

#include <stdio.h>

#include "gateway/tool/plain_text.h"

int
policy_out(struct err err, struct span answer, bool is_text)
{
	struct span line;

	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	if (!is_text)
		(void)fwrite(answer.data, 1, answer.len, stdout);
	while (is_text && answer.len > 0 &&
	    span_take_until(&answer, &line, '\n')) {
		(void)plain_text_print(stdout, line);
		(void)putchar('\n');
	}
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
