/*
 * keys: the table of public keys in the loader's image (struct signature_keys), empty, and
 * where it is.
 *
 * In assembly, so that no optimiser ever knows what is in it: `pilot key` writes keys over it in
 * kernel8.img after everything was compiled.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#define KEYS_MAX 4        /* SIGNATURE_KEYS_MAX */
#define KEY_BYTES (8 + 32) /* number, key */

    /* R: not thrown away, even if nothing should refer to it. */
    .section .rodata.signature_keys, "aR", %progbits
    .balign 8
    .type signature_table, %object
signature_table:
    .asciz "PLkeys1"    /* SIGNATURE_KEYS_MAGIC */
    .word 0xe71616b2    /* CRC-32C of what follows */
    .word 0             /* keys */
    .zero KEYS_MAX * KEY_BYTES
    .size signature_table, . - signature_table

    .section .text.signature_own_keys, "ax", %progbits
    .globl signature_own_keys
    .type signature_own_keys, %function
signature_own_keys:
    adr x0, signature_table
    ret
    .size signature_own_keys, . - signature_own_keys
