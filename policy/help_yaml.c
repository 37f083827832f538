#include "policy/help_pages.h"

/* help_yaml: what is not the YAML that a policy is written in. */

const struct help_page help_pages_yaml[] = {
    {.code = "E001",
	.title = "not YAML",
	.meaning =
	    "The file cannot be read from here on: a bracket or a quote is not "
	    "closed, a line stands at the wrong depth, a tab indents, or the "
	    "bytes are not UTF-8. Whatever comes after this place was not "
	    "looked at.",
	.right = "  name: base",
	.wrong = "  name: [base",
	.remedy =
	    "Look at the place that the message points to, and at the line "
	    "before it. Texts that begin with [ { & * ! | > @ ` % or a quote, "
	    "or have `: ` or ` #` in them, stand in quotes."},
    {.code = "E002",
	.title = "too big",
	.meaning =
	    "A file has at most 1 MiB, 65536 values, and 4096 items in one "
	    "list or map.",
	.right = "    - access-key: TRAIN01\n",
	.wrong = "    - access-key: TRAIN#\n",
	.remedy =
	    "Put sections into files of their own in one folder: they are one "
	    "policy. A long list of values belongs into a table (`group "
	    "FILE`).",
	.repeat = 4097},
    {.code = "E003",
	.title = "over 16 levels",
	.meaning = "Lists and maps stand in each other more than 16 deep. No "
		   "policy needs more than 7.",
	.right = "    - access-key: TRAIN01",
	.wrong = "    - [[[[[[[[[[[[[[[[TRAIN01]]]]]]]]]]]]]]]]",
	.remedy = "Look for a bracket too many, or for lines that are indented "
		  "further and further."},
    {.code = "E004",
	.title = "anchor or alias",
	.meaning =
	    "YAML can name a part with & and repeat it with *. In a policy "
	    "each agreement must say by itself what it delivers, so that who "
	    "signs it has read it.",
	.right = "  name: base",
	.wrong = "  name: &a base",
	.remedy = "Write it out where it is meant. A text that begins with & "
		  "or * stands in quotes."},
    {.code = "E005",
	.title = "tag or directive",
	.meaning = "Tags (!!str) and directives (%YAML) say how to read a "
		   "value. In a policy every value is text, and its place "
		   "says what it means.",
	.right = "  name: base",
	.wrong = "  name: !!str base",
	.remedy = "Leave the tag out. A text that begins with ! or % stands in "
		  "quotes."},
    {.code = "E006",
	.title = "second document",
	.meaning = "A line `---` begins another document, and a file holds "
		   "one.",
	.right = "\nparties:\n",
	.wrong = "\n---\nparties:\n",
	.remedy = "Remove the line, or put what is behind it into a file of "
		  "its own in the same folder."},
    {.code = "E007",
	.title = "NUL",
	.meaning = "A byte of value zero is in the file, or a text in quotes "
		   "spells one (\\0). An editor shows it as ^@ or not at all.",
	.right = "  name: base",
	.wrong = "  name: ba␀se",
	.remedy = "Remove it; the file was damaged, or is not text in UTF-8."},
    {.code = "E008",
	.title = "repeated key",
	.meaning = "The same key stands twice in one map. Programs differ in "
		   "which of them they take, so none is taken.",
	.right = "  name: base",
	.wrong = "  name: base\n  name: basis",
	.remedy = "Keep the one that is meant; the message names the first."},
    {.code = "E009",
	.title = "key not text, or merge key",
	.meaning = "A key is a text on one line. `<<` would copy keys from "
		   "somewhere else, which a policy does not do.",
	.right = "  name: base",
	.wrong = "  <<: base",
	.remedy = "Write the keys out where they belong."},
};
const size_t help_pages_num_yaml =
    sizeof(help_pages_yaml) / sizeof(help_pages_yaml[0]);
