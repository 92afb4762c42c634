# The digest of the base is filled in by whoever builds: --build-arg PYTHON_DIGEST=sha256:…
# (docker buildx imagetools inspect python:3.11-slim). Without it nothing is pulled.
ARG PYTHON_DIGEST=sha256:0000000000000000000000000000000000000000000000000000000000000000

FROM python:3.11-slim@${PYTHON_DIGEST} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
# Locked versions only (the lock is whole: nothing is resolved), and wheels only: nothing is compiled,
# so no compiler is needed.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/sakark \
    && /opt/sakark/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements.lock \
    && python -m venv /opt/builder \
    && /opt/builder/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements-build.lock \
    && /opt/sakark/bin/pip check
COPY pyproject.toml README.md ./
COPY src src
COPY migrations migrations
# Python files are compiled here: where the image runs, nothing can be written beside them.
RUN /opt/builder/bin/pip wheel . --no-deps --no-build-isolation --wheel-dir dist \
    && /opt/sakark/bin/pip install --no-deps --no-index dist/*.whl \
    && /opt/sakark/bin/python -m compileall -q /opt/sakark/lib \
    && /opt/sakark/bin/pip uninstall --yes pip setuptools

# veraPDF with all it needs, at the version that .ci/verapdf.xml names.
FROM python:3.11-slim@${PYTHON_DIGEST} AS verapdf
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends maven
WORKDIR /bygg
COPY .ci/verapdf.xml .ci/verapdf ./
RUN mvn -q -B -f verapdf.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/verapdf

# The worker's image (--target worker): the programs that examine and convert documents, as Debian has
# them on the day of the build. What serves has none of them.
FROM python:3.11-slim@${PYTHON_DIGEST} AS worker
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libreoffice-writer-nogui libreoffice-calc-nogui \
    libreoffice-impress-nogui ghostscript tesseract-ocr tesseract-ocr-nor bubblewrap default-jre-headless \
    fonts-liberation fonts-dejavu-core fonts-crosextra-carlito fonts-crosextra-caladea \
    && rm -rf /var/lib/apt/lists/* \
    && python -m pip uninstall --yes pip setuptools wheel \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin sakark \
    && install -d -o sakark -g sakark -m 0700 /data
COPY --from=verapdf /verapdf /usr/local/share/verapdf
COPY --from=verapdf --chmod=0755 /bygg/verapdf /usr/local/bin/verapdf
COPY --from=build /opt/sakark /opt/sakark
ENV PATH=/opt/sakark/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SAKARK_DATA_DIR=/data
WORKDIR /data
USER 10001:10001
CMD ["sakark", "worker"]

FROM python:3.11-slim@${PYTHON_DIGEST}
# The base brings pip, and the wheels that bring it back; nothing is installed from here on.
RUN python -m pip uninstall --yes pip setuptools wheel \
    && rm -rf /usr/local/lib/python3.11/ensurepip \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin sakark \
    && install -d -o sakark -g sakark -m 0700 /data
COPY --from=build /opt/sakark /opt/sakark
# /data is for documents where there is no object storage: mount something there. Nothing else is
# written but /tmp, so that the root may be read-only.
ENV PATH=/opt/sakark/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SAKARK_DATA_DIR=/data
WORKDIR /data
USER 10001:10001
EXPOSE 8000
CMD ["sakark", "serve", "--host", "0.0.0.0"]
