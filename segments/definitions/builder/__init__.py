"""The filter of a segment as the visual builder shows it, and back to text.

A filter is shown as JSON values: groups of conditions, conditions, segments and
everybody. What fits none of these is shown as its own text, so nothing is lost.

    {"kind": "group", "match": "all" | "any", "not": false, "items": [...]}
    {"kind": "condition", "field": "email", "operator": "==", "not": false,
     "values": [{"text": "a"}, {"number": "5"}, {"bool": true}]}
    {"kind": "segment", "segment": "paying_users", "not": false}
    {"kind": "everyone", "not": false}
    {"kind": "text", "text": "tolower(city) == \\"rome\\""}

A group that was written with AND or OR between its conditions has `infix`, and a
list in brackets has `brackets`, for they go back as they came. A number is kept as
its digits, which JavaScript would round. Times counted from now have operators of
their own (`in_last`, `before_last`, `after_next`, `in_next`) and one value,
`{"amount": 7, "unit": "d"}`.
"""
