#!/bin/sh
# Checks the rules and what each of them needs to fire. Needs promtool, which comes with Prometheus.
set -eu
cd "$(dirname "$0")"
promtool check config prometheus.yaml
promtool test rules alerts.test.yaml
