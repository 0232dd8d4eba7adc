#!/usr/bin/env python3
"""Sends made-up events (`sluice demo --emit`, on standard input) to their topics at a steady pace, through kcat.

usage: feed.py BROKER RATE      one record in a thousand is broken on purpose; ends with its input, or at SIGTERM
"""
import json
import subprocess
import sys
import time

TOPICS = {"login": ("logins", "user_id"), "message": ("support", "ticket")}
MONEY = ("transactions", "user_id")
LEFT_OUT = {"access"}


def main(broker, rate):
    pipes = {}

    def send(topic, key, value):
        if topic not in pipes:
            command = ["kcat", "-P", "-b", broker, "-t", topic, "-K", "\t", "-X", "partitioner=murmur2_random", "-X", "linger.ms=50"]
            pipes[topic] = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        pipes[topic].stdin.write(f"{key}\t{value}\n")

    began, sent = time.monotonic(), 0
    for line in sys.stdin:
        event = json.loads(line)
        if event["type"] in LEFT_OUT:
            continue
        topic, key = TOPICS.get(event["type"], MONEY)
        send(topic, event[key], line[: len(line) // 2] if sent % 1000 == 999 else line.rstrip("\n"))
        sent += 1
        if sent % 20 == 0:
            for pipe in pipes.values():
                pipe.stdin.flush()
            # The pace of the load, not a wait for anything.
            time.sleep(max(0.0, began + sent / rate - time.monotonic()))
    for pipe in pipes.values():
        pipe.stdin.close()
        pipe.wait()


main(sys.argv[1], float(sys.argv[2]))
