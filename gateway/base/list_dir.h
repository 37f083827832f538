#ifndef GATEHOUSE_LIST_DIR_H
#define GATEHOUSE_LIST_DIR_H

#include <dirent.h>

/* list_dir_open: the names in a folder, from the first on; NULL: errno tells
 * why. The folder's descriptor stays the caller's. */
DIR *list_dir_open(int dir);

#endif
