"""A topic with one subscription on the Pub/Sub server of the tests."""

import json
import uuid


class Topic:
    """Publishes to a topic of its own, whose one subscription is `subscription`.

    Every message that was published is in `published`, by its id.
    """

    def __init__(self):
        from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

        name = f"t{uuid.uuid4().hex[:12]}"
        self.topic = f"projects/tests/topics/{name}"
        self.subscription = f"projects/tests/subscriptions/{name}"
        self._publisher, self._subscriber = PublisherClient(), SubscriberClient()
        self._publisher.create_topic(name=self.topic)
        self._subscriber.create_subscription(
            {"name": self.subscription, "topic": self.topic, "ack_deadline_seconds": 10}
        )

    def publish(self, data, **attributes):
        """Publishes bytes; gives the message's id."""
        return self._publisher.publish(self.topic, data, **attributes).result(60)

    def publish_pages(self, pages):
        """Publishes pages, each as a message; waits until the server has them."""
        futures = [self._publisher.publish(self.topic, json.dumps(page).encode()) for page in pages]
        return [future.result(60) for future in futures]

    def notify(self, path, event="OBJECT_FINALIZE"):
        """Publishes what Google's storage says of an object `gs://bucket/name`."""
        bucket, _, name = path.removeprefix("gs://").partition("/")
        about = {"kind": "storage#object", "bucket": bucket, "name": name}
        return self.publish(
            json.dumps(about).encode(),
            notificationConfig=f"projects/_/buckets/{bucket}/notificationConfigs/1",
            eventType=event,
            payloadFormat="JSON_API_V1",
            bucketId=bucket,
            objectId=name,
            objectGeneration="1",
        )

    def delivers(self, seconds=0.6):
        """What the subscription delivers at this moment: what nobody holds. Gives it back."""
        answer = self._subscriber.pull(
            {"subscription": self.subscription, "max_messages": 1000}, timeout=seconds + 30
        )
        got = {one.message.message_id: one.ack_id for one in answer.received_messages}
        if got:
            self._subscriber.modify_ack_deadline(
                subscription=self.subscription, ack_ids=list(got.values()), ack_deadline_seconds=0
            )
        return set(got)

    def close(self):
        self._publisher.stop()
        self._subscriber.close()
