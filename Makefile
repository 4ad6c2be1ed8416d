# Sekisho. `make demo` shows the main job, `make check` passes the tests; both install what they need.
BUILD ?= build
CXX ?= g++
OPT ?= -O2 -g1
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -Werror
# g++ 12 warns of std::string operator+ in its own headers (GCC bugs 105651, 105329).
WARN += $(if $(findstring clang,$(CXX)),,-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
HARDEN = -fstack-protector-strong -fPIE $(if $(findstring -O,$(OPT)),-D_FORTIFY_SOURCE=2)
# Whether Asio finds aligned_alloc depends on what was included before it: off, so that all files agree.
CPPFLAGS += -I. -DASIO_STANDALONE -DASIO_NO_DEPRECATED -DASIO_SEPARATE_COMPILATION -DASIO_DISABLE_STD_ALIGNED_ALLOC -DSPDLOG_FMT_EXTERNAL -DFMT_HEADER_ONLY
CXXFLAGS += -std=c++20 $(OPT) $(WARN) $(HARDEN) -MMD -MP
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed

SCANRELAY_LIBS = -lclamav -lssl -lcrypto -lseccomp -larchive -lz -llzma -lbz2 -lprometheus-cpp-core -lfmt -lidn2
# Static but for libc: a CGI process spends more time in the dynamic linker than in its own code. fmt is
# compiled in, as Debian has no static one.
FORMMAIL_LIBS = -l:libfcgi.a -l:libnettle.a -l:libsqlite3.a -l:libidn2.a -l:libunistring.a \
                -l:libgumbo.a

# SQLite's SQL functions for mathematics are all that would load libm, a twentieth of a CGI process's time. No
# statement here calls one: what they need may be missing. frexp, of libfcgi, is in libc, too.
SQLITE_MATHS = $(addprefix $(BUILD)/sqlite/,func.o fts5.o)
MATHS = acos acosh asin asinh atan atan2 atanh cos cosh exp fmod log pow sin sinh sqrt tan tanh trunc
$(SQLITE_MATHS):
	@mkdir -p $(@D)
	cd $(@D) && ar x $$($(CXX) -print-file-name=libsqlite3.a) $(@F) && objcopy $(addprefix --weaken-symbol=,$(MATHS)) $(@F)

sources = $(sort $(shell find $(1) -name '*.cc'))
objects = $(patsubst %.cc,$(BUILD)/%.o,$(1))
MAIL = $(call objects,$(call sources,mail)) $(BUILD)/generated/builtin_template.o
TEMPLATES = $(sort $(shell find templates -name '*.txt' -o -name '*.html' -o -name '*.css'))
FORMMAIL = $(filter-out $(BUILD)/cgi-bin/main.o,$(call objects,$(call sources,cgi-bin)))
SCANRELAY = $(filter-out $(BUILD)/scanner/main.o,$(call objects,$(call sources,scanner)))
UNIT = $(foreach part,mail scanner cgi-bin,$(BUILD)/tests/unit-$(part))

.PHONY: all demo check unit bench fuzz fuzzers lint format install clean
all: $(BUILD)/formmail $(BUILD)/scanrelay $(patsubst %,$(BUILD)/%,$(wildcard signatures/*))

demo:
	@packages/install build demo
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@python3 tests/demo/demo.py --build $(BUILD) $(if $(ONCE),--once)

check:
	@packages/install build demo test
	@$(MAKE) --no-print-directory -s -j$$(nproc) all unit fuzzers $(BROWSER_TOOLS)
	@python3 tests/run --build $(BUILD)

# What only the browser tests use, out of the source tree as everything that is made.
BROWSER_TOOLS = $(BUILD)/browser/node_modules/.package-lock.json
$(BROWSER_TOOLS): tests/browser/package.json tests/browser/package-lock.json
	@mkdir -p $(BUILD)/browser && cp $^ $(BUILD)/browser/
	cd $(BUILD)/browser && npm ci --no-audit --no-fund --silent

# Beside its peers, and beside what is possible; QUICK=1: in some two and a half minutes.
BENCH = $(addprefix $(BUILD)/bench/,load scan form-cgi form-fastcgi)
bench:
	@packages/install build bench
	@$(MAKE) --no-print-directory -s -j$$(nproc) all $(BENCH) $(BUILD)/bench/mapping
	@python3 tests/bench/run --build $(BUILD) $(if $(QUICK),--quick)
$(BUILD)/bench/form-cgi: tests/bench/form.c
$(BUILD)/bench/form-fastcgi: tests/bench/form.c
$(BUILD)/bench/form-fastcgi: CPPFLAGS += -DFASTCGI
$(BUILD)/bench/load: tests/bench/load.c
$(BUILD)/bench/scan: tests/bench/scan.c
$(BUILD)/bench/mapping: $(BUILD)/tests/bench/mapping.o $(SCANRELAY) $(BUILD)/libmail.a
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -o $@ $^ $(SCANRELAY_LIBS)
$(BENCH):
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -O2 $(filter-out -Wnon-virtual-dtor -Wno-restrict,$(WARN)) -o $@ $< -Wl,--as-needed -lclamav -lfcgi -lpthread

unit: $(UNIT)

$(BUILD)/formmail: $(BUILD)/cgi-bin/main.o $(FORMMAIL) $(SQLITE_MATHS) $(BUILD)/libmail.a
	$(CXX) $(LDFLAGS) -Wl,--gc-sections,-z,pack-relative-relocs,-z,noseparate-code -static-libstdc++ -static-libgcc -o $@ $(filter %.o,$^) $(BUILD)/libmail.a $(FORMMAIL_LIBS) -l:libc.so.6
$(BUILD)/scanrelay: $(BUILD)/scanner/main.o $(SCANRELAY) $(BUILD)/libmail.a
	$(CXX) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libmail.a $(SCANRELAY_LIBS)
$(BUILD)/signatures/%: signatures/%
	@mkdir -p $(@D) && cp $< $@
$(BUILD)/libmail.a: $(MAIL)
	rm -f $@ && ar rcs $@ $^

.SECONDEXPANSION:
unit_objects = $(call objects,$(call sources,tests/unit/$(1) tests/unit/catch_main.cc))
$(BUILD)/tests/unit-mail: $$(call unit_objects,mail) $(BUILD)/libmail.a
	$(CXX) $(LDFLAGS) -o $@ $^ $(SCANRELAY_LIBS)
$(BUILD)/tests/unit-scanner: $$(call unit_objects,scanner) $(SCANRELAY) $(BUILD)/libmail.a
	$(CXX) $(LDFLAGS) -o $@ $^ $(SCANRELAY_LIBS)
$(BUILD)/tests/unit-cgi-bin: $$(call unit_objects,cgi-bin) $(FORMMAIL) $(BUILD)/libmail.a
	$(CXX) $(LDFLAGS) -o $@ $^ $(FORMMAIL_LIBS)

# Catch2 takes most of the time of compiling a test: it is compiled once.
# Tests are compiled more often than run: less optimised.
PCH = $(BUILD)/tests/catch.h.gch
TEST_FLAGS = $(filter-out -O%,$(CXXFLAGS)) -O1
$(BUILD)/tests/unit/%.o: tests/unit/%.cc $(PCH)
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(TEST_FLAGS) -include $(BUILD)/tests/catch.h -c -o $@ $<
$(BUILD)/tests/unit/catch_main.o: tests/unit/catch_main.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(TEST_FLAGS) -c -o $@ $<
$(PCH): tests/unit/catch.h
	@mkdir -p $(@D) && cp $< $(BUILD)/tests/catch.h
	$(CXX) $(CPPFLAGS) $(TEST_FLAGS) -x c++-header -o $@ $<

# Before FMT_HEADER_ONLY it was linked with the shared libfmt, which brings a second libstdc++.
$(BUILD)/mail/log.o: Makefile

# The templates ride in the programs, so that a CGI process opens none of them.
$(BUILD)/generated/builtin_template.cc: templates/embed $(TEMPLATES)
	@mkdir -p $(@D)
	templates/embed $(TEMPLATES) >$@
$(BUILD)/generated/%.o: $(BUILD)/generated/%.cc
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

# A fuzz target is tests/fuzz/NAME_fuzz.cc: it defines fuzz(), and a line `// Needs: FILES AND FOLDERS` names what
# it is built with. Its corpus is tests/fuzz/corpus/NAME; new inputs are kept in $(BUILD)/fuzz/corpus/NAME.
FUZZ_CXX ?= $(if $(findstring ccache,$(CXX)),ccache) clang++
FUZZ_SECONDS ?= 60
FUZZ_FLAGS = -std=c++20 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -w -MMD -MP
FUZZERS = $(patsubst tests/fuzz/%_fuzz.cc,$(BUILD)/fuzz/%-fuzzer,$(wildcard tests/fuzz/*_fuzz.cc))
fuzz_objects = $(patsubst %.cc,$(BUILD)/fuzz/%.o,$(call sources,$(shell sed -n 's|^// Needs: ||p' tests/fuzz/$(1)_fuzz.cc)))
fuzzers: $(FUZZERS)
$(BUILD)/fuzz/%-fuzzer: $(BUILD)/fuzz/tests/fuzz/%_fuzz.o $$(call fuzz_objects,$$*)
	$(FUZZ_CXX) -fsanitize=fuzzer,address,undefined -Wl,--as-needed -o $@ $^ $(sort $(SCANRELAY_LIBS) $(FORMMAIL_LIBS))
$(BUILD)/fuzz/%.o: %.cc
	@mkdir -p $(@D)
	$(FUZZ_CXX) $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<
fuzz: fuzzers
	@for fuzzer in $(FUZZERS); do \
	  name=$$(basename $$fuzzer -fuzzer); mkdir -p $(BUILD)/fuzz/corpus/$$name; echo "== $$name"; \
	  $$fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=10 -artifact_prefix=$(BUILD)/fuzz/$$name- -verbosity=0 -print_final_stats=1 \
	    $(BUILD)/fuzz/corpus/$$name $$(ls -d tests/fuzz/corpus/$$name 2>/dev/null) || exit 1; \
	done

$(BUILD)/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

format:
	clang-format -i $$(git ls-files '*.cc' '*.h')
# Asio believes that no clang has the coroutines of libstdc++.
CLANG_COROUTINES = -DASIO_HAS_CO_AWAIT -DASIO_HAS_STD_COROUTINE
# Of a coroutine's frame it can't see that the compiler makes it: CallAndMessage reports each, inside Asio.
TIDY = xargs -P$$(nproc) -I{} clang-tidy-19 --quiet $(1) {} -- $(CPPFLAGS) $(CLANG_COROUTINES) -std=c++20
LINTED = -- 'mail/*.cc' 'cgi-bin/*.cc' 'scanner/*.cc'
lint:
	@packages/install build lint
	clang-format --dry-run -Werror $$(git ls-files '*.cc' '*.h')
	git grep -L co_await $(LINTED) | $(call TIDY)
	git grep -l co_await $(LINTED) | $(call TIDY,--checks=-clang-analyzer-core.CallAndMessage)

# `make install` as root; packagers set DESTDIR. Configuration that is there already is left alone.
PREFIX ?= /usr
INSTALL_DATA = install -m 644 -D -t $(DESTDIR)$(1) $(2)
install: all
	install -m 755 -D -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/formmail
	install -m 755 -D -t $(DESTDIR)$(PREFIX)/sbin $(BUILD)/scanrelay
	for folder in $$(cd templates && find . -type d); do \
	  install -m 755 -d $(DESTDIR)$(PREFIX)/share/sekisho/templates/$$folder; done
	cd templates && find . -type f -exec install -m 644 {} $(DESTDIR)$(PREFIX)/share/sekisho/templates/{} ';'
	$(call INSTALL_DATA,$(PREFIX)/share/sekisho/signatures,$(wildcard signatures/*.ndb signatures/*.hdb))
	$(foreach section,1 5 8,$(if $(wildcard doc/*.$(section)), \
	  $(call INSTALL_DATA,$(PREFIX)/share/man/man$(section),$(wildcard doc/*.$(section)));))
	$(call INSTALL_DATA,$(PREFIX)/lib/systemd/system,$(wildcard systemd/*.service systemd/*.socket systemd/*.timer))
	$(call INSTALL_DATA,$(PREFIX)/lib/sysusers.d,systemd/sysusers/sekisho.conf)
	$(call INSTALL_DATA,$(PREFIX)/lib/tmpfiles.d,systemd/tmpfiles/sekisho.conf)
	$(call INSTALL_DATA,$(PREFIX)/share/doc/sekisho,README.md README.ja.md INSTALL CHANGELOG.md)
	for language in ja en; do install -m 644 -D -T doc/$$language/guide.md \
	  $(DESTDIR)$(PREFIX)/share/doc/sekisho/guide.$$language.md; done
	$(call INSTALL_DATA,/etc/sekisho/sites,etc/sites/www.customer.example.toml.example)
	for file in scanrelay formmail; do [ -e $(DESTDIR)/etc/sekisho/$$file.toml ] || \
	  install -m 644 -T etc/$$file.toml $(DESTDIR)/etc/sekisho/$$file.toml; done

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
