# make book            the HTML of the book, in _build/html; it needs no network
# make book-pdf        the book in one file, _build/minidl.pdf (needs Chromium)
# make quick           while you work: style, the framework, the notebooks that you changed
# make notebooks       runs every notebook and stores its outputs
# make test            unit tests, every notebook against its stored outputs, and the pages and
#                      notebooks in Chromium (left out, and said so, without it)
# make test-pages      the last of these alone
# make test-binder     the environment that Binder makes, in a folder of its own
# make test-extremes   the notebooks on the two kinds of processor that differ most
# make test-matrix     the notebooks on every kind of processor that can be tried, one line each
# make bench           minidl beside other libraries
# make bench-rivals    installs JAX for it
# make lighthouse      what Lighthouse says of every page (needs npx and Chromium)
# make lint            style of the code, and that imports point down
# make clean           away with what the others made

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m

.PHONY: book book-pdf lighthouse quick notebooks test test-pages test-binder test-matrix \
	test-extremes bench bench-rivals lint clean
.DELETE_ON_ERROR:

book: $(VENV)/complete
	$(VENV)/bin/jupyter-book build . -n -W --keep-going --all
	$(VENV)/bin/python tools/leaks.py

book-pdf: book
	$(VENV)/bin/python pages/pdf.py

lighthouse: book
	$(VENV)/bin/python pages/lighthouse.py

quick: lint
	OMP_NUM_THREADS=1 $(RUN) pytest -q tests/framework/test_modules.py tests/framework/test_data.py \
		tests/framework/test_train.py tests/book/test_notebooks.py tests/pages/test_body.py \
		--nbval $$(git diff --name-only --diff-filter=d HEAD -- 'book/*.ipynb' 'tests/*/test_*.py')

notebooks: $(VENV)/complete
	$(VENV)/bin/python tools/notebooks.py

# spread over processes by file, the longest first (tests/conftest.py), each with one thread
SPREAD := -n auto --dist loadfile --no-loadscope-reorder

test: $(VENV)/complete
	OMP_NUM_THREADS=1 $(RUN) pytest --nbval $(SPREAD)

test-pages: $(VENV)/complete
	OMP_NUM_THREADS=1 $(RUN) pytest tests/pages $(SPREAD)

test-binder: $(VENV)/complete
	$(VENV)/bin/python tools/binder.py

test-matrix: $(VENV)/complete
	$(VENV)/bin/python tools/matrix.py

test-extremes: $(VENV)/complete
	$(VENV)/bin/python tools/matrix.py --extremes

bench: $(VENV)/complete
	$(VENV)/bin/python tools/bench/bench.py --all
	$(VENV)/bin/python tools/bench/distributed.py

bench-rivals: $(VENV)/complete
	$(RUN) pip install --quiet -r tools/bench/requirements.txt

lint: $(VENV)/complete
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(VENV)/bin/lint-imports --no-cache

clean:
	rm -rf _build $(VENV)

# The environment counts as made only when its last step has left this file.
$(VENV)/complete: requirements.txt pyproject.toml
	@"$(PYTHON)" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not that."; \
		echo "Name another one: make PYTHON=/path/to/python3.11"; exit 1; }
	@rm -rf $(VENV)
	@"$(PYTHON)" -m venv $(VENV) && $(RUN) pip install --quiet -r requirements.txt || { \
		rm -rf $(VENV); \
		echo "The environment could not be made: see the message above."; exit 1; }
	@touch $@
