// What can be asked of a field, by its type, in the words of people who write no FilterQL.

const LABELS = {
  "==": "is",
  "!=": "is not",
  ">": "is more than",
  ">=": "is at least",
  "<": "is less than",
  "<=": "is at most",
  contains: "contains",
  "not contains": "does not contain",
  like: "matches (* for anything)",
  "not like": "does not match (* for anything)",
  in: "is one of",
  "not in": "is none of",
  between: "is between (ends excluded)",
  "not between": "is not between",
  exists: "has any value",
  "not exists": "has no value",
  has: "has the item",
  "not has": "does not have the item",
  intersects: "has any of the items",
  "not intersects": "has none of the items",
  in_last: "is within the last",
  before_last: "is longer ago than",
  in_next: "is before … from now",
  after_next: "is after … from now",
};
const DATE_LABELS = { "<": "is before", ">": "is after", "<=": "is at or before", ">=": "is at or after" };
const EXISTENCE = ["exists", "not exists"];
const EQUALITY = ["==", "!="];
const ORDER = [">", ">=", "<", "<=", "between", "not between"];
const LIST = ["in", "not in"];
const TEXT = [...EQUALITY, "contains", "not contains", "like", "not like", ...LIST];
const DATE = ["in_last", "before_last", "<", ">", "between", "in_next", "after_next"];
const BY_TYPE = {
  string: [...TEXT, ...EXISTENCE],
  int: [...EQUALITY, ...ORDER, ...LIST, ...EXISTENCE],
  number: [...EQUALITY, ...ORDER, ...LIST, ...EXISTENCE],
  bool: [...EQUALITY, ...EXISTENCE],
  date: [...DATE, ...EXISTENCE],
  list: ["has", "not has", "intersects", "not intersects", "contains", "not contains", ...EXISTENCE],
  map: EXISTENCE,
};
const ANY = [...TEXT, ...ORDER, "in_last", "before_last", ...EXISTENCE];
const SHAPES = { exists: "none", between: "two", in: "many", intersects: "many" };
const SPANS = ["in_last", "before_last", "in_next", "after_next"];

export const UNITS = { d: "days", h: "hours", w: "weeks", M: "months", y: "years", m: "minutes", s: "seconds" };

// The operator of a condition with its NOT, as one choice.
export function chosen(item) {
  return item.not ? `not ${item.operator}` : item.operator;
}

export function choices(item, type) {
  const offered = BY_TYPE[type] || ANY;
  const now = chosen(item);
  return offered.includes(now) ? offered : [...offered, now];
}

export function label(choice, type) {
  const words = (type === "date" && DATE_LABELS[choice]) || LABELS[choice];
  return words || `not: ${label(choice.replace("not ", ""), type)}`;
}

export function choose(item, choice) {
  const before = shape(item);
  item.not = choice.startsWith("not ");
  item.operator = choice.replace("not ", "");
  const after = shape(item);
  if (before === after) return;
  const kept = before === "span" ? [] : item.values;
  if (after === "none") item.values = [];
  else if (after === "span") item.values = [{ amount: 7, unit: "d" }];
  else if (after === "many") item.values = kept.filter(Boolean);
  else item.values = kept.slice(0, after === "two" ? 2 : 1);
}

// How many values an operator takes: none, one, two, many, or a span of time.
export function shape({ operator, values }) {
  if (SPANS.includes(operator)) return "span";
  if (["contains", "like"].includes(operator)) return values.length > 1 ? "many" : "one";
  return SHAPES[operator] || "one";
}

// What a condition begins as, once its field is known.
export function begin(item, type) {
  item.operator = "";
  item.not = false;
  item.values = [];
  choose(item, (BY_TYPE[type] || ANY)[0]);
  if (type === "bool") item.values = [{ bool: true }];
}
