// The groups and conditions of the builder, as elements.
import { Chooser } from "./chooser.js";
import { element, icon } from "../../face/element.js";
import { begin, choices, choose, chosen, label } from "./operators.js";
import { typeName } from "./options.js";
import { valuesElement } from "./values.js";

const MATCHES = [
  ["all", "All of these hold"],
  ["any", "Any of these holds"],
  ["not all", "Not all of these hold"],
  ["not any", "None of these holds"],
];

export const NEW = {
  condition: () => ({ kind: "condition", field: "", operator: "==", not: false, values: [] }),
  segment: () => ({ kind: "segment", segment: "", not: false }),
  group: () => ({ kind: "group", match: "any", not: false, items: [NEW.condition()] }),
};

export function groupElement(group, path, builder) {
  const match = select(MATCHES, (group.not ? "not " : "") + group.match, "Which conditions must hold", (value) => {
    group.not = value.startsWith("not ");
    group.match = value.replace("not ", "");
    delete group.infix;
    builder.changed();
  });
  const items = element("ul", { class: "fqb-items" }, group.items.map((item, place) => itemElement(item, [...path, place], builder)));
  const add = (kind, text, part) =>
    element("button", { type: "button", class: "f-button f-button-small", "data-focus": `${path}:add-${kind}`, onclick: () => builder.add(group, path, NEW[kind](), part) }, icon("add"), text);
  return element(
    "div",
    { class: "fqb-group", role: "group", "aria-label": path.length ? "Group of conditions" : "Conditions" },
    element("div", { class: "fqb-head" }, match, path.length ? remove(path, builder, "Remove this group") : null),
    items,
    path.length || group.items.length ? null : element("p", { class: "f-note" }, "Add a condition, such as: last_seen is within the last 7 days."),
    hint(path),
    element("div", { class: "fqb-add" }, add("condition", "Condition", "field"), add("segment", "Segment", "segment"), add("group", "Group", "0:field"))
  );
}

function itemElement(item, path, builder) {
  if (item.kind === "group") return element("li", { class: "fqb-item" }, groupElement(item, path, builder));
  const parts = { condition, segment, everyone, text }[item.kind](item, path, builder);
  return element(
    "li",
    { class: `fqb-item fqb-${item.kind}` },
    element("div", { class: "fqb-row" }, element("div", { class: "fqb-parts" }, parts), remove(path, builder, "Remove this condition")),
    hint(path)
  );
}

function condition(item, path, builder) {
  const known = builder.fields[item.field] || { name: item.field, type: "" };
  const chooser = new Chooser({
    label: "Field", kind: "field", value: known.name, placeholder: "Choose a field", server: builder.server, focusKey: `${path}:field`,
    unknown: (name) => ({ kind: "field", label: name, insert: builder.language.quoted(name), detail: "", help: "No user has had this field so far." }),
    choose: (word) => {
      const other = !item.field || word.detail !== known.type;
      builder.fields[word.insert] = { name: word.label, type: word.detail };
      item.field = word.insert;
      if (other) begin(item, word.detail);
      builder.rebuild(`${path}:operator`);
    },
  });
  if (!item.field) return [chooser.element];
  chooser.element.append(element("span", { class: "fqb-type" }, known.type ? typeName(known.type) : "not seen so far"));
  const offered = choices(item, known.type).map((choice) => [choice, label(choice, known.type)]);
  const operator = select(offered, chosen(item), "Operator", (value) => {
    choose(item, value);
    builder.rebuild(`${path}:operator`);
  });
  operator.dataset.focus = `${path}:operator`;
  const values = valuesElement(item, known.type, () => builder.changed());
  return [chooser.element, key(item, known, path, builder), operator, ...values];
}

// A map's own values are found by key.
function key(item, known, path, builder) {
  if (known.type !== "map") return null;
  const choose = async (text) => {
    const name = `${known.name}.${text}`;
    const answer = await builder.server.words(name, "field");
    const found = answer && answer.words.find((word) => word.label === name);
    const type = found ? found.detail : "";
    item.field = found ? found.insert : `${builder.language.quoted(known.name)}.${builder.language.quotedKey(text)}`;
    builder.fields[item.field] = { name, type };
    begin(item, type);
    builder.rebuild(`${path}:operator`);
  };
  return element("input", {
    class: "f-input fqb-key", type: "text", "aria-label": "Key of the map", placeholder: "any key",
    onchange: (event) => {
      const text = event.target.value.trim();
      if (text) choose(text);
    },
  });
}

function segment(item, path, builder) {
  const is = select([["in", "is in the segment"], ["not in", "is not in the segment"]], item.not ? "not in" : "in", "Membership", (value) => {
    item.not = value === "not in";
    builder.changed();
  });
  const chooser = new Chooser({
    label: "Segment", kind: "segment", value: item.segment, placeholder: "Choose a segment", server: builder.server, focusKey: `${path}:segment`,
    choose: (word) => {
      item.segment = word.label;
      builder.segments[word.label] = word.detail;
      builder.rebuild(`${path}:segment`);
    },
  });
  const name = builder.segments[item.segment];
  return [is, chooser.element, name && name !== item.segment ? element("span", { class: "f-note" }, name) : null];
}

function everyone(item, path, builder) {
  return [
    select([["everyone", "Everybody"], ["nobody", "Nobody"]], item.not ? "nobody" : "everyone", "Who", (value) => {
      item.not = value === "nobody";
      builder.changed();
    }),
  ];
}

function text(item, path, builder) {
  return [
    element("span", { class: "fqb-badge" }, "FilterQL"),
    element("textarea", {
      class: "f-input fqb-text-box", rows: Math.min(6, item.text.split("\n").length), "aria-label": "Condition as text", spellcheck: false, value: item.text, "data-focus": `${path}:text`,
      oninput: (event) => {
        item.text = event.target.value;
        builder.changed();
      },
    }),
    element("span", { class: "f-note fqb-why" }, "The builder cannot show this condition. It stays as it is, unless you change it here."),
  ];
}

function select(options, value, name, changed) {
  const made = element(
    "select",
    { class: "f-input", "aria-label": name, onchange: (event) => changed(event.target.value) },
    options.map(([key, words]) => element("option", { value: key }, words))
  );
  made.value = value;
  return made;
}

function remove(path, builder, name) {
  return element("button", { type: "button", class: "f-icon-button fqb-remove", "aria-label": name, title: name, onclick: () => builder.remove(path) }, icon("close"));
}

function hint(path) {
  return element("p", { class: "fqb-hint", "data-hint": String(path), hidden: true });
}
