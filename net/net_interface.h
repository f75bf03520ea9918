/*
 * net_interface: what the files of net/ share. Not for other folders: see net.h.
 *
 * Addresses are four bytes in network order read as one integer (lwIP's form).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_INTERFACE_H
#define NET_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "net_frame.h"

struct ethernet_device;
struct netif;
struct pbuf;

#define NET_TTL              64 /* of every packet sent */
#define NET_DHCP_CLIENT_PORT 68 /* never a socket's: DHCP may start at any time */

/* ---- net_interface.c ---- */

extern struct net_statistics net_counters;

/* lwIP's interface; only between net_start and net_stop. */
struct netif *net_interface(void);

/* Sets the address the interface answers to; 0 takes it away. */
void net_interface_set_address(uint32_t address, uint32_t mask, uint32_t gateway);

/* Null: the stack was not started, or its device is gone. */
struct ethernet_device *net_interface_device(void);

/* Sends headers, whose payload is a transport header, as one IPv4 packet.
 * Returns as net_udp_send. */
int net_interface_send_ip(struct pbuf *packet, uint32_t to, uint8_t protocol);

static inline uint32_t net_address_u32(struct net_address address)
{
    uint32_t value;

    __builtin_memcpy(&value, address.ip, sizeof value);
    return value;
}

static inline struct net_address net_address_from_u32(uint32_t value)
{
    struct net_address address;

    __builtin_memcpy(address.ip, &value, sizeof value);
    return address;
}

/* ---- net_receive.c ---- */

/* No frame is being received. */
void net_receive_start(void);

/* Takes the frames that have arrived, up to some number. Returns as net_poll, but for
 * NET_POLL_GONE. */
enum net_poll_result net_receive(void);

/* The frame that is being received; null: none is. */
const uint8_t *net_receive_frame(void);

/* Hands the frame that is being received to lwIP. It is dealt with on return. */
void net_receive_pass_on(void);

/* ---- net_route.c ---- */

/* The Ethernet header that takes a packet to this address, if one was sent there within
 * the last second; else null. Valid until the next call into lwIP. */
const uint8_t *net_route(uint32_t to);

/* For an answer, when there is no such route: if a datagram from this address to ours is
 * being delivered and ARP does not know the way to it, the Ethernet header that takes a
 * packet back to where it came from, kept as a route; else null. */
const uint8_t *net_route_back(uint32_t to);

/* frame: an IPv4 packet that lwIP has found the way for. */
void net_route_learn(const uint8_t *frame);

/* To be called every second, and when address, mask, gateway or cable have changed. */
void net_routes_forget(void);

/* One network card's: no group's, not zero. */
bool net_mac_is_valid(const uint8_t mac[6]);

/* Address and MAC can be another host's: neither is ours, nor what no host has. Besides
 * broadcast and multicast, which the caller has ruled out. */
bool net_can_be_answered(uint32_t from, const uint8_t mac[6]);

/* ---- net_udp.c ---- */

/* Gives a datagram to the socket it is for. Returns false if there is none. */
bool net_udp_input(const struct net_frame *packet, bool broadcast);
void net_udp_close_all(void);

/* ---- net_dhcp_identity.c ---- */

/* Remembers what DHCP messages say of us. */
void net_dhcp_identify(const struct net_identity *identity);

/* ---- net_dhcp.c ---- */

#define NET_CLASS_ID_MAX 32 /* bytes of option 60 */

void net_dhcp_init(const struct net_identity *identity);

/* Ends DHCP without giving the address back: another program may go on using it. */
void net_dhcp_end(void);

/* Does what is due at now_us. */
bool net_dhcp_poll(uint64_t now_us);
uint64_t net_dhcp_deadline_us(void);

/* The MAC is another now: an address from DHCP was given to the one before. */
void net_dhcp_mac_changed(void);

/* The cable was plugged in or out; lwIP has been told. */
void net_dhcp_link_changed(bool up);

/* ---- net_dhcp_reply.c ---- */

/* A datagram to the client's port. Calls net_receive_pass_on if it is to have effect. */
void net_dhcp_input(const struct net_frame *packet);

#endif
