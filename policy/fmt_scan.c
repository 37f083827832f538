#include "policy/fmt_scan.h"

#include <yaml.h>

bool
fmt_place_before(struct fmt_place a, struct fmt_place b)
{
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

static struct fmt_place
place_of(yaml_mark_t mark)
{
	return (struct fmt_place){
	    (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* --- Texts --- */

static void
add_extent(struct fmt_scan *scan, const yaml_event_t *event)
{
	struct fmt_extent *e = &scan->extents[scan->num_extents++];
	yaml_scalar_style_t style = event->data.scalar.style;

	e->at = e->from = place_of(event->start_mark);
	e->to = place_of(event->end_mark);
	/* A comment may stand behind the `|` of a block: it begins below. */
	if (style == YAML_LITERAL_SCALAR_STYLE ||
	    style == YAML_FOLDED_SCALAR_STYLE)
		e->from = (struct fmt_place){e->at.line + 1, 1};
	if (fmt_place_before(e->to, e->from))
		e->to = e->from;
}

static struct err
read_events(struct fmt_scan *scan, yaml_parser_t *parser, size_t max)
{
	yaml_event_type_t type;

	do {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return parser->error == YAML_MEMORY_ERROR
			    ? ERR(NO_MEMORY, "fmt: no memory")
			    : ERR(MALFORMED, "fmt: not YAML");
		type = event.type;
		if (type == YAML_SCALAR_EVENT && scan->num_extents < max)
			add_extent(scan, &event);
		yaml_event_delete(&event);
	} while (type != YAML_STREAM_END_EVENT);
	return OK;
}

static struct err
read_extents(struct fmt_scan *scan, struct arena *arena)
{
	/* An empty text still has a sign before it. */
	size_t max = scan->bytes.len + 1;
	yaml_parser_t parser;
	struct err err;

	TRY(arena_alloc(arena, &scan->extents, max, sizeof(*scan->extents)));
	if (!yaml_parser_initialize(&parser))
		return ERR(NO_MEMORY, "fmt: no memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser,
	    scan->bytes.len > 0 ? scan->bytes.data : (const uint8_t *)"",
	    scan->bytes.len);
	err = read_events(scan, &parser, max);
	yaml_parser_delete(&parser);
	return err;
}

/* --- Lines --- */

/*
 * How many bytes of a line break stand here; 0: none. libyaml breaks lines at
 * CR, LF, CR LF, and at U+0085, U+2028 and U+2029.
 */
static size_t
break_len(struct span rest)
{
	if (rest.len == 0)
		return 0;
	if (rest.data[0] == '\r')
		return rest.len > 1 && rest.data[1] == '\n' ? 2 : 1;
	if (rest.data[0] == '\n')
		return 1;
	if (span_starts_with(rest, span_str("\xc2\x85")))
		return 2;
	return span_starts_with(rest, span_str("\xe2\x80\xa8")) ||
		span_starts_with(rest, span_str("\xe2\x80\xa9"))
	    ? 3
	    : 0;
}

static size_t
character_len(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xe0)
		return 2;
	return first < 0xf0 ? 3 : 4;
}

/* A byte order mark at the start is no text. */
static bool
is_blank(struct span rest, size_t at)
{
	return rest.data[0] == ' ' || rest.data[0] == '\t' ||
	    (at == 0 && span_starts_with(rest, span_str("\xef\xbb\xbf")));
}

/* Where the reader of comments stands. */
struct cursor {
	struct fmt_scan *scan;
	size_t at;
	struct fmt_place place;
	size_t extent; /* the first that does not lie behind */
	bool has_text; /* something before, on this line */
};

static bool
in_text(struct cursor *c)
{
	const struct fmt_scan *s = c->scan;

	while (c->extent < s->num_extents &&
	    !fmt_place_before(c->place, s->extents[c->extent].to))
		c->extent++;
	return c->extent < s->num_extents &&
	    !fmt_place_before(c->place, s->extents[c->extent].from);
}

static void
take_break(struct cursor *c, size_t len)
{
	c->at += len;
	c->place = (struct fmt_place){c->place.line + 1, 1};
	c->has_text = false;
	c->scan->starts[c->scan->num_lines++] = (uint32_t)c->at;
}

static void
take_comment(struct cursor *c)
{
	struct fmt_scan *s = c->scan;
	struct fmt_comment *comment = &s->comments[s->num_comments++];
	size_t from = c->at;

	*comment =
	    (struct fmt_comment){.at = c->place, .own_line = !c->has_text};
	while (c->at < s->bytes.len &&
	    break_len(span_sub(s->bytes, c->at, 3)) == 0)
		c->at++;
	comment->text = span_sub(s->bytes, from, c->at - from);
}

static void
take_character(struct cursor *c, struct span rest, bool text)
{
	bool blank = !text && is_blank(rest, c->at);

	c->at += character_len(rest.data[0]);
	c->place.column++;
	c->has_text = c->has_text || !blank;
}

/* No sign of YAML but a text has a `#` in it: outside of one it begins a
 * comment, also right behind a bracket or quote, where libyaml takes one. */
static void
read_comments(struct fmt_scan *scan)
{
	struct cursor c = {.scan = scan, .place = {1, 1}};

	scan->num_lines = 1;
	while (c.at < scan->bytes.len) {
		struct span rest = span_sub(scan->bytes, c.at, scan->bytes.len);
		bool text = in_text(&c);
		size_t len = break_len(rest);

		if (len > 0)
			take_break(&c, len);
		else if (!text && rest.data[0] == '#')
			take_comment(&c);
		else
			take_character(&c, rest, text);
	}
}

/* No line is without a break, and no comment without a line. */
static size_t
count_lines(struct span bytes)
{
	size_t num = 1;

	for (size_t i = 0; i < bytes.len; i++)
		num += break_len(span_sub(bytes, i, 3)) > 0;
	return num;
}

struct err
fmt_scan_read(struct fmt_scan *out, struct arena *arena, struct span bytes)
{
	struct fmt_scan scan = {.bytes = bytes};
	size_t num = count_lines(bytes);

	TRY(read_extents(&scan, arena));
	TRY(arena_alloc(arena, &scan.starts, num, sizeof(*scan.starts)));
	TRY(arena_alloc(arena, &scan.comments, num, sizeof(*scan.comments)));
	read_comments(&scan);
	*out = scan;
	return OK;
}

struct fmt_extent
fmt_scan_extent(const struct fmt_scan *scan, struct mark at)
{
	struct fmt_place place = {at.line, at.column};
	size_t low = 0, high = scan->num_extents;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fmt_place_before(scan->extents[middle].at, place))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < scan->num_extents &&
	    !fmt_place_before(place, scan->extents[low].at))
		return scan->extents[low];
	return (struct fmt_extent){place, place, place};
}

static struct span
line_of(const struct fmt_scan *scan, uint32_t line)
{
	size_t from, to;

	if (line == 0 || line > scan->num_lines)
		return (struct span){.data = NULL};
	from = scan->starts[line - 1];
	to = line < scan->num_lines ? scan->starts[line] : scan->bytes.len;
	return span_sub(scan->bytes, from, to - from);
}

uint8_t
fmt_scan_byte(const struct fmt_scan *scan, struct mark at)
{
	struct span line = line_of(scan, at.line);

	for (uint32_t i = 1; i < at.column && line.len > 0; i++)
		line = span_sub(line, character_len(line.data[0]), line.len);
	return line.len > 0 ? line.data[0] : 0;
}

bool
fmt_scan_is_blank(const struct fmt_scan *scan, uint32_t line)
{
	struct span rest = line_of(scan, line);

	if (rest.data == NULL)
		return false;
	while (rest.len > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t'))
		rest = span_sub(rest, 1, rest.len);
	return rest.len == 0 || break_len(rest) > 0;
}
