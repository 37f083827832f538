#ifndef GATEHOUSE_CONFIG_PATH_H
#define GATEHOUSE_CONFIG_PATH_H

/* config_path: where the configuration is: the path given, else
 * $GATEHOUSE_CONFIG, else /etc/gatehouse/gatehouse.yaml. NULL: not given. */
const char *config_path(const char *given);

#endif
