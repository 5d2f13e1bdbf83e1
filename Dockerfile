# One image for every Airflow component: the environment of the lock, and the project beside it.
FROM python:3.11-slim-bookworm

ENV AIRFLOW_HOME=/opt/airflow \
    PYTHONUNBUFFERED=1 \
    TOLERANCE_STATE=/data/state \
    TOLERANCE_EXTRACTS=/data/inbox

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 tolerance \
    && mkdir -p /opt/tolerance /opt/airflow/logs /data/state /data/inbox \
    && chown -R tolerance /opt/tolerance /opt/airflow /data

USER tolerance
WORKDIR /opt/tolerance

# The environment first: it changes with the lock, the code changes every day.
COPY --chown=tolerance Makefile pyproject.toml requirements.lock ./
COPY --chown=tolerance dags/tolerance/__init__.py dags/tolerance/__init__.py
RUN make setup

COPY --chown=tolerance . .
ENV PATH=/opt/tolerance/.venv/bin:$PATH \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/tolerance/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
