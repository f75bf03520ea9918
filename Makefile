# Pilotlight: one Makefile, no recursion; everything it makes is under build/.
# `make help` lists what it can do.
#
# SPDX-License-Identifier: BSD-2-Clause

# A service is its folder under payloads/ and its name here. PRINTF_name = float gives it
# printf with floating point (6 KB).
SERVICES := hello echo dns
# Services that only tests use, and self_test, which `pilot selftest` pushes.
TEST_SERVICES := faults cores trial ends traffic self_test

# Public keys of signify for the loader, as in `make KEYS="a.pub b.pub"`: it starts only what one
# of them signed. Without any it starts everything.
KEYS :=

B := build
CROSS := aarch64-linux-gnu-
VERSION := 0.1.0
MAKEFLAGS += --jobs=$(shell nproc)
.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

# ---- layers: what may be included from where (design: docs/architecture.md) ----------

LWIP := $B/deps/lwip/src
LIBFDT := $B/deps/dtc/libfdt
FATFS := $B/deps/fatfs
SODIUM := $B/deps/sodium/src/libsodium

INCLUDE_lib := -Iinclude -Ilib
INCLUDE_drivers := -Iinclude -Ilib
INCLUDE_board/aarch64 := -Iinclude -Ilib -Iboard/aarch64
INCLUDE_board/rpi3 := -Iinclude -Ilib -Idrivers -Iboard/aarch64
INCLUDE_net := -Iinclude -Ilib -Inet -Inet/lwip -isystem $(LWIP)/include
INCLUDE_kernel := -Iinclude -Ilib -Inet
INCLUDE_loader := -Iinclude -Ilib -Inet -Iloader/fatfs -isystem $(LIBFDT) -isystem $(FATFS) \
	-isystem $(SODIUM)/include
INCLUDE_payloads := -I$B/include-service
# What tests a board looks below service.h.
INCLUDE_payloads/self_test := $(INCLUDE_payloads) -Iinclude -Ilib -Idrivers -Iboard/rpi3

# ---- sources -------------------------------------------------------------------------

