#include "crypto/code.h"

size_t
code_prefix(char out[CODE_PREFIX_MAX], char letter, uint32_t epoch)
{
	char digits[10];
	size_t num = 0, len = 0;

	do {
		digits[num++] = (char)('0' + epoch % 10);
		epoch /= 10;
	} while (epoch > 0);
	out[len++] = letter;
	while (num > 0)
		out[len++] = digits[--num];
	out[len++] = '_';
	return len;
}
