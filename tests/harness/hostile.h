#ifndef GATEHOUSE_HOSTILE_H
#define GATEHOUSE_HOSTILE_H

#include "gateway/base/jail.h"
#include "gateway/ipc/frame.h"

/*
 * hostile: a program in the place of a role, which starts and enters its jail
 * as that role does, and then is somebody else's. It is put under the role's
 * name beside the other programs; the real one lies there as ROLE.real, and
 * "ROLE.turns", an empty file, and "hostile.size": how many messages a flood
 * has, and every how many-th system call is tried. Each process takes one turn;
 * when all turns are taken, what is started is the real one again.
 *
 * What came of an attempt is a line on stderr: "hostile ok ROLE: NAME" where it
 * was killed, refused or cut off, else "hostile not ok ROLE: NAME".
 */

/* hostile_begin: the turn of this process, below num_turns; does not return
 * when it is the turn of the real program. */
size_t hostile_begin(const char *role, size_t num_turns);

/* hostile_wait: while there is a file "ROLE.hold". Before the jail. */
void hostile_wait(void);

/* hostile_flood: how many messages a flood has; hostile_stride: every how
 * many-th call is tried; hostile_folder: where this program lies. */
size_t hostile_flood(void);
size_t hostile_stride(void);
const char *hostile_folder(void);

void hostile_say(const char *name, bool contained);

/*
 * hostile_sweep: every system call that the jail does not list, each in a child
 * that entered the jail: all numbers of our ABI, of x32, and of int 0x80;
 * then what only an argument makes forbidden; then files, sockets, processes
 * and the memory of whoever else belongs to the gateway.
 */
void hostile_sweep(const struct jail_spec *spec);

/* hostile_break: send what no seam may let pass; returns what it was. */
enum {
	HOSTILE_BREAKS = 9
};
const char *hostile_break(int seam, size_t which);

/* hostile_send: a message, without descriptors; it waits until the peer has
 * room. False: we were cut off. */
bool hostile_send(int seam, uint16_t type, uint64_t id, struct span body);

/*
 * hostile_hear: the next frame; false: we were cut off, or nothing came for
 * 20 s. Ends the process with a "not ok" when the frame holds a canary.
 */
bool hostile_hear(int seam, struct frame *out);

/* hostile_is_cut: read on until the peer has closed it; false after 20 s. */
bool hostile_is_cut(int seam);

/* hostile_stay: until the supervisor goes, and then the process ends. */
_Noreturn void hostile_stay(void);

/* hostile_patience: from now on reading and writing wait, 20 s at most. Before
 * the jail. */
void hostile_patience(int seam);

#endif
