# `make run` shows what CallGuard does; `make test` proves it. Both need python3 (3.11 or newer) with venv, and make.
PYTHON ?= python3
BIN := .venv/bin
DEV := .venv/.dev
RUN := .venv/.run
WHEEL := .venv-wheel

.PHONY: run test lint types tests wheel bench docs pictures clean

run: $(RUN)
	@$(BIN)/callguard run --demo

test: lint types tests wheel

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

# On every core, but for the tests that measure times: those have the machine to themselves.
tests: $(DEV)
	$(BIN)/pytest -q -n auto --dist loadfile -m "not timed" --ignore tests/real
	$(BIN)/pytest -q -m timed --ignore tests/real
	$(BIN)/pytest -q tests/real

# The same suite, without the real peers and the longest walks through the console, against what a user would install:
# notices a file left out of the wheel.
wheel: $(DEV)
	rm -rf $(WHEEL) && $(PYTHON) -m venv --without-pip $(WHEEL)
	$(BIN)/python -m build --wheel --no-isolation --outdir $(WHEEL)/dist . >$(WHEEL)/build.log || (cat $(WHEEL)/build.log; exit 1)
	$(BIN)/pip --python $(WHEEL)/bin/python install -q --no-deps $(WHEEL)/dist/*.whl
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
	  >"$$($(WHEEL)/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/dev-tools.pth"
	PYTHONSAFEPATH=1 CALLGUARD_WHEEL=$(WHEEL) CALLGUARD_FUZZ=2000 CALLGUARD_KILLS=2 \
	  $(WHEEL)/bin/python -m pytest -q -r fE -n auto --dist loadfile -m "not timed" -o pythonpath= --ignore tests/real \
	  --ignore tests/console/test_attacks.py --ignore tests/console/api/test_schemathesis.py

bench: $(DEV)
	$(BIN)/python -m benchmarks

docs: $(DEV)
	$(BIN)/python docs/generate.py

# The pictures of the console in docs/pictures, taken of a made-up house by Chromium.
pictures: $(DEV)
	$(BIN)/python -m tests.real.pictures docs/pictures

clean:
	rm -rf .venv .venv-wheel dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv: $(DEV)

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "CallGuard needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11 run"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "This Python cannot make a venv. On Debian: apt install python3-venv"; exit 1; }
	@$(BIN)/pip install -q --upgrade pip

$(RUN): pyproject.toml | .venv/bin/pip
	@echo "Installing CallGuard into .venv …"
	@$(BIN)/pip install -q -e ".[srv,modem]"
	@touch $@

$(DEV): pyproject.toml | .venv/bin/pip
	@echo "Installing CallGuard and its development tools into .venv …"
	@$(BIN)/pip install -q -e ".[srv,modem]" --group dev
	@touch $(RUN) $@
