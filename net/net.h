/*
 * net: IPv4 and UDP over one Ethernet device, for loader and kernel alike.
 *
 * The only folder that sees lwIP is this one; nothing of lwIP shows in this header.
 * One interface, one thread: every function is called from the event loop. Callbacks
 * come from net_poll. Addresses are four bytes in network order, ports in CPU order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ethernet_device;

#define NET_UDP_MAX     1472 /* bytes in a datagram: neither sent nor received in fragments */
#define NET_NAME_MAX    128  /* bytes of a file or server name, with its NUL */
#define NET_UDP_SOCKETS 17   /* 16 for a service, one for net_files */

struct net_address {
    uint8_t ip[4];
};

/* What DHCP (or static configuration) gave. */
struct net_lease {
    struct net_address address, mask, gateway, dns;
    struct net_address dhcp_server;      /* option 54; 0.0.0.0 = static */
    struct net_address boot_server;      /* siaddr, then 66 when it is an address, then 54 */
    char boot_server_name[NET_NAME_MAX]; /* option 66 when it is a host name; "" */
    char boot_file[NET_NAME_MAX];        /* option 67, then the file field; "" when neither */
    uint32_t seconds;                    /* lease time granted; 0xffffffff = for ever */
    uint64_t granted_at_us;
};

struct net_identity {
    uint8_t mac[6];
    char serial[17];      /* 16 hex digits; goes into option 97 (UUID) */
    const char *class_id; /* option 60: "pilotlight" */
};

/* Starts the stack on device. identity->class_id must stay valid and be at most 32 bytes.
 * Never waits. Returns 0 or ERROR_INVALID (class id, a MAC that is zero or a group's, or
 * the stack runs already). */
int net_start(struct ethernet_device *device, const struct net_identity *identity);

/* Ends it: sockets closed, the device forgotten (not stopped), all pools empty again. The
 * DHCP server is not told: the address may go on to another program of this machine. Not
 * from a callback. Does nothing if the stack does not run. */
void net_stop(void);

enum net_poll_result {
    NET_POLL_NOTHING = 0, /* nothing had come up */
    NET_POLL_DONE = 1,    /* something had, and is done: who waits for it looks now */
    NET_POLL_MORE = 2,    /* more frames are there: call again before sleeping */
    NET_POLL_GONE = 3,    /* the device is gone: said at each look at the cable from then on */
};

/* Takes received frames from the device, runs due timers, calls callbacks. Looks at the cable
 * now and then (the device's update_link: may wait up to 10 ms). Before net_start it does
 * nothing. Not from a callback. */
enum net_poll_result net_poll(void);

/* After NET_POLL_GONE: goes on without a device, as with a cable that is out. Sockets, address
 * and neighbours stay. The device is not touched any more. Not from a callback. */
void net_lose_device(void);

/* After net_lose_device: goes on with device, the same one or another. With the same MAC a lease
 * is confirmed once the link is up, as after a cable that was plugged in again; with another one
 * DHCP, if it is what the address comes from, starts over. Returns 0 or ERROR_INVALID (a MAC that
 * is zero or a group's; a device is there). */
int net_regain_device(struct ethernet_device *device);

/* The moment net_poll must be called at the latest even if nothing is received;
 * CLOCK_NEVER if no timer runs. */
uint64_t net_deadline_us(void);

/* Starts DHCP, or starts it over. First DISCOVER at once when the link is up, else at
 * link-up; retries for ever, first after 0.5-1 s, with back-off to 16 s at most. */
void net_dhcp_start(void);

/* Sets a fixed address; mask, gateway, dns may be 0.0.0.0. Ends DHCP. */
void net_static(const struct net_lease *lease);

/* Takes over an address another program of this machine was granted: usable at once,
 * confirmed with the DHCP server in the background (INIT-REBOOT), seconds_left from
 * now (0xffffffff: for ever). dhcp_server 0.0.0.0: as net_static. */
void net_adopt(const struct net_lease *lease, uint32_t seconds_left);

/* Returns true when there is an address, and copies the lease if lease is not null. */
bool net_lease(struct net_lease *lease);

/* ---- neighbours: addresses of the local network whose MAC is known ---- */

struct net_neighbour {
    struct net_address address;
    uint8_t mac[6];
};

/* Copies up to capacity of them, those heard from last first; returns how many. */
unsigned net_neighbours(struct net_neighbour *neighbours, unsigned capacity);

/* Takes one over from another program of this machine, as if it had just been heard from: the
 * first packet there need not wait for ARP. An address or MAC that nobody can have is passed
 * over. After net_adopt or net_static. */
void net_neighbour_add(const struct net_neighbour *neighbour);

/* ---- UDP ---- */

struct net_udp;

typedef void net_udp_receive(void *context, struct net_address from, uint16_t from_port,
                             const uint8_t *bytes, size_t length);

/* Opens a socket; port 0 picks a random one of 49152-65535. receive: bytes are valid
 * during the call; only datagrams to our own address (or the limited or subnet
 * broadcast if accept_broadcast) with a right checksum, or none (RFC 768), arrive. Returns
 * null when all NET_UDP_SOCKETS are in use or the port is taken (68, DHCP's, always is). */
struct net_udp *net_udp_open(uint16_t port, bool accept_broadcast, net_udp_receive *receive,
                             void *context);
uint16_t net_udp_port(const struct net_udp *socket);

/* Sends one datagram; bytes are copied. Returns 0, ERROR_TOO_LARGE (over NET_UDP_MAX),
 * ERROR_BUSY (device queue full), ERROR_ABSENT (no address, no route, cable out, device
 * gone), ERROR_NO_MEMORY (too much waits for ARP). While ARP is under way one datagram to
 * each address waits, the newest; 0 does not say that it will arrive. */
int net_udp_send(struct net_udp *socket, struct net_address to, uint16_t to_port, const void *bytes,
                 size_t length);

/* Closes it; allowed from its own callback. */
void net_udp_close(struct net_udp *socket);

struct net_statistics {
    uint32_t udp_received, udp_sent, udp_dropped;
    uint32_t ip_dropped;      /* bad header, checksum, fragment, not ours */
    uint32_t checksum_errors; /* of IP headers and UDP; counted in ip_dropped too */
};
void net_statistics(struct net_statistics *statistics);

#endif
