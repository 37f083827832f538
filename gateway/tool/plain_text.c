#include "gateway/tool/plain_text.h"

size_t
plain_text_print(FILE *file, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		(void)fputc(c < 0x20 || c == 0x7f ? '?' : c, file);
	}
	return text.len;
}
