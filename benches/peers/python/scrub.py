"""Python as a peer in `make bench-peers`: Confluent's client and orjson. Every e-mail address and IPv4 address, wherever it
stands, becomes a keyed hash. Batches are fetched and parsed; a string without an @, or without four numbers' dots, does not meet
the regular expressions; key, timestamp and partition go over.

usage: scrub.py BROKERS GROUP INPUT OUTPUT
"""

import hmac
import re
import sys

import orjson
from confluent_kafka import Consumer, Producer

MAIL = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")
IP = re.compile(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b")
MAC = hmac.new(b"a key that is no secret", digestmod="sha256")


def hashed(found):
    mac = MAC.copy()
    mac.update(found[0].encode())
    return mac.hexdigest()[:24]


def text(value):
    if "@" in value:
        value = MAIL.sub(hashed, value)
    if value.count(".") >= 3:
        value = IP.sub(hashed, value)
    return value


def walk(value):
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, (str, dict, list)):
                value[name] = walk(member)
    elif isinstance(value, list):
        value[:] = map(walk, value)
    return value


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: scrub.py BROKERS GROUP INPUT OUTPUT")
    brokers, group, source, sink = sys.argv[1:]
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "range",
            "fetch.queue.backoff.ms": 10,
            "queued.min.messages": 100000,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "acks": "all",
            "linger.ms": 20,
            "batch.num.messages": 10000,
            "queue.buffering.max.messages": 500000,
        }
    )
    consumer.subscribe([source])
    while True:
        # As many as there are, and not later than after 20 ms: the latency of a batch.
        for message in consumer.consume(num_messages=2000, timeout=0.02):
            if message.error():
                print("consume:", message.error(), file=sys.stderr)
                continue
            value = orjson.dumps(walk(orjson.loads(message.value())))
            place = {"key": message.key(), "partition": message.partition(), "timestamp": message.timestamp()[1]}
            while True:
                try:
                    producer.produce(sink, value, **place)
                    break
                except BufferError:
                    producer.poll(0.005)
        producer.poll(0)


if __name__ == "__main__":
    main()
