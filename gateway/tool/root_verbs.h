#ifndef GATEHOUSE_ROOT_VERBS_H
#define GATEHOUSE_ROOT_VERBS_H

/*
 * What an operator does with the root. Each takes the command's own name as
 * argv[0] and returns its exit status: 0, 1 it failed, 2 usage or a missing
 * setting, 75 what opens it, or the gateway, is away. A passphrase is asked for
 * at the terminal, or read of --passphrase-file FILE (-: standard input).
 */

/* unseal [--config F] [--passphrase-file F]: open the root, and give it to the
 * gateway, which is sealed. Also the statuses of a reload. */
int root_unseal_main(int argc, char **argv);

/* key init --provider P [--config F] [--passphrase-file F]: a new root, where
 * there is none. */
int root_init_main(int argc, char **argv);

/* key rewrap --provider P [--config F] [--passphrase-file F]
 * [--new-passphrase-file F]: the same root, sealed in another way. */
int root_rewrap_main(int argc, char **argv);

#endif
