/*
 * net_dhcp_message: DHCP replies, checked and taken apart.
 *
 * Options are a list of {code, length, bytes} in up to three places: the options field,
 * and the file and sname fields when option 52 lends them. Each place has to end with
 * the end option, each option inside its place; then the fields are judged together.
 * References: RFC 2131 (table 3: what a server must send), RFC 2132.
 * Lacks: options split over several of the same code (RFC 3396): the first counts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_dhcp_message.h"

#include <string.h>

#include "bytes.h"
#include "error.h"
#include "net_address.h"

#define REPLY       2
#define XID_AT      4
#define YIADDR_AT   16
#define SIADDR_AT   20
#define CHADDR_AT   28
#define SNAME_AT    44
#define SNAME_BYTES 64
#define FILE_AT     108
#define FILE_BYTES  128
#define COOKIE_AT   236
#define COOKIE      0x63825363u
#define OPTIONS_AT  240

enum option {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_LEASE = 51,
    OPTION_OVERLOAD = 52,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_RENEW = 58,
    OPTION_REBIND = 59,
    OPTION_SERVER_NAME = 66,
    OPTION_BOOT_FILE = 67,
    OPTION_END = 255,
};

#define OVERLOAD_FILE  1
#define OVERLOAD_SNAME 2

struct reader {
    struct net_dhcp_message *message;
    uint64_t seen[4]; /* one bit per option code */
    unsigned overload;
    const char *problem;
    unsigned value;
};

static int refuse(struct reader *reader, const char *problem, unsigned value)
{
    reader->problem = problem;
    reader->value = value;
    return ERROR_INVALID;
}

/* Copies a name that a server chose, if it is one that a file request or a log may
 * carry. Trailing NULs are part of the field, not of the name. */
static bool take_name(char name[NET_NAME_MAX], const uint8_t *bytes, size_t length)
{
    while (length > 0 && bytes[length - 1] == 0)
        length--;
    if (length >= NET_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool dots = i + 1 < length && bytes[i] == '.' && bytes[i + 1] == '.' &&
                    (i == 0 || bytes[i - 1] == '/') && (i + 2 == length || bytes[i + 2] == '/');

        if (bytes[i] < 0x20 || bytes[i] > 0x7e || dots)
            return false;
    }
    memcpy(name, bytes, length);
    name[length] = 0;
    return true;
}

/* The address in an option that has a list of them: the first. */
static int take_address(struct reader *reader, struct net_address *address, const uint8_t *bytes,
                        unsigned length, bool is_list)
{
    if (length < 4 || length % 4 != 0 || (length != 4 && !is_list))
        return refuse(reader, "address option (1, 3, 6, 54) has length", length);
    memcpy(address->ip, bytes, 4);
    return 0;
}

static int take_seconds(struct reader *reader, uint32_t *seconds, const uint8_t *bytes,
                        unsigned length)
{
    if (length != 4)
        return refuse(reader, "time option (51, 58, 59) has length", length);
    *seconds = bytes_be32(bytes);
    return 0;
}

static int take_option(struct reader *reader, unsigned code, const uint8_t *bytes, unsigned length,
                       bool in_options)
{
    struct net_dhcp_message *message = reader->message;
    uint64_t bit = (uint64_t)1 << code % 64;

    /* In a lent field it would lend the fields again, without end. */
    if (code == OPTION_OVERLOAD && !in_options)
        return refuse(reader, "option 52 (overload) is nested, length", length);
    if (reader->seen[code / 64] & bit)
        return 0;
    reader->seen[code / 64] |= bit;
    switch (code) {
    case OPTION_MASK:
        return take_address(reader, &message->mask, bytes, length, false);
    case OPTION_ROUTER:
        return take_address(reader, &message->gateway, bytes, length, true);
    case OPTION_DNS:
        return take_address(reader, &message->dns, bytes, length, true);
    case OPTION_SERVER:
        return take_address(reader, &message->server, bytes, length, false);
    case OPTION_LEASE:
        return take_seconds(reader, &message->lease_s, bytes, length);
    case OPTION_RENEW:
        return take_seconds(reader, &message->renew_s, bytes, length);
    case OPTION_REBIND:
        return take_seconds(reader, &message->rebind_s, bytes, length);
    case OPTION_TYPE:
        if (length != 1)
            return refuse(reader, "option 53 (type) has length", length);
        message->type = bytes[0];
        return 0;
    case OPTION_OVERLOAD:
        if (length != 1 || bytes[0] < 1 || bytes[0] > 3)
            return refuse(reader, "option 52 (overload) is not 1 to 3, length", length);
        reader->overload = bytes[0];
        return 0;
    case OPTION_SERVER_NAME:
        if (!take_name(message->server_name, bytes, length))
            message->ignored_name = "option 66 (server name)";
        return 0;
    case OPTION_BOOT_FILE:
        if (!take_name(message->boot_file, bytes, length))
            message->ignored_name = "option 67 (boot file)";
        return 0;
    default:
        return 0;
    }
}

