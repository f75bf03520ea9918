/*
 * lwipopts: what of lwIP 2.2.1 is compiled in, and how large its pools are.
 *
 * In: ARP, IPv4, ICMP echo, UDP (DHCP's only: our sockets are net_udp.c), DHCP. Out: TCP,
 * IPv6, fragments in either direction, IP options, lwIP's own timers and statistics.
 * Memory is static: one heap of MEM_SIZE for frames lwIP makes itself (DHCP, ARP, ping
 * replies, datagrams that wait for ARP); nothing on the path of a datagram takes from it.
 * Values not named here are the defaults of lwip/opt.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include "../checksum.h"

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS          0 /* net_interface.c calls what is due: tickless */
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_STATS           0
#define LWIP_SINGLE_NETIF    1

/* ---- memory ---- */

#define MEM_LIBC_MALLOC          0
#define MEM_ALIGNMENT            8
#define MEMP_MEM_MALLOC          1    /* no pools: one PCB and now and then a pbuf */
#define MEM_SIZE                 4096 /* two whole frames waiting for ARP, one of DHCP, its PCB */
#define PBUF_POOL_SIZE           0    /* received frames stay in the driver's buffer */
#define LWIP_SUPPORT_CUSTOM_PBUF 1    /* that is how they are lent */

/* ---- protocols ---- */

#define LWIP_ARP           1
#define ARP_TABLE_SIZE     8
#define ARP_QUEUEING       0 /* one datagram waits per address, the newest */
#define LWIP_IPV4          1
#define LWIP_IPV6          0
#define IP_FORWARD         0
#define IP_REASSEMBLY      0 /* fragments are dropped: see docs/security.md */
#define IP_FRAG            0
#define IP_OPTIONS_ALLOWED 0
#define LWIP_ICMP          1
#define LWIP_RAW           0
#define LWIP_UDP           1
#define LWIP_TCP           0
#define LWIP_DNS           0

/* Everything lwIP is given has passed net_frame.c, which checks these. */
#define CHECKSUM_CHECK_IP          0
#define CHECKSUM_CHECK_UDP         0
#define LWIP_CHKSUM(bytes, length) checksum_sum(bytes, (size_t)(length))

/* ---- DHCP ---- */

#define LWIP_DHCP                      1
#define LWIP_DHCP_DOES_ACD_CHECK       0   /* the ARP probes cost 6.6 s at every start */
#define DHCP_OPTIONS_LEN               112 /* what we send at most, see net_dhcp_identity.c */
#define DHCP_ADD_EXTRA_REQUEST_OPTIONS , 6, 12, 54, 66, 67, 43

/* Lease times are kept in microseconds by net_dhcp.c, which also decides when a request
 * is repeated; lwIP's own counters stay at rest. The 1 only says "armed". */
#define DHCP_DEFINE_CUSTOM_TIMEOUTS
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T0_LEASE(result, dhcp)  ((result) = 0)
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T1_RENEW(result, dhcp)  ((result) = 0)
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T2_REBIND(result, dhcp) ((result) = 0)
#define DHCP_NEXT_TIMEOUT_THRESHOLD                           1
#define DHCP_REQUEST_BACKOFF_SEQUENCE(tries)                  1

#define LWIP_HOOK_FILENAME "lwip_hooks.h"

#endif
