#include "gateway/tool/policy_verbs.h"

#include <stdio.h>

#include "policy/help.h"

static int
usage(void)
{
	(void)fputs("usage: gatehouse policy help [CODE...]\n"
		    "A CODE is what `policy check` shows, as E201. Without one "
		    "all are listed.\n",
	    stderr);
	return 2;
}

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
	int code = 0;

	if (argc == 1)
		return list();
	for (int i = 1; i < argc && code == 0; i++) {
		const struct help_page *page = help_find(span_str(argv[i]));

		if (argv[i][0] == '-')
			return usage();
		if (page == NULL) {
			(void)fprintf(stderr,
			    "gatehouse: there is no code `%s`\n", argv[i]);
			return 2;
		}
		code = i > 1 && putchar('\n') == EOF ? 1 : show(page);
	}
	return code;
}
