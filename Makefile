# The commands of the project; each runs as root on a plain Debian 12. What the host lacks is installed on first use.
SHELL := /bin/bash
LAB := tests/lab.sh
SCRIPTS := build_image.sh tests/lab.sh tests/all.sh .ci/run provisioning/hcc $(wildcard provisioning/*.sh provisioning/image/*.sh appliance/*/*/build.sh)

.PHONY: image demo demo-pair pair carry-over qemu test unit lint manual req bench bench-ha soak soak-ha ha shell lock clean

image:
	./build_image.sh

demo:
	./build_image.sh --lab
	$(LAB) --no-build --net host --bridge hcc-demo python -m provisioning.demo $(ARGS)

# Everything; or some of it: make test ARGS="tests/service/test_inbound.py -k vip"
# Two boxes and a witness; type `kill active` and the like while it runs.
demo-pair:
	./build_image.sh --lab
	$(LAB) --no-build --net host --bridge hcc-pair --bridge hcc-pair-d python -m provisioning.demo_pair $(ARGS)

# The story of the pair by whole boxes, two minutes: the plug of the active one is pulled. What was measured is printed.
pair:
	./build_image.sh --lab
	$(LAB) --no-build python -m pytest -s tests/ha/test_boxes.py

# A virtual machine that stands still is reset by its watchdog, one to two minutes. Fetches Debian's kernel and qemu once (140 MB).
qemu:
	./build_image.sh --qemu
	$(LAB) --no-build python -m pytest -s tests/ha/machine_story.py
# A talk outlives the power-off of the active box, so many times in a row (a minute and a half each): make carry-over ARGS="--runs 5"
carry-over:
	./build_image.sh --lab
	$(LAB) --no-build python -u -m tests.ha.carried_talk $(ARGS)

test: lint
	./build_image.sh --lab
	$(if $(ARGS),$(LAB) --no-build python -m pytest $(ARGS),tests/all.sh)

unit:
	$(LAB) python -m pytest tests/unit $(ARGS)

lint:
	$(LAB) bash -c 'ruff check . && ruff format --check . && mypy && lint-imports && shellcheck -x $(SCRIPTS)'

# The manuals that are made from the program.
manual:
	$(LAB) python -m appliance.webadmin.webcti.manual docs

req:
	$(LAB) python -m tests.requirements_table

bench:
	./build_image.sh --lab
	$(LAB) --no-build python -u -m bench $(ARGS)

# What faults of the pair cost; for example: make bench-ha ARGS="--runs 5 --faults power-off planned"
bench-ha:
	./build_image.sh --lab
	$(LAB) --no-build python -u -m bench.ha $(ARGS)

# For example: make soak ARGS="--minutes 10 --rate 5 --agents 200 --kills 50"
soak:
	./build_image.sh --lab
	$(LAB) --no-build python -u -m soak $(ARGS)

# Faults at random, every 30 to 60 s, under calls; for example: make soak-ha ARGS="--hours 1 --seed 4711"
soak-ha:
	./build_image.sh --lab
	$(LAB) --no-build python -u -m soak.pair $(ARGS)

# The pair's decisions in virtual time; for example: make ha ARGS="--schedules 20000", make ha ARGS="--seed 4711 --trace"
ha:
	$(LAB) --no-build python -u -m tests.ha.world.runs $(ARGS)

# A shell in the lab: make shell, or with a way out to the package registries: make shell ARGS='--net host'
shell:
	$(LAB) $(ARGS) bash

# New versions of everything pinned; the result names no registry.
lock:
	$(LAB) --net host provisioning/image/lock.sh

clean:
	provisioning/image/clean.sh
