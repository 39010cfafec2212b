# The front door. Each target sees to its own tools first (./setup says what it installs).
# The build itself is meson's: meson.build, one folder under build/ for each kind.

.DEFAULT_GOAL := help

demo: ## build Aceso, make the demo network once, and serve it on https://localhost:8443
	@./setup build
	@./tools/build release aceso
	@build/release/aceso demo $(ARGS)

build: ## build build/release/aceso and no more
	@./setup build
	@./tools/build release aceso

test: ## everything that can fail: units, contracts, scenarios, specs, faults, browser
	@./setup test
	@./tools/build release
	@./tests/run release browser

asan: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@./setup test
	@./tools/build asan
	@./tests/run asan

tsan: ## the tests under ThreadSanitizer
	@./setup test
	@./tools/build tsan
	@./tests/run tsan

fuzz: ## every fuzz target in turn, TOTAL seconds for all together (600)
	@./setup fuzz
	@./tools/build fuzz
	@./tests/fuzz/run $(or $(TOTAL),600)

bench: ## the measured figures, one table
	@./setup bench
	@./tools/build release
	@./bench/run $(ARGS)

image: ## build the image of deploy/ and see it serve, as nobody, on a read-only root
	@./setup build deploy
	@ACESO_TEST_IMAGE=yes ./tests/deploy/run

torture: ## kill -9 and power loss, CYCLES times (1000)
	@./setup test
	@./tools/build release
	@./tests/fault/torture $(or $(CYCLES),1000)

checker: ## random clients against two nodes with faults, SECONDS long (300), SEED
	@./setup test
	@./tools/build release
	@./tests/checker/run $(or $(SECONDS),300) $(or $(SEED),1)

leaks: ## what is hidden has no say in any answer, SECONDS long (60), SEED; MUTANTS=1: each question taken away
	@./setup test
	@./tools/build release
	@./tests/leaks/run $(or $(SECONDS),60) $(or $(SEED),1) $(MUTANTS)

jobs: ## the five jobs of people played in the browser, with keys, clicks and seconds; PICTURES=1: those of docs/guide
	@./setup test
	@./tools/build release aceso
	@./tests/jobs/run

format: ## lay out the C files as .clang-format says
	@./setup format
	@./tools/format

tidy: ## clang-tidy over src/
	@./setup build format
	@./tools/build release
	@./tools/tidy

clean: ## remove what was built; the fetched tools and definitions stay
	@rm -rf build/release build/asan build/tsan build/fuzz web/dist

help: ## this list
	@echo "make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12

.PHONY: demo build test asan tsan fuzz bench image torture checker leaks jobs format tidy clean help
