#!/bin/sh
# Creates the topics that are missing and refuses a wrong partition count. Written by dunlin_events.catalogue.
# Settings: KAFKA_BOOTSTRAP, KAFKA_REPLICATION (1), KAFKA_TOPICS (the tool that comes with Kafka).
set -eu
replication=${KAFKA_REPLICATION:-1}

topics() { "${KAFKA_TOPICS:-/opt/kafka/bin/kafka-topics.sh}" --bootstrap-server "$KAFKA_BOOTSTRAP" "$@"; }

ensure() {
    case " $there " in *" $1 "*) return ;; esac
    topics --create --if-not-exists --topic "$1" --partitions "$2" --replication-factor "$replication" \
        --config min.insync.replicas=$((replication / 2 + 1)) --config cleanup.policy=delete --config retention.ms=-1 --config max.message.bytes=4259840
}

hold() {
    found=$(echo "$described" | sed -n "s/^Topic: *$1[[:space:]].*PartitionCount: *\([0-9]*\).*/\1/p")
    if [ "$found" != "$2" ]; then
        echo "Topic $1 has $found partitions, not $2: a new count needs a new topic, filled by replay." >&2
        exit 1
    fi
}

there=$(topics --list | tr '\n' ' ')
ensure dunlin-customer 12
ensure dunlin-billing 12
ensure dunlin-credit 12
ensure dunlin-notify 12
ensure dunlin-billing-dunlin-customer-billing-dlq 1
ensure dunlin-credit-dunlin-customer-credit-dlq 1
ensure dunlin-notify-dunlin-customer-notify-dlq 1
ensure dunlin-customer-dunlin-billing-customer-dlq 1
ensure dunlin-credit-dunlin-billing-credit-dlq 1
ensure dunlin-notify-dunlin-billing-notify-dlq 1
ensure dunlin-customer-dunlin-credit-customer-dlq 1
ensure dunlin-billing-dunlin-credit-billing-dlq 1
ensure dunlin-notify-dunlin-credit-notify-dlq 1
ensure dunlin-customer-dunlin-notify-customer-dlq 1
ensure dunlin-billing-dunlin-notify-billing-dlq 1
ensure dunlin-credit-dunlin-notify-credit-dlq 1
described=$(topics --describe)
hold dunlin-customer 12
hold dunlin-billing 12
hold dunlin-credit 12
hold dunlin-notify 12
hold dunlin-billing-dunlin-customer-billing-dlq 1
hold dunlin-credit-dunlin-customer-credit-dlq 1
hold dunlin-notify-dunlin-customer-notify-dlq 1
hold dunlin-customer-dunlin-billing-customer-dlq 1
hold dunlin-credit-dunlin-billing-credit-dlq 1
hold dunlin-notify-dunlin-billing-notify-dlq 1
hold dunlin-customer-dunlin-credit-customer-dlq 1
hold dunlin-billing-dunlin-credit-billing-dlq 1
hold dunlin-notify-dunlin-credit-notify-dlq 1
hold dunlin-customer-dunlin-notify-customer-dlq 1
hold dunlin-billing-dunlin-notify-billing-dlq 1
hold dunlin-credit-dunlin-notify-credit-dlq 1
