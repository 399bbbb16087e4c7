# The library's JSON: one text of 5 MB read and written again.
import json
import sys
import time


def setup(n):
    items = []
    for i in range(n):
        items.append(f'{{"id":{i},"name":"item {i}","price":{i % 90}.25,"tags":["a","b\\n","tag {i % 7}"],"inner":'
                     '{"on":true,"off":null,"text":"some longer text with \\"quotes\\" in it"}}')
    return "[" + ",".join(items) + "]"


def run(text):
    data = json.loads(text)
    total = 0
    for item in data:
        total += item["id"] + len(item["tags"])
    return total + len(json.dumps(data, separators=(",", ":")))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    data = setup(n)
    start = time.perf_counter()
    result = run(data)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
