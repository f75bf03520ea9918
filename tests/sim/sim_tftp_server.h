/*
 * sim_tftp_server: a TFTP server, and the network between it and a tftp_client.
 *
 * Everything in virtual time and from a seeded generator, so a run is always the same.
 * The server can be as modern, as old or as wrong as a test wants it; the network loses,
 * doubles and delays datagrams. A pure client needs no more than this: no sockets.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_TFTP_SERVER_H
#define SIM_TFTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tftp.h"

#define SIM_TFTP_TRANSFERS 32
#define SIM_TFTP_QUEUE     512

struct sim_tftp_transfer {
    bool active;
    uint16_t client_port, port;
    uint64_t acked; /* blocks */
    uint32_t block_bytes, window;
    bool oack; /* the OACK is not yet acknowledged */
    uint8_t oack_bytes[128];
    size_t oack_length;
    uint64_t retry_us;
    unsigned retries;
};

struct sim_tftp_packet {
    uint64_t at_us; /* 0 = free */
    uint64_t order; /* of sending: breaks ties */
    bool to_server;
    uint16_t from_port, to_port;
    uint8_t ip[4]; /* where it comes from */
    size_t length;
    uint8_t bytes[1600];
};

/* Zero is a plain RFC 1350 server that ignores options, and a perfect network. */
struct sim_tftp {
    /* the file */
    const char *name; /* the only one it has; null = answers to any name */
    const uint8_t *file;
    uint64_t length; /* of the file; beyond what file holds (see repeats) */
    size_t repeats;  /* > 0: byte n of the file is file[n % repeats] */

    /* the server */
    unsigned options;         /* enum tftp_option, ored: those it knows */
    uint32_t window_max;      /* it grants no more; 0 = no limit */
    unsigned refuses_options; /* > 0: requests with an option are answered with this ERROR */
    unsigned refuse_code;     /* used with refuses_options */
    const char *mute_name;    /* requests for this one get no answer at all; may be null */
    bool drops_large;         /* blocks over 512 bytes never arrive (small MTU, fragments lost) */
    bool apprentice;          /* sends the next block again for every repeated ACK */
    bool wraps_to_one;
    bool unquiet;                         /* sends every packet of a window twice */
    int64_t announce_more;                /* added to tsize */
    uint64_t away_from_us, away_until_us; /* it is down; when it is back it knows nothing */
    uint32_t retry_us;                    /* 0 = 1 s */

    /* the network: per thousand */
    unsigned loss, duplication, reordering;
    uint32_t delay_us; /* one way; 0 = 100 */
    uint32_t seed;

    /* results */
    unsigned requests, errors_received, last_error;
    uint16_t request_ports[8]; /* where the first requests came from */
    uint64_t sent, received;   /* datagrams, by the server */
    uint64_t now_us;           /* starts at 0: set to anything */
    struct sim_tftp_transfer transfers[SIM_TFTP_TRANSFERS];
    struct sim_tftp_packet queue[SIM_TFTP_QUEUE];
    uint16_t next_port;
    uint64_t next_order;
};

extern const struct net_address sim_tftp_address; /* of the server */

/* A generator for tftp_request.random. */
uint32_t sim_tftp_random(void);

/* Runs a transfer from tftp_begin to its end, and the dallying after it, until the client
 * has nothing more to do. request->server and ->random are filled in. Returns what
 * tftp_result says. Stops the test if the client wants to be called and then does nothing. */
int64_t sim_tftp_run(struct sim_tftp *sim, struct tftp_client *client,
                     struct tftp_request *request);

/* ---- the server alone, for a client behind a real network stack ---- */

/* The server takes a datagram; what it answers waits in sim->queue with its time. */
void sim_tftp_server_receive(struct sim_tftp *sim, uint16_t from_port, uint16_t to_port,
                             const uint8_t *bytes, size_t length);

/* The server does what is due at sim->now_us. */
void sim_tftp_server_tick(struct sim_tftp *sim);

/* When the server has something to do or a datagram of the queue arrives. */
uint64_t sim_tftp_server_deadline(const struct sim_tftp *sim);

/* The oldest datagram of the queue that has arrived by now_us, or null. Set at_us to 0 to
 * take it off. */
struct sim_tftp_packet *sim_tftp_arrived(struct sim_tftp *sim);

#endif
