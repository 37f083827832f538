#include <stdio.h>

#include "gateway/tool/options.h"
#include "gateway/tool/policy_verbs.h"
#include "policy/help.h"

static int
list(void)
{
	const struct help_page *page;

	for (size_t i = 0; (page = help_page(i)) != NULL; i++)
		(void)printf("%s  %s\n", page->code, page->title);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int
show(const struct help_page *page)
{
	struct buf text CLEANUP(buf_done) = {.max = 1 << 16};

	if (help_print(&text, page).code != ERR_OK ||
	    fwrite(text.data, 1, text.len, stdout) != text.len ||
	    fflush(stdout) != 0)
		return 1;
	return 0;
}

int
policy_help_main(int argc, char **argv)
{
	struct options options = {
	    .usage =
		"policy help [CODE...]\n"
		"A CODE is what `policy check` shows, as E201. Without one "
		"all are listed.",
	    .most = OPTIONS_MANY,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (options.num_operands == 0)
		return list();
	for (int i = 0; i < options.num_operands && code == 0; i++) {
		const char *name = options.operands[i];
		const struct help_page *page = help_find(span_str(name));

		if (page == NULL) {
			(void)fprintf(
			    stderr, "gatehouse: there is no code `%s`\n", name);
			return 2;
		}
		code = i > 0 && putchar('\n') == EOF ? 1 : show(page);
	}
	return code;
}
