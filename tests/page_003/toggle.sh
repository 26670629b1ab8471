#!/usr/bin/env bash
# The toggle of the page once more, and users for the subscription with its own segment.
set -euo pipefail

curl -s -XPOST "$HOST/collect/json/demo" -H "Authorization: $LIOKEY" -H 'Content-type: application/json' \
  -d '{ "paying_user":"f", "user_id":"user123"}' | jq '.' > "$ANSWERS/collected_f_again.json"

curl -s -XPOST "$HOST/collect/json/demo" -H "Authorization: $LIOKEY" -H 'Content-type: application/json' \
  -d '{ "score_momentum":26, "score_quantity":30, "user_id":"user456"}' | jq '.' > "$ANSWERS/collected_scores.json"
