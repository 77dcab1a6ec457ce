# One image for every `lfd` command. Runs as an ordinary user, and writes nowhere but to /run/lfd and
# /tmp, so its file system can be read-only.

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /opt/lfd \
    && /opt/lfd/bin/pip install --require-hashes -r requirements/run.lock
# The build tool, in the version and with the hashes that dev.lock has for it.
RUN python -m venv /opt/build \
    && sed -n '/^setuptools==/,/# via/p' requirements/dev.lock > /opt/build/build.lock \
    && /opt/build/bin/pip install --require-hashes -r /opt/build/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY adapter/ adapter/
COPY conformance/ conformance/
COPY console/ console/
COPY lfd/ lfd/
COPY mappings/ mappings/
COPY nhs/ nhs/
COPY postgres/ postgres/
COPY registry/ registry/
COPY simulation/ simulation/
COPY tracing/ tracing/
COPY yaml_source/ yaml_source/
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /opt/build . \
    && /opt/lfd/bin/pip install --no-deps /opt/build/learning_from_deaths_exchange-*.whl

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 lfd \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /run/lfd --shell /usr/sbin/nologin lfd \
    && install -d -o 10001 -g 10001 -m 0700 /run/lfd
COPY --from=build /opt/lfd /opt/lfd
COPY --chmod=0755 deployment/with-database-password /usr/local/bin/with-database-password
ENV PATH=/opt/lfd/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8080 2575
ENTRYPOINT ["with-database-password", "lfd"]
CMD ["--help"]
