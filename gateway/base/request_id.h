#ifndef GATEHOUSE_REQUEST_ID_H
#define GATEHOUSE_REQUEST_ID_H

/* request_id_make: what joins a response, a line of the log and the records of
 * one request, by chance: 16 hexadecimal digits and a NUL. */
void request_id_make(char out[17]);

#endif
