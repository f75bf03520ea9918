/*
 * tftp_server_admit: who is served.
 *
 * Which requests displace what:
 *   nothing is under way   served
 *   the same request again, from the same port: its answer was lost, and is given again; once
 *       the client has got further, it is an echo, and passed over
 *   another request from that port, or any from that host when nothing new has come for
 *       TFTP_SERVER_SILENCE_US: the client has begun anew, what was under way has failed
 *   anybody else's   refused, and told who is being served; but a read of which all has been
 *       sent gives way: what is missing is most likely its client's last ACK, and if it is a
 *       block, that client has to ask anew
 * So nothing is read while an image is pushed: a push takes some tenths of a second, and who
 * reads asks again. A client that is gone without a word bars other hosts for
 * TFTP_SERVER_PATIENCE_US.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "tftp_server_transfer.h"

static void begin(struct tftp_server *server, const struct tftp_server_peer *from,
                  const struct tftp_server_request *request, uint64_t now_us)
{
    struct tftp_server_files *files = server->files;
    char reason[TFTP_SERVER_REASON_BYTES] = "";
    int status = request->is_write ? files->write(files, from, request->name, request->announced,
                                                  &server->buffer, &server->capacity, reason)
                                   : files->read(files, from, request->name, reason);

    if (status < 0) {
        tftp_server_refuse(server, from, tftp_server_code(status), reason);
        return;
    }
    server->peer = *from;
    memcpy(server->name, request->name, sizeof server->name);
    server->block_bytes = request->block_bytes;
    server->window = request->window;
    server->timeout_us = (uint64_t)request->timeout_s * 1000000;
    server->announced = request->announced;
    server->oack_length = request->oack_length;
    memcpy(server->oack, request->oack, request->oack_length);
    server->end_us = now_us + TFTP_SERVER_LONGEST_US;
    tftp_server_progress(server, now_us);
    server->state = request->is_write ? TFTP_SERVER_RECEIVING : TFTP_SERVER_SENDING;
    if (request->is_write)
        tftp_server_write_begin(server, now_us);
    else
        tftp_server_read_begin(server, now_us);
}

static void refuse_for(struct tftp_server *server, const struct tftp_server_peer *from)
{
    char reason[TFTP_SERVER_REASON_BYTES];
    const uint8_t *ip = server->peer.address.ip;

    snprintf(reason, sizeof reason, "busy: %u.%u.%u.%u is %s %.64s", ip[0], ip[1], ip[2], ip[3],
             server->state == TFTP_SERVER_RECEIVING ? "writing" : "reading", server->name);
    tftp_server_refuse(server, from, TFTP_CODE_OTHER, reason);
}

/* The first answer again, if the client may lack it. */
static bool answer_again(struct tftp_server *server, uint64_t now_us)
{
    if (server->state == TFTP_SERVER_RECEIVING && !server->begun) {
        tftp_server_write_repeat(server, now_us);
        return true;
    }
    if (server->state == TFTP_SERVER_SENDING && server->acked == 0 &&
        (!server->begun || server->oack_length == 0)) {
        tftp_server_read_repeat(server, now_us);
        return true;
    }
    return false;
}

static bool is_silent(const struct tftp_server *server, uint64_t now_us)
{
    return now_us + TFTP_SERVER_PATIENCE_US >= server->patience_us + TFTP_SERVER_SILENCE_US;
}

/* A request while something is under way. Returns true if it may be served now. */
static bool displace(struct tftp_server *server, const struct tftp_server_peer *from,
                     const struct tftp_server_request *request, uint64_t now_us)
{
    bool is_write = server->state == TFTP_SERVER_RECEIVING;
    bool is_host = memcmp(from->address.ip, server->peer.address.ip, sizeof from->address.ip) == 0;
    bool is_client = is_host && from->port == server->peer.port;
    bool is_repeated =
        is_client && request->is_write == is_write && strcmp(request->name, server->name) == 0;
    bool is_complete = is_write && server->complete; /* its last ACK is on the way */

    if (is_repeated && answer_again(server, now_us))
        return false;
    if (!is_complete && ((is_client && !is_repeated) || (is_host && is_silent(server, now_us)))) {
        tftp_server_end(server, ERROR_CANCELLED, "its client has begun anew");
        return true;
    }
    if (is_repeated)
        return false;
    if (!is_write && server->last != 0) {
        tftp_server_end(server, ERROR_CANCELLED, "");
        return true;
    }
    refuse_for(server, from);
    return false;
}

void tftp_server_admit(struct tftp_server *server, const struct tftp_server_peer *from,
                       const uint8_t *bytes, size_t length, uint64_t now_us)
{
    struct tftp_server_request request;
    char reason[TFTP_SERVER_REASON_BYTES];
    int code = tftp_server_request_read(&request, bytes, length, reason);

    if (server->state != TFTP_SERVER_IDLE && !displace(server, from, &request, now_us))
        return;
    if (code != 0)
        tftp_server_refuse(server, from, (unsigned)code, reason);
    else
        begin(server, from, &request, now_us);
}
