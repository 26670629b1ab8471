#!/usr/bin/env bash
# The commands of the documented Subscription page, as a user would run them.
#
# HOST, LIOKEY and WEBHOOK come from the environment. Each answer goes through jq,
# as on the page, and into a file of its own in ANSWERS.
set -euo pipefail

# UPSERT Segment uses "ALIAS" as id for create/update
curl -s -H "Authorization: $LIOKEY" -H "Content-Type: text/plain" \
  -XPOST "$HOST/api/segment" -d '
-- Paying Users Segment
FILTER AND (
   paying_user = "t"
)
FROM user
ALIAS demo_segment
' | jq '.' > "$ANSWERS/segment.json"

# a second one, for the commands that name two
curl -s -H "Authorization: $LIOKEY" -H "Content-Type: text/plain" \
  -XPOST "$HOST/api/segment" -d '
FILTER visits > 100 FROM user ALIAS another_segment
' | jq '.' > "$ANSWERS/another_segment.json"

# get that Segment ID
SEGID=`curl -s "$HOST/api/segment?key=$LIOKEY" | jq -r '.data[] | select(.name == "demo_segment") | .id'`
OTHERID=`curl -s "$HOST/api/segment?key=$LIOKEY" | jq -r '.data[] | select(.name == "another_segment") | .id'`
echo "Created Segment id=$SEGID"

# Create Webhook Subscription to send entry/exits events to your url
echo '
{
    "webhook_url": "'$WEBHOOK/first'"
    , "segment_ids": ["'$SEGID'"]
    , "withbackfill": false
    , "channel" : "webhook"
    , "name" : "webhooktest1"
    , "description": "What is this subscription for?"
}
' | \
curl -v -XPOST "$HOST/api/subscription" \
  -H "Authorization: $LIOKEY" \
  -H "Content-Type: application/json" -d @- | jq '.' > "$ANSWERS/webhook.json"

# for kinesis
curl -s -H "Authorization: $LIOKEY" -H "Content-Type: application/json" \
  -XPOST "$HOST/api/subscription" -d '
{
    "channel":"kinesis",
    "segment_ids": ["'$SEGID'","'$OTHERID'"],
    "name":"test2",
    "description":"hello world",
    "stream":"lytics_triggers_stream",
    "region": "us-east-1",
    "identifier_field":"user_id",
    "role_arn":"arn:aws:iam::4444444444444:role/LyticsWriteToKinesis"
}
' | jq "." > "$ANSWERS/kinesis.json"

# Create a Webhook Subscription that includes the Segment definition and custom headers
curl -s -H "Authorization: $LIOKEY" -H "Content-Type: application/json" \
  -XPOST "$HOST/api/subscription" -d '
{
    "segmentql": "FILTER AND ( score_momentum > 25, score_quantity > 25 ) ALIAS seg_webhook1",
    "name":"test1",
    "channel" : "webhook",
    "description":"hello world",
    "webhook_url":"'$WEBHOOK/inline'",
    "headers": {"Authorization": "a-token-of-the-shop", "best_number": "47"}
}
' | jq "." > "$ANSWERS/inline.json"

# Create a Webhook subscription with list of SegmentId's (previously created) to listen to.
curl -s -H "Authorization: $LIOKEY" -H "Content-Type: application/json" \
  -XPOST "$HOST/api/subscription" -d '
{
    "segment_ids": ["'$SEGID'","'$OTHERID'"],
    "channel":"webhook",
    "name":"test2",
    "description":"hello world",
    "webhook_url":"'$WEBHOOK/both'"
}
' | jq "." > "$ANSWERS/both.json"

# find subscription(s) that reference a segment (by slug)
curl -s -H "Authorization: $LIOKEY" \
  "$HOST/api/subscription?segment_id=another_segment" | jq '.' > "$ANSWERS/by_slug.json"

# find subscription(s) that contain a segment (by id)
curl -s -H "Authorization: $LIOKEY" \
  "$HOST/api/subscription?segment_id=$SEGID" | jq '.' > "$ANSWERS/by_id.json"

# Get all Subscriptions, and a single one
curl -s -H "Authorization: $LIOKEY" \
  "$HOST/api/subscription" | jq '.' > "$ANSWERS/all.json"
SUBID=`jq -r '.data.id' "$ANSWERS/inline.json"`
curl -s -H "Authorization: $LIOKEY" \
  "$HOST/api/subscription/$SUBID" | jq '.' > "$ANSWERS/fetched.json"

# send test data ...
# toggling these next two should move user in/out of segment causing trigger
curl -s -XPOST "$HOST/collect/json/demo" -H "Authorization: $LIOKEY" -H 'Content-type: application/json' \
  -d '{ "paying_user":"f", "user_id":"user123"}' | jq '.' > "$ANSWERS/collected_f.json"
curl -s -XPOST "$HOST/collect/json/demo" -H "Authorization: $LIOKEY" -H 'Content-type: application/json' \
  -d '{ "paying_user":"t", "user_id":"user123"}' | jq '.' > "$ANSWERS/collected_t.json"