sources = $(sort $(wildcard $(addsuffix /*.c,$1) $(addsuffix /*.S,$1)))

LIB := $(call sources,lib)
DRIVERS := $(call sources,drivers)
AARCH64 := $(call sources,board/aarch64)
AARCH64_LOADER := $(call sources,board/aarch64/el2)
AARCH64_SERVICE := $(call sources,board/aarch64/el1)
RPI3 := $(call sources,board/rpi3)
NET := $(call sources,net)
KERNEL := $(call sources,kernel)
LOADER := $(call sources,loader)

LWIP_SOURCES := $(addprefix $(LWIP)/,core/def.c core/inet_chksum.c core/init.c core/ip.c core/mem.c core/memp.c \
	core/netif.c core/pbuf.c core/udp.c core/ipv4/dhcp.c core/ipv4/etharp.c core/ipv4/icmp.c \
	core/ipv4/ip4.c core/ipv4/ip4_addr.c netif/ethernet.c)
LIBFDT_SOURCES := $(addprefix $(LIBFDT)/,fdt.c fdt_ro.c fdt_rw.c fdt_wip.c fdt_check.c fdt_addresses.c)
FATFS_SOURCES := $(addprefix $(FATFS)/,ff.c)
# SHA-256, and what verifying Ed25519 needs: no random numbers, no start-up, no detection of
# processors. What these files want of the rest of libsodium is loader/sodium_parts.c.
SODIUM_SOURCES := $(addprefix $(SODIUM)/,crypto_hash/sha256/cp/hash_sha256_cp.c \
	crypto_hash/sha512/cp/hash_sha512_cp.c crypto_core/ed25519/ref10/ed25519_ref10.c \
	crypto_sign/ed25519/ref10/open.c crypto_sign/ed25519/ref10/sign.c \
	crypto_verify/sodium/verify.c)
# For tests, which sign with keys of their own.
SODIUM_KEYPAIR := $(SODIUM)/crypto_sign/ed25519/ref10/keypair.c
THIRD_PARTY := $(LWIP_SOURCES) $(LIBFDT_SOURCES) $(FATFS_SOURCES) $(SODIUM_SOURCES)

# ---- target programs -----------------------------------------------------------------

WARN := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wundef
COMMON := -std=gnu11 -g -fno-common -ffunction-sections -fdata-sections -MMD -MP \
	-ffile-prefix-map=$(CURDIR)/=
# -mfix-cortex-a53-835769: a multiply-accumulate behind a load or store may be wrong on this
# core; the compiler as packaged only works around 843419 by itself.
# -mcmodel=tiny: code and static data of a program within 1 MiB, so one instruction makes an
# address instead of two (4 % of the size).
# No table for unwinding in the image, but one for gdb (.debug_frame): both are needed for that.
UNWIND := -fno-unwind-tables -fno-asynchronous-unwind-tables
CFLAGS_TARGET := $(COMMON) -Os -flto -fPIE -mcmodel=tiny -mcpu=cortex-a53 -mno-outline-atomics \
	-mfix-cortex-a53-835769 \
	-fno-omit-frame-pointer -momit-leaf-frame-pointer $(UNWIND) \
	-fno-strict-aliasing --specs=picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF \
	-DPILOTLIGHT_VERSION='"$(VERSION)"'
# Code that runs before the MMU is on: no unaligned access, no vector registers, nothing
# that link-time optimisation could mix with code that has them.
CFLAGS_EARLY := -mstrict-align -mgeneral-regs-only -fno-lto -fno-tree-loop-distribute-patterns \
	-fno-stack-protector
# lwIP's assertions (2 KB) run where every test runs, on the host; they guard its API, and
# net/ is the only caller.
# libfdt (1.2 KB): VALID_DTB, LATEST: fdt_edit.c has walked the whole tree before libfdt sees
# it; VALID_INPUT, FLAWLESS: offsets come from that walk or from libfdt itself; NO_ROLLBACK: a
# tree whose edit failed is given up. Only the order of the blocks is not taken for granted.
# The host's tests and fuzzers run it like this too.
FDT_ASSUME := -DFDT_ASSUME_MASK=0x2f
# What configure would say of libsodium's target: little-endian, with 128-bit integers (field
# elements of 5 words instead of 10).
SODIUM_FLAGS := -DCONFIGURED=1 -DNATIVE_LITTLE_ENDIAN=1 -DHAVE_TI_MODE=1 \
	-I$(SODIUM)/include -I$(SODIUM)/include/sodium
CFLAGS_THIRD_PARTY := -DLWIP_NOASSERT $(FDT_ASSUME)
CFLAGS_SERVICE := -fstack-protector-strong
# Where speed counts more than size: the path of a packet.
CFLAGS_FAST := -O2
# picolibc as packaged copies byte by byte; its release build has the assembler versions.
# (Not memcmp: what is compared here is short, and the assembler version costs 0.3 KB.)
LIBC_FAST := $B/libc_fast.o
# (lwIP is not on the path of a packet, see docs/network.md: it stays small.)
FAST := $(filter %_cp.c,$(SODIUM_SOURCES))

LDFLAGS_TARGET := $(CFLAGS_TARGET) -static-pie -nostartfiles -Wl,--gc-sections -Wl,-z,max-page-size=4096 \
	-Wl,-z,noexecstack -Wl,--no-dynamic-linker -Wl,--no-warn-rwx-segments -Wl,--build-id=none \
	-flto-partition=none

object = $(patsubst %,$B/target/%.o,$(basename $1))
LOADER_OBJECTS := $(call object,$(LIB) $(DRIVERS) $(AARCH64) $(AARCH64_LOADER) $(RPI3) $(NET) $(LOADER) \
	$(LWIP_SOURCES) $(LIBFDT_SOURCES) $(FATFS_SOURCES) $(SODIUM_SOURCES))
SERVICE_OBJECTS := $(call object,$(LIB) $(DRIVERS) $(AARCH64) $(AARCH64_SERVICE) $(RPI3) $(NET) $(KERNEL) \
	$(LWIP_SOURCES))
# The portable CRC gives way to the processor's (board/aarch64/crc32c.c).
LOADER_OBJECTS := $(filter-out $B/target/lib/crc32c.o,$(LOADER_OBJECTS))
SERVICE_OBJECTS := $(filter-out $B/target/lib/crc32c.o,$(SERVICE_OBJECTS))

.PHONY: all
all: loader services pilot ## build loader, services and the pilot command

.PHONY: loader services pilot
loader: $B/kernel8.img $B/loader.img ## build the loader: build/kernel8.img (for U-Boot, loader.img: the same)
services: $(SERVICES:%=$B/%.elf) $(TEST_SERVICES:%=$B/%.elf) ## build the services: build/NAME.elf
pilot: $B/pilot $B/raspi3b.dtb ## build the pilot command: build/pilot

$B/packages.stamp: host/dependencies.sh
	@mkdir -p $B
	@host/dependencies.sh packages
	@touch $@

$B/deps/.complete: host/dependencies.sh | $B/packages.stamp
	@host/dependencies.sh sources $B/deps

$B/servers/.complete: host/dependencies.sh | $B/packages.stamp
	@host/dependencies.sh servers $B/servers

.PHONY: firmware
firmware: $B/firmware/.complete ## fetch the board's own firmware (not free), for a real board's card
# It passes on a device tree only if the card has one; the boards' are in the kernel's package.
$B/firmware/.complete: host/dependencies.sh $B/servers/.complete
	@host/dependencies.sh firmware $B/firmware
	@cp $B/servers/linux-image/usr/lib/linux-image-*/broadcom/*.dtb $B/firmware/raspi-firmware/usr/lib/raspi-firmware/

$(THIRD_PARTY) $(SODIUM_KEYPAIR): | $B/deps/.complete ;

# Our own code, layer by layer: the folder decides what it may include.
define layer_rules
$B/target/$1/%.o: $1/%.c | $B/deps/.complete $B/include-service/service.h
	@mkdir -p $$(@D)
	@echo "  CC      $$<"
	@$(CROSS)gcc $(WARN) $(CFLAGS_TARGET) $$(if $$(filter early_%,$$(notdir $$<)),$(CFLAGS_EARLY)) \
	    $3 $$(FLAGS_$$(notdir $$<)) $2 -c $$< -o $$@
$B/target/$1/%.o: $1/%.S | $B/packages.stamp
	@mkdir -p $$(@D)
	@echo "  AS      $$<"
	@$(CROSS)gcc $(COMMON) -mcpu=cortex-a53 $2 -c $$< -o $$@
endef
# FLAGS_file.c = ... : extra flags for one file, with the reason beside it.
# What libc.c defines is referred to by code that exists only after link-time optimisation.
FLAGS_libc.c = -fno-lto
# Every byte of every datagram passes these.
FLAGS_checksum.c = $(CFLAGS_FAST)
FLAGS_net_frame.c = $(CFLAGS_FAST)
FLAGS_net_udp.c = $(CFLAGS_FAST)
$(eval $(call layer_rules,lib,$(INCLUDE_lib),))
$(eval $(call layer_rules,drivers,$(INCLUDE_drivers),))
$(eval $(call layer_rules,board/aarch64,$(INCLUDE_board/aarch64),))
$(eval $(call layer_rules,board/rpi3,$(INCLUDE_board/rpi3),))
$(eval $(call layer_rules,net,$(INCLUDE_net),))
$(eval $(call layer_rules,kernel,$(INCLUDE_kernel),$(CFLAGS_SERVICE)))
$(eval $(call layer_rules,loader,$(INCLUDE_loader),))
$(eval $(call layer_rules,payloads,$(INCLUDE_payloads),$(CFLAGS_SERVICE)))
$(eval $(call layer_rules,payloads/self_test,$(INCLUDE_payloads/self_test),$(CFLAGS_SERVICE)))

# Third-party code: its own warnings are its own business.
$B/target/$B/deps/%.o: $B/deps/%.c | $B/deps/.complete
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CROSS)gcc $(CFLAGS_TARGET) $(CFLAGS_THIRD_PARTY) -w $(if $(filter $<,$(FAST)),$(CFLAGS_FAST)) \
	    -Iinclude -Ilib -Inet/lwip -Iloader/fatfs -I$(LWIP)/include -I$(LIBFDT) -I$(FATFS) \
	    $(if $(findstring $(SODIUM),$<),$(SODIUM_FLAGS)) -c $< -o $@

$(LIBC_FAST): | $B/packages.stamp
	@mkdir -p $(@D)/libc_fast
	@cd $(@D)/libc_fast && $(CROSS)ar x /usr/lib/picolibc/aarch64-linux-gnu/lib/release/libc.a \
	    memcpy.S.o memset.S.o memmove.S.o
	@$(CROSS)ld -r $(@D)/libc_fast/*.o -o $@

# Services see one header folder with what they may see in it.
$B/include-service/service.h: include/service.h include/error.h include/image_note.h
	@mkdir -p $(@D)
	@cp $^ $(@D)

# What is fetched over the network is stripped; NAME.elf.debug beside it has the symbols,
# and gdb finds it by itself. A program is linked twice: the first link tells the addresses for the symbol table that
# fault reports use, the second has it. The table stands behind all code, so it moves none.
# It is made as $@.new, and $@ when all is done to it: somebody may serve or push it meanwhile.
define link
	@mkdir -p $(dir $@)
	@echo "  LINK    $@"
	@$B/symbols --empty $@.symbols.S
	@$(CROSS)gcc -c $@.symbols.S -o $@.symbols.o
	@$(CROSS)gcc $(filter-out $1,$(LDFLAGS_TARGET)) -T $2 $3 $@.symbols.o -o $@.first
	@$(CROSS)nm -n --defined-only $@.first | grep ' [TtW] ' | $B/symbols $@.symbols.S
	@$(CROSS)gcc -c $@.symbols.S -o $@.symbols.o
	@$(CROSS)gcc $(filter-out $1,$(LDFLAGS_TARGET)) -T $2 $3 $@.symbols.o -Wl,-Map=$(@:.elf=.map) -o $@.new
	@rm -f $@.first
	@$(CROSS)objdump -d $@.new > $(@:.elf=.dis)
endef

$B/loader.elf: $(LOADER_OBJECTS) $(LIBC_FAST) board/rpi3/loader.ld $B/symbols
	$(call link,,board/rpi3/loader.ld,$(LOADER_OBJECTS) $(LIBC_FAST))
	@mv $@.new $@

# What KEYS was last time: another list makes another image.
$B/keys.list: always
	@mkdir -p $(@D)
	@echo '$(KEYS)' | cmp -s - $@ || echo '$(KEYS)' > $@
.PHONY: always

$B/kernel8.img: $B/loader.elf $B/keys.list $(KEYS) $(if $(KEYS),$B/pilot)
	@# .dynamic is for loaders of ELF files.
	@$(CROSS)objcopy -O binary -R .dynamic $< $@.new
	@$(if $(KEYS),$B/pilot key $@.new $(KEYS:%=--add %))
	@mv $@.new $@
	@echo "  IMAGE   $@ ($$(stat -c %s $@) bytes)"

$B/loader.img: $B/kernel8.img
	@cp $< $@.new && mv $@.new $@

payload_objects = $(call object,$(call sources,payloads/$1))
# free: kernel/libc.c looks at the pointer first.
define service_rules
$B/$1.elf: $$(SERVICE_OBJECTS) $(LIBC_FAST) $(call payload_objects,$1) board/rpi3/service.ld $B/symbols $B/seal
	$$(call link,$(if $(filter float,$(PRINTF_$1)),-DPICOLIBC_INTEGER_PRINTF_SCANF),board/rpi3/service.ld,$$(SERVICE_OBJECTS) $(LIBC_FAST) $(call payload_objects,$1) -Xlinker --wrap=free)
	@$B/seal $$@.new
	@$(CROSS)objcopy --only-keep-debug $$@.new $$@.debug
	@$(CROSS)objcopy --strip-all --add-gnu-debuglink=$$@.debug $$@.new
	@mv $$@.new $$@
endef
$(foreach service,$(SERVICES) $(TEST_SERVICES),$(eval $(call service_rules,$(service))))

-include $(shell find $B/target -name '*.d' 2>/dev/null)

# ---- host programs -------------------------------------------------------------------

HOST_CFLAGS := -std=gnu11 -g -O1 -MMD -MP $(WARN) -D_GNU_SOURCE -DPILOTLIGHT_VERSION='"$(VERSION)"'
HOST_INCLUDE := -Iinclude -Ilib -Iloader -Ihost

$B/symbols: host/symbols.c | $B/packages.stamp
	@mkdir -p $(@D)
	@gcc $(HOST_CFLAGS) $(HOST_INCLUDE) $< -o $@
$B/seal: host/seal.c lib/crc32c.c | $B/packages.stamp
	@mkdir -p $(@D)
	@gcc $(HOST_CFLAGS) -Iinclude -Ilib $^ -o $@

# `pilot` asks the loader's own code what the loader would say, writes its slots with the code
# that reads them, and checks signatures as it does.
PILOT_SOURCES := $(wildcard host/pilot*.c) lib/error_name.c lib/crc32c.c lib/image_note.c \
	lib/log_split.c payloads/self_test/self_test_report.c \
	$(addprefix loader/,elf.c elf_seal.c image_accept.c chainload_inspect.c place.c boot_arguments.c \
	partition_table.c signature.c signature_text.c sodium_parts.c) \
	$(wildcard loader/configuration*.c loader/slot_*.c) $(SODIUM_SOURCES)
PILOT_INCLUDE := $(HOST_INCLUDE) -Inet -Ipayloads/self_test -isystem $(SODIUM)/include
$B/tools/$B/deps/%.o: $B/deps/%.c | $B/deps/.complete
	@mkdir -p $(@D)
	@gcc -std=gnu11 -g -O2 -w $(SODIUM_FLAGS) -c $< -o $@
$B/tools/%.o: %.c | $B/deps/.complete
	@mkdir -p $(@D)
	@gcc $(HOST_CFLAGS) $(PILOT_INCLUDE) -c $< -o $@
$B/pilot: $(PILOT_SOURCES:%.c=$B/tools/%.o)
	@echo "  HOSTCC  $@"
	@gcc $(filter %.o,$^) -o $@
# The same with sanitizers, for its tests: neither a board nor a card is to be trusted.
$B/tests/pilot: $(PILOT_SOURCES:%.c=$B/host/%.o)
	@mkdir -p $(@D)
	@gcc $(SANITIZE) $(filter %.o,$^) -o $@
-include $(wildcard $B/*.d)

$B/raspi3b.dtb: host/raspi3b.dts | $B/packages.stamp
	@mkdir -p $(@D)
	@dtc -q -I dts -O dtb $< -o $@

# ---- use -----------------------------------------------------------------------------

.PHONY: run
run: all ## boot the DNS service over the network in QEMU; Ctrl-C ends it
	@$B/pilot run dns

.PHONY: size
size: loader services ## bytes of each service, and what costs what in the loader
	@$(CROSS)size $B/loader.elf $(SERVICES:%=$B/%.elf)
	@python3 tests/bench/sizes.py $B/loader.elf $$(stat -c %s $B/kernel8.img)

# ---- tests ---------------------------------------------------------------------------

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TEST_INCLUDE := -Iinclude -Ilib -Idrivers -Inet -Ikernel -Iloader -Iboard/rpi3 $(addprefix -I,$(wildcard payloads/*)) \
	-Ihost -Itests -Itests/sim -Itests/devices -Inet/lwip -Iloader/fatfs \
	-isystem $(LWIP)/include -isystem $(LIBFDT) -isystem $(FATFS) -isystem $(SODIUM)/include -I$B/include-service
TEST_CFLAGS := -std=gnu11 -g -O1 -MMD -MP -Wall -Wextra -Werror -D_GNU_SOURCE $(SANITIZE) $(FDT_ASSUME) \
	-DPILOTLIGHT_VERSION='"$(VERSION)"'

# What the host runs of the product, in one archive: everything but the board (the
# simulator is the board) and the parts that replace the C library's own.
HOST_LEFT_OUT := kernel/libc.c loader/libc.c loader/main.c kernel/main.c \
	drivers/random_bcm2835.c drivers/power_bcm2835.c drivers/irq_bcm2836.c
HOST_SOURCES := $(filter-out $(HOST_LEFT_OUT),$(LIB) $(DRIVERS) $(NET) $(KERNEL) $(LOADER)) \
	$(filter-out %/main.c,$(wildcard $(SERVICES:%=payloads/%/*.c))) $(wildcard payloads/self_test/self_test_*.c) \
	$(wildcard board/rpi3/device_tree*.c) \
	$(call sources,tests/sim) $(wildcard tests/devices/chip*.c) $(THIRD_PARTY) $(SODIUM_KEYPAIR)
HOST_SOURCES := $(filter %.c,$(HOST_SOURCES))
HOST_OBJECTS := $(patsubst %.c,$B/host/%.o,$(HOST_SOURCES))

$B/host/$B/deps/%.o: $B/deps/%.c | $B/deps/.complete
	@mkdir -p $(@D)
	@gcc $(TEST_CFLAGS) $(TEST_INCLUDE) $(if $(findstring $(SODIUM),$<),$(SODIUM_FLAGS)) -w -c $< -o $@
$B/host/%.o: %.c | $B/deps/.complete $B/include-service/service.h
	@mkdir -p $(@D)
	@gcc $(TEST_CFLAGS) $(TEST_INCLUDE) -c $< -o $@
$B/host/product.a: $(HOST_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

UNIT_TESTS := $(patsubst tests/%.c,$B/tests/%,$(wildcard tests/unit/test_*.c tests/contract/test_*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAY := $(FUZZ_TARGETS:%=$B/tests/fuzz/replay_%)

$B/tests/%: tests/%.c $B/host/product.a
	@mkdir -p $(@D)
	@gcc $(TEST_CFLAGS) $(TEST_INCLUDE) $< $B/host/product.a -lcmocka -o $@
$B/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $B/host/product.a
	@mkdir -p $(@D)
	@gcc $(TEST_CFLAGS) $(TEST_INCLUDE) $< tests/fuzz/replay.c $B/host/product.a -o $@
# The power-loss runner over the real store; it plants bugs in functions that it wraps.
POWERLOSS := $(call sources,tests/powerloss)
POWERLOSS_PARTS := $(wildcard loader/slot_*.c) loader/partition_table.c loader/signature.c \
	loader/sodium_parts.c lib/error_name.c tests/sim/sim_keys.c $(SODIUM_SOURCES) $(SODIUM_KEYPAIR)
POWERLOSS_WRAP := -Wl,--wrap=slot_table_begin_install,--wrap=slot_table_started,--wrap=slot_records_write
$B/powerloss: $(POWERLOSS:%.c=$B/tools/%.o) $(POWERLOSS_PARTS:%.c=$B/tools/%.o)
	@gcc $(filter %.o,$^) $(POWERLOSS_WRAP) -o $@
$B/tests/unit/test_powerloss $B/tests/unit/test_powerloss_card: $B/tests/%: tests/%.c $B/host/product.a \
		$(patsubst %.c,$B/host/%.o,$(filter-out %/main.c,$(POWERLOSS)))
	@mkdir -p $(@D)
	@gcc $(TEST_CFLAGS) $(TEST_INCLUDE) -Itests/powerloss $< $(filter %.o,$^) $B/host/product.a \
	    $(POWERLOSS_WRAP) -lcmocka -o $@
# The models of the board's Ethernet chips as a device of QEMU's.
$B/usb_chip: $(patsubst %.c,$B/host/%.o,$(call sources,tests/devices))
	@echo "  HOSTCC  $@"
	@gcc $(SANITIZE) $^ -lslirp -lusbredirparser -o $@
# The tests of that process's parts; the models themselves are in the archive.
$B/tests/unit/test_devices_%: tests/unit/test_devices_%.c $B/host/product.a \
		$(patsubst %.c,$B/host/%.o,$(filter-out %/main.c tests/devices/chip%,$(call sources,tests/devices)))
	@mkdir -p $(@D)
	@gcc $(TEST_CFLAGS) $(TEST_INCLUDE) $< $(filter %.o,$^) $B/host/product.a -lslirp -lusbredirparser -lcmocka -o $@
$B/tests/unit/test_self_test_boot: tests/unit/test_self_test_boot.c $B/host/host/pilot_selftest_boot.o \
		$B/host/product.a
	@mkdir -p $(@D)
	@gcc $(TEST_CFLAGS) $(TEST_INCLUDE) $^ -lcmocka -o $@
# Makes forgeries out of the curve's own arithmetic.
$B/tests/unit/test_signature_vectors: private TEST_CFLAGS += $(SODIUM_FLAGS)
-include $(shell find $B/host $B/tests $B/tools $B/fuzz -name '*.d' 2>/dev/null)

.PHONY: unit
unit: $(UNIT_TESTS) $(FUZZ_REPLAY) $B/tests/pilot $B/symbols $B/seal $B/raspi3b.dtb $B/kernel8.img ## unit and contract tests on the simulator, corpus replay
	@python3 tests/run.py unit

.PHONY: lint
lint: ## layers, sizes, conditionals, names, headers that compile alone, formatting
	@python3 tests/run.py lint

.PHONY: qemu
qemu: all $B/usb_chip $B/servers/.complete ## the whole system in QEMU against real servers (wants root)
	@python3 tests/run.py qemu

.PHONY: test
test: all $(UNIT_TESTS) $(FUZZ_REPLAY) $B/tests/pilot $B/usb_chip $B/servers/.complete ## everything that must hold; ends with `N passed, N failed`
	@python3 tests/run.py lint unit qemu

.PHONY: powerloss
powerloss: $B/powerloss ## the power fails at every write of the slot store, in every way; CUT=id does one again (PLANT=name)
	@$B/powerloss $(if $(PLANT),--plant $(PLANT)) $(CUT)

SECONDS ?= 60
FUZZ_CLANG := $(FUZZ_TARGETS:%=$B/fuzz/fuzz_%)
$B/packages-fuzz.stamp: host/dependencies.sh | $B/packages.stamp
	@host/dependencies.sh packages-fuzz
	@touch $@
$B/fuzz/product/%.o: %.c | $B/packages-fuzz.stamp $B/deps/.complete $B/include-service/service.h
	@mkdir -p $(@D)
	@clang -std=gnu11 -g -O1 -MMD -MP -D_GNU_SOURCE $(FDT_ASSUME) -DPILOTLIGHT_VERSION='"$(VERSION)"' $(TEST_INCLUDE) \
	    $(if $(findstring $(SODIUM),$<),$(SODIUM_FLAGS)) \
	    -w -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -c $< -o $@
$B/fuzz/product.a: $(patsubst %.c,$B/fuzz/product/%.o,$(HOST_SOURCES))
	@rm -f $@
	@ar rcs $@ $^
$B/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $B/fuzz/product.a
	@clang -std=gnu11 -g -O1 -D_GNU_SOURCE $(TEST_INCLUDE) -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all $^ -o $@

.PHONY: fuzz
fuzz: $(FUZZ_CLANG) ## libFuzzer on every parser, SECONDS=60 each
	@python3 tests/fuzz/run.py $B $(SECONDS) $(FUZZ_TARGETS)

.PHONY: bench
bench: all $B/count.so $B/usb_chip $B/traffic.linux $B/servers/.complete ## figures: guest instructions, ratios, latencies (nothing is judged)
	@python3 tests/bench/run.py

HAND_BACKS ?= 10000
KILLS ?= 200
MEGABYTES ?= 1000
.PHONY: soak
soak: all $B/count.so $B/usb_chip ## hands one board back HAND_BACKS=10000 times: nothing may run out or grow; kills one in KILLS=200 installs; MEGABYTES=1000 through each Ethernet chip
	@python3 tests/soak/run.py $(HAND_BACKS)
	@python3 tests/soak/kill_installs.py $(KILLS)
	@python3 tests/soak/ethernet.py $(MEGABYTES)

$B/count.so: tests/bench/count.c | $B/packages.stamp
	@mkdir -p $(@D)
	@gcc -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC $< -o $@
# What Linux runs where we run payloads/traffic.
$B/traffic.linux: tests/bench/peer/traffic.c | $B/packages.stamp
	@mkdir -p $(@D)
	@$(CROSS)gcc -std=gnu11 -O2 $(WARN) -static -s $< -o $@

.PHONY: format clean help
format: ## apply .clang-format to our sources
	@git ls-files '*.c' '*.h' | xargs clang-format -i
clean: ## remove what was built, keep fetched sources
	@rm -rf $(filter-out $B/deps $B/servers $B/firmware $B/packages.stamp,$(wildcard $B/*))
help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
	    awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'
