"""azure-cosmos for Python against the Cosmos server: one line `PASS name` or `FAIL name: reason` a case, exit code 1 on a failure."""

import os
import signal
import sys
import traceback

from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

ITEMS = 250
CASE_SECONDS = 60

client = CosmosClient(os.environ["CONFORMANCE_COSMOS_URL"], os.environ["CONFORMANCE_COSMOS_KEY"])
database = client.create_database_if_not_exists("conformance")


def filled(name):
    container = database.create_container(name, PartitionKey("/pk"))
    for number in range(ITEMS):
        container.upsert_item({"id": f"item-{number:03}", "pk": f"p{number % 7}", "number": number})
    return container


def read_items(name):
    container = filled(name)
    asked = [(f"item-{number:03}", f"p{number % 7}") for number in range(ITEMS)] + [("none", "p0")]
    found = container.read_items(items=asked)
    assert sorted(item["number"] for item in found) == list(range(ITEMS)), len(found)


def read_feed_ranges(name):
    container = filled(name)
    ranges = list(container.read_feed_ranges())
    assert len(ranges) == 1, ranges
    assert len(list(container.query_items_change_feed(feed_range=ranges[0], start_time="Beginning"))) == ITEMS


def change_feed(name):
    container = filled(name)
    headers = {}
    seen = list(container.query_items_change_feed(
        start_time="Beginning", max_item_count=40, response_hook=lambda given, _: headers.update(given)))
    assert sorted(item["number"] for item in seen) == list(range(ITEMS)), len(seen)
    continuation = headers["etag"]
    container.upsert_item({"id": "item-007", "pk": "p0", "number": 7000})
    container.delete_item("item-001", "p1")
    later = list(container.query_items_change_feed(continuation=continuation))
    assert [item["number"] for item in later] == [7000], later


def change_feed_of_a_partition(name):
    container = filled(name)
    seen = list(container.query_items_change_feed(partition_key="p3", start_time="Beginning"))
    assert seen and all(item["pk"] == "p3" for item in seen)


def change_feed_from_now(name):
    container = filled(name)
    headers = {}
    hook = lambda given, _: headers.update(given)
    assert list(container.query_items_change_feed(start_time="Now", response_hook=hook)) == []
    container.upsert_item({"id": "late", "pk": "p0", "number": -1})
    late = list(container.query_items_change_feed(continuation=headers["etag"]))
    assert [item["id"] for item in late] == ["late"], late


def change_feed_of_all_versions_is_refused(name):
    container = filled(name)
    try:
        list(container.query_items_change_feed(mode="AllVersionsAndDeletes"))
    except CosmosHttpResponseError as error:
        assert error.status_code == 400 and "change feed mode" in str(error), error
        return
    raise AssertionError("it was taken")


def query(name):
    container = filled(name)
    text = "SELECT * FROM c WHERE c.number >= @least ORDER BY c.number DESC"
    inside = list(container.query_items(text, parameters=[{"name": "@least", "value": 100}], partition_key="p3"))
    assert [item["number"] for item in inside] == [n for n in range(ITEMS - 1, 99, -1) if n % 7 == 3]
    across = list(container.query_items(
        "SELECT VALUE c.number FROM c WHERE c.number < 30", enable_cross_partition_query=True, max_item_count=4))
    assert sorted(across) == list(range(30)), across
    assert len(list(container.read_all_items(max_item_count=30))) == ITEMS


def batch(name):
    container = filled(name)
    done = container.execute_item_batch([("upsert", ({"id": f"b-{n}", "pk": "b"},)) for n in range(100)], partition_key="b")
    assert [result["statusCode"] for result in done] == [201] * 100
    try:
        container.execute_item_batch(
            [("upsert", ({"id": "new", "pk": "b"},)), ("create", ({"id": "b-1", "pk": "b"},))], partition_key="b")
    except CosmosBatchOperationError as error:
        assert error.status_code == 409 and error.error_index == 1, error
    else:
        raise AssertionError("it was taken")
    assert len(list(container.query_items("SELECT * FROM c WHERE c.id = 'new'", partition_key="b"))) == 0


def delete_all_items_by_partition_key(name):
    container = filled(name)
    container.delete_all_items_by_partition_key("p3")
    left = list(container.read_all_items())
    assert len(left) == sum(1 for n in range(ITEMS) if n % 7 != 3), len(left)
    assert all(item["pk"] != "p3" for item in left)


CASES = [
    read_items,
    read_feed_ranges,
    change_feed,
    change_feed_of_a_partition,
    change_feed_from_now,
    change_feed_of_all_versions_is_refused,
    query,
    batch,
    delete_all_items_by_partition_key,
]


def expired(*_):
    raise TimeoutError(f"no end within {CASE_SECONDS} s")


signal.signal(signal.SIGALRM, expired)
failed = False
for case in CASES:
    signal.alarm(CASE_SECONDS)
    try:
        case(f"python-{case.__name__}")
        print(f"PASS {case.__name__}", flush=True)
    except Exception as error:  # Every failure is a line of the result.
        failed = True
        print(f"FAIL {case.__name__}: {type(error).__name__} {error}".splitlines()[0], flush=True)
        traceback.print_exc()
    finally:
        signal.alarm(0)
sys.exit(1 if failed else 0)
