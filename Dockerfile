# syntax=docker/dockerfile:1
# The digest of the base is filled in by whoever builds: --build-arg PYTHON_DIGEST=sha256:…
ARG PYTHON_DIGEST=sha256:0000000000000000000000000000000000000000000000000000000000000000

FROM python:3.11-slim@${PYTHON_DIGEST} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/sakark
# Locked versions only, and wheels only: nothing is compiled, so no compiler is needed.
COPY requirements.lock ./
RUN /opt/sakark/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
# What builds the wheel is locked too, and stays in this stage.
COPY requirements-dev.lock ./
RUN awk '/^[a-z]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } wanted' \
        requirements-dev.lock > build.lock \
    && python -m venv /opt/builder \
    && /opt/builder/bin/pip install --require-hashes --only-binary :all: -r build.lock
COPY pyproject.toml README.md ./
COPY src src
COPY migrations migrations
RUN /opt/builder/bin/pip wheel . --no-deps --no-build-isolation --wheel-dir dist \
    && /opt/sakark/bin/pip install --no-deps --no-index dist/*.whl \
    && /opt/sakark/bin/python -m compileall -q /opt/sakark \
    && /opt/sakark/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim@${PYTHON_DIGEST}
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin sakark
COPY --from=build /opt/sakark /opt/sakark
ENV PATH=/opt/sakark/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SAKARK_DATA_DIR=/data
# Documents, where there is no object storage. Nothing else is written: the root may be read-only.
RUN install -d -o sakark -g sakark -m 0700 /data
VOLUME /data
WORKDIR /data
USER 10001:10001
EXPOSE 8000
CMD ["sakark", "serve", "--host", "0.0.0.0"]
