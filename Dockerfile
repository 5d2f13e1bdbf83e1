# One image for every Airflow component: the environment of the lock, and the project beside it.
# By digest where you know it: python:3.11-slim-bookworm@sha256:…
FROM python:3.11-slim-bookworm AS local

ENV AIRFLOW_HOME=/opt/airflow \
    PYTHONUNBUFFERED=1

# curl asks the components whether they are well. Debian keeps no older versions to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 tolerance \
    && mkdir -p /opt/tolerance /opt/airflow/logs /opt/airflow/login /data/state /data/inbox /data/company \
    && chown -R tolerance /opt/tolerance /opt/airflow /data

USER 50000
WORKDIR /opt/tolerance

# The environment first: it changes with the lock, the code changes every day.
COPY --chown=tolerance Makefile pyproject.toml requirements.lock ./
COPY --chown=tolerance dags/tolerance/__init__.py dags/tolerance/__init__.py
RUN make setup

COPY --chown=tolerance . .
ENV PATH=/opt/tolerance/.venv/bin:$PATH \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/tolerance/dags

# The same with Celery, for the profile `celery` of docker-compose.yml.
FROM local AS celery
RUN uv pip install --quiet --python .venv/bin/python --require-hashes --requirement celery.lock