static int read_options(struct reader *reader, const uint8_t *bytes, size_t length, bool in_options)
{
    size_t at = 0;

    while (at < length && bytes[at] != OPTION_END) {
        unsigned code = bytes[at++];

        if (code == OPTION_PAD)
            continue;
        if (at == length)
            return refuse(reader, "the last option has no length; it is option", code);

        unsigned option_bytes = bytes[at++];

        if (option_bytes > length - at)
            return refuse(reader, "an option ends behind the message; it is option", code);

        int status = take_option(reader, code, bytes + at, option_bytes, in_options);

        if (status < 0)
            return status;
        at += option_bytes;
    }
    if (at == length)
        return refuse(reader, "no end option in a field of bytes", (unsigned)length);
    return 0;
}

static bool was_given(const struct reader *reader, unsigned code)
{
    return reader->seen[code / 64] >> code % 64 & 1;
}

/* What the fields say together. */
static int judge(struct reader *reader)
{
    const struct net_dhcp_message *message = reader->message;
    unsigned type = message->type;

    if (type != NET_DHCP_OFFER && type != NET_DHCP_ACK && type != NET_DHCP_NAK)
        return refuse(reader, "option 53 (type) is", type);
    if (was_given(reader, OPTION_SERVER) &&
        (message->server.ip[0] == 0 || message->server.ip[0] >= 224))
        return refuse(reader, "option 54 (server) is no host; its first byte is",
                      message->server.ip[0]);
    if (type == NET_DHCP_NAK)
        return 0;
    if (type == NET_DHCP_OFFER && !was_given(reader, OPTION_SERVER))
        return refuse(reader, "an offer lacks option", OPTION_SERVER);
    if (was_given(reader, OPTION_MASK) && !net_mask_is_valid(message->mask))
        return refuse(reader, "option 1 (mask) is no mask; its first byte is", message->mask.ip[0]);
    if (!net_address_is_host(message->address, message->mask))
        return refuse(reader, "the offered address is no host's; its first byte is",
                      message->address.ip[0]);
    if (type == NET_DHCP_ACK && !was_given(reader, OPTION_LEASE))
        return refuse(reader, "an acknowledgement lacks option", OPTION_LEASE);
    if (was_given(reader, OPTION_LEASE) && message->lease_s == 0)
        return refuse(reader, "option 51 (lease time) is", 0);
    return 0;
}

bool net_dhcp_message_is_for(const uint8_t *bytes, size_t length, const uint8_t mac[6],
                             uint32_t xid)
{
    return length >= CHADDR_AT + 6 && bytes[0] == REPLY && bytes_be32(bytes + XID_AT) == xid &&
           memcmp(bytes + CHADDR_AT, mac, 6) == 0;
}

static int parse(struct reader *reader, const uint8_t *bytes, size_t length)
{
    struct net_dhcp_message *message = reader->message;

    if (length <= OPTIONS_AT)
        return refuse(reader,
                      "the message is shorter than its fixed part; bytes:", (unsigned)length);
    if (bytes_be32(bytes + COOKIE_AT) != COOKIE)
        return refuse(reader, "the magic cookie is missing; in its place is",
                      bytes_be32(bytes + COOKIE_AT));
    message->xid = bytes_be32(bytes + XID_AT);
    memcpy(message->address.ip, bytes + YIADDR_AT, 4);
    memcpy(message->next_server.ip, bytes + SIADDR_AT, 4);

    int status = read_options(reader, bytes + OPTIONS_AT, length - OPTIONS_AT, true);

    if (status == 0 && reader->overload & OVERLOAD_FILE)
        status = read_options(reader, bytes + FILE_AT, FILE_BYTES, false);
    if (status == 0 && reader->overload & OVERLOAD_SNAME)
        status = read_options(reader, bytes + SNAME_AT, SNAME_BYTES, false);
    if (status < 0)
        return status;
    if (!was_given(reader, OPTION_BOOT_FILE) && !(reader->overload & OVERLOAD_FILE)) {
        /* The field need not have a NUL if it is full; then it is too long for us. */
        size_t name = strnlen((const char *)bytes + FILE_AT, FILE_BYTES);

        if (!take_name(message->boot_file, bytes + FILE_AT, name))
            message->ignored_name = "the file field";
    }
    return judge(reader);
}

int net_dhcp_message_parse(struct net_dhcp_message *message, const uint8_t *bytes, size_t length,
                           const char **problem, unsigned *value)
{
    struct reader reader = {.message = message};

    memset(message, 0, sizeof *message);

    int status = parse(&reader, bytes, length);

    *problem = reader.problem;
    *value = reader.value;
    return status;
}
