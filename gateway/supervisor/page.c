#include "gateway/supervisor/page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

/* linux/fcntl.h of Linux 5.1; the C library's came later. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum {
	SIZE_SEALS = F_SEAL_SHRINK | F_SEAL_GROW,
	LAST_SEALS = F_SEAL_FUTURE_WRITE | F_SEAL_SEAL,
};

struct err
page_new(struct page *out)
{
	struct page page = {
	    .fd = memfd_create("metrics", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
	struct err err = OK;

	if (page.fd < 0)
		return ERR(IO, "page: no memory file");
	if (ftruncate(page.fd, sizeof(struct metric_page)) != 0 ||
	    fcntl(page.fd, F_ADD_SEALS, SIZE_SEALS) != 0)
		err = ERR(IO, "page: its size cannot be fixed");
	if (err.code == ERR_OK)
		err = metric_map(&page.cells, page.fd, false);
	if (err.code != ERR_OK) {
		sysio_close(&page.fd);
		return err;
	}
	*out = page;
	return OK;
}

struct err
page_seal(struct page *page)
{
	if (fcntl(page->fd, F_ADD_SEALS, LAST_SEALS) != 0)
		return ERR(DENIED, "page: it was sealed by its process");
	page->sealed = true;
	return OK;
}

void
page_done(struct page *page)
{
	metric_unmap(page->cells);
	sysio_close(&page->fd);
	*page = (struct page){.fd = -1};
}
