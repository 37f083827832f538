#include "gateway/base/log.h"

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The line that grows; `len` never passes LOG_MAX_LINE - 1, for the LF. */
struct line {
	char text[LOG_MAX_LINE];
	size_t len;
	bool full;
};

/* Set once, before the first event, by main. */
static const char *log_role;
static bool is_socket; /* stderr, as a service manager may give it */

static uint64_t num_lost; /* lines, since one was taken */
static bool is_torn;	  /* the last one was taken in part */

/* Lines that are to be written, while none is lost. */
static char soon[LOG_MAX_SOON];
static size_t soon_len;

struct log_field
log_text(const char *key, const char *text)
{
	return log_span(key, span_str(text));
}

struct log_field
log_span(const char *key, struct span text)
{
	return (struct log_field){.key = key, .text = text};
}

struct log_field
log_number(const char *key, uint64_t number)
{
	return (struct log_field){
	    .key = key, .number = number, .is_number = true};
}

void
log_set_role(const char *role)
{
	struct stat stat;

	log_role = role;
	is_socket = fstat(STDERR_FILENO, &stat) == 0 && S_ISSOCK(stat.st_mode);
}

static void
put_char(struct line *line, char c)
{
	if (line->len < sizeof(line->text) - 1)
		line->text[line->len++] = c;
	else
		line->full = true;
}

static void
put_text(struct line *line, const char *text)
{
	while (*text != '\0')
		put_char(line, *text++);
}

static void
put_number(struct line *line, uint64_t number)
{
	char digits[20];
	size_t num = 0;

	do {
		digits[num++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (num > 0)
		put_char(line, digits[--num]);
}

/* A byte that stands for itself inside of quotes. */
static bool
is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static bool
needs_quotes(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_plain(text.data[i]) || text.data[i] == ' ' ||
		    text.data[i] == '=')
			return true;
	return text.len == 0;
}

static void
put_escaped(struct line *line, uint8_t byte)
{
	static const char hex[] = "0123456789abcdef";

	if (is_plain(byte)) {
		put_char(line, (char)byte);
		return;
	}
	put_char(line, '\\');
	if (byte == '"' || byte == '\\') {
		put_char(line, (char)byte);
		return;
	}
	put_char(line, 'x');
	put_char(line, hex[byte >> 4]);
	put_char(line, hex[byte & 15]);
}

static void
put_value(struct line *line, struct span text)
{
	bool quoted = needs_quotes(text);
	struct span shown = span_sub(text, 0, LOG_MAX_VALUE);

	if (quoted)
		put_char(line, '"');
	for (size_t i = 0; i < shown.len; i++)
		put_escaped(line, shown.data[i]);
	if (shown.len < text.len)
		put_text(line, "...");
	if (quoted)
		put_char(line, '"');
}

/* All of the field or nothing: a half one could read as another value. */
static void
put_field(struct line *line, const struct log_field *field)
{
	size_t before = line->len;

	put_char(line, ' ');
	put_text(line, field->key);
	put_char(line, '=');
	if (field->is_number)
		put_number(line, field->number);
	else
		put_value(line, field->text);
	if (line->full)
		line->len = before;
}

static struct err
write_some(struct span text, size_t *out_len)
{
	struct iovec part = {
	    .iov_base = (void *)(uintptr_t)text.data, .iov_len = text.len};
	const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t done;

	if (!is_socket)
		return sysio_write(STDERR_FILENO, text, out_len);
	do
		done = sendmsg(
		    STDERR_FILENO, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return ERR(AGAIN, "log: nobody takes it");
	*out_len = (size_t)done;
	return OK;
}

static uint64_t
count_lines(struct span text)
{
	uint64_t num = 0;

	for (size_t i = 0; i < text.len; i++)
		num += text.data[i] == '\n' ? 1 : 0;
	return num;
}

/* A pipe takes so little whole or not at all; a terminal or a full disk may
 * take a part of it. What says how much was lost is `told`. */
static void
put_out(struct span text, bool told)
{
	struct span rest = text;
	struct err err = OK;

	while (rest.len > 0 && err.code == ERR_OK) {
		size_t done = 0;

		err = write_some(rest, &done);
		rest = span_sub(rest, done, rest.len);
	}
	is_torn = rest.len > 0 && rest.len < text.len;
	if (rest.len > 0)
		num_lost += count_lines(rest);
	else if (told)
		num_lost = 0;
}

static void
write_line(struct line *line, const char *event, const struct log_field *fields,
    size_t num_fields)
{
	if (is_torn)
		put_char(line, '\n');
	put_text(line, event);
	if (log_role != NULL)
		put_field(line,
		    &(struct log_field){
			.key = "role", .text = span_str(log_role)});
	for (size_t i = 0; i < num_fields && !line->full; i++)
		put_field(line, &fields[i]);
	if (num_lost > 0 && !line->full)
		put_field(line,
		    &(struct log_field){.key = "log-lost",
			.number = num_lost,
			.is_number = true});
	line->text[line->len++] = '\n';
}

/* One write, so that the lines of several roles do not mix. */
void
log_flush(void)
{
	size_t len = soon_len;

	soon_len = 0;
	if (len > 0)
		put_out(span_of(soon, len), false);
}

void
log_event(const char *event, const struct log_field *fields, size_t num_fields)
{
	struct line line = {.len = 0};

	log_flush();
	write_line(&line, event, fields, num_fields);
	put_out(span_of(line.text, line.len), !line.full);
}

void
log_event_soon(
    const char *event, const struct log_field *fields, size_t num_fields)
{
	struct line line = {.len = 0};

	/* Who tells of a loss has to know how it went. */
	if (num_lost > 0 || is_torn) {
		log_event(event, fields, num_fields);
		return;
	}
	write_line(&line, event, fields, num_fields);
	if (line.len > sizeof(soon) - soon_len)
		log_flush();
	memcpy(soon + soon_len, line.text, line.len);
	soon_len += line.len;
}

void
log_error(const char *event, struct err error)
{
	struct log_field fields[] = {
	    log_text("code", err_name(error.code)),
	    log_text("why", error.why == NULL ? "" : error.why),
	};

	log_event(event, fields, 2);
}
