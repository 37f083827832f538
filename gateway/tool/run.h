#ifndef GATEHOUSE_RUN_H
#define GATEHOUSE_RUN_H

/*
 * run_main: `gatehouse run [--config F] [--allow-degraded]`: become the
 * supervisor, which lies in ../libexec/gatehouse beside our own folder.
 * Returns only when it cannot, or what options_read does.
 */
int run_main(int argc, char **argv);

#endif
